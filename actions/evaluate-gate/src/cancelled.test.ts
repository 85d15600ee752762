import { spawn } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fixture, openWorkspace, type Workspace } from "./testing/some-gate.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

const inputs = {
  "model-file": "slow.onnx",
  data: "rows.csv",
  target: "progression",
  features: "age\nsex\nbmi\nbp\ns1\ns2\ns3\ns4\ns5\ns6",
  task: "regression",
  baseline: "none",
  engine: "wasm",
  thresholds: "rmse <= 1000",
};

/** Rows for a model that takes one at a time: many seconds of scoring. */
async function writeManyRows(): Promise<void> {
  const text = await readFile(fixture("data/diabetes.csv"), "utf8");
  const [header = "", ...lines] = text.trim().split("\n");
  const many = Array.from({ length: 2000 }, () => lines.join("\n"));
  await workspace.write("rows.csv", [header, ...many, ""].join("\n"));
  await workspace.write(
    "slow.onnx",
    await readFile(fixture("golden/models/diabetes_mlp_quantized.onnx")),
  );
}

const isThere = (name: string): Promise<boolean> =>
  stat(`${workspace.path}/slipway-run/${name}`).then(
    () => true,
    () => false,
  );

describe("a gate that is cancelled while rows are scored", { timeout: 60_000 }, () => {
  it("ends at once, and neither writes nor says a verdict", async () => {
    await writeManyRows();
    const controller = new AbortController();
    const reason = new Error("The step was cancelled.");
    const { log } = workspace;
    const pullRequest = { number: 1, baseCommit: "a", headCommit: "b", fromFork: false };
    const ended = workspace.gate(inputs, {
      signal: controller.signal,
      pullRequest,
      log: {
        ...log,
        info: (message) => {
          log.info(message);
          // Fires only when scoring lets the event loop have its turn.
          if (message.startsWith("Scoring")) setTimeout(() => controller.abort(reason), 200);
        },
      },
    });
    await expect(ended).rejects.toBe(reason);
    // Not after the last row.
    expect(log.lines.filter((line) => line.startsWith("Scor"))).toEqual([
      "Scoring 884,000 rows of rows.csv.",
    ]);
    expect(workspace.comments).toEqual([]);
    expect(workspace.checks).toEqual([]);
    expect(await isThere("evaluation.json")).toBe(false);
    expect(await isThere("report.md")).toBe(false);
  });

  it("says so and fails the step, when it is the process that gets the signal", async () => {
    await writeManyRows();
    const given = Object.entries({ ...inputs, model: "diabetes" });
    const program = spawn(process.execPath, [new URL("main.ts", import.meta.url).pathname], {
      env: {
        PATH: process.env["PATH"],
        GITHUB_WORKSPACE: workspace.path,
        RUNNER_TEMP: workspace.path,
        ...Object.fromEntries(given.map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
      },
    });
    let printed = "";
    const ended = new Promise<number | null>((resolve) => program.on("exit", resolve));
    await new Promise<void>((resolve) => {
      program.on("exit", () => resolve());
      program.stdout.on("data", (chunk: Buffer) => {
        printed += chunk.toString();
        if (printed.includes("Scoring 884,000 rows of rows.csv.")) resolve();
      });
    });
    await sleep(300);
    expect(program.exitCode).toBeNull();
    program.kill("SIGTERM");
    expect(await ended).toBe(1);
    expect(printed).toContain("::error::Cancelled.");
    expect(printed).not.toContain("Scored");
    expect(await isThere("evaluation.json")).toBe(false);
  });
});
