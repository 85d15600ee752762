import type { Tools } from "./tools.ts";

/** Runs one check and notes how it ended; its body throws when the check fails. */
export type Check = (sentence: string, body: () => Promise<void> | void) => Promise<void>;

/** Checks against one peer. */
export interface PeerSuite {
  readonly peer: string;
  readonly run: (check: Check, tools: Tools) => Promise<void>;
}

/** What the checks came to. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

/** Runs the suites one after the other, a line a check. A suite that breaks off counts as one failure. */
export async function runSuites(suites: readonly PeerSuite[], tools: Tools): Promise<Tally> {
  let passed = 0;
  let failed = 0;
  for (const { peer, run } of suites) {
    const check: Check = async (sentence, body) => {
      try {
        await body();
        passed += 1;
        console.log(`  ok    ${peer}: ${sentence}`);
      } catch (error) {
        failed += 1;
        console.log(`  FAIL  ${peer}: ${sentence}\n${indent(error)}`);
      }
    };
    try {
      await run(check, tools);
    } catch (error) {
      failed += 1;
      console.log(`  FAIL  ${peer}: broke off\n${indent(error)}`);
    }
  }
  return { passed, failed };
}

function indent(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().replaceAll(/^/gm, "        ");
}
