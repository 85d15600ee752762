import type { MeanKernel } from "../metrics/kernel.ts";
import type { Random } from "../random/generator.ts";
import { forEachBlock } from "../row-blocks.ts";

/** Weighted sums of row numbers in each unit that is drawn: a row or a cluster of rows. */
export interface UnitSums {
  readonly count: number;
  /** Numbers a unit: the weight first, then each kernel's row numbers times the weight. */
  readonly columns: readonly Float64Array[];
}

/** Adds up each unit's weight and weighted row numbers. */
export function sumsByUnit(
  kernels: readonly MeanKernel[],
  rows: {
    readonly rowCount: number;
    readonly weights: ArrayLike<number> | undefined;
    readonly clusters: ArrayLike<number> | undefined;
  },
): UnitSums {
  const { rowCount, weights, clusters } = rows;
  let count = clusters === undefined ? rowCount : 0;
  if (clusters !== undefined)
    for (let i = 0; i < rowCount; i++) count = Math.max(count, clusters[i]! + 1);
  const sumOf = (column: Float64Array | null): Float64Array => {
    const sums = new Float64Array(count);
    for (let i = 0; i < rowCount; i++) {
      const weight = weights === undefined ? 1 : weights[i]!;
      sums[clusters === undefined ? i : clusters[i]!]! +=
        column === null ? weight : weight * column[i]!;
    }
    return sums;
  };
  return { count, columns: [null, ...kernels.flatMap((kernel) => kernel.rows)].map(sumOf) };
}

/** What the drawn units add up to. */
export function drawnSum(counts: Uint16Array, column: Float64Array): number {
  const sum = sumOfProducts(counts, column);
  return Number.isNaN(sum) ? sumOfThoseDrawn(counts, column) : sum;
}

/** The same where a unit that is not drawn may be infinite: 0 times that is no number. */
function sumOfThoseDrawn(counts: Uint16Array, column: Float64Array): number {
  let sum = 0;
  for (let u = 0; u < column.length; u++) if (counts[u]! > 0) sum += counts[u]! * column[u]!;
  return sum;
}

function sumOfProducts(counts: Uint16Array, column: Float64Array): number {
  const { length } = column;
  const whole = length - (length % 4);
  let [a, b, c, d] = [0, 0, 0, 0];
  // Four sums at a time: one alone would wait for its own last addition.
  for (let i = 0; i < whole; i += 4) {
    a += counts[i]! * column[i]!;
    b += counts[i + 1]! * column[i + 1]!;
    c += counts[i + 2]! * column[i + 2]!;
    d += counts[i + 3]! * column[i + 3]!;
  }
  for (let i = whole; i < length; i++) a += counts[i]! * column[i]!;
  return a + b + (c + d);
}

/** Each kernel's metric from sums: weight first, then the kernels' numbers in turn. */
export function combineMeans(kernels: readonly MeanKernel[], sums: ArrayLike<number>): number[] {
  let at = 1;
  return kernels.map((kernel) => {
    const means = kernel.rows.map((_, k) => sums[at + k]! / sums[0]!);
    at += kernel.rows.length;
    return kernel.combine(means);
  });
}

/** Mean and covariance of what units add: the weight first, then the kernels' numbers. */
export interface UnitMoments {
  readonly count: number;
  readonly width: number;
  readonly means: Float64Array;
  /** Row-major, width x width; the lower triangle. */
  readonly covariance: Float64Array;
}

/** Moments of units that were added up before. */
export function momentsOfUnits({ count, columns }: UnitSums): UnitMoments {
  return momentsOfColumns(columns, count);
}

/** The same where every row is a unit of its own, without an array of them. */
export function momentsOfRows(
  kernels: readonly MeanKernel[],
  rowCount: number,
  weights: ArrayLike<number> | undefined,
): UnitMoments {
  const columns = kernels.flatMap((kernel) => kernel.rows);
  if (weights === undefined) return momentsOfColumns([null, ...columns], rowCount);
  const weighted = columns.map((column) => {
    const products = new Float64Array(rowCount);
    for (let i = 0; i < rowCount; i++) products[i] = weights[i]! * column[i]!;
    return products;
  });
  return momentsOfColumns([Float64Array.from(weights), ...weighted], rowCount);
}

/** Moments of columns; `null` is a column of ones. */
function momentsOfColumns(columns: readonly (Float64Array | null)[], count: number): UnitMoments {
  const width = columns.length;
  const means = Float64Array.from(columns, (column) => (column === null ? 1 : meanOf(column)));
  const covariance = new Float64Array(width * width);
  for (let j = 0; j < width; j++)
    for (let k = 0; k <= j; k++) {
      const [first, second] = [columns[j]!, columns[k]!];
      if (first !== null && second !== null)
        covariance[j * width + k] = covarianceOf(first, second, [means[j]!, means[k]!]);
    }
  return { count, width, means, covariance };
}

function meanOf(column: Float64Array): number {
  const sums = { column, sum: 0 };
  forEachBlock(column.length, (from, to) => addUp(sums, from, to));
  return sums.sum / column.length;
}

function addUp(
  sums: { readonly column: Float64Array; sum: number },
  from: number,
  to: number,
): void {
  const { column } = sums;
  let { sum } = sums;
  for (let i = from; i < to; i++) sum += column[i]!;
  sums.sum = sum;
}

function covarianceOf(
  first: Float64Array,
  second: Float64Array,
  [meanFirst, meanSecond]: readonly [number, number],
): number {
  const sums = { first, second, meanFirst, meanSecond, sum: 0 };
  forEachBlock(first.length, (from, to) => addProducts(sums, from, to));
  return sums.sum / first.length;
}

interface ProductSums {
  readonly first: Float64Array;
  readonly second: Float64Array;
  readonly meanFirst: number;
  readonly meanSecond: number;
  sum: number;
}

function addProducts(sums: ProductSums, from: number, to: number): void {
  const { first, second, meanFirst, meanSecond } = sums;
  let { sum } = sums;
  for (let i = from; i < to; i++) sum += (first[i]! - meanFirst) * (second[i]! - meanSecond);
  sums.sum = sum;
}

/**
 * Draws of the sums over `count` units drawn with replacement, from the normal law that they tend
 * to with many units.
 */
export function drawMeansByNormal(moments: UnitMoments, random: Random): () => Float64Array {
  const { count, width, means, covariance } = moments;
  const root = choleskyRoot(covariance, width);
  const normals = new Float64Array(width);
  const drawn = new Float64Array(width);
  return () => {
    for (let k = 0; k < width; k++) normals[k] = random.normal();
    for (let j = 0; j < width; j++) {
      let shift = 0;
      for (let k = 0; k <= j; k++) shift += root[j * width + k]! * normals[k]!;
      drawn[j] = means[j]! * count + shift * Math.sqrt(count);
    }
    return drawn;
  };
}

/** Lower triangle L with L L' = the covariance; a direction without variance gets zeros. */
function choleskyRoot(covariance: Float64Array, width: number): Float64Array {
  const root = new Float64Array(width * width);
  for (let j = 0; j < width; j++) {
    for (let k = 0; k <= j; k++) {
      let rest = covariance[j * width + k]!;
      for (let i = 0; i < k; i++) rest -= root[j * width + i]! * root[k * width + i]!;
      const own = covariance[j * width + j]!;
      if (j === k) root[j * width + j] = rest > own * 1e-12 ? Math.sqrt(rest) : 0;
      else root[j * width + k] = root[k * width + k]! > 0 ? rest / root[k * width + k]! : 0;
    }
  }
  return root;
}
