import { selectRanks } from "./select-ranks.ts";

/**
 * Finds the bin of a number among ascending edges: how many edges are below it. An evenly spaced
 * grid leads to the few edges that a value can lie between, so that a lookup costs one
 * multiplication and, mostly, one comparison.
 */
export interface BinGrid {
  readonly edges: Float64Array;
  readonly low: number;
  readonly scale: number;
  /** For each grid cell, the first edge that a value in it can be compared with. */
  readonly starts: Int32Array;
}

const cells = 2048;

/** A grid over ascending edges. */
export function createGrid(edges: Float64Array): BinGrid {
  const low = edges[0] ?? 0;
  const high = edges.at(-1) ?? 0;
  const width = high - low;
  // A range that overflows, or is too narrow to be divided, is searched whole.
  const usable = width > 0 && Number.isFinite(cells / width) && Number.isFinite(width);
  const scale = usable ? cells / width : 0;
  return { edges, low, scale, starts: usable ? fillStarts(edges, low, scale) : new Int32Array(1) };
}

function fillStarts(edges: Float64Array, low: number, scale: number): Int32Array {
  const starts = new Int32Array(cells + 2).fill(edges.length);
  for (let i = edges.length - 1; i >= 0; i--) {
    starts[Math.trunc(((edges[i] as number) - low) * scale)] = i;
  }
  for (let cell = cells; cell >= 0; cell--) {
    starts[cell] = Math.min(starts[cell] as number, starts[cell + 1] as number);
  }
  return starts;
}

/** The number of edges below `value` (a finite number): bin i holds edge i-1 < value <= edge i. */
export function findBin(grid: BinGrid, value: number): number {
  const { edges, low, scale, starts } = grid;
  const count = edges.length;
  if (count === 0 || value <= low) return 0;
  if (value > (edges[count - 1] as number)) return count;
  // Without a grid (edges too far apart or too close for one) all edges are searched.
  const cell = scale === 0 ? 0 : Math.trunc((value - low) * scale);
  // Edges in this very cell start here; those of earlier cells are below the value.
  let from = starts[cell] as number;
  let to = scale === 0 ? count : (starts[cell + 1] as number);
  if (to - from > 8) {
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((edges[middle] as number) < value) from = middle + 1;
      else to = middle;
    }
    return from;
  }
  while (from < count && (edges[from] as number) < value) from++;
  return from;
}

/**
 * Up to `bins` - 1 edges that divide the finite values into bins of about equal count; equal ones
 * are joined. A constant column gets one bin for its value and one on either side.
 */
export function quantileEdges(values: Float64Array, bins: number): Float64Array {
  const quantiles = selectRanks(values, (n) =>
    Array.from({ length: bins + 1 }, (_, k) => Math.max(0, Math.ceil((k * n) / bins) - 1)),
  );
  const [smallest] = quantiles;
  const largest = quantiles.at(-1);
  if (smallest === undefined || largest === undefined) return new Float64Array(0);
  if (smallest === largest) return Float64Array.from(new Set([nextBelow(largest), largest]));
  return Float64Array.from(new Set(quantiles.subarray(1).filter((edge) => edge !== largest)));
}

/** The next smaller double. */
function nextBelow(value: number): number {
  const view = new DataView(new ArrayBuffer(8));
  if (value === 0) return -Number.MIN_VALUE;
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? -1n : 1n));
  const next = view.getFloat64(0);
  return Number.isFinite(next) ? next : value;
}
