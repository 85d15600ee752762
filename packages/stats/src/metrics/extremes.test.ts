/** Numbers at the ends of what a floating point can tell apart: expected values by exact fractions. */
import { describe, expect, test } from "vitest";
import { dieboldMarianoTest } from "../hypothesis/diebold-mariano.ts";
import { intervalOf } from "../uncertainty/interval.ts";
import { computeMetric } from "./compute.ts";
import type { ClassificationEvaluation, RegressionEvaluation } from "./evaluation.ts";

/** One row of each cell of truth and prediction, with its weight. */
function weighted(cells: readonly (readonly [number, number, number])[]): ClassificationEvaluation {
  const count = 1 + Math.max(...cells.map(([truth]) => truth));
  return {
    task: count === 2 ? "binary" : "multiclass",
    classes: Array.from({ length: count }, (_, code) => `c${code}`),
    truth: cells.map(([truth]) => truth),
    prediction: cells.map(([, prediction]) => prediction),
    weights: cells.map(([, , weight]) => weight),
  };
}

describe("small weights beside large ones", () => {
  const rows = weighted([
    [1, 1, 1e12],
    [0, 1, 1e-6],
    [0, 0, 3e-6],
  ]);

  test("count in specificity, which the large one is no part of", () => {
    // By hand: 3 of 4.
    expect(computeMetric("specificity", "c1", rows).value).toBeCloseTo(0.75, 12);
    expect(computeMetric("recall", "c0", rows).value).toBeCloseTo(0.75, 12);
  });

  test("count in the gap of false positive rates between groups", () => {
    const twice = (values: ArrayLike<number>): number[] => [
      ...Array.from(values),
      ...Array.from(values),
    ];
    const groups = { town: { codes: [0, 0, 0, 1, 1, 1], names: ["a", "b"] } };
    const [truth, prediction] = [twice(rows.truth), [1, 1, 0, 1, 0, 1]];
    const both = { ...rows, truth, prediction, weights: twice(rows.weights ?? []), groups };
    // By hand: 1 of 4 against 3 of 4.
    expect(computeMetric("equalized_odds_difference", "town", both).value).toBeCloseTo(0.5, 12);
  });

  test("count in Matthews's correlation", () => {
    const found = computeMetric(
      "mcc",
      undefined,
      weighted([
        [0, 0, 1e14],
        [1, 1, 3],
        [1, 2, 1],
        [2, 1, 1],
        [2, 2, 2],
      ]),
    );
    expect(found.value).toBeCloseTo(0.857_142_857_142_849_5, 9);
  });
});

describe("areas with fractional weights", () => {
  test("do not exceed 1 by rounding", () => {
    // Unrounded sums give 1.0000000000000002 for both.
    const ranked: ClassificationEvaluation = {
      ...weighted([
        [0, 0, 0.1],
        [1, 1, 0.8],
      ]),
      scores: Float64Array.of(0.2, 0.7),
    };
    expect(computeMetric("roc_auc", undefined, ranked).value).toBe(1);
    const one = { ...ranked, truth: [1], prediction: [1], weights: [0.1] };
    const alone = { ...one, scores: Float64Array.of(0.7) };
    expect(computeMetric("average_precision", undefined, alone).value).toBe(1);
  });
});

describe("regressions at the ends of a number's range", () => {
  const count = 200;
  /** Whole numbers from a start on, so that sums of squares can be told exactly. */
  const from = (start: number): RegressionEvaluation => {
    const truth = Array.from({ length: count }, (_, i) => start + ((7 * i) % 23));
    const prediction = truth.map((value, i) => value + ((5 * i) % 7) - 3);
    return { task: "regression", truth, prediction };
  };

  test("far from 0 lose no digit to the mean's rounding", () => {
    const far = from(1e15);
    expect(computeMetric("r2", undefined, far).value).toBeCloseTo(0.909_172_912_210_120_1, 12);
    expect(computeMetric("explained_variance", undefined, far).value).toBeCloseTo(
      0.909_178_014_855_501_5,
      12,
    );
  });

  test("have the interval of the same rows near 0, wherever they are", () => {
    for (const name of ["r2", "explained_variance"]) {
      const [near, far] = [from(0), from(1e15)].map((rows) => intervalOf({ name }, rows));
      expect(far!.low).toBeCloseTo(near!.low!, 9);
      expect(far!.high).toBeCloseTo(near!.high!, 9);
    }
  });

  test("have the same shares of variance in any unit", () => {
    const rows = from(5);
    for (const unit of [1e-310, 1e-170, 1e160, 1e300]) {
      const scaled = {
        ...rows,
        truth: Array.from(rows.truth, (value) => value * unit),
        prediction: Array.from(rows.prediction, (value) => value * unit),
      };
      for (const name of ["r2", "explained_variance"])
        expect(computeMetric(name, undefined, scaled).value).toBeCloseTo(
          computeMetric(name, undefined, rows).value!,
          9,
        );
    }
  });

  test("say why where a sum is too large for a number", () => {
    const large: RegressionEvaluation = {
      task: "regression",
      truth: [1e200, 2],
      prediction: [3, 4],
    };
    for (const name of ["mse", "rmse"])
      expect(computeMetric(name, undefined, large)).toEqual({
        value: null,
        reason: "the sum of these rows is too large for a number",
      });
    expect(computeMetric("mae", undefined, large).value).toBe(5e199);
  });

  test("have finite intervals though resamples of few rows may hold one value only", () => {
    const few: RegressionEvaluation = {
      task: "regression",
      truth: [1, 1, 1, 1, 2],
      prediction: [1.1, 0.8, 1, 1.3, 1.7],
    };
    for (const interval of ["auto", "percentile", "bca"] as const)
      for (const name of ["r2", "explained_variance"]) {
        const found = intervalOf({ name }, few, { interval });
        expect(Number.isFinite(found.low)).toBe(true);
        expect(Number.isFinite(found.high)).toBe(true);
      }
    const constant = { ...few, truth: [1, 1, 1, 1, 1] };
    expect(intervalOf({ name: "r2" }, constant, { interval: "percentile" })).toMatchObject({
      value: 0,
      low: null,
      reason: "the metric is undefined in most resamples of these rows",
    });
  });
});

test("Diebold and Mariano's test does not depend on the errors' unit", () => {
  const first = [1, -2, 3, -1, 0.5, 2, -0.3, 0.8];
  const second = [0.5, -1, 2.5, -1.5, 0.1, 2.2, -0.1, 0.4];
  const small = dieboldMarianoTest({
    first: first.map((error) => error * 1e-9),
    second: second.map((error) => error * 1e-9),
  });
  const usual = dieboldMarianoTest({ first, second });
  if (!("p" in small && "p" in usual)) throw new Error("the test has no result");
  expect(small.p).toBeCloseTo(usual.p, 12);
  expect(dieboldMarianoTest({ first, second: first })).toHaveProperty("reason");
});
