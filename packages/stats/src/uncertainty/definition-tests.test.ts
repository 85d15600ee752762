/**
 * The group jackknife, tails and tests against their formulas.
 */
import { describe, expect, test } from "vitest";
import type { Evaluation } from "../metrics/evaluation.ts";
import { createRandom } from "../random/generator.ts";
import { drawRowCounts } from "../random/multinomial.ts";
import { dieboldMarianoTest } from "../hypothesis/diebold-mariano.ts";
import { mcNemarTest } from "../hypothesis/proportions.ts";
import { wilcoxonTest } from "../hypothesis/wilcoxon.ts";
import { normalCdf, normalQuantile, normalSf } from "../special/normal.ts";
import { studentSf } from "../special/student-t.ts";
import { expandConfidence, expandTails, percentileInterval } from "./bootstrap-interval.ts";
import { compareOnRows } from "./comparison.ts";
import { intervalOf } from "./interval.ts";
import {
  rows,
  clusters,
  binary,
  target,
  regression,
  valueOf,
  close,
  plain,
} from "./testing/definition.ts";

const random = createRandom(11);

describe("the group jackknife", () => {
  test("spreads as leaving out every 200th row does", () => {
    const many = 2000;
    const values = Float64Array.from({ length: many }, () => random.normal());
    const evaluation: Evaluation = {
      task: "regression",
      truth: values,
      prediction: values.map((value) => value + random.normal()),
    };
    const errors = values.map((value, i) => Math.abs(value - evaluation.prediction[i]!));
    const median = (kept: Float64Array): number => {
      const sorted = kept.toSorted();
      const half = sorted.length / 2;
      return (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2;
    };
    const left = Array.from({ length: 200 }, (_, group) =>
      median(errors.filter((_, i) => i % 200 !== group)),
    );
    const mean = left.reduce((sum, value) => sum + value, 0) / 200;
    const squares = left.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const deviation = Math.sqrt((199 / 200) * squares);
    const generator = createRandom(9);
    const estimate = median(errors);
    const distribution = Float64Array.from(
      { length: 10_001 },
      () => estimate + deviation * generator.normal(),
    );
    const confidence = expandConfidence(0.95, many);
    const { low, high } = percentileInterval({ distribution, estimate, confidence });
    const options = { resamples: 10_001, seed: 9 };
    expect(intervalOf({ name: "median_absolute_error" }, evaluation, options)).toMatchObject({
      value: close(estimate),
      low: close(low),
      high: close(high),
      method: "group-jackknife",
    });
  });
});

describe("tails and tests by their formulas", () => {
  test("tails of few units are Student's where hardly any resample lies beyond", () => {
    const distribution = Array.from({ length: 50 }, () => 2 + random.normal());
    const mean = distribution.reduce((sum, value) => sum + value, 0) / 50;
    const deviation = Math.sqrt(
      distribution.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 50,
    );
    const shrink = Math.sqrt(11 / 12);
    const far = expandTails(distribution, 7, 12);
    const wide = studentSf(-normalQuantile(1 / 51) * shrink, 11);
    const own = studentSf(((7 - mean) / deviation) * shrink, 11);
    expect(own).toBeLessThan(wide);
    expect(far).toEqual({ below: close(own), above: 1, twoSided: close(2 * own) });
    const turned = expandTails(distribution, -3, 12);
    expect(turned.above).toBeCloseTo(studentSf(((mean + 3) / deviation) * shrink, 11), 9);
    const middle = distribution.toSorted((a, b) => a - b)[30]! + 1e-9;
    expect(expandTails(distribution, middle, 12).below).toBeCloseTo(
      studentSf(-normalQuantile(20 / 51) * shrink, 11),
      9,
    );
    // Without spread there is no law to take the tail from.
    const constant = expandTails([1, 1, 1], 2, 12);
    expect(constant.below).toBeCloseTo(studentSf(-normalQuantile(1 / 4) * shrink, 11), 9);
  });

  test("a share's tails are the score test's", () => {
    const value = valueOf({ name: "accuracy" }, binary[0]);
    const at = (against: number): [number, number] => {
      const { pBelow, pAbove } = intervalOf({ name: "accuracy" }, binary[0], { against });
      return [pBelow!, pAbove!];
    };
    const z = (value - 0.9) / Math.sqrt((0.9 * 0.1) / rows);
    expect(at(0.9)).toEqual([close(normalCdf(z)), close(normalSf(z))]);
    expect([at(0), at(1)]).toEqual([
      [1, 0],
      [0, 1],
    ]);
    const clustered = intervalOf({ name: "accuracy" }, binary[0], { ...plain, clusters });
    expect(clustered).toMatchObject({ method: "bootstrap-clusters", pBelow: null, pAbove: null });
  });

  test("accuracies are compared by McNemar's test, errors by Wilcoxon's or by time", () => {
    const right = binary.map(({ truth: own, prediction }) =>
      Array.from(own, (code, i) => code === prediction[i]),
    ) as [boolean[], boolean[]];
    const onlyFirst = right[0].filter((is, i) => is && !right[1][i]).length;
    const onlySecond = right[1].filter((is, i) => is && !right[0][i]).length;
    const ahead = mcNemarTest({ onlyFirst, onlySecond });
    const behind = mcNemarTest({ onlyFirst: onlySecond, onlySecond: onlyFirst });
    const [candidate, reference] = binary;
    const request = { metric: { name: "accuracy" }, candidate, reference, ...plain };
    expect(compareOnRows(request)).toMatchObject({
      test: "mcnemar-exact",
      p: ahead.exact,
      pBelow: behind.firstBetterExact,
      pAbove: ahead.firstBetterExact,
    });
    expect(compareOnRows({ ...request, midP: true })).toMatchObject({
      test: "mcnemar-mid-p",
      p: ahead.mid,
      pBelow: behind.firstBetterMid,
      pAbove: ahead.firstBetterMid,
    });
    const errors = regression.map(({ prediction }) =>
      target.map((value, i) => Math.abs(value - prediction[i]!)),
    ) as [Float64Array, Float64Array];
    const differences = errors[0].map((error, i) => error - errors[1][i]!);
    const models = { candidate: regression[0], reference: regression[1] };
    const mae = { metric: { name: "mae" }, ...models, ...plain };
    const ranked = wilcoxonTest(differences);
    expect(compareOnRows(mae)).toMatchObject({ test: "wilcoxon", p: "p" in ranked && ranked.p });
    const [first, second] = errors;
    const timed = dieboldMarianoTest({ first, second, horizon: 2, loss: "absolute" });
    expect(compareOnRows({ ...mae, timeOrdered: true, horizon: 2 })).toMatchObject({
      test: "diebold-mariano",
      p: "p" in timed && timed.p,
    });
    expect(compareOnRows({ ...mae, clusters }).test).toBe("bootstrap");
  });

  test("a metric that most resamples leave undefined has no interval", () => {
    // Two entities, one of them all positive: half of the draws hold both classes, or fewer.
    const sides = Int32Array.from(binary[0].truth);
    const options = { resamples: 400, interval: "percentile", clusters: sides } as const;
    const drawn = [1, 2, 3, 4, 5, 6].map((seed) => {
      const generator = createRandom(seed);
      let defined = 0;
      for (let b = 0; b < 400; b++)
        defined += Number(drawRowCounts(generator, new Uint16Array(2))[0] === 1);
      const found = intervalOf({ name: "roc_auc" }, binary[0], { ...options, seed });
      expect(found.resamples).toBe(defined < 200 ? null : defined);
      if (defined < 200)
        expect(found.reason).toBe("the metric is undefined in most resamples of these rows");
      return defined < 200;
    });
    expect(new Set(drawn).size).toBe(2);
  });

  test("no interval is made that was not asked for", () => {
    const cheap = { ...plain, interval: "cheap" } as const;
    expect(intervalOf({ name: "average_precision" }, binary[0], cheap)).toMatchObject({
      low: null,
      reason: "no interval was asked for",
    });
    expect(intervalOf({ name: "accuracy" }, binary[0], cheap).method).toBe("wilson");
  });
});
