import type { MeanKernel } from "../metrics/kernel.ts";
import type { Random } from "../random/generator.ts";

/** Weighted sums of row numbers in each unit that is drawn: a row or a cluster of rows. */
export interface UnitSums {
  readonly count: number;
  /** Numbers a unit: the weight first, then each kernel's row numbers times the weight. */
  readonly width: number;
  /** Row-major, units x width. */
  readonly sums: Float64Array;
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
  const columns = kernels.flatMap((kernel) => kernel.rows);
  const width = columns.length + 1;
  const { rowCount, weights, clusters } = rows;
  let count = clusters === undefined ? rowCount : 0;
  if (clusters !== undefined)
    for (let i = 0; i < rowCount; i++) count = Math.max(count, clusters[i]! + 1);
  const sums = new Float64Array(count * width);
  for (let i = 0; i < rowCount; i++) {
    const at = (clusters === undefined ? i : clusters[i]!) * width;
    const weight = weights === undefined ? 1 : weights[i]!;
    sums[at]! += weight;
    for (let k = 1; k < width; k++) sums[at + k]! += weight * columns[k - 1]![i]!;
  }
  return { count, width, sums };
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

/**
 * Draws of the sums over `count` units drawn with replacement, from the normal law that they tend
 * to with many units.
 */
export function drawMeansByNormal(units: UnitSums, random: Random): () => Float64Array {
  const { count, width, sums } = units;
  const means = new Float64Array(width);
  for (let u = 0; u < count; u++)
    for (let k = 0; k < width; k++) means[k]! += sums[u * width + k]! / count;
  const covariance = new Float64Array(width * width);
  for (let u = 0; u < count; u++) {
    for (let j = 0; j < width; j++) {
      const distance = sums[u * width + j]! - means[j]!;
      if (distance === 0) continue;
      for (let k = 0; k <= j; k++)
        covariance[j * width + k]! += (distance * (sums[u * width + k]! - means[k]!)) / count;
    }
  }
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
