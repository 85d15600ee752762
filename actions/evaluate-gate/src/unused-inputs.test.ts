import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openWorkspace, writeWeatherRun, type Workspace } from "./testing/some-gate.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

const quick = {
  engine: "wasm",
  resamples: "100",
  "error-analysis": "off",
  checks: "off",
  html: "false",
  baseline: "none",
  thresholds: "accuracy >= 0.1",
};

/** The warnings of a gate, each of which the report holds too. */
async function warningsOf(inputs: Readonly<Record<string, string>>): Promise<readonly string[]> {
  await workspace.gate({ ...quick, ...inputs });
  const warnings = workspace.log.lines.filter((line) => line.includes(" is not used"));
  const report = await workspace.read("slipway-run/report.md");
  expect(report.match(/ is not used/g) ?? []).toHaveLength(warnings.length);
  return warnings;
}

async function writePredictions(): Promise<void> {
  const lines = Array.from({ length: 40 }, (_, row) => `${row},${row % 2},${row % 2}`);
  await workspace.write("p.csv", `id,label,prediction\n${lines.join("\n")}\n`);
}
const predictions = { predictions: "p.csv", target: "label", id: "id" };

describe("an input that decides nothing", () => {
  it("is told beside predictions: output, data and model-file", async () => {
    await writePredictions();
    const inputs = {
      ...predictions,
      output: "probabilities",
      data: "x.csv",
      "model-file": "m.onnx",
    };
    expect(await warningsOf(inputs)).toEqual([
      "output is not used: the model was scored by its predictions file, and only a model that is scored in process has outputs to choose from.",
      "data is not used: predictions is given, which holds the rows and their answers.",
      "model-file is not used: predictions is given, which holds the rows and their answers.",
    ]);
  });

  it("is told beside predict-command: output", async () => {
    await writeWeatherRun(workspace, { record: { files: [] } });
    const line = `awk -F, 'NR==1 {print "row_key,prediction"} NR>1 {print $1 ",rain"}' "$SLIPWAY_ROWS" > "$SLIPWAY_PREDICTIONS"`;
    expect(await warningsOf({ "predict-command": line, output: "label" })).toEqual([
      "output is not used: the model was scored by predict-command, and only a model that is scored in process has outputs to choose from.",
    ]);
  });

  it("is told of a model that is scored in process: predict-command and scores", async () => {
    await writeWeatherRun(workspace);
    expect(await warningsOf({ "predict-command": "false", scores: "p_rain" })).toEqual([
      "scores is not used: the model was scored in process (wasm), which gives its own.",
      "predict-command is not used for the model: the model was scored in process (wasm). To score it by the command, name it with model-file too.",
    ]);
  });

  it("is missing where thresholds need scores and none are named", async () => {
    await writePredictions();
    await workspace.gate({ ...quick, ...predictions, thresholds: "auc >= 0.5\nlog_loss <= 1" });
    expect(workspace.log.lines).toContain(
      "No scores are read, which auc, log_loss need: name their columns with scores:, one of the positive class, or class=column each.",
    );
  });

  it("is not told of where a baseline's file is read with it", async () => {
    await writePredictions();
    expect(await warningsOf({ ...predictions, scores: "", output: "" })).toEqual([]);
    await writeWeatherRun(workspace);
    expect(await warningsOf({})).toEqual([]);
  });
});

describe("a time column", () => {
  it.each([
    ["dates as text", (row: number) => `${10 + (row % 20)}.01.2025`, 1],
    ["dates", (row: number) => `2025-01-${10 + (row % 20)}`, 0],
  ])("of %s", async (_, when, times) => {
    const lines = Array.from({ length: 40 }, (__, row) => `${row},${row}.5,${row},${when(row)}`);
    await workspace.write("p.csv", `id,label,prediction,sold\n${lines.join("\n")}\n`);
    const told = await warningsOf({ ...predictions, time: "sold", thresholds: "mae <= 1" });
    expect(told).toEqual(
      Array.from({ length: times }, () =>
        expect.stringContaining("time is not used: sold was read as text"),
      ),
    );
  });
});

describe("thresholds that hold nothing back", () => {
  const told = async (inputs: Readonly<Record<string, string>>): Promise<readonly string[]> => {
    await workspace.gate({ ...quick, ...predictions, ...inputs });
    return workspace.log.lines.filter((line) => /lets worse|No threshold is held/.test(line));
  };

  it("are told when a worse model passes them", async () => {
    await writePredictions();
    const thresholds = "f1 <= 1\naccuracy >= 0.5\n0.1 <= selection_rate <= 0.9\nsize_mb > 0 warn";
    expect(await told({ thresholds })).toEqual([
      expect.stringContaining(
        "f1 <= 1 lets worse models pass and better ones fail, since more is better of f1. Was >= meant?",
      ),
      expect.stringContaining("since less is better of size_mb. Was <= meant?"),
    ]);
    const [top = ""] = (await workspace.read("slipway-run/report.md")).split("| threshold |");
    expect(top.match(/⚠️ [^⚠]*lets worse models pass/g)).toHaveLength(2);
  });

  it("are told when a metric of errors is held from below against the baseline", async () => {
    const lines = Array.from({ length: 40 }, (_, row) => `${row},${row}.5,${row}`);
    await workspace.write("p.csv", `id,label,prediction\n${lines.join("\n")}\n`);
    const inputs = { thresholds: "mae >= baseline - 1", baseline: "p.csv" };
    expect(await told(inputs)).toEqual([
      expect.stringContaining("mae >= baseline - 1 lets worse models pass"),
    ]);
  });

  it("are told when they name production, and the baseline is something else", async () => {
    await writePredictions();
    const thresholds = "accuracy >= production - 0.01";
    expect(await told({ thresholds, baseline: "p.csv" })).toEqual([
      expect.stringContaining(
        "No threshold is held against the input baseline: the thresholds name production. Write baseline in its place to hold them against it.",
      ),
    ]);
  });

  it("are not told when one names the baseline", async () => {
    await writePredictions();
    const thresholds = "accuracy >= production - 0.01\nf1 >= baseline";
    expect(await told({ thresholds, baseline: "p.csv" })).toEqual([]);
  });
});
