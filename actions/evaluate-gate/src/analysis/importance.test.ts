import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Column } from "#core";
import { encodeOnnx, makeModel, makeNode, makeTensor, makeValueInfo } from "#models";
import { createRandom, type Evaluation } from "#stats";
import { parseInputs } from "../inputs.ts";
import { openModel } from "../score-model.ts";
import { rawInputs } from "#toolkit";
import { openWorkspace, type Workspace } from "../testing/some-gate.ts";
import { chooseMetric, measureImportance, type ImportancePlan } from "./importance.ts";

let workspace: Workspace;
beforeAll(() => {
  workspace = openWorkspace();
});
afterAll(() => workspace.remove());

const names = ["a", "b", "c", "d"];

/** y = the weighted sum of the columns. */
async function linearModel(weights: readonly number[]) {
  const proto = makeModel({
    name: "linear",
    nodes: [makeNode({ op: "MatMul", inputs: ["x", "w"], outputs: ["y"] })],
    inputs: [makeValueInfo({ name: "x", type: "float", shape: [null, weights.length] })],
    outputs: [makeValueInfo({ name: "y", type: "float", shape: [null, 1] })],
    initializers: [
      makeTensor({ name: "w", type: "float", shape: [weights.length, 1], data: [...weights] }),
    ],
    opsets: { "": 17 },
  });
  const path = await workspace.write("linear.onnx", encodeOnnx(proto));
  return openModel(
    {
      path,
      signature: null,
      features: names,
      task: "regression",
      classes: null,
      output: { name: null, mayLack: false },
      others: [],
    },
    { inputs: { engine: "wasm", workingDirectory: "." }, ports: workspace.ports, rows: 100 },
  );
}

const number = (name: string, values: Float64Array): Column & { readonly kind: "number" } => ({
  kind: "number",
  name,
  values,
  missing: null,
  integer: false,
});

async function importanceOf(weights: readonly number[], more: Partial<ImportancePlan> = {}) {
  const open = await linearModel(weights);
  const random = createRandom(9);
  const rows = 80;
  const columns = names.map((name) =>
    number(
      name,
      Float64Array.from({ length: rows }, () => random.normal()),
    ),
  );
  const target = number(
    "y",
    Float64Array.from({ length: rows }, () => 0),
  );
  columns.forEach(({ values }, at) =>
    values.forEach((value, row) => {
      target.values[row] = (target.values[row] ?? 0) + value * (weights[at] ?? 0);
    }),
  );
  const table = { rows, columns: [...columns, target] };
  const answers = await open.answer(table, "rows");
  try {
    return await measureImportance(
      {
        rows: {
          table,
          name: "rows",
          digest: "",
          target,
          weight: null,
          clusters: null,
          ids: [],
          keys: new BigUint64Array(rows),
          isTestPart: false,
        },
        answers,
        meaning: { task: "regression", classes: [], positiveClass: null },
        scoredBy: "in process",
        open,
        sizeBytes: null,
        modelFile: null,
      },
      {
        metric: { name: "rmse" },
        rows: 1000,
        repeats: 3,
        mostScored: Number.POSITIVE_INFINITY,
        budgetMs: 60_000,
        seed: 1,
        stopwatch: () => 0,
        ...more,
      },
    );
  } finally {
    await open.model.close();
  }
}

describe("permutation importance", () => {
  it("is exactly 0 of columns that the model ignores, and finds the planted one", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(3),
        fc.double({ min: 0.5, max: 4, noNaN: true }),
        async (planted, size) => {
          const weights = names.map((_, at) => (at === planted ? size : 0));
          const found = await importanceOf(weights);
          if (found.kind === "left-out") throw new Error(found.why);
          expect(found.features[0]?.column).toBe(names[planted]);
          expect(found.features[0]?.mean).toBeGreaterThan(0.3 * size);
          for (const { mean, deviation } of found.features.slice(1)) {
            expect(mean).toBe(0);
            expect(deviation).toBe(0);
          }
        },
      ),
      { numRuns: 8 },
    );
  });

  it("orders columns by how much they matter", async () => {
    const found = await importanceOf([1, 0, 4, -2]);
    expect(found).toMatchObject({
      kind: "found",
      metric: "rmse",
      higherIsBetter: false,
      rows: 80,
      ofRows: 80,
      repeats: 3,
      leftOut: [],
      features: [{ column: "c" }, { column: "d" }, { column: "a" }, { column: "b", mean: 0 }],
    });
  });

  it("draws no more rows than the plan allows, the same for the same seed", async () => {
    const found = await importanceOf([1, 0, 4, -2], { rows: 30 });
    expect(found).toMatchObject({ rows: 30, ofRows: 80 });
    expect(await importanceOf([1, 0, 4, -2], { rows: 30 })).toEqual(found);
  });

  it("counts whole rounds only and names the columns that time left no room for", async () => {
    const ticking = () => {
      let now = 0;
      return () => (now += 1);
    };
    // The clock is asked once at the start and before each column: 4, then 2 of the next round.
    expect(await importanceOf([1, 0, 4, -2], { budgetMs: 6, stopwatch: ticking() })).toMatchObject({
      kind: "found",
      repeats: 1,
      leftOut: [],
      features: [{ deviation: null }, {}, {}, {}],
    });
    expect(await importanceOf([1, 0, 4, -2], { budgetMs: 2, stopwatch: ticking() })).toMatchObject({
      kind: "found",
      repeats: 1,
      leftOut: ["c", "d"],
    });
    expect(await importanceOf([1, 0, 4, -2], { budgetMs: 0, stopwatch: ticking() })).toEqual({
      kind: "left-out",
      why: "scoring the rows once took longer than 0 s",
    });
  });
});

describe("chooseMetric", () => {
  const thresholds = (text: string) =>
    parseInputs(rawInputs({ model: "m", thresholds: text })).thresholds;
  const evaluation: Evaluation = {
    task: "binary",
    classes: ["no", "yes"],
    truth: Int32Array.of(0, 1, 1, 0),
    prediction: Int32Array.of(0, 1, 0, 0),
  };

  it.each([
    ["p95_ms <= 5\nrun.loss <= 1\nrecall[age=3] >= 0.5\nf1 >= 0.5", { name: "f1" }],
    ["recall(no) >= 0.9", { name: "recall", argument: "no" }],
    ["demographic_parity_difference(age) <= 0.1\nroc_auc >= 0.9", { name: "accuracy" }],
    ["mean(ndcg) >= 0.5", { name: "accuracy" }],
  ])("takes of %j the first that has a value on rows and a better direction", (text, expected) => {
    expect(chooseMetric(thresholds(text), evaluation)).toEqual(expected);
  });
});
