import type { RankingInput } from "../metrics/ranking.ts";
import { type Undefined, undefinedBecause } from "../metrics/measure.ts";
import { type Influence, rocAucInfluence } from "../metrics/influence.ts";
import { countHits } from "../metrics/rank-layout.ts";
import { forEachBlock } from "../row-blocks.ts";
import { normalCdf, normalQuantile, normalSf } from "../special/normal.ts";
import type { Interval } from "../hypothesis/proportions.ts";

/** Below this the variance of a difference is rounding: both models rank alike. */
const smallestVariance = 1e-18;

/** A ranking without row weights: DeLong's variance is not defined for weighted rows. */
export type UnweightedRanking = Omit<RankingInput, "weights">;

/** Areas under several ROC curves over the same rows, with their covariance. */
export interface DelongResult {
  readonly aucs: readonly number[];
  /** Square matrix of covariances. */
  readonly covariance: readonly (readonly number[])[];
  readonly positives: number;
  readonly negatives: number;
}

/**
 * DeLong's covariance (1988) of areas under ROC curves by placements from one sort a model, O(n log
 * n) as in Sun & Xu (2014).
 *
 * @param rankings one a model, all of the same truth.
 * @returns undefined with fewer than two rows of either class.
 */
export function delongCovariance(rankings: readonly UnweightedRanking[]): DelongResult | Undefined {
  const [first, second] = rankings as [UnweightedRanking, UnweightedRanking?];
  const known = latestResults.get(first.scores);
  if (
    rankings.length <= 2 &&
    known?.second === second?.scores &&
    known?.truth === first.truth &&
    known?.positive === first.positive
  )
    return known.found;
  const found = computeCovariance(rankings);
  const { truth, positive } = first;
  if (rankings.length <= 2)
    latestResults.set(first.scores, { second: second?.scores, truth, positive, found });
  return found;
}

interface KeptResult {
  readonly second: Float64Array | undefined;
  readonly truth: RankingInput["truth"];
  readonly positive: number;
  readonly found: DelongResult | Undefined;
}

/** The latest covariance of each column of scores: a bound and the report ask for the same. */
const latestResults = new WeakMap<Float64Array, KeptResult>();

function computeCovariance(rankings: readonly UnweightedRanking[]): DelongResult | Undefined {
  const { truth, positive } = rankings[0]!;
  const positives = countHits(rankings[0]!);
  const negatives = truth.length - positives;
  if (positives < 2 || negatives < 2)
    return undefinedBecause("DeLong's variance needs two rows of either class");
  const influences = rankings.map(({ scores, truth, positive }) =>
    rocAucInfluence({ scores, truth, positive }),
  );
  if (influences.some((found) => found === null))
    return undefinedBecause("some scores are not a number");
  const placed = influences as readonly Influence[];
  const rows = placed.map((one) => one.rows);
  const covariance = placed.map(() => placed.map(() => 0));
  for (let j = 0; j < placed.length; j++)
    for (let k = 0; k <= j; k++) {
      const found = covarianceOf(rows[j]!, rows[k]!, { truth, positive, positives, negatives });
      covariance[j]![k] = found;
      covariance[k]![j] = found;
    }
  return { aucs: placed.map(({ value }) => value), covariance, positives, negatives };
}

interface ClassSizes {
  readonly truth: ArrayLike<number>;
  readonly positive: number;
  readonly positives: number;
  readonly negatives: number;
}

/** A row's influence is its placement less the area, divided by the rows of its class. */
function covarianceOf(a: Float64Array, b: Float64Array, sizes: ClassSizes): number {
  const { truth, positives, negatives } = sizes;
  const sums = { ...sizes, a, b, amongPositives: 0, amongNegatives: 0 };
  forEachBlock(truth.length, (from, to) => addProducts(sums, from, to));
  return (
    (sums.amongPositives * positives) / (positives - 1) +
    (sums.amongNegatives * negatives) / (negatives - 1)
  );
}

interface ProductSums extends ClassSizes {
  readonly a: Float64Array;
  readonly b: Float64Array;
  amongPositives: number;
  amongNegatives: number;
}

function addProducts(sums: ProductSums, from: number, to: number): void {
  const { truth, positive, a, b } = sums;
  let { amongPositives, amongNegatives } = sums;
  for (let i = from; i < to; i++) {
    const product = a[i]! * b[i]!;
    // Sums change by 0 where a row is of the other class: which it is no processor foresees.
    const isPositive = Number(truth[i] === positive);
    amongPositives += isPositive * product;
    amongNegatives += (1 - isPositive) * product;
  }
  sums.amongPositives = amongPositives;
  sums.amongNegatives = amongNegatives;
}

/** The normal interval of one area, clipped to 0..1. */
export function delongInterval(auc: number, variance: number, confidence = 0.95): Interval {
  const reach = normalQuantile(0.5 + confidence / 2) * Math.sqrt(variance);
  return { low: Math.max(0, auc - reach), high: Math.min(1, auc + reach) };
}

/** The difference of two areas over the same rows. */
export interface DelongDifference extends Interval {
  readonly difference: number;
  readonly variance: number;
  /** Rows of the positive class, and of all others. */
  readonly positives: number;
  readonly negatives: number;
  /** Null where the difference has no variance because both models rank alike. */
  readonly z: number | null;
  /** Two-sided p that the areas differ from one another by `nullDifference`. */
  readonly p: number;
  /** One-sided p of "the true difference is below `nullDifference`". */
  readonly pBelow: number;
  readonly pAbove: number;
}

/** DeLong's test of two areas over the same rows: the first minus the second. */
export function delongDifference(
  first: UnweightedRanking,
  second: UnweightedRanking,
  options: { readonly confidence?: number; readonly nullDifference?: number } = {},
): DelongDifference | Undefined {
  const { confidence = 0.95, nullDifference = 0 } = options;
  const found = delongCovariance([first, second]);
  if ("reason" in found) return found;
  const [[a, ab], [, b]] = found.covariance as [[number, number], [number, number]];
  const difference = found.aucs[0]! - found.aucs[1]!;
  const raw = a + b - 2 * ab;
  const { positives, negatives } = found;
  if (!(raw > smallestVariance))
    return { ...certainDifference(difference, nullDifference), positives, negatives };
  const deviation = Math.sqrt(raw);
  const z = (difference - nullDifference) / deviation;
  const reach = normalQuantile(0.5 + confidence / 2) * deviation;
  return {
    difference,
    variance: raw,
    positives,
    negatives,
    z,
    p: Math.min(1, 2 * normalSf(Math.abs(z))),
    pBelow: normalCdf(z),
    pAbove: normalSf(z),
    low: difference - reach,
    high: difference + reach,
  };
}

function certainDifference(
  difference: number,
  nullDifference: number,
): Omit<DelongDifference, "positives" | "negatives"> {
  const isBelow = difference < nullDifference;
  const isAbove = difference > nullDifference;
  return {
    difference,
    variance: 0,
    z: null,
    p: isBelow || isAbove ? 0 : 1,
    pBelow: isBelow ? 0 : 1,
    pAbove: isAbove ? 0 : 1,
    low: difference,
    high: difference,
  };
}
