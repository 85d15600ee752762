/** A histogram: `counts[i]` values lie in [bounds[i - 1], bounds[i]); the ends are open. */
export interface Buckets {
  /** Rising; in the unit of the values. */
  readonly bounds: readonly number[];
  /** One more than there are bounds. */
  readonly counts: readonly number[];
}

/** Bucket options of a distribution, as Cloud Monitoring gives them. */
export interface BucketOptions {
  readonly explicitBuckets?: { readonly bounds?: readonly number[] };
  readonly exponentialBuckets?: {
    readonly numFiniteBuckets?: number;
    readonly growthFactor?: number;
    readonly scale?: number;
  };
  readonly linearBuckets?: {
    readonly numFiniteBuckets?: number;
    readonly width?: number;
    readonly offset?: number;
  };
}

/**
 * Bounds of a distribution's buckets.
 *
 * @throws RangeError when the options name no kind of bucket
 * @see google.api.Distribution.BucketOptions
 */
export function boundsOf(options: BucketOptions): readonly number[] {
  const { explicitBuckets, exponentialBuckets, linearBuckets } = options;
  if (explicitBuckets !== undefined) return explicitBuckets.bounds ?? [];
  if (exponentialBuckets !== undefined) {
    const { numFiniteBuckets = 0, growthFactor = 0, scale = 0 } = exponentialBuckets;
    return Array.from({ length: numFiniteBuckets + 1 }, (_, at) => scale * growthFactor ** at);
  }
  if (linearBuckets !== undefined) {
    const { numFiniteBuckets = 0, width = 0, offset = 0 } = linearBuckets;
    return Array.from({ length: numFiniteBuckets + 1 }, (_, at) => offset + width * at);
  }
  throw new RangeError("the distribution has no bucket options");
}

/**
 * Sum of two histograms over the same bounds.
 *
 * @throws RangeError when the bounds differ
 */
export function addBuckets(left: Buckets, right: Buckets): Buckets {
  const same =
    left.bounds.length === right.bounds.length &&
    left.bounds.every((bound, at) => bound === right.bounds[at]);
  if (!same) throw new RangeError("the distributions have different buckets");
  return {
    bounds: left.bounds,
    counts: left.counts.map((count, at) => count + (right.counts[at] ?? 0)),
  };
}

/** Sum of histograms over the same bounds; `null` of none. */
export function sumBuckets(histograms: readonly Buckets[]): Buckets | null {
  const [first, ...rest] = histograms;
  return first === undefined ? null : rest.reduce(addBuckets, first);
}

/**
 * Quantile of a histogram, interpolated linearly within its bucket.
 *
 * Values below the first bound are taken to lie between 0 (or the bound, if it is negative) and
 * it; values beyond the last bound count as that bound, because nobody knows how far they reach.
 *
 * @param q in [0, 1]
 * @returns in the unit of the bounds, or `null` for a histogram without values
 * @throws RangeError outside [0, 1]
 * @see Prometheus, `histogram_quantile`, for the interpolation and the treatment of both ends
 */
export function quantileOfBuckets({ bounds, counts }: Buckets, q: number): number | null {
  if (!(q >= 0 && q <= 1)) throw new RangeError(`the quantile ${q} is not in [0, 1]`);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const rank = q * total;
  let below = 0;
  for (const [at, count] of counts.entries()) {
    if (count > 0 && below + count >= rank) {
      const high = bounds[at];
      if (high === undefined) return bounds.at(-1) ?? null;
      const low = at === 0 ? Math.min(0, high) : (bounds[at - 1] as number);
      return low + ((high - low) * Math.max(0, rank - below)) / count;
    }
    below += count;
  }
  return bounds.at(-1) ?? null;
}
