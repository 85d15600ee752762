import { describe, expect, test } from "vitest";
import { bindMetric } from "../metrics/bind.ts";
import type { ClassificationEvaluation } from "../metrics/evaluation.ts";
import { createRandom, type Random } from "../random/generator.ts";
import { compareOnRows } from "./comparison.ts";
import { delongCovariance } from "./delong.ts";
import { intervalOf } from "./interval.ts";
import { logitInterval, plainInterval, rankingLaw } from "./ranking-law.ts";

/** Rows of classes with the shares given, whose own score lies `strength` above the others'. */
function drawRows(
  random: Random,
  shares: readonly number[],
  { rows, strength = 1.5 }: { readonly rows: number; readonly strength?: number },
): ClassificationEvaluation {
  const truth = Int32Array.from({ length: rows }, () => {
    let left = random.uniform();
    const code = shares.findIndex((share) => (left -= share) < 0);
    return code < 0 ? shares.length - 1 : code;
  });
  const classes = shares.map((_, code) => `c${code}`);
  const model = { classes, truth, prediction: truth };
  if (shares.length === 2)
    return {
      ...model,
      task: "binary",
      scores: Float64Array.from(truth, (code) => random.normal() + strength * code),
    };
  const scores = classes.map((_, code) =>
    Float64Array.from(truth, (own) => Math.exp(random.normal() + (own === code ? strength : 0))),
  );
  for (let row = 0; row < rows; row++) {
    const sum = scores.reduce((all, column) => all + column[row]!, 0);
    for (const column of scores) column[row]! /= sum;
  }
  return { ...model, task: "multiclass", scores };
}

describe("the law of a metric of ranks", () => {
  test("of two classes has DeLong's variance", () => {
    const evaluation = drawRows(createRandom(1), [0.7, 0.3], { rows: 90 });
    const kernel = bindMetric({ name: "roc_auc" }, evaluation);
    if (!("kind" in kernel) || kernel.kind !== "rows") throw new Error("no kernel of rows");
    const law = rankingLaw(kernel.influence!()!.rows, evaluation.truth, 2)!;
    const found = delongCovariance([kernel.ranking!]);
    if ("reason" in found) throw new Error(found.reason);
    expect(law.deviation ** 2).toBeCloseTo(found.covariance[0]![0]!, 14);
    const smaller = Math.min(found.positives, found.negatives) - 1;
    expect(law.freedom).toBeGreaterThan(smaller);
    expect(law.freedom).toBeLessThan(evaluation.truth.length - 1);
  });

  test("of one varying class has the degrees of freedom of that class", () => {
    const influences = Float64Array.of(0.1, -0.1, 0.2, -0.2, 0, 0);
    const { deviation, freedom } = rankingLaw(influences, [0, 0, 0, 0, 1, 1], 2)!;
    expect(deviation ** 2).toBeCloseTo((0.1 * 4) / 3, 12);
    expect(freedom).toBeCloseTo(3, 12);
  });

  test("is none where a class has a single row, and certain where no row moves the metric", () => {
    expect(rankingLaw(Float64Array.of(0.1, 0.2, 0.3), [0, 0, 1], 2)).toBeNull();
    expect(rankingLaw(new Float64Array(4), [0, 0, 1, 1], 3)).toEqual({
      deviation: 0,
      freedom: Infinity,
    });
  });
});

test.each(["roc_auc", "average_precision"])(
  "an interval of %s after a comparison is what it is without one",
  (name) => {
    const drawn = drawRows(createRandom(2), [0.7, 0.3], { rows: 200 });
    const other = { ...drawn, scores: drawRows(createRandom(3), [0.7, 0.3], { rows: 200 }).scores };
    // Scores of its own, so that nothing is known of them yet.
    const alone = { ...drawn, scores: Float64Array.from(drawn.scores as Float64Array) };
    compareOnRows({ metric: { name }, candidate: drawn, reference: other });
    expect(intervalOf({ name }, drawn)).toEqual(intervalOf({ name }, alone));
  },
);

describe("an interval on the logit's scale", () => {
  const law = { deviation: 0.02, freedom: 19 };

  test("stays in 0..1, reaches further away from the nearer end and agrees with its tails", () => {
    const { low, high, tailsAt } = logitInterval(0.97, law, 0.9);
    expect(high).toBeLessThan(1);
    expect(0.97 - low).toBeGreaterThan(high - 0.97);
    expect(tailsAt(low).above).toBeCloseTo(0.05, 9);
    expect(tailsAt(high).below).toBeCloseTo(0.05, 9);
  });

  test("is the plain one where an area is far from both ends", () => {
    const small = { deviation: 1e-4, freedom: 500 };
    const [onLogit, plain] = [logitInterval(0.5, small), plainInterval(0.5, small)];
    expect(onLogit.low).toBeCloseTo(plain.low, 8);
    expect(onLogit.high).toBeCloseTo(plain.high, 8);
  });

  test("takes bounds at and beyond the ends, and values there", () => {
    expect(logitInterval(0.9, law).tailsAt(1)).toEqual({ below: 0, above: 1 });
    expect(logitInterval(0.9, law).tailsAt(-0.2)).toEqual({ below: 1, above: 0 });
    const certain = logitInterval(1, law);
    expect(certain).toMatchObject({ low: 1, high: 1 });
    expect(certain.tailsAt(0.9)).toEqual({ below: 1, above: 0 });
    expect(certain.tailsAt(1)).toEqual({ below: 1, above: 1 });
  });
});

/** The share of samples whose interval holds the truth, in percent, each side apart. */
function missesOf(
  shares: readonly number[],
  {
    name,
    rows,
    strength,
    samples,
  }: Record<"rows" | "strength" | "samples", number> & { name: string },
): { readonly below: number; readonly above: number } {
  const random = createRandom(7);
  const truth = intervalOf({ name }, drawRows(random, shares, { rows: 100_000, strength })).value!;
  let [below, above] = [0, 0];
  for (let sample = 0; sample < samples; sample++) {
    const found = intervalOf({ name }, drawRows(random, shares, { rows, strength }));
    if (truth < found.low!) below++;
    if (truth > found.high!) above++;
  }
  return { below: (100 * below) / samples, above: (100 * above) / samples };
}

describe("simulated coverage", () => {
  test.each([
    { name: "roc_auc", shares: [0.8, 0.2], rows: 50, strength: 1.5 },
    { name: "average_precision", shares: [0.8, 0.2], rows: 50, strength: 1.5 },
    { name: "average_precision", shares: [0.9, 0.1], rows: 200, strength: 3 },
    { name: "roc_auc_ovr", shares: [0.4, 0.3, 0.3], rows: 50, strength: 1.5 },
    { name: "roc_auc_ovo", shares: [0.4, 0.3, 0.3], rows: 200, strength: 1.5 },
    { name: "average_precision", shares: [0.4, 0.3, 0.3], rows: 50, strength: 1.5 },
    { name: "average_precision_micro", shares: [0.4, 0.3, 0.3], rows: 200, strength: 1.5 },
  ])("of $name on $rows rows of $shares is near 95 %, alike on both sides", (asked) => {
    const { below, above } = missesOf(asked.shares, { ...asked, samples: 1000 });
    // The error of 1,000 samples is 0.7 points.
    expect(below + above).toBeGreaterThan(2.5);
    expect(below + above).toBeLessThan(7.5);
    expect(Math.abs(below - above)).toBeLessThan(3.5);
  });

  test("of an area near 1 with twenty rows of a class: most of what a plain interval lacks", () => {
    const { below, above } = missesOf([0.9, 0.1], {
      name: "roc_auc",
      rows: 200,
      strength: 3,
      samples: 1000,
    });
    // Some 91.5 % hold; without the logit's scale 79.5.
    expect(below + above).toBeLessThan(11);
  });
});

test("a difference of averages of areas is found by how the rows move it, as resampling finds it", () => {
  const random = createRandom(3);
  const candidate = drawRows(random, [0.5, 0.3, 0.2], { rows: 1500 });
  const other = drawRows(createRandom(4), [0.5, 0.3, 0.2], { rows: 1500, strength: 1 });
  const reference = { ...candidate, scores: other.scores! };
  for (const name of ["roc_auc_ovr", "roc_auc_ovo_weighted", "average_precision_micro"]) {
    const input = { metric: { name }, candidate, reference };
    const found = compareOnRows(input);
    const drawn = compareOnRows({ ...input, interval: "percentile", resamples: 600 });
    expect(found).toMatchObject({ test: "infinitesimal-jackknife", resamples: null });
    const width = drawn.high! - drawn.low!;
    expect(Math.abs(found.low! - drawn.low!)).toBeLessThan(0.1 * width);
    expect(Math.abs(found.high! - drawn.high!)).toBeLessThan(0.1 * width);
  }
});
