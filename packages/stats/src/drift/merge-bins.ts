import type { CountPair } from "./divergences.ts";

/** How bins are merged before a divergence is judged. */
export interface MergeOptions {
  /** Whether only neighbours may be merged (numbers) or any (categories). */
  readonly isOrdered: boolean;
  /** Rows that each bin must expect in both samples; 5 when left out. */
  readonly smallestExpected?: number | undefined;
  /** 20 when left out. */
  readonly mostBins?: number | undefined;
}

/** Which of the original bins make up each merged one. */
export type BinGroups = readonly (readonly number[])[];

interface Group {
  readonly bins: readonly number[];
  readonly pooled: number;
}

/**
 * Merges bins until each expects enough rows in both samples if they had the same shares, and until
 * there are not too many: the smallest first, ordered bins with their smaller neighbour, others
 * into one. The choice depends on pooled counts only, so it does not favour either sample.
 */
export function mergeBins({ reference, current }: CountPair, options: MergeOptions): BinGroups {
  const { isOrdered, smallestExpected = 5, mostBins = 20 } = options;
  let groups: Group[] = Array.from({ length: reference.length }, (_, k) => ({
    bins: [k],
    pooled: reference[k]! + current[k]!,
  }));
  if (!isOrdered) groups.sort((a, b) => b.pooled - a.pooled);
  const n = totalOf(reference);
  const m = totalOf(current);
  const smallestPooled = (smallestExpected * (n + m)) / Math.min(n, m);
  for (;;) {
    // Of categories the joined ones at the end may have outgrown the one before them.
    const smallest = indexOfSmallest(groups);
    const isFine = groups[smallest]!.pooled >= smallestPooled && groups.length <= mostBins;
    if (isFine || groups.length === 1) return groups.map((group) => group.bins);
    groups = isOrdered ? mergeNeighbour(groups, smallest) : mergeLastTwo(groups);
  }
}

function totalOf(counts: ArrayLike<number>): number {
  let total = 0;
  for (let k = 0; k < counts.length; k++) total += counts[k]!;
  return total;
}

function indexOfSmallest(groups: readonly Group[]): number {
  return groups.reduce((best, group, k) => (group.pooled < groups[best]!.pooled ? k : best), 0);
}

function joined(a: Group, b: Group): Group {
  return { bins: [...a.bins, ...b.bins], pooled: a.pooled + b.pooled };
}

function mergeNeighbour(groups: readonly Group[], k: number): Group[] {
  const left = groups[k - 1]?.pooled ?? Infinity;
  const right = groups[k + 1]?.pooled ?? Infinity;
  const first = left <= right ? k - 1 : k;
  return [
    ...groups.slice(0, first),
    joined(groups[first]!, groups[first + 1]!),
    ...groups.slice(first + 2),
  ];
}

function mergeLastTwo(groups: readonly Group[]): Group[] {
  return [...groups.slice(0, -2), joined(groups.at(-2)!, groups.at(-1)!)];
}

/** Adds up counts (or sums) by the groups of bins. */
export function addByGroup(values: ArrayLike<number>, groups: BinGroups): Float64Array {
  return Float64Array.from(groups, (bins) => bins.reduce((sum, k) => sum + values[k]!, 0));
}
