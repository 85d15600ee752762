import type { WeakSegment } from "./error-analysis.ts";

/** Losses of rows with what else is told of a segment. */
export interface SegmentRows {
  readonly losses: Float64Array;
  readonly weights: Float64Array | undefined;
  /** 1 where a classifier is right; `undefined` for regression. */
  readonly hits: Uint8Array | undefined;
}

type Estimate = Omit<WeakSegment, "terms" | "rows" | "adjustedP">;

/**
 * Mean losses inside and outside of a segment; the interval reaches `reach` standard errors of the
 * two means (unequal variances) either way.
 */
export function estimateSegment(
  members: Uint8Array,
  { losses, weights, hits }: SegmentRows,
  reach: number,
): Estimate {
  const inside = momentsOf(losses, { weights, members, side: 1 });
  const outside = momentsOf(losses, { weights, members, side: 0 });
  const all = momentsOf(losses, { weights, members, side: null });
  const difference = inside.mean - outside.mean;
  const error = Math.sqrt(inside.meanVariance + outside.meanVariance);
  const share = (side: 0 | 1): number | null =>
    hits === undefined ? null : momentsOf(hits, { weights, members, side }).mean;
  return {
    loss: inside.mean,
    restLoss: outside.mean,
    difference,
    low: difference - reach * error,
    high: difference + reach * error,
    effect: difference / Math.sqrt(all.variance),
    accuracy: share(1),
    restAccuracy: share(0),
  };
}

interface Moments {
  readonly mean: number;
  readonly variance: number;
  /** Of the mean. */
  readonly meanVariance: number;
}

function momentsOf(
  values: ArrayLike<number>,
  {
    weights,
    members,
    side,
  }: {
    readonly weights: Float64Array | undefined;
    readonly members: Uint8Array;
    /** `null` for all rows. */
    readonly side: 0 | 1 | null;
  },
): Moments {
  let [sum, total, count] = [0, 0, 0];
  for (let row = 0; row < members.length; row++) {
    if (side !== null && members[row] !== side) continue;
    const weight = weights === undefined ? 1 : weights[row]!;
    sum += weight * values[row]!;
    total += weight;
    count++;
  }
  const mean = sum / total;
  let [squares, weighted] = [0, 0];
  for (let row = 0; row < members.length; row++) {
    if (side !== null && members[row] !== side) continue;
    const weight = weights === undefined ? 1 : weights[row]!;
    squares += weight * (values[row]! - mean) ** 2;
    weighted += (weight * (values[row]! - mean)) ** 2;
  }
  return {
    mean,
    variance: squares / total,
    meanVariance: ((weighted / (total * total)) * count) / Math.max(1, count - 1),
  };
}
