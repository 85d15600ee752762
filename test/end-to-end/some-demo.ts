import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { RunOutcome } from "#sandbox";
import { openDemo, type OpenDemo } from "../../packages/sandbox/src/demo/run-demo.ts";
import { createTerminal } from "../../packages/sandbox/src/demo/terminal.ts";
import { describeFailure } from "../../packages/sandbox/src/demo/workflow-runs.ts";

/** The repository: its example workflows, its action.yml files and its built `dist/` are what runs. */
export const repositoryRoot = path.resolve(import.meta.dirname, "../..");

/** The demo's services and project in a folder of their own, with what was printed meanwhile. */
export interface SomeDemo extends OpenDemo {
  readonly printed: readonly string[];
}

/** Opens the demo for a test; `actionsDirectory` is the repository itself. */
export async function openSomeDemo(): Promise<SomeDemo> {
  const directory = mkdtempSync(path.join(tmpdir(), "slipway-voyage-"));
  const printed: string[] = [];
  const demo = await openDemo({
    repositoryRoot,
    actionsDirectory: process.env["SLIPWAY_ACTIONS_DIRECTORY"] ?? repositoryRoot,
    directory,
    terminal: createTerminal((line) => printed.push(line)),
    signal: new AbortController().signal,
  });
  return {
    ...demo,
    printed,
    async close() {
      await demo.close();
      rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

/** `success`, or how the run ended with its errors, so that a failed test says why. */
export function endOf(run: RunOutcome): string {
  return run.conclusion === "success" ? "success" : `${run.conclusion}\n${describeFailure(run)}`;
}
