import { describe, expect, test } from "vitest";
import { bindMetric } from "../metrics/bind.ts";
import { computeMetric } from "../metrics/compute.ts";
import type { ClassificationEvaluation } from "../metrics/evaluation.ts";
import type { RowKernel } from "../metrics/kernel.ts";
import { concatenatedRanking } from "../metrics/multiclass-ranking.ts";
import { averagePrecision } from "../metrics/ranking.ts";
import { type Random, createRandom } from "../random/generator.ts";
import { compareOnRows } from "./comparison.ts";
import { intervalOf } from "./interval.ts";

interface Options {
  readonly rows: number;
  readonly classCount?: number;
  /** How far the true class scores above the others. */
  readonly strength?: number;
  /** Decimals of the scores: few make ties. */
  readonly decimals?: number;
  readonly weighted?: boolean;
}

/** Rows of a classifier; a binary one has one column of scores. */
function rowsOf(random: Random, options: Options): ClassificationEvaluation {
  const { rows, classCount = 2, strength = 1, decimals, weighted = false } = options;
  const truth = Int32Array.from({ length: rows }, () =>
    Math.min(random.integer(classCount), random.integer(classCount + 1)),
  );
  const columns = Array.from({ length: classCount }, () => new Float64Array(rows));
  for (let i = 0; i < rows; i++) {
    const raw = columns.map((_, k) => Math.exp(random.normal() + (k === truth[i] ? strength : 0)));
    const total = raw.reduce((sum, value) => sum + value, 0);
    columns.forEach((column, k) => {
      const score = raw[k]! / total;
      column[i] = decimals === undefined ? score : Number(score.toFixed(decimals));
    });
  }
  const prediction = truth.map((_, i) =>
    columns.reduce((best, column, k) => (column[i]! > columns[best]![i]! ? k : best), 0),
  );
  return {
    task: classCount === 2 ? "binary" : "multiclass",
    classes: Array.from({ length: classCount }, (_, k) => `c${k}`),
    truth,
    prediction,
    scores: classCount === 2 ? columns[1]! : columns,
    ...(weighted && { weights: Float64Array.from(truth, () => 0.5 + random.uniform()) }),
  };
}

function kernelOf(name: string, evaluation: ClassificationEvaluation): RowKernel {
  const kernel = bindMetric({ name }, evaluation);
  if (!("kind" in kernel) || kernel.kind !== "rows") throw new Error(`${name} needs no rows`);
  return kernel;
}

/** The derivative by how often a row counts, from a small step to either side. */
function slopeOf(kernel: RowKernel, evaluation: ClassificationEvaluation, row: number): number {
  const base = Float64Array.from(evaluation.truth, (_, i) => evaluation.weights?.[i] ?? 1);
  const step = 1e-4;
  const at = (times: number): number => {
    const weights = base.slice();
    weights[row]! *= times;
    return kernel.evaluate(weights).value!;
  };
  return (at(1 + step) - at(1 - step)) / (2 * step);
}

const averages = [
  "roc_auc_ovr",
  "roc_auc_ovr_weighted",
  "roc_auc_ovo",
  "roc_auc_ovo_weighted",
  "average_precision",
  "average_precision_weighted",
  "average_precision_micro",
];

test("one column of scores pools as both classes' columns do", () => {
  const single = rowsOf(createRandom(4), { rows: 200, decimals: 2 });
  const scores = single.scores as Float64Array;
  const both = { ...single, scores: [scores.map((p) => 1 - p), scores] };
  const name = "average_precision_micro";
  expect(computeMetric(name, undefined, single)).toEqual(computeMetric(name, undefined, both));
});

describe.each([{ decimals: 1 }, { decimals: 3 }, {}])(
  "average precision of two classes: %o",
  (o) => {
    const evaluation = rowsOf(createRandom(41), { rows: 700, ...o });
    const scores = evaluation.scores as Float64Array;
    const columns = [scores.map((p) => 1 - p), scores];
    const precisionOf = (scores: Float64Array, positive: number): number =>
      averagePrecision({ scores, truth: evaluation.truth, positive }).value!;

    test.each([
      { of: "one column", given: evaluation },
      { of: "two columns", given: { ...evaluation, scores: columns } },
    ])("pools $of to the very number that joined columns give", ({ given }) => {
      const found = computeMetric("average_precision_micro", undefined, given);
      expect(found).toEqual(averagePrecision(concatenatedRanking(given)!));
    });

    test("is of the second class what sorting its own column gives", () => {
      const positives = Array.from(evaluation.truth).reduce((sum, code) => sum + code, 0);
      const ofClasses = columns.map((column, code) => precisionOf(column, code));
      const expected = ((700 - positives) * ofClasses[0]! + positives * ofClasses[1]!) / 700;
      const found = computeMetric("average_precision_weighted", undefined, evaluation);
      expect(found.value).toBe(expected);
    });

    test("of a class without rows is undefined", () => {
      const truth = new Int32Array(700).fill(1);
      expect(
        computeMetric("average_precision_weighted", undefined, { ...evaluation, truth }),
      ).toEqual({
        value: null,
        reason: 'class "c0": no row is of the positive class',
      });
    });
  },
);

test("two classes pool where scores are infinite, and do not where one is no number", () => {
  const truth = Int32Array.of(0, 1, 1, 0, 1);
  const evaluationOf = (...columns: readonly (readonly number[])[]): ClassificationEvaluation => ({
    ...rowsOf(createRandom(1), { rows: 5 }),
    truth,
    scores: columns.map((column) => Float64Array.from(column)),
  });
  const infinite = evaluationOf(
    [-Infinity, 0.5, -Infinity, 2, 0.1],
    [0.5, Infinity, -Infinity, -1, -Infinity],
  );
  expect(computeMetric("average_precision_micro", undefined, infinite)).toEqual(
    averagePrecision(concatenatedRanking(infinite)!),
  );
  const unknown = evaluationOf([0.5, 0.4, Number.NaN, 0.2, 0.1], [0.5, 0.6, 0.7, 0.8, 0.9]);
  expect(computeMetric("average_precision_micro", undefined, unknown)).toMatchObject({
    value: null,
    reason: "some scores are not a number",
  });
});

describe("the influence of a row", () => {
  const kinds: readonly (Options & { readonly name: string })[] = [
    { name: "binary", rows: 60 },
    { name: "binary with ties", rows: 60, decimals: 1 },
    { name: "binary, weighted", rows: 60, decimals: 2, weighted: true },
    { name: "four classes", rows: 80, classCount: 4 },
    {
      name: "three classes with ties, weighted",
      rows: 80,
      classCount: 3,
      decimals: 1,
      weighted: true,
    },
  ];
  test.each(kinds)("is the metric's slope by its weight: $name", (options) => {
    const evaluation = rowsOf(createRandom(5), options);
    const names = options.classCount === undefined ? ["roc_auc", ...averages] : averages;
    for (const name of [...names, "roc_auc_ovr_micro"]) {
      // Rounded scores of a row need not sum to 1, which comparing classes asks for.
      if (options.decimals === 1 && options.classCount !== undefined && /ov[ro]/.test(name))
        continue;
      const kernel = kernelOf(name, evaluation);
      const found = kernel.influence!()!;
      expect(found.value).toBeCloseTo(kernel.evaluate(evaluation.weights).value!, 12);
      for (let row = 0; row < evaluation.truth.length; row += 7)
        expect(found.rows[row], `${name}, row ${row}`).toBeCloseTo(
          slopeOf(kernel, evaluation, row),
          7,
        );
    }
  });

  test("sums to 0 over the rows", () => {
    const evaluation = rowsOf(createRandom(6), { rows: 500, decimals: 2 });
    for (const name of ["roc_auc", ...averages]) {
      const { rows } = kernelOf(name, evaluation).influence!()!;
      expect(rows.reduce((sum, one) => sum + one, 0)).toBeCloseTo(0, 10);
    }
  });

  test("is none where the metric is undefined", () => {
    const evaluation = { ...rowsOf(createRandom(7), { rows: 20 }), truth: new Int32Array(20) };
    expect(kernelOf("average_precision", evaluation).influence!()).toBeNull();
    expect(kernelOf("roc_auc", evaluation).influence!()).toBeNull();
  });
});

/** Metrics whose method changes with many rows, and to what. */
const changing = [
  ["average_precision", "infinitesimal-jackknife"],
  ["average_precision_micro", "infinitesimal-jackknife"],
  ["average_precision_weighted", "infinitesimal-jackknife"],
  ["roc_auc_ovr", "infinitesimal-jackknife"],
  ["ece", "bootstrap-bins"],
  ["mce", "bootstrap-bins"],
  ["log_loss", "bootstrap-normal"],
  ["brier", "bootstrap-normal"],
] as const;

const width = ({ low, high }: { low: number | null; high: number | null }): number => high! - low!;

describe("intervals of many rows", () => {
  // 300 resamples of 12,000 rows are drawn row by row; their interval's width has an error of some 6 %.
  const few = { resamples: 300, interval: "percentile" as const };

  test.each(changing)("of %s are what drawing rows gives", (name, method) => {
    const evaluation = rowsOf(createRandom(8), { rows: 12_000 });
    // Gaps that noise lifts have more than percentiles of their own.
    const interval = ["ece", "mce"].includes(name) ? few.interval : undefined;
    const fast = intervalOf({ name }, evaluation, { interval });
    const slow = intervalOf({ name }, evaluation, few);
    expect([fast.method, slow.method]).toEqual([method, "bootstrap-rows"]);
    expect(width(fast) / width(slow)).toBeGreaterThan(0.8);
    expect(width(fast) / width(slow)).toBeLessThan(1.25);
    expect(Math.abs(fast.low! - slow.low!)).toBeLessThan(0.15 * width(slow));
    expect(Math.abs(fast.high! - slow.high!)).toBeLessThan(0.15 * width(slow));
  });

  test.each(changing)("of differences in %s are what drawing rows gives", (name, method) => {
    const random = createRandom(9);
    const candidate = rowsOf(random, { rows: 12_000, strength: 1.3 });
    const noise = Float64Array.from(candidate.truth, () => 0.3 * random.normal());
    const scores = Float64Array.from(candidate.scores as Float64Array, (p, i) => {
      const odds = (p / (1 - p)) * Math.exp(noise[i]!);
      return odds / (1 + odds);
    });
    const input = { metric: { name }, candidate, reference: { ...candidate, scores } };
    const fast = compareOnRows(input);
    const slow = compareOnRows({ ...input, ...few });
    expect(fast.method).toBe(method);
    expect(width(fast) / width(slow)).toBeGreaterThan(0.8);
    expect(width(fast) / width(slow)).toBeLessThan(1.25);
  });

  test("of clusters add up what rows of one entity do together", () => {
    const evaluation = rowsOf(createRandom(10), { rows: 6_000 });
    const twice = (values: ArrayLike<number>): number[] => [
      ...Array.from(values),
      ...Array.from(values),
    ];
    // Every row stands there twice: clustered, that is no news.
    const doubled: ClassificationEvaluation = {
      ...evaluation,
      truth: Int32Array.from(twice(evaluation.truth)),
      prediction: Int32Array.from(twice(evaluation.prediction)),
      scores: Float64Array.from(twice(evaluation.scores as Float64Array)),
    };
    const clusters = Int32Array.from(doubled.truth, (_, i) => i % 6_000);
    const name = "average_precision";
    const clustered = intervalOf({ name }, doubled, { clusters });
    const plain = intervalOf({ name }, evaluation, few);
    expect(clustered.method).toBe("infinitesimal-jackknife");
    expect(width(clustered) / width(plain)).toBeGreaterThan(0.8);
    expect(width(clustered) / width(plain)).toBeLessThan(1.25);
    expect(width(intervalOf({ name }, doubled)) / width(clustered)).toBeCloseTo(Math.SQRT1_2, 2);
  });

  test("come out the same from the same rows and seed, whatever was asked before", () => {
    const make = (): ClassificationEvaluation => rowsOf(createRandom(11), { rows: 11_000 });
    const [first, second] = [make(), make()];
    for (const [name] of changing) intervalOf({ name }, first);
    for (const [name] of [...changing].reverse())
      expect(intervalOf({ name }, second)).toEqual(intervalOf({ name }, first));
  });
});

describe("simulated coverage of many rows", () => {
  test("of average precision is near 95 %", () => {
    const random = createRandom(12);
    const name = "average_precision";
    const truth = intervalOf({ name }, rowsOf(random, { rows: 300_000 })).value!;
    let held = 0;
    const simulations = 120;
    for (let k = 0; k < simulations; k++) {
      const { low, high } = intervalOf({ name }, rowsOf(random, { rows: 10_500 }));
      if (low! <= truth && truth <= high!) held++;
    }
    // The error of 120 simulations is 2 points.
    expect(held / simulations).toBeGreaterThan(0.89);
    expect(held / simulations).toBeLessThan(0.995);
  });
});
