import { type Measured, defined, undefinedBecause } from "../metrics/measure.ts";
import { quantileOfSorted } from "../quantiles.ts";
import { sortedCopy } from "../sorting.ts";

/** Values of two samples without NaN. */
export interface SamplePair {
  readonly reference: ArrayLike<number>;
  readonly current: ArrayLike<number>;
}

/** Standard deviation around the mean, dividing by the number of values; 0 for one value. */
export function standardDeviation(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) ** 2;
  return Math.sqrt(squares / values.length);
}

/** Wasserstein-1 (earth mover's) distance of two samples, in their unit. */
export function wassersteinDistance({ reference, current }: SamplePair): number {
  const [first, second] = [sortedCopy(reference), sortedCopy(current)];
  let [i, j, sum] = [0, 0, 0];
  let at = Math.min(first[0]!, second[0]!);
  while (i < first.length || j < second.length) {
    while (i < first.length && first[i]! <= at) i++;
    while (j < second.length && second[j]! <= at) j++;
    const next = Math.min(first[i] ?? Infinity, second[j] ?? Infinity);
    if (next === Infinity) break;
    sum += Math.abs(i / first.length - j / second.length) * (next - at);
    at = next;
  }
  return sum;
}

/** Wasserstein-1 distance in standard deviations of the reference; undefined where it is constant. */
export function normedWasserstein(pair: SamplePair): Measured {
  const deviation = standardDeviation(pair.reference);
  if (!(deviation > 0)) return undefinedBecause("the reference does not vary");
  return defined(wassersteinDistance(pair) / deviation);
}

/**
 * Inner edges of bins of equal reference counts: unique quantiles without the two ends. A bin is
 * [edge, next edge); the first and the last are open.
 */
export function quantileEdges(reference: ArrayLike<number>, bins: number): Float64Array {
  const sorted = sortedCopy(reference);
  const levels = Array.from({ length: bins + 1 }, (_, k) => k / bins);
  const unique = new Set(levels.map((level) => quantileOfSorted(sorted, level)));
  return Float64Array.from([...unique].slice(1, -1));
}

/** Counts and sums of a sample in bins. */
export interface BinnedSample {
  readonly counts: Float64Array;
  readonly sums: Float64Array;
}

/** Sorts values into the bins between ascending inner edges; there is one more bin than edges. */
export function binSample(values: ArrayLike<number>, innerEdges: Float64Array): BinnedSample {
  const counts = new Float64Array(innerEdges.length + 1);
  const sums = new Float64Array(counts.length);
  for (let i = 0; i < values.length; i++) {
    const bin = binOf(values[i]!, innerEdges);
    counts[bin]!++;
    sums[bin]! += values[i]!;
  }
  return { counts, sums };
}

/** How many edges are at most the value. */
function binOf(value: number, edges: Float64Array): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (edges[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Two samples in the same ordered bins. */
export interface BinnedPair {
  readonly reference: { readonly counts: ArrayLike<number>; readonly sums: ArrayLike<number> };
  readonly current: { readonly counts: ArrayLike<number>; readonly sums: ArrayLike<number> };
}

/** Wasserstein-1 distance of two samples that are each at their bins' means, in their unit. */
export function binnedWasserstein({ reference, current }: BinnedPair): number {
  const n = totalOf(reference.counts);
  const m = totalOf(current.counts);
  let distance = 0;
  let sum = 0;
  let at = 0;
  const advance = (to: number, mass: number): void => {
    if (distance !== 0) sum += Math.abs(distance) * (to - at);
    at = to;
    distance += mass;
  };
  for (let k = 0; k < reference.counts.length; k++) {
    const inReference = reference.counts[k]!;
    const inCurrent = current.counts[k]!;
    const ours = inReference > 0 ? reference.sums[k]! / inReference : Infinity;
    const theirs = inCurrent > 0 ? current.sums[k]! / inCurrent : Infinity;
    if (ours <= theirs && inReference > 0) advance(ours, inReference / n);
    if (inCurrent > 0) advance(theirs, -inCurrent / m);
    if (ours > theirs && inReference > 0) advance(ours, inReference / n);
  }
  return sum;
}

function totalOf(counts: ArrayLike<number>): number {
  let total = 0;
  for (let k = 0; k < counts.length; k++) total += counts[k]!;
  return total;
}
