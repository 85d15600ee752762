import { membersOf, sumCells, type SegmentGroup } from "./segment-space.ts";

/** A candidate with how far its loss is above the rest's. */
export interface ScoredCell {
  readonly group: SegmentGroup;
  readonly cell: number;
  readonly rows: number;
  /** Standardised by what drawing as many rows at random would give: mean 0, deviation 1. */
  readonly z: number;
}

/** Losses less their mean, with their spread. */
export interface CentredLosses {
  readonly values: Float64Array;
  /** Population standard deviation. */
  readonly deviation: number;
}

/** Centres losses; weights count as multiples of a row, scaled to a mean of 1. */
export function centreLosses(
  losses: Float64Array,
  weights: ArrayLike<number> | undefined,
): CentredLosses {
  const n = losses.length;
  let [sum, total] = [0, 0];
  for (let i = 0; i < n; i++) {
    const weight = weights === undefined ? 1 : weights[i]!;
    sum += weight * losses[i]!;
    total += weight;
  }
  const mean = sum / total;
  const scale = n / total;
  const values = new Float64Array(n);
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const value = (weights === undefined ? 1 : weights[i]! * scale) * (losses[i]! - mean);
    values[i] = value;
    squares += value * value;
  }
  return { values, deviation: Math.sqrt(squares / n) };
}

/**
 * The standardised sum of a cell under simple random sampling without replacement: its variance is
 * n (N - n) / (N - 1) times that of the losses (Cochran 1977, Sampling Techniques, ch. 2).
 */
export function standardise(sum: number, rows: number, losses: CentredLosses): number {
  const n = losses.values.length;
  return sum / (losses.deviation * Math.sqrt((rows * (n - rows)) / (n - 1)));
}

/** A cell's mean above the rest's in standard deviations of all losses, from its standardised sum. */
function effectOf(z: number, rows: number, n: number): number {
  return (z * n) / Math.sqrt((n - 1) * rows * (n - rows));
}

/** The candidate that is furthest above the rest, of those with an effect of at least `leastEffect`. */
export function findWeakest(
  groups: readonly SegmentGroup[],
  losses: CentredLosses,
  leastEffect: number,
): ScoredCell | null {
  const n = losses.values.length;
  if (!(losses.deviation > 0)) return null;
  let best: ScoredCell | null = null;
  const sums = new Float64Array(largestSize(groups));
  for (const group of groups) {
    sumCells(group, losses.values, sums);
    for (let k = 0; k < group.cells.length; k++) {
      const rows = group.counts[k]!;
      const z = standardise(sums[group.cells[k]!]!, rows, losses);
      if (best !== null && z <= best.z) continue;
      if (z > 0 && effectOf(z, rows, n) >= leastEffect)
        best = { group, cell: group.cells[k]!, rows, z };
    }
  }
  return best;
}

/** Room for the cells of any of the groups. */
export function largestSize(groups: readonly SegmentGroup[]): number {
  return groups.reduce((largest, { size }) => Math.max(largest, size), 0);
}

/**
 * Finds weak segments one after another: after each, losses are taken relative to the mean of the
 * rows that lie in the same of the segments found so far, so that what they explain (a parent, a
 * twin, an overlap) is not found again.
 */
export function findDistinct(
  groups: readonly SegmentGroup[],
  losses: CentredLosses,
  {
    least,
    leastEffect,
    most,
  }: { readonly least: number; readonly leastEffect: number; readonly most: number },
): readonly ScoredCell[] {
  const found: ScoredCell[] = [];
  const pattern = new Uint32Array(losses.values.length);
  let rest = losses;
  while (found.length < most) {
    const next = findWeakest(groups, rest, leastEffect);
    if (next === null || next.z <= least) break;
    const members = membersOf(next.group, next.cell);
    for (let row = 0; row < pattern.length; row++) pattern[row]! |= members[row]! << found.length;
    found.push(next);
    rest = centreWithin(losses.values, pattern);
  }
  return found;
}

/** Losses less the mean of the rows of the same pattern. */
function centreWithin(losses: Float64Array, pattern: Uint32Array): CentredLosses {
  const sums = new Map<number, { sum: number; count: number }>();
  for (let row = 0; row < losses.length; row++) {
    const own = sums.get(pattern[row]!);
    if (own === undefined) sums.set(pattern[row]!, { sum: losses[row]!, count: 1 });
    else {
      own.sum += losses[row]!;
      own.count++;
    }
  }
  const values = new Float64Array(losses.length);
  let squares = 0;
  for (let row = 0; row < losses.length; row++) {
    const own = sums.get(pattern[row]!)!;
    const value = losses[row]! - own.sum / own.count;
    values[row] = value;
    squares += value * value;
  }
  return { values, deviation: Math.sqrt(squares / losses.length) };
}
