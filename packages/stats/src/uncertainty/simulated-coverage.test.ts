import { afterAll, describe, expect, test } from "vitest";
import type { Evaluation } from "../metrics/evaluation.ts";
import { binomialPmf } from "../special/beta.ts";
import { intervalOf } from "./interval.ts";
import {
  type Kind,
  confidences,
  coverageOf,
  faultsOf,
  holds,
  kinds,
  percent,
  rowOf,
  tableHead,
} from "./testing/coverage.ts";
import { laws } from "./testing/laws.ts";

/**
 * How often intervals hold the truth. SLIPWAY_SIMULATIONS sets how many samples there are; from 1,000
 * on a table is printed.
 */
const samples = Number(process.env["SLIPWAY_SIMULATIONS"] ?? 60);
const isLong = samples >= 1000;
const lines: string[] = [];
afterAll(() => {
  if (isLong) console.log([tableHead, ...lines].join("\n"));
});

describe.each([50, 200])("of samples of %i rows", (rows) => {
  test.each(laws)(
    "the intervals of $name hold the truth as often as they say",
    (law) => {
      const shares = coverageOf(law, { rows, samples });
      lines.push(rowOf(law, shares, { rows, samples }));
      if (isLong) console.log(lines.at(-1));
      expect(faultsOf(law, shares, { rows, samples })).toEqual([]);
    },
    900_000,
  );
});

describe("an accuracy near 1", () => {
  const [rows, truth] = [50, 0.98];

  /** The exact chance that an interval holds the truth: over all counts of right rows. */
  function chanceToHold(interval: Kind, confidence: number): number {
    let chance = 0;
    for (let wrong = 0; wrong <= rows; wrong++) {
      const evaluation: Evaluation = {
        task: "binary",
        classes: ["no", "yes"],
        truth: new Int32Array(rows),
        prediction: Int32Array.from({ length: rows }, (_, row) => (row < wrong ? 1 : 0)),
      };
      const found = intervalOf({ name: "accuracy" }, evaluation, { interval, confidence });
      if (holds(found, truth)) chance += binomialPmf(wrong, rows, 1 - truth);
    }
    return chance;
  }

  test("holds by Wilson's interval, and by a bootstrap only through rows that do not vary", () => {
    const found = kinds.map((kind) =>
      confidences.map((confidence) => chanceToHold(kind, confidence)),
    );
    if (isLong) console.log(found.map((shares) => shares.map(percent).join(" | ")).join("\n"));
    const [wilson, percentile, bca] = found as [number[], number[], number[]];
    // Without an error every resample is perfect: the chance of that alone is 0.98^50 = 0.364, which
    // Clopper and Pearson's end makes up for (without it these hold less than 64 %).
    for (const shares of [percentile, bca]) expect(Math.min(...shares)).toBeGreaterThan(0.9);
    // P(at most 2 errors) = 0.9216: counts leave nothing nearer to either level.
    expect(wilson).toEqual([expect.closeTo(0.92157, 4), expect.closeTo(0.92157, 4)]);
  });
});
