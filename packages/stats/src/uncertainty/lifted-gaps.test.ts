import { describe, expect, test } from "vitest";
import type { ClassificationEvaluation } from "../metrics/evaluation.ts";
import { createRandom, type Random } from "../random/generator.ts";
import { compareOnRows } from "./comparison.ts";
import { intervalOf } from "./interval.ts";

/** Rows whose events are as likely as their scores say, in four groups predicted alike. */
function fairRows(
  count: number,
  random: Random,
): ClassificationEvaluation & {
  readonly scores: Float64Array;
} {
  const scores = Float64Array.from({ length: count }, () => 0.05 + 0.9 * random.uniform());
  const truth = Int32Array.from(scores, (score) => (random.uniform() < score ? 1 : 0));
  const prediction = Int32Array.from(scores, () => (random.uniform() < 0.4 ? 1 : 0));
  const codes = Int32Array.from(scores, () => random.integer(4));
  const groups = { town: { codes, names: ["a", "b", "c", "d"] } };
  return { task: "binary", classes: ["no", "yes"], truth, prediction, scores, groups };
}

const gaps = [
  { name: "ece" },
  { name: "mce" },
  { name: "demographic_parity_difference", argument: "town" },
  { name: "demographic_parity_ratio", argument: "town" },
  { name: "equalized_odds_difference", argument: "town" },
  { name: "equalized_odds_ratio", argument: "town" },
];

describe("the interval of a gap that noise lifts", () => {
  test("holds its own estimate, and so does that of a difference of two", () => {
    const random = createRandom(5);
    for (let sample = 0; sample < 25; sample++) {
      const rows = fairRows(200, random);
      const other = { ...rows, prediction: fairRows(200, random).prediction };
      for (const metric of gaps) {
        const found = intervalOf(metric, rows, { resamples: 200 });
        expect(found.low).toBeLessThanOrEqual(found.value!);
        expect(found.high).toBeGreaterThanOrEqual(found.value!);
        const pair = { metric, candidate: rows, reference: other, resamples: 200 };
        const { low, high, difference } = compareOnRows(pair);
        expect(low).toBeLessThanOrEqual(difference!);
        expect(high).toBeGreaterThanOrEqual(difference!);
      }
    }
  });

  test("holds the 0 of calibrated probabilities and of fair groups about as often as it says", () => {
    const random = createRandom(6);
    const samples = 100;
    const held = { ece: 0, demographic_parity_difference: 0 };
    for (let sample = 0; sample < samples; sample++) {
      const rows = fairRows(200, random);
      for (const name of ["ece", "demographic_parity_difference"] as const) {
        const argument = name === "ece" ? undefined : "town";
        const { low } = intervalOf({ name, argument }, rows, { resamples: 200 });
        if (low === 0) held[name]++;
      }
    }
    // Percentiles alone hold it in none. 95 less three standard errors of 100 samples, and two points.
    expect(held.ece).toBeGreaterThanOrEqual(86);
    expect(held.demographic_parity_difference).toBeGreaterThanOrEqual(86);
  });

  test("has p values that agree with it", () => {
    const random = createRandom(7);
    for (let sample = 0; sample < 10; sample++) {
      const rows = fairRows(400, random);
      for (const metric of gaps.slice(0, 3)) {
        const { low, high } = intervalOf(metric, rows);
        const above = intervalOf(metric, rows, { against: high! + 0.02 });
        expect(above.pBelow).toBeLessThanOrEqual(0.026);
        if (low! < 0.03) continue;
        const below = intervalOf(metric, rows, { against: low! - 0.02 });
        expect(below.pAbove).toBeLessThanOrEqual(0.026);
      }
    }
  });
});

test("the interval of rows that do not differ is their value, whatever the sums' rounding", () => {
  const constant: ClassificationEvaluation = {
    task: "binary",
    classes: ["no", "yes"],
    truth: Int32Array.from({ length: 60 }, (_, at) => at % 2),
    prediction: new Int32Array(60),
    scores: new Float64Array(60).fill(0.5),
  };
  // Summed up one by one 60 losses of log 2 have the mean 0.6931471805599451.
  const { value, low, high } = intervalOf({ name: "log_loss" }, constant);
  expect([low, high]).toEqual([value, value]);
});
