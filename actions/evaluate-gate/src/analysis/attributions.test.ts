import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { takeRows } from "#core";
import { readTable } from "#data";
import type { Candidate } from "../candidate.ts";
import { openModel, type OpenModel } from "../score-model.ts";
import { fixture, openWorkspace, type Workspace } from "../testing/some-gate.ts";
import { attribute, type AttributionPlan } from "./attributions.ts";

let workspace: Workspace;
let candidate: Candidate & { readonly open: OpenModel };
beforeAll(async () => {
  workspace = openWorkspace();
  const whole = await readTable([fixture("data/weather.csv")]);
  const table = takeRows(
    whole,
    Array.from({ length: 120 }, (_, at) => at * 7),
  );
  const open = await openModel(
    {
      path: fixture("golden/models/weather_logistic_zipmap_columns.onnx"),
      signature: null,
      features: null,
      task: "multiclass",
      classes: null,
      output: { name: null, mayLack: false },
      others: ["weather"],
    },
    { inputs: { engine: "wasm", workingDirectory: "." }, ports: workspace.ports, rows: 120 },
  );
  const answers = await open.answer(table, "weather.csv");
  const [target] = table.columns;
  if (answers.kind !== "classes" || target === undefined) throw new Error("classes were expected");
  candidate = {
    rows: {
      table,
      name: "weather.csv",
      digest: "",
      target,
      weight: null,
      clusters: null,
      ids: [],
      keys: new BigUint64Array(120),
      isTestPart: false,
    },
    answers,
    meaning: { task: "multiclass", classes: answers.classes, positiveClass: null },
    scoredBy: "in process (wasm)",
    open,
    sizeBytes: null,
    modelFile: null,
  };
});
afterAll(async () => {
  await candidate.open.model.close();
  await workspace.remove();
});

const ask = (more: Partial<AttributionPlan> = {}) =>
  attribute(candidate, {
    worst: [5, 40],
    rows: 20,
    background: 30,
    samples: 60,
    mostScored: Number.POSITIVE_INFINITY,
    budgetMs: 1000,
    seed: 1,
    stopwatch: ticking(1),
    ...more,
  });

/** A clock that each look moves on. */
function ticking(step: number): () => number {
  let now = 0;
  return () => (now += step);
}

describe("attribute", () => {
  it("tells each worst error's columns by size, and sums up the rows drawn", async () => {
    const found = await ask();
    if (found.kind === "left-out") throw new Error(found.why);
    expect([...found.contributions.keys()]).toEqual([5, 40]);
    for (const own of found.contributions.values()) {
      const sizes = own.map(({ value }) => Math.abs(value));
      expect(sizes).toEqual(sizes.toSorted((left, right) => right - left));
      expect(own).toHaveLength(5);
    }
    expect(found.summary).toMatchObject({ rows: 20, background: 30, scale: "probability" });
    expect(found.summary.features).toHaveLength(5);
    expect(found.summary.outputs).toEqual(candidate.meaning.classes);
  });

  it("adds up to the predicted class's score over an average", async () => {
    const found = await ask();
    if (found.kind === "left-out" || candidate.answers.kind === "values") throw new Error("none");
    const { labels, scores } = candidate.answers;
    const label = labels[5] ?? 0;
    expect(labels[40]).toBe(label);
    const scoreOf = (row: number): number => scores[label]?.values[row] ?? 0;
    const [first = 0, second = 0] = [...found.contributions.values()].map((own) =>
      own.reduce((sum, { value }) => sum + value, 0),
    );
    // Of one class the average is the same, and cancels in the difference of two rows.
    expect(first - second).toBeCloseTo(scoreOf(5) - scoreOf(40), 6);
  });

  it("is the same for the same seed", async () => {
    expect(await ask()).toEqual(await ask());
  });

  it("explains fewer rows when time is short, the worst errors first, and none when one takes it all", async () => {
    // One row takes 1 tick: of 2 one worst error fits, and two steps of rows drawn.
    const short = await ask({ budgetMs: 2, rows: 40 });
    if (short.kind === "left-out") throw new Error(short.why);
    expect([...short.contributions.keys()]).toEqual([5]);
    expect(short.summary.rows).toBe(20);
    expect(await ask({ budgetMs: 1500, stopwatch: ticking(1000) })).toEqual({
      kind: "left-out",
      why: "explaining one prediction took 1.0 s of the 1.5 s",
    });
  });

  it("asks a model for no more rows than it may, and shares them between worst errors and all rows", async () => {
    // 60 orders of 5 columns a row: 6 rows, half of them for worst errors.
    const worst = [5, 40, 2, 3, 4];
    const found = await ask({ worst, mostScored: 1800 });
    if (found.kind === "left-out") throw new Error(found.why);
    expect([...found.contributions.keys()]).toEqual([5, 40, 2]);
    expect(found.summary.rows).toBe(3);
  });

  it("gives a global picture of a model without errors", async () => {
    const found = await ask({ worst: [] });
    expect(found).toMatchObject({ kind: "found", summary: { rows: 20 } });
  });
});
