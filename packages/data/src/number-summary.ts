import { createGrid, findBin, type BinGrid } from "./bin-grid.ts";
import type { NumberSummary, ProfileBins } from "#core";

/** Moments and bins of numbers while they are counted. */
export interface SummaryCounter {
  readonly grid: BinGrid;
  readonly counts: Float64Array;
  readonly sums: Float64Array;
  n: number;
  min: number;
  max: number;
  mean: number;
  m2: number;
}

/** A counter into bins with these ascending edges. */
export function createCounter(edges: ArrayLike<number>): SummaryCounter {
  return {
    grid: createGrid(Float64Array.from(edges)),
    counts: new Float64Array(edges.length + 1),
    sums: new Float64Array(edges.length + 1),
    n: 0,
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
    mean: 0,
    m2: 0,
  };
}

/** What was passed over because it is no finite number. */
export interface PassedOver {
  nan: number;
  posInf: number;
  negInf: number;
}

/** Counts the finite numbers among `values`, passing over missing cells; one pass. */
export function countNumbers(
  counter: SummaryCounter,
  values: Float64Array,
  missing: Uint8Array | null,
): PassedOver {
  const { grid, counts, sums } = counter;
  const passed: PassedOver = { nan: 0, posInf: 0, negInf: 0 };
  // Sums about a value near the mean lose nothing to cancellation.
  const origin = counter.n > 0 ? counter.mean : firstFinite(values);
  let n = 0;
  let sum = 0;
  let squares = 0;
  let { min, max } = counter;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    // True for NaN and the infinities alone.
    if (value - value !== 0) {
      if (missing !== null && missing[i] === 1) continue;
      if (value > 0) passed.posInf++;
      else if (value < 0) passed.negInf++;
      else passed.nan++;
      continue;
    }
    const bin = findBin(grid, value);
    counts[bin] = (counts[bin] as number) + 1;
    sums[bin] = (sums[bin] as number) + value;
    const distance = value - origin;
    sum += distance;
    squares += distance * distance;
    n++;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  counter.min = min;
  counter.max = max;
  if (n > 0)
    addMoments(counter, { n, mean: origin + sum / n, m2: Math.max(0, squares - (sum * sum) / n) });
  return passed;
}

function firstFinite(values: Float64Array): number {
  return values.find((value) => Number.isFinite(value)) ?? 0;
}

/** Counts one number as often as `times` says. */
export function countNumber(counter: SummaryCounter, value: number, times: number): void {
  if (times === 0) return;
  const bin = findBin(counter.grid, value);
  counter.counts[bin] = (counter.counts[bin] as number) + times;
  counter.sums[bin] = (counter.sums[bin] as number) + value * times;
  counter.min = Math.min(counter.min, value);
  counter.max = Math.max(counter.max, value);
  addMoments(counter, { n: times, mean: value, m2: 0 });
}

interface Moments {
  n: number;
  mean: number;
  m2: number;
}

/** Joins the moments of two samples. @see Chan, Golub, LeVeque (1979), "Updating Formulae and a Pairwise Algorithm" */
function addMoments(into: Moments, other: Moments): void {
  const n = into.n + other.n;
  if (n === 0) return;
  const difference = other.mean - into.mean;
  into.m2 += other.m2 + (difference * difference * into.n * other.n) / n;
  into.mean += (difference * other.n) / n;
  into.n = n;
}

/** The summary as a document holds it. */
export function finishCounter(counter: SummaryCounter): NumberSummary {
  const empty = counter.n === 0;
  return {
    min: empty ? null : counter.min,
    max: empty ? null : counter.max,
    mean: empty ? null : finiteOrNull(counter.mean),
    m2: empty ? null : finiteOrNull(counter.m2),
    bins: {
      edges: [...counter.grid.edges],
      counts: [...counter.counts],
      sums: Array.from(counter.sums, (sum) =>
        Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, sum)),
      ),
    },
  };
}

/** JSON holds no infinity: a moment that overflows does not exist. */
function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** Whether two summaries were counted into the same bins. */
export function haveSameEdges(left: ProfileBins, right: ProfileBins): boolean {
  return (
    left.edges.length === right.edges.length &&
    left.edges.every((edge, i) => edge === right.edges[i])
  );
}

/** The summary of both samples together. The bins must have the same edges. */
export function mergeSummaries(left: NumberSummary, right: NumberSummary): NumberSummary {
  const [n, m] = [left, right].map(({ bins }) =>
    bins.counts.reduce((sum, count) => sum + count, 0),
  );
  const moments: Moments = { n: n ?? 0, mean: left.mean ?? 0, m2: left.m2 ?? 0 };
  addMoments(moments, { n: m ?? 0, mean: right.mean ?? 0, m2: right.m2 ?? 0 });
  const empty = moments.n === 0;
  return {
    min: least(left.min, right.min, Math.min),
    max: least(left.max, right.max, Math.max),
    mean: empty ? null : moments.mean,
    m2: empty ? null : moments.m2,
    bins: {
      ...left.bins,
      counts: addArrays(left.bins.counts, right.bins.counts),
      sums: addArrays(left.bins.sums, right.bins.sums),
    },
  };
}

function least(
  left: number | null,
  right: number | null,
  choose: (left: number, right: number) => number,
): number | null {
  if (left === null) return right;
  return right === null ? left : choose(left, right);
}

/** Entry by entry sums of two lists of the same length. */
export function addArrays(left: readonly number[], right: readonly number[]): number[] {
  return left.map((value, i) => value + (right[i] ?? 0));
}
