import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodeOnnx, makeModel, makeNode, makeTensor, makeValueInfo } from "#models";
import { openWorkspace, type Workspace } from "./testing/some-gate.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

const inputs = {
  resamples: "100",
  "error-analysis": "off",
  checks: "off",
  html: "false",
  "model-file": "targets.onnx",
  data: "rows.csv",
  features: "a\nb",
  baseline: "none",
};

/** A linear model of two features and three numbers a row, without labels; and 40 rows. */
async function writeTargets(tail: "Identity" | "Softmax" = "Identity"): Promise<void> {
  const model = makeModel({
    name: "targets",
    nodes: [
      makeNode({ op: "MatMul", inputs: ["x", "w"], outputs: ["raw"] }),
      makeNode({ op: tail, inputs: ["raw"], outputs: ["variable"] }),
    ],
    inputs: [makeValueInfo({ name: "x", type: "float", shape: [null, 2] })],
    outputs: [makeValueInfo({ name: "variable", type: "float", shape: [null, 3] })],
    initializers: [
      makeTensor({ name: "w", type: "float", shape: [2, 3], data: [3, 1, -2, 0.5, 2, 1] }),
    ],
    opsets: { "": 17 },
  });
  await workspace.write("targets.onnx", encodeOnnx(model));
  const rows = Array.from({ length: 40 }, (_, row) => {
    const [a, b] = [row % 7, row % 5];
    const raw = [3 * a + 0.5 * b, a + 2 * b, b - 2 * a];
    return [a, b, 3 * a + 0.5 * b, raw.indexOf(Math.max(...raw))].join(",");
  });
  await workspace.write("rows.csv", ["a,b,height,count", ...rows].join("\n"));
}

describe("a model of several numbers a row, without labels or a word what they are", () => {
  it.each([
    ["height", "mae <= 1"],
    ["count", "accuracy >= 0.5"],
  ])("is no classifier because it has a column for each: %s", async (target, thresholds) => {
    await writeTargets();
    await expect(workspace.gate({ ...inputs, target, thresholds })).rejects.toMatchObject({
      code: "SCORES_NOT_PROBABILITIES",
      message:
        "targets.onnx: output variable has the shape [rows, 3] and no label beside it, and is no probability for each class: row 1 holds 0, 0, 0.",
    });
  });

  it("is told so where its output was named, too", async () => {
    await writeTargets();
    const named = { ...inputs, target: "count", output: "variable", thresholds: "accuracy >= 0.5" };
    await expect(workspace.gate(named)).rejects.toMatchObject({
      code: "SCORES_NOT_PROBABILITIES",
    });
  });

  it("is refused as a regressor, too: one target is judged at a time", async () => {
    await writeTargets();
    const told = { ...inputs, target: "height", task: "regression", thresholds: "mae <= 1" };
    await expect(workspace.gate(told)).rejects.toMatchObject({ code: "NO_REGRESSION_OUTPUT" });
  });

  it.each([{ task: "multiclass" }, { classes: "0, 1, 2" }])(
    "is a classifier of logits for whoever says so: %o",
    async (said) => {
      await writeTargets();
      const told = { ...inputs, target: "count", thresholds: "accuracy >= 0.9", ...said };
      const { document } = await workspace.gate(told);
      expect(document).toMatchObject({ verdict: "pass", task: "multiclass" });
    },
  );

  it("is a classifier where they are probabilities", async () => {
    await writeTargets("Softmax");
    const told = { ...inputs, target: "count", thresholds: "accuracy >= 0.9" };
    const { document } = await workspace.gate(told);
    expect(document).toMatchObject({ verdict: "pass", task: "multiclass" });
  });
});
