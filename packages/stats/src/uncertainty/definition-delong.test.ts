/**
 * Areas under the ROC curve against the definition of DeLong's placements, row by row.
 */
import { describe, expect, test } from "vitest";
import { normalQuantile, normalSf } from "../special/normal.ts";
import { studentQuantile, studentSf } from "../special/student-t.ts";
import { compareOnRows } from "./comparison.ts";
import { delongCovariance, delongDifference } from "./delong.ts";
import { intervalOf } from "./interval.ts";
import { rows, binary, close } from "./testing/definition.ts";

describe("DeLong by its definition", () => {
  const own = Array.from(binary[0].truth);
  const columns = binary.map(({ scores }) => scores as Float64Array);
  const positives = [...own.keys()].filter((row) => own[row] === 1);
  const negatives = [...own.keys()].filter((row) => own[row] !== 1);
  const wins = (scores: Float64Array, high: number, low: number): number =>
    scores[high]! > scores[low]! ? 1 : scores[high] === scores[low] ? 0.5 : 0;
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const covariance = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, value, i) => sum + (value - mean(a)) * (b[i]! - mean(b)), 0) / (a.length - 1);
  const placements = columns.map((scores) => ({
    ofPositives: positives.map((high) => mean(negatives.map((low) => wins(scores, high, low)))),
    ofNegatives: negatives.map((low) => mean(positives.map((high) => wins(scores, high, low)))),
  }));
  const expected = (j: number, k: number): number =>
    covariance(placements[j]!.ofPositives, placements[k]!.ofPositives) / positives.length +
    covariance(placements[j]!.ofNegatives, placements[k]!.ofNegatives) / negatives.length;
  const rankings = columns.map((scores) => ({ truth: own, positive: 1, scores }));

  test("has the covariance of placements", () => {
    const found = delongCovariance(rankings);
    if ("reason" in found) throw new Error(found.reason);
    for (let j = 0; j < 2; j++)
      for (let k = 0; k < 2; k++) expect(found.covariance[j]![k]).toBeCloseTo(expected(j, k), 12);
    expect(found).toMatchObject({ positives: positives.length, negatives: negatives.length });
    // What was found of a pair is not taken for another pair, or another truth.
    const same = delongDifference(rankings[0]!, rankings[0]!);
    expect(same).toMatchObject({ difference: 0, variance: 0, z: null, p: 1, low: 0, high: 0 });
    const turned = delongCovariance([{ ...rankings[0]!, positive: 0 }]);
    if ("reason" in turned) throw new Error(turned.reason);
    expect(turned.aucs[0]).toBeCloseTo(1 - found.aucs[0]!, 12);
  });

  test("takes nothing from the same scores under another truth, and needs two rows of a class", () => {
    const areaOf = (truth: readonly number[], more = rankings): number | null => {
      const found = delongCovariance(more.map((one) => ({ ...one, truth })));
      return "reason" in found ? null : found.aucs[0]!;
    };
    const [single] = rankings;
    const usual = areaOf(own, [single!])!;
    const turned = own.map((code) => 1 - code);
    expect(areaOf(turned, [single!])).toBeCloseTo(1 - usual, 12);
    expect(areaOf(own, [single!])).toBe(usual);
    expect(areaOf(own.map((_, row) => Number(row === 3)))).toBeNull();
    expect(areaOf(own.map((_, row) => Number(row !== 3)))).toBeNull();
    expect(areaOf(own.map((_, row) => Number(row > 1)))).not.toBeNull();
    const broken = {
      ...rankings[1]!,
      scores: columns[1]!.map((_, row) => (row ? row : Number.NaN)),
    };
    expect(delongCovariance([rankings[0]!, broken])).toHaveProperty("reason");
  });

  test("is certain where both models rank alike", () => {
    const at = (nullDifference: number): object =>
      delongDifference(rankings[0]!, rankings[0]!, { nullDifference });
    expect(at(0.1)).toMatchObject({ p: 0, pBelow: 0, pAbove: 1 });
    expect(at(-0.1)).toMatchObject({ p: 0, pBelow: 1, pAbove: 0 });
    expect(at(0)).toMatchObject({ p: 1, pBelow: 1, pAbove: 1 });
  });

  /** Satterthwaite's degrees of freedom of a sum of two variances. */
  const freedomOf = (ofPositives: number, ofNegatives: number): number =>
    (ofPositives + ofNegatives) ** 2 /
    (ofPositives ** 2 / (positives.length - 1) + ofNegatives ** 2 / (negatives.length - 1));

  test("gives the interval of an area by Student's law of its logit", () => {
    const auc = mean(placements[0]!.ofPositives);
    const { ofPositives, ofNegatives } = placements[0]!;
    const freedom = freedomOf(
      covariance(ofPositives, ofPositives) / positives.length,
      covariance(ofNegatives, ofNegatives) / negatives.length,
    );
    const deviation = Math.sqrt(expected(0, 0)) / (auc * (1 - auc));
    const odds = (share: number): number => Math.log(share / (1 - share));
    const end = (side: number): number =>
      1 / (1 + Math.exp(-(odds(auc) + side * studentQuantile(0.95, freedom) * deviation)));
    const t = (odds(auc) - odds(0.6)) / deviation;
    const options = { against: 0.6, confidence: 0.9 };
    expect(intervalOf({ name: "roc_auc" }, binary[0], options)).toEqual({
      value: close(auc),
      low: close(end(-1)),
      high: close(end(1)),
      n: rows,
      method: "delong",
      resamples: null,
      pBelow: close(studentSf(-t, freedom)),
      pAbove: close(studentSf(t, freedom)),
    });
  });

  test("gives the interval of a difference by the normal law and one-sided tests by Student's", () => {
    const [auc, other] = placements.map(({ ofPositives }) => mean(ofPositives)) as [number, number];
    const varianceOf = (side: "ofPositives" | "ofNegatives"): number => {
      const [a, b] = placements.map((placed) => placed[side]) as [number[], number[]];
      const apart = a.map((value, at) => value - b[at]!);
      return covariance(apart, apart) / apart.length;
    };
    const spread = Math.sqrt(expected(0, 0) + expected(1, 1) - 2 * expected(0, 1));
    const freedom = freedomOf(varianceOf("ofPositives"), varianceOf("ofNegatives"));
    const [candidate, reference] = binary;
    const t = (auc - other - 0.05) / spread;
    const request = { metric: { name: "roc_auc" }, candidate, reference, nullDifference: 0.05 };
    expect(compareOnRows({ ...request, confidence: 0.9 })).toMatchObject({
      difference: close(auc - other),
      low: close(auc - other - normalQuantile(0.95) * spread),
      high: close(auc - other + normalQuantile(0.95) * spread),
      test: "delong",
      p: close(2 * normalSf(Math.abs(auc - other) / spread)),
      pBelow: close(studentSf(-t, freedom)),
      pAbove: close(studentSf(t, freedom)),
    });
    expect(compareOnRows({ ...request, interval: "percentile", resamples: 50 }).test).toBe(
      "bootstrap",
    );
  });
});
