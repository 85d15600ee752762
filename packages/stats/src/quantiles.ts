import { sortedCopy } from "./sorting.ts";

/**
 * A quantile of ascending values by linear interpolation, `numpy.quantile`'s default.
 *
 * @param level in 0..1.
 * @throws RangeError without values.
 */
export function quantileOfSorted(sorted: ArrayLike<number>, level: number): number {
  if (sorted.length === 0) throw new RangeError("a quantile needs at least one value");
  const position = level * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  const share = position - below;
  // Interpolating from the nearer end keeps both ends exact and the result monotone.
  return share < 0.5 ? low + (high - low) * share : high - (high - low) * (1 - share);
}

/** Quantiles of values in any order, as {@link quantileOfSorted}. */
export function quantilesOf(values: ArrayLike<number>, levels: readonly number[]): number[] {
  const sorted = sortedCopy(values);
  return levels.map((level) => quantileOfSorted(sorted, level));
}

/**
 * The weighted median: the value at which half of the weight is reached, averaged with the next one
 * where exactly half lies below. `null` where no weight is above 0.
 */
export function weightedMedian(
  values: Float64Array,
  weights: ArrayLike<number>,
  order: Uint32Array,
): number | null {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += weights[i]!;
  if (!(total > 0)) return null;
  const half = total / 2;
  const slack = total * 1e-15;
  let reached = 0;
  let atHalf: number | null = null;
  for (const row of order) {
    const weight = weights[row]!;
    if (weight === 0) continue;
    if (atHalf !== null) return (atHalf + values[row]!) / 2;
    reached += weight;
    if (reached > half + slack) return values[row]!;
    if (reached >= half - slack) atHalf = values[row]!;
  }
  return atHalf;
}
