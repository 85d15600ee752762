import type { Matrix } from "../matrix.ts";

/** Features cut into at most 255 bins of neighbouring values; the last code of each feature means missing. */
export interface BinnedFeatures {
  readonly rows: number;
  readonly features: number;
  /** Column-major: code of feature f in row r at f * rows + r. */
  readonly codes: Uint8Array;
  /** For each feature the float32 upper bounds of its bins; the last is the largest finite float32. */
  readonly bounds: readonly Float32Array[];
  /** Where a feature's bins start in a histogram over all features; one more entry than features. */
  readonly offsets: Int32Array;
}

const largestFloat = 3.4028234663852886e38;

/** Cuts every feature at quantiles of its distinct values, fitted on these rows. */
export function binFeatures(matrix: Matrix, maxBins: number): BinnedFeatures {
  const { rows, columns } = matrix;
  const codes = new Uint8Array(rows * columns);
  const bounds: Float32Array[] = [];
  const offsets = new Int32Array(columns + 1);
  const values = new Float32Array(rows);
  for (let feature = 0; feature < columns; feature += 1) {
    for (let row = 0; row < rows; row += 1) values[row] = matrix.values[row * columns + feature]!;
    const upper = findBounds(values, maxBins);
    for (let row = 0; row < rows; row += 1)
      codes[feature * rows + row] = findBin(upper, values[row]!);
    bounds.push(upper);
    offsets[feature + 1] = offsets[feature]! + upper.length + 1;
  }
  return { rows, features: columns, codes, bounds, offsets };
}

/** The first bin whose bound is not below the value; the code after the last bin for NaN. */
function findBin(bounds: Float32Array, value: number): number {
  if (Number.isNaN(value)) return bounds.length;
  let low = 0;
  let high = bounds.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= bounds[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

function findBounds(values: Float32Array, maxBins: number): Float32Array {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const distinct: number[] = [];
  const counts: number[] = [];
  for (const value of sorted) {
    // -0 and 0 compare equal in every runtime, so they share a bin.
    if (distinct.length > 0 && distinct.at(-1) === value) counts[counts.length - 1]! += 1;
    else {
      distinct.push(value);
      counts.push(1);
    }
  }
  const bounds: number[] = [];
  let remainingRows = sorted.length;
  let filled = 0;
  for (let index = 0; index < distinct.length - 1; index += 1) {
    filled += counts[index]!;
    const everyValue = distinct.length <= maxBins;
    const share = remainingRows / (maxBins - bounds.length);
    // Closing before a heavy value overfills the bin keeps that value a bin of its own.
    if (everyValue || filled >= share || filled + counts[index + 1]! / 2 > share) {
      if (bounds.length === maxBins - 1) break;
      bounds.push(boundBetween(distinct[index]!, distinct[index + 1]!));
      remainingRows -= filled;
      filled = 0;
    }
  }
  bounds.push(largestFloat);
  return Float32Array.from(bounds);
}

/** A float32 at or above `low` and below `high`, in their middle where there is room: any runtime branches alike. */
function boundBetween(low: number, high: number): number {
  const middle = Math.fround(low / 2 + high / 2);
  return middle >= low && middle < high ? middle : low;
}
