import { takeRows, type Column, type Table } from "#core";
import { divideColumn } from "../slices.ts";
import type { SegmentTerm } from "./error-analysis.ts";

/** What bounds the search: nothing of it grows with the data beyond these. */
export const SEARCH_BOUNDS = {
  /** Rows; more are sampled. */
  rows: 100_000,
  /** Columns looked at alone. */
  columns: 100,
  /** Columns looked at in pairs: 435 pairs. */
  pairedColumns: 30,
  /** Values of a column, the most frequent ones. */
  values: 20,
} as const;

/** A column with the values that a segment may be described by; the rest share the last code. */
export interface SegmentColumn {
  readonly name: string;
  readonly values: readonly string[];
  /** 0 to `values.length`, one a row. */
  readonly codes: Uint8Array;
}

/** Segments of one column or of a pair of columns. */
export interface SegmentGroup {
  readonly first: SegmentColumn;
  readonly second: SegmentColumn | null;
  /** Number of different cells, candidates or not. */
  readonly size: number;
  /** Cells that are candidates, and the rows that each holds. */
  readonly cells: Uint16Array;
  readonly counts: Uint32Array;
}

/** Divides the columns that have a value of enough rows, in the table's order, as many as are searched; of some rows, or of all (`null`). */
export function divideColumns(
  table: Table,
  { rows, minRows }: { readonly rows: Uint32Array | null; readonly minRows: number },
): { readonly columns: readonly SegmentColumn[]; readonly leftOut: number } {
  const columns: SegmentColumn[] = [];
  for (const [at, column] of table.columns.entries()) {
    if (columns.length === SEARCH_BOUNDS.columns)
      return { columns, leftOut: table.columns.length - at };
    // One column at a time: a copy of a wide table's sample is large.
    const [own = column] =
      rows === null ? [] : takeRows({ rows: table.rows, columns: [column] }, rows).columns;
    const divided = keepFrequent(own, minRows);
    if (divided !== null) columns.push(divided);
  }
  return { columns, leftOut: 0 };
}

function keepFrequent(column: Column, minRows: number): SegmentColumn | null {
  const { name, codes, values } = divideColumn(column);
  const counts = new Uint32Array(values.length);
  for (const code of codes) counts[code]!++;
  const kept = values
    .map((_, code) => code)
    .filter((code) => counts[code]! >= minRows && codes.length - counts[code]! >= minRows)
    .sort((left, right) => counts[right]! - counts[left]! || left - right)
    .slice(0, SEARCH_BOUNDS.values);
  if (kept.length === 0) return null;
  const places = new Uint8Array(values.length).fill(kept.length);
  kept.forEach((code, at) => {
    places[code] = at;
  });
  const own = new Uint8Array(codes.length);
  for (let row = 0; row < own.length; row++) own[row] = places[codes[row]!]!;
  return { name, values: kept.map((code) => values[code] ?? ""), codes: own };
}

/** The same column of some rows. */
export function takeSegmentColumn(column: SegmentColumn, rows: Uint32Array): SegmentColumn {
  const codes = new Uint8Array(rows.length);
  for (let at = 0; at < codes.length; at++) codes[at] = column.codes[rows[at]!]!;
  return { ...column, codes };
}

/** The candidates of one column, or of two: cells with enough rows inside and outside. */
export function groupOf(
  first: SegmentColumn,
  second: SegmentColumn | null,
  minRows: number,
): SegmentGroup {
  const width = second === null ? 1 : second.values.length + 1;
  const size = (first.values.length + 1) * width;
  const counts = countCells(first, second, size);
  const rows = first.codes.length;
  const alone = second === null ? null : marginsOf(counts, width);
  const cells: number[] = [];
  for (let cell = 0; cell < size; cell++) {
    const [a, b] = [Math.floor(cell / width), cell % width];
    const isNamed = a < first.values.length && (second === null || b < second.values.length);
    const count = counts[cell]!;
    if (!isNamed || count < minRows || rows - count < minRows) continue;
    // The very rows of one of its two values say nothing new.
    if (alone !== null && (count === alone.first[a] || count === alone.second[b])) continue;
    cells.push(cell);
  }
  return {
    first,
    second,
    size,
    cells: Uint16Array.from(cells),
    counts: Uint32Array.from(cells, (cell) => counts[cell]!),
  };
}

function countCells(first: SegmentColumn, second: SegmentColumn | null, size: number): Uint32Array {
  const counts = new Uint32Array(size);
  const width = second === null ? 1 : second.values.length + 1;
  for (let row = 0; row < first.codes.length; row++)
    counts[first.codes[row]! * width + (second === null ? 0 : second.codes[row]!)]!++;
  return counts;
}

function marginsOf(
  counts: Uint32Array,
  width: number,
): { readonly first: Uint32Array; readonly second: Uint32Array } {
  const first = new Uint32Array(counts.length / width);
  const second = new Uint32Array(width);
  counts.forEach((count, cell) => {
    first[Math.floor(cell / width)]! += count;
    second[cell % width]! += count;
  });
  return { first, second };
}

/** Sums a number of each row over the cells of a group, into `sums`. */
export function sumCells(
  { first, second }: SegmentGroup,
  values: Float64Array,
  sums: Float64Array,
): void {
  sums.fill(0);
  const one = first.codes;
  if (second === null) {
    for (let row = 0; row < one.length; row++) sums[one[row]!]! += values[row]!;
    return;
  }
  const two = second.codes;
  const width = second.values.length + 1;
  for (let row = 0; row < one.length; row++) sums[one[row]! * width + two[row]!]! += values[row]!;
}

/** Groups of single columns, then of pairs of the paired ones. */
export function groupsOf(
  columns: readonly SegmentColumn[],
  paired: readonly SegmentColumn[],
  minRows: number,
): readonly SegmentGroup[] {
  const alone = columns.map((column) => groupOf(column, null, minRows));
  const pairs = paired.flatMap((first, at) =>
    paired.slice(at + 1).map((second) => groupOf(first, second, minRows)),
  );
  return [...alone, ...pairs].filter(({ cells }) => cells.length > 0);
}

/** What a cell's rows have in common. */
export function termsOf({ first, second }: SegmentGroup, cell: number): readonly SegmentTerm[] {
  if (second === null) return [{ column: first.name, value: first.values[cell] ?? "" }];
  const width = second.values.length + 1;
  return [
    { column: first.name, value: first.values[Math.floor(cell / width)] ?? "" },
    { column: second.name, value: second.values[cell % width] ?? "" },
  ];
}

/** 1 for each row of a cell. */
export function membersOf({ first, second }: SegmentGroup, cell: number): Uint8Array {
  const width = second === null ? 1 : second.values.length + 1;
  const members = new Uint8Array(first.codes.length);
  for (let row = 0; row < members.length; row++) {
    const own = first.codes[row]! * width + (second === null ? 0 : second.codes[row]!);
    members[row] = own === cell ? 1 : 0;
  }
  return members;
}
