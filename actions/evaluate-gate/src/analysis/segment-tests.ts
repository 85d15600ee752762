import { normalSf, type Random } from "#stats";
import { largestSize, standardise, type CentredLosses } from "./segment-scan.ts";
import { sumCells, type SegmentGroup } from "./segment-space.ts";

/** The law of the largest standardised sum among all candidates when losses are shuffled. */
export interface MaximumLaw {
  /** Ascending, one a shuffle. */
  readonly largest: Float64Array;
  /** How far below the rest any candidate is, likewise. */
  readonly lowest: Float64Array;
}

/**
 * Shuffles the losses among the rows and keeps the maximum over all candidates each time: the
 * single-step maxT procedure of Westfall & Young (1993, Resampling-Based Multiple Testing, ch. 2).
 * With no weak segment, losses are exchangeable between rows, so a p from this law is exact whatever
 * the candidates' overlap.
 */
export function shuffleMaximum(
  groups: readonly SegmentGroup[],
  losses: CentredLosses,
  { permutations, random }: { readonly permutations: number; readonly random: Random },
): MaximumLaw {
  const shuffled = Float64Array.from(losses.values);
  const spreads = groups.map(({ counts }) =>
    Float64Array.from(counts, (rows) => standardise(1, rows, losses)),
  );
  const sums = new Float64Array(largestSize(groups));
  const largest = new Float64Array(permutations);
  const lowest = new Float64Array(permutations);
  for (let b = 0; b < permutations; b++) {
    shuffle(shuffled, shuffled.length, random);
    let [high, low] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    groups.forEach((group, at) => {
      sumCells(group, shuffled, sums);
      const { cells } = group;
      const spread = spreads[at]!;
      for (let k = 0; k < cells.length; k++) {
        const z = sums[cells[k]!]! * spread[k]!;
        if (z > high) high = z;
        if (z < low) low = z;
      }
    });
    largest[b] = high;
    lowest[b] = -low;
  }
  return { largest: largest.sort(), lowest: lowest.sort() };
}

/** p of a value under shuffles, the observed order counted among them (Phipson & Smyth 2010): never 0. */
export function pAmong(ascending: Float64Array, value: number): number {
  // Sums of the same numbers in another order differ in their last digits.
  const least = value - 1e-9 * Math.max(1, Math.abs(value));
  let [from, to] = [0, ascending.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (ascending[middle]! >= least) to = middle;
    else from = middle + 1;
  }
  return (1 + ascending.length - from) / (ascending.length + 1);
}

/** The value that must be exceeded for {@link pAmong} to be at most `level`. */
export function criticalValue(ascending: Float64Array, level: number): number {
  const allowed = Math.floor(level * (ascending.length + 1)) - 1;
  if (allowed < 0) return Number.POSITIVE_INFINITY;
  return ascending[ascending.length - 1 - allowed] ?? Number.POSITIVE_INFINITY;
}

/** Above these rows in a segment the sum of a random draw is normal to all that matters. */
const LARGEST_DRAWN = 2000;

/** One-sided p of one segment that was not searched for on these rows: its sum among those of random rows. */
export function testSegment(
  { sum, rows }: { readonly sum: number; readonly rows: number },
  losses: CentredLosses,
  { permutations, random }: { readonly permutations: number; readonly random: Random },
): number {
  if (rows > LARGEST_DRAWN) return normalSf(standardise(sum, rows, losses));
  const pool = Float64Array.from(losses.values);
  const sums = Float64Array.from({ length: permutations }, () => {
    shuffle(pool, rows, random);
    let drawn = 0;
    for (let k = 0; k < rows; k++) drawn += pool[k]!;
    return drawn;
  });
  return pAmong(sums.sort(), sum);
}

/** Puts a random draw without replacement into the first `count` places (Fisher & Yates). */
export function shuffle(
  values: Float64Array | Uint32Array,
  count: number,
  { integer }: Random,
): void {
  const last = Math.min(count, values.length - 1);
  for (let at = 0; at < last; at++) {
    const other = at + integer(values.length - at);
    const kept = values[at]!;
    values[at] = values[other]!;
    values[other] = kept;
  }
}
