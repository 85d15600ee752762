import { wilsonInterval } from "#stats";
import type { OperatingCounts } from "../src/charts/operating-points.ts";

/** A share of rows with its interval. */
export interface Rate {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** A share with Wilson's interval; without a confidence there is none. */
export function rateOf(part: number, whole: number, confidence: number | null): Rate {
  if (!(whole > 0)) return { value: null, low: null, high: null };
  const value = part / whole;
  if (confidence === null) return { value, low: null, high: null };
  return { value, ...wilsonInterval(part, whole, confidence) };
}

/** What a reader asks of a threshold. */
export interface Rates {
  readonly recall: Rate;
  readonly falsePositiveRate: Rate;
  readonly precision: Rate;
  readonly accuracy: Rate;
  readonly f1: number | null;
}

/** The rates that the four counts come to. */
export function ratesOf(counts: OperatingCounts, confidence: number | null): Rates {
  const { truePositives, falsePositives, falseNegatives, trueNegatives } = counts;
  const rate = (part: number, rest: number): Rate => rateOf(part, part + rest, confidence);
  const twice = 2 * truePositives + falsePositives + falseNegatives;
  return {
    recall: rate(truePositives, falseNegatives),
    falsePositiveRate: rate(falsePositives, trueNegatives),
    precision: rate(truePositives, falsePositives),
    accuracy: rate(truePositives + trueNegatives, falsePositives + falseNegatives),
    f1: twice > 0 ? (2 * truePositives) / twice : null,
  };
}
