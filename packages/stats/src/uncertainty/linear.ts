import type { Influence } from "../metrics/influence.ts";
import { forEachBlock } from "../row-blocks.ts";
import { normalQuantile } from "../special/normal.ts";

/** A statistic of metrics, linear in them: one metric, or the difference of two. */
export interface LinearStatistic {
  readonly influences: readonly Influence[];
  readonly statistic: (values: readonly number[]) => number;
  /** Cluster code of each row, from 0; rows are independent when left out. */
  readonly clusters: ArrayLike<number> | undefined;
  readonly resamples: number;
}

/**
 * The law of a statistic under resampling of many rows or clusters: normal, with the variance that
 * the sum of squared influences gives (the infinitesimal jackknife). Its draws are the law's own
 * evenly spaced quantiles, so that they carry no noise of simulation.
 */
export function drawByInfluence(linear: LinearStatistic): Float64Array {
  const { influences, statistic } = linear;
  const centre = statistic(influences.map(({ value }) => value));
  const deviation = Math.sqrt(varianceOf(linear));
  const draws = new Float64Array(linear.resamples);
  for (let b = 0; b < draws.length; b++)
    draws[b] = centre + deviation * normalQuantile((b + 0.5) / draws.length);
  return draws;
}

function varianceOf({ influences, statistic, clusters }: LinearStatistic): number {
  const origin = statistic(influences.map(() => 0));
  const slopes = influences.map((_, k) => statistic(influences.map((_, j) => +(j === k))) - origin);
  const columns = influences.map(({ rows }) => rows);
  return clusters === undefined
    ? sumOfSquares(columns, slopes)
    : sumOfClusterSquares(columns, slopes, clusters);
}

function sumOfSquares(columns: readonly Float64Array[], slopes: readonly number[]): number {
  const [first, second] = columns as [Float64Array, Float64Array?];
  const [a, b = 0] = slopes as [number, number?];
  const sums = { first, second: second ?? first, a, b: second === undefined ? 0 : b, squares: 0 };
  forEachBlock(first.length, (from, to) => addSquares(sums, from, to));
  return sums.squares;
}

interface SquareSums {
  readonly first: Float64Array;
  readonly second: Float64Array;
  /** Slopes by the first and by the second. */
  readonly a: number;
  readonly b: number;
  squares: number;
}

function addSquares(sums: SquareSums, from: number, to: number): void {
  const { first, second, a, b } = sums;
  let { squares } = sums;
  for (let i = from; i < to; i++) {
    const own = a * first[i]! + b * second[i]!;
    squares += own * own;
  }
  sums.squares = squares;
}

function sumOfClusterSquares(
  columns: readonly Float64Array[],
  slopes: readonly number[],
  clusters: ArrayLike<number>,
): number {
  let count = 0;
  for (let i = 0; i < clusters.length; i++) count = Math.max(count, clusters[i]! + 1);
  const sums = new Float64Array(count);
  columns.forEach((rows, k) => {
    for (let i = 0; i < rows.length; i++) sums[clusters[i]!]! += slopes[k]! * rows[i]!;
  });
  return sums.reduce((sum, one) => sum + one * one, 0);
}
