/** What metrics refuse, and the ways that they take around the usual one. */
import { describe, expect, test } from "vitest";
import { createRandom } from "../random/generator.ts";
import { computeMetric } from "./compute.ts";
import { countConfusion } from "./confusion.ts";
import {
  sketchPrecisionRecallCurve,
  sketchRocCurve,
  thinPrecisionRecallCurve,
  thinRocCurve,
} from "./curve-thinning.ts";
import type { ClassificationEvaluation, RegressionEvaluation } from "./evaluation.ts";
import { countGroups } from "./fairness.ts";
import { precisionRecallCurve, rocCurve } from "./ranking.ts";
import { meanAbsoluteError, pinballLoss } from "./regression.ts";

describe("metrics refuse", () => {
  test("columns that do not match and codes of no class or group", () => {
    expect(() => countConfusion({ truth: [0, 1], prediction: [0], classCount: 2 })).toThrow(
      "1 predictions for 2 rows",
    );
    for (const [truth, prediction] of [
      [
        [0, 2],
        [0, 1],
      ],
      [
        [0, 1],
        [0, 2],
      ],
      [
        [0, -1],
        [0, 1],
      ],
      [
        [0, 1],
        [0, -1],
      ],
    ] as const)
      expect(() => countConfusion({ truth, prediction, classCount: 2 })).toThrow("row 1: codes");
    const evaluation = { task: "binary", classes: ["no", "yes"] } as const;
    const column = { names: ["a", "b"], codes: [0, 1] };
    const rows = { ...evaluation, truth: [0, 1], prediction: [0, 1] };
    expect(() => countGroups({ ...rows, truth: [0, 2] }, column)).toThrow("row 1: group 1 of 2");
    expect(() => countGroups({ ...rows, prediction: [0, 2] }, column)).toThrow("row 1: group 1");
    expect(() => countGroups(rows, { ...column, codes: [0, 2] })).toThrow("row 1: group 2 of 2");
  });

  test("levels and powers outside of their range", () => {
    expect(() => pinballLoss(-0.01)).toThrow(RangeError);
    expect(() => pinballLoss(1.01)).toThrow(RangeError);
    expect([pinballLoss(0)(1, 3), pinballLoss(0)(3, 1)]).toEqual([2, 0]);
    expect([pinballLoss(1)(1, 3), pinballLoss(1)(3, 1)]).toEqual([0, 2]);
    const rows: ClassificationEvaluation = {
      task: "binary",
      classes: ["no", "yes"],
      truth: [0, 1, 1],
      prediction: [0, 1, 0],
    };
    expect(computeMetric("f_beta", "1e999", rows).value).toBeNull();
    expect(computeMetric("f_beta", "0", rows).value).toBeNull();
    for (const name of ["xf1", "f1_macros", "recall_", "not_precision_micro"])
      expect(computeMetric(name, undefined, rows).value).toBeNull();
  });
});

describe("regression metrics of a target that does not vary", () => {
  const of = (truth: number[], prediction: number[], name: string): number | null => {
    const evaluation: RegressionEvaluation = { task: "regression", truth, prediction };
    return computeMetric(name, undefined, evaluation).value;
  };

  test("are 0, or 1 where nothing is missed, as scikit-learn has them", () => {
    expect(of([2, 2, 2], [1, 2, 3], "r2")).toBe(0);
    expect(of([2, 2, 2], [2, 2, 2], "r2")).toBe(1);
    expect(of([2, 2, 5], [2, 2, 5], "r2")).toBe(1);
    expect(of([5, 2, 2], [4, 2, 2], "r2")).toBeCloseTo(1 - 1 / 6, 12);
    expect(of([0, 0, 3], [0, 0, 2], "r2")).toBeCloseTo(1 - 1 / 6, 12);
    expect(meanAbsoluteError({ truth: [1, 2], prediction: [2, 4] }).value).toBe(1.5);
  });
});

describe("sketches of curves of few rows", () => {
  test("are their whole curves, thinned", () => {
    const random = createRandom(6);
    const truth = Int32Array.from({ length: 900 }, () => random.integer(2));
    const scores = Float64Array.from(truth, (code) => code + random.normal());
    const input = { truth, positive: 1, scores };
    expect(sketchRocCurve(input, 50)).toEqual(thinRocCurve(rocCurve(input)!, 50));
    expect(sketchPrecisionRecallCurve(input, 50)).toEqual(
      thinPrecisionRecallCurve(precisionRecallCurve(input)!, 50),
    );
    const single = { ...input, truth: new Int32Array(900) };
    expect(sketchRocCurve(single)).toBeNull();
    expect(sketchPrecisionRecallCurve(single)).toBeNull();
  });
});
