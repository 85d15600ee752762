import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RunRecord } from "#core";
import { openWorkspace, writeWeatherRun, type Workspace } from "./testing/some-gate.ts";
import { production } from "./testing/some-production.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

const quick = { resamples: "100" };

const predictScript = `
import { readFileSync, writeFileSync, existsSync } from "node:fs";
const [header, ...lines] = readFileSync(process.env.SLIPWAY_ROWS, "utf8").trim().split("\\n");
const columns = header.split(",");
if (columns.includes("weather")) throw new Error("the target was handed over");
const at = (line, name) => line.split(",")[columns.indexOf(name)];
const cut = Number(readFileSync(process.env.SLIPWAY_MODEL_DIR + "/cut.txt", "utf8"));
const marked = existsSync("marker.txt") ? readFileSync("marker.txt", "utf8") : "";
const out = lines.map((line) => at(line, "row_key") + "," + (Number(at(line, "precipitation")) > cut ? "rain" : marked.trim() || "sun"));
writeFileSync(process.env.SLIPWAY_PREDICTIONS, "row_key,prediction\\n" + out.reverse().join("\\n") + "\\n");
`;

describe("evaluateGate with predict-command", () => {
  const command = `"${process.execPath}" predict.mjs`;

  async function commandRun(cut: string): Promise<RunRecord> {
    const run = await writeWeatherRun(workspace, {
      record: {
        files: [
          { path: "cut.txt", role: "model", bytes: cut.length, digest: `sha256:${"c".repeat(64)}` },
        ],
        signature: null,
        predict_command: command,
      },
    });
    await workspace.write("slipway-run/cut.txt", cut);
    await workspace.write("predict.mjs", predictScript);
    return run;
  }

  it("scores candidate and baseline on the same rows, the baseline in a worktree of its commit", async () => {
    const run = await commandRun("0.2");
    const history = await production(run, { files: { "cut.txt": "5" } });
    const worktree = join(workspace.path, "worktree");
    await workspace.write("worktree/predict.mjs", predictScript);
    await workspace.write("worktree/marker.txt", "fog");
    const removed: string[] = [];
    const repository: Workspace["ports"]["repository"] = {
      ...workspace.ports.repository,
      checkout: async () => ({
        path: worktree,
        commit: "c",
        remove: async () => {
          removed.push(worktree);
        },
      }),
    };
    const { document } = await workspace.gate(
      { ...quick, thresholds: "accuracy >= production\nrecall(rain) >= 0.8" },
      { history, repository },
    );
    expect(document.baseline?.scored_by).toBe(
      "by its predict-command in a worktree of weather@v1.0.0",
    );
    expect(document.verdict).toBe("pass");
    // The baseline says fog where the candidate says sun: far fewer are right.
    expect(document.differences?.["accuracy"]?.value).toBeGreaterThan(0.2);
    expect(removed).toEqual([worktree]);
  });

  it("stops with the last lines of standard error when the candidate's command fails", async () => {
    await commandRun("0.2");
    const line = `for i in $(seq 1 40); do echo line $i >&2; done; exit 3`;
    await expect(
      workspace.gate({ ...quick, thresholds: "accuracy >= 0.5", "predict-command": line }),
    ).rejects.toMatchObject({
      code: "PREDICT_COMMAND_FAILED",
      message: `predict-command (candidate) ended with 3: ${line}\n${Array.from({ length: 30 }, (_, at) => `line ${at + 11}`).join("\n")}`,
    });
  });

  it("stops when a row has no answer", async () => {
    await commandRun("0.2");
    const line = `${command} && head -n 100 "$SLIPWAY_PREDICTIONS" > part && mv part "$SLIPWAY_PREDICTIONS"`;
    await expect(
      workspace.gate({ ...quick, thresholds: "accuracy >= 0.5", "predict-command": line }),
    ).rejects.toMatchObject({
      code: "ROWS_NOT_PREDICTED",
      message:
        "the predictions of predict-command (candidate) answer 99 of 862 rows; row 1 is the first without an answer.",
    });
  });

  it("is inconclusive when the baseline's command fails", async () => {
    const run = await commandRun("0.2");
    const history = await production(
      { ...run, predict_command: "exit 7" },
      { files: { "cut.txt": "5" } },
    );
    const { document } = await workspace.gate(
      { ...quick, thresholds: "accuracy >= production" },
      { history },
    );
    expect(document.judgements[0]).toMatchObject({
      verdict: "inconclusive",
      reason: "weather@v1.0.0 could not be scored: predict-command (v1.0.0) ended with 7: exit 7",
    });
  });

  it("joins the predictions that were kept with the baseline", async () => {
    const run = await commandRun("0.2");
    await workspace.gate({ ...quick, thresholds: "accuracy >= 0.5" });
    const kept = await readFile(join(workspace.path, "slipway-run/predictions.parquet"));
    const files: RunRecord["files"] = [
      {
        path: "predictions.parquet",
        role: "predictions",
        bytes: kept.length,
        digest: `sha256:${"e".repeat(64)}`,
      },
    ];
    const history = await production(
      { ...run, predict_command: null },
      { manifest: { files }, files: { "predictions.parquet": kept } },
    );
    await commandRun("5");
    const joined = await workspace.gate(
      { ...quick, thresholds: "accuracy >= production - 0.01" },
      { history },
    );
    expect(joined.document.baseline).toMatchObject({
      scored_by: "by the predictions kept with weather@v1.0.0",
      rows: 862,
    });
    // A file in Slipway's own form holds the keys already.
    const alone = await workspace.gate(
      {
        ...quick,
        thresholds: "accuracy >= production - 0.01",
        predictions: "slipway-run/predictions.parquet",
        id: "id",
        target: "weather",
      },
      { history },
    );
    expect(alone.document.baseline?.scored_by).toBe("by the predictions kept with weather@v1.0.0");
    expect(alone.document.baseline?.rows).toBe(862);
  });
});
