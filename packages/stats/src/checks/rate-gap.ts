import { type Undefined, undefinedBecause } from "../metrics/measure.ts";
import { normalQuantile } from "../special/normal.ts";

/** How often something happened in a group; both may be sums of weights. */
export interface GroupRate {
  readonly hits: number;
  /** Above 0. */
  readonly trials: number;
  /** Rows that are worth as much as the weights: (sum of weights)^2 / sum of squares (Kish 1965). */
  readonly rows: number;
}

/** The largest difference of a rate between groups. */
export interface RateGap {
  /** Largest minus smallest rate; in 0..1. */
  readonly value: number;
  /** What the true gap exceeds with the confidence asked for, whichever groups it is between. */
  readonly low: number;
  /** Places of the groups with the largest and the smallest rate. */
  readonly largest: number;
  readonly smallest: number;
}

/** Of more groups than these only the two extreme ones are compared, at the same correction. */
const mostGroupsInPairs = 300;

/**
 * The gap of a rate over groups, with a lower bound that allows for having looked for the widest
 * pair: the lower end of each pair's interval (Agresti & Caffo 2000: one hit and one miss added to
 * each group) at the error divided by the number of pairs (Bonferroni), then the largest of them.
 */
export function largestRateGap(
  groups: readonly GroupRate[],
  confidence = 0.95,
): RateGap | Undefined {
  if (groups.length < 2) return undefinedBecause("there are not two groups to compare");
  const rates = groups.map(({ hits, trials }) => hits / trials);
  const largest = rates.reduce((best, rate, at) => (rate > rates[best]! ? at : best), 0);
  const smallest = rates.reduce((best, rate, at) => (rate < rates[best]! ? at : best), 0);
  const pairs = (groups.length * (groups.length - 1)) / 2;
  const z = normalQuantile(1 - (1 - confidence) / 2 / pairs);
  const shares = groups.map(({ rows }, at) => (rates[at]! * rows + 1) / (rows + 2));
  const variances = groups.map(({ rows }, at) => (shares[at]! * (1 - shares[at]!)) / (rows + 2));
  const lowOf = (high: number, low: number): number =>
    shares[high]! - shares[low]! - z * Math.sqrt(variances[high]! + variances[low]!);
  let low = lowOf(largest, smallest);
  if (groups.length <= mostGroupsInPairs) {
    for (let high = 0; high < groups.length; high++)
      for (let other = 0; other < groups.length; other++)
        if (rates[high]! > rates[other]!) low = Math.max(low, lowOf(high, other));
  }
  return { value: rates[largest]! - rates[smallest]!, low: Math.max(0, low), largest, smallest };
}
