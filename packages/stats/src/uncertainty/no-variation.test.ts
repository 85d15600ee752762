import { describe, expect, test } from "vitest";
import type { ClassificationEvaluation } from "../metrics/evaluation.ts";
import { compareOnRows } from "./comparison.ts";
import { intervalOf } from "./interval.ts";
import { reachOfNone } from "./no-variation.ts";

/** Rows of which the first `positives` are positive; all predicted right but the last `wrong`. */
function rows(count: number, positives: number, wrong = 0): ClassificationEvaluation {
  const truth = Int32Array.from({ length: count }, (_, at) => (at < positives ? 1 : 0));
  const prediction = truth.map((code, at) => (at >= count - wrong ? 1 - code : code));
  return { task: "binary", classes: ["no", "yes"], positive: 1, truth, prediction };
}

/** Scores that separate the classes, in another order within each for another `seed`. */
function separating(evaluation: ClassificationEvaluation, seed: number): ClassificationEvaluation {
  const scores = Float64Array.from(
    evaluation.truth,
    (code, at) => 0.5 * code + 0.4 * (((at + 1) * seed * 0.618) % 1),
  );
  return { ...evaluation, scores };
}

describe("an interval where no row varies", () => {
  test("is Clopper and Pearson's at n of n", () => {
    // By hand: 0.025^(1/30) = 0.884; SciPy 1.17: binomtest(30, 30).proportion_ci() = [0.8843, 1].
    expect(1 - reachOfNone(30)).toBeCloseTo(0.884_296_7, 6);
    const { low, high, method } = intervalOf({ name: "f1" }, rows(60, 30));
    expect([low, high, method]).toEqual([1 - reachOfNone(30), 1, "clopper-pearson"]);
  });

  test("of an area is no point either", () => {
    const { value, low, high } = intervalOf({ name: "roc_auc" }, separating(rows(60, 20), 3));
    expect([value, low, high]).toEqual([1, 1 - reachOfNone(20), 1]);
    const precision = intervalOf({ name: "average_precision" }, separating(rows(60, 20), 3));
    expect(precision).toMatchObject({ value: 1, low, high, method: "clopper-pearson" });
  });

  test("of a micro average is that of accuracy, whose number it is", () => {
    const evaluation = rows(200, 90, 6);
    for (const name of ["precision_micro", "recall_micro", "f1_micro"]) {
      const { low, high, method } = intervalOf({ name }, evaluation);
      const accuracy = intervalOf({ name: "accuracy" }, evaluation);
      expect([low, high, method]).toEqual([accuracy.low, accuracy.high, "wilson"]);
    }
  });

  test("of weighted rows does not depend on the weights' unit, and is wider than of even ones", () => {
    const evaluation = separating(rows(60, 30), 3);
    const reachOf = (name: string, weights: readonly number[]): number =>
      intervalOf({ name }, { ...evaluation, weights }).low!;
    const [small, large] = [1e-3, 1e6].map((unit) => Array.from({ length: 60 }, () => unit));
    const uneven = Array.from({ length: 60 }, (_, at) => 1 + (at % 5));
    for (const name of ["accuracy", "recall", "f1", "roc_auc"]) {
      const even = intervalOf({ name }, evaluation).low!;
      if (name !== "accuracy" && name !== "recall") expect(reachOf(name, small!)).toBeCloseTo(even);
      expect(reachOf(name, small!)).toBeCloseTo(reachOf(name, large!), 12);
      expect(reachOf(name, uneven)).toBeLessThan(reachOf(name, large!));
    }
    // By hand: 60 rows of one weight, all right: 0.025^(1/60).
    expect(reachOf("accuracy", large!)).toBeCloseTo(0.025 ** (1 / 60), 12);
  });

  test("says how likely such rows are under a bound", () => {
    const { pBelow, pAbove } = intervalOf({ name: "f1" }, rows(60, 30), { against: 0.9 });
    expect(pBelow).toBe(1);
    expect(pAbove).toBeCloseTo(0.9 ** 30, 12);
  });
});

describe("a difference where no row tells two models apart", () => {
  test("of one positive row settles nothing about recall", () => {
    const one = rows(1000, 1);
    const found = compareOnRows({ metric: { name: "recall" }, candidate: one, reference: one });
    expect(found).toMatchObject({ difference: 0, method: "clopper-pearson" });
    expect(found.low).toBeCloseTo(-0.975, 12);
    expect(found.high).toBeCloseTo(0.975, 12);
  });

  test("allows accuracy what that many rows may hide", () => {
    for (const count of [30, 300, 3000]) {
      const same = rows(count, count / 2, 3);
      const found = compareOnRows({
        metric: { name: "accuracy" },
        candidate: same,
        reference: same,
        nullDifference: -0.01,
      });
      expect(found.low).toBeCloseTo(-reachOfNone(count), 12);
      expect(found.pAbove).toBeCloseTo(0.99 ** count, 12);
      expect(found.p).toBe(1);
    }
  });

  test("of areas holds for two models that both separate the classes", () => {
    const base = rows(60, 20);
    const found = compareOnRows({
      metric: { name: "roc_auc" },
      candidate: separating(base, 3),
      reference: separating(base, 7),
    });
    expect(found.low).toBeCloseTo(-reachOfNone(20), 12);
  });

  test("is 0 and sure for a model against itself, scores and all", () => {
    const itself = separating(rows(60, 20, 4), 3);
    const found = compareOnRows({
      metric: { name: "roc_auc" },
      candidate: itself,
      reference: { ...itself, scores: Float64Array.from(itself.scores as Float64Array) },
    });
    expect([found.low, found.high]).toEqual([0, 0]);
  });

  test("counts entities where rows belong together", () => {
    const same = rows(300, 150, 3);
    const clusters = Int32Array.from({ length: 300 }, (_, at) => at % 15);
    const metric = { name: "accuracy" };
    const found = compareOnRows({ metric, candidate: same, reference: same, clusters });
    expect(found.low).toBeCloseTo(-reachOfNone(15), 12);
  });
});

describe("a largest error", () => {
  test("has a value and no interval: no resample exceeds it", () => {
    const truth = Float64Array.from({ length: 50 }, (_, at) => at);
    const model = (shift: number) => ({
      task: "regression" as const,
      truth,
      prediction: truth.map((value, at) => value + shift * (at % 3)),
    });
    const metric = { name: "max_error" };
    expect(intervalOf(metric, model(1))).toMatchObject({
      value: 2,
      low: null,
      reason: "resampling tells nothing of a maximum",
    });
    expect(compareOnRows({ metric, candidate: model(1), reference: model(2) })).toMatchObject({
      candidate: 2,
      reference: 4,
      difference: -2,
      low: null,
      p: null,
    });
  });
});
