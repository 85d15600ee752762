import type { WeakSegment } from "./error-analysis.ts";

/** Losses of rows with what else is told of a segment. */
export interface SegmentRows {
  readonly losses: Float64Array;
  readonly weights: Float64Array | undefined;
  /** 1 where a classifier is right; `undefined` for regression. */
  readonly hits: Uint8Array | undefined;
  /** Entity of each row; `undefined` where rows are independent. */
  readonly clusters: Int32Array | undefined;
}

/** What is told of a segment but for its name and p. */
export type Estimate = Omit<WeakSegment, "terms" | "rows" | "adjustedP">;

/** How many standard errors the ends of an interval are away from its middle. */
export interface Reach {
  readonly below: number;
  readonly above: number;
}

/**
 * Mean losses inside and outside of a segment; the interval reaches from `below` to `above` standard
 * errors of the difference: of two means with unequal variances, or, where rows belong to entities,
 * {@link clusterError}.
 */
export function estimateSegment(members: Uint8Array, rows: SegmentRows, reach: Reach): Estimate {
  const { losses, weights, hits } = rows;
  const inside = momentsOf(losses, { weights, members, side: 1 });
  const outside = momentsOf(losses, { weights, members, side: 0 });
  const all = momentsOf(losses, { weights, members, side: null });
  const difference = inside.mean - outside.mean;
  const error =
    clusterError(members, rows)?.error ?? Math.sqrt(inside.meanVariance + outside.meanVariance);
  const share = (side: 0 | 1): number | null =>
    hits === undefined ? null : momentsOf(hits, { weights, members, side }).mean;
  return {
    loss: inside.mean,
    restLoss: outside.mean,
    difference,
    low: difference - reach.below * error,
    high: difference + reach.above * error,
    effect: difference / Math.sqrt(all.variance),
    accuracy: share(1),
    restAccuracy: share(0),
  };
}

interface Moments {
  readonly mean: number;
  /** Sum of weights. */
  readonly total: number;
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
    total,
    variance: squares / total,
    meanVariance: ((weighted / (total * total)) * count) / Math.max(1, count - 1),
  };
}

/** The error of a difference of means over entities, and how many of those lie inside and outside. */
export interface ClusterError {
  readonly error: number;
  readonly inside: number;
  readonly outside: number;
}

/**
 * The standard error of "mean inside minus mean outside" when rows of one entity go together: the
 * root of the summed squares of what each entity adds to the difference, times G / (G - 1) (Liang &
 * Zeger 1986; Cameron & Miller 2015). `null` where rows are independent.
 */
export function clusterError(
  members: Uint8Array,
  { losses, weights, clusters }: SegmentRows,
): ClusterError | null {
  if (clusters === undefined) return null;
  const sides = [
    momentsOf(losses, { weights, members, side: 0 }),
    momentsOf(losses, { weights, members, side: 1 }),
  ] as const;
  const added = new Map<number, number>();
  const entities = [new Set<number>(), new Set<number>()] as const;
  for (let row = 0; row < members.length; row++) {
    const side = members[row] === 1 ? 1 : 0;
    const { mean, total } = sides[side];
    const weight = weights === undefined ? 1 : weights[row]!;
    const own = ((side === 1 ? 1 : -1) * weight * (losses[row]! - mean)) / total;
    const entity = clusters[row]!;
    added.set(entity, (added.get(entity) ?? 0) + own);
    entities[side].add(entity);
  }
  const count = added.size;
  const squares = [...added.values()].reduce((sum, value) => sum + value * value, 0);
  return {
    error: Math.sqrt((squares * count) / Math.max(1, count - 1)),
    inside: entities[1].size,
    outside: entities[0].size,
  };
}
