import { parseIsoDate, type Column } from "#core";
import { formatInstant } from "./date-text.ts";
import { notNumber, parsed, parseNumberBytes } from "./number-bytes.ts";

/** Calls back with each distinct text of a column and how many rows hold it; returns the missing cells. */
export function forEachText(column: Column, visit: (text: string, count: number) => void): number {
  if (column.kind === "text") {
    const counts = new Float64Array(column.levels.length);
    let missing = 0;
    const { codes } = column;
    for (let row = 0; row < codes.length; row++) {
      const code = codes[row] as number;
      if (code < 0) missing++;
      else counts[code] = (counts[code] as number) + 1;
    }
    counts.forEach((count, code) => {
      if (count > 0) visit(column.levels[code] ?? "", count);
    });
    return missing;
  }
  const counts = new Map<number, number>();
  let missing = 0;
  for (let row = 0; row < column.values.length; row++) {
    const value = column.values[row] as number;
    const absent = column.kind === "date" ? value !== value : column.missing?.[row] === 1;
    if (absent) missing++;
    else counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const format = column.kind === "date" ? formatInstant : String;
  for (const [value, count] of counts) visit(format(value), count);
  return missing;
}

/** A column's numbers: NaN with `missing` 1 where the cell is empty, and a count of cells that are none. */
export interface ColumnNumbers {
  readonly values: Float64Array;
  readonly missing: Uint8Array | null;
  /** Present cells that are no numbers; their rows are marked missing. */
  readonly mismatched: number;
  readonly empty: number;
}

/** Reads a column as numbers, texts that are numbers among them. */
export function numbersOf(column: Column): ColumnNumbers {
  if (column.kind === "number") {
    const { values, missing } = column;
    return { values, missing, mismatched: 0, empty: missing === null ? 0 : countOnes(missing) };
  }
  if (column.kind === "date") {
    const { values } = column;
    const empty = values.reduce((sum, value) => sum + (Number.isNaN(value) ? 1 : 0), 0);
    const blank = new Float64Array(values.length).fill(Number.NaN);
    const missing = new Uint8Array(values.length).fill(1);
    return { values: blank, missing, mismatched: values.length - empty, empty };
  }
  const numbers = Array.from(column.levels, parseNumberText);
  const values = new Float64Array(column.codes.length).fill(Number.NaN);
  const missing = new Uint8Array(column.codes.length);
  let mismatched = 0;
  let empty = 0;
  column.codes.forEach((code, row) => {
    const number = numbers[code];
    if (number !== undefined) {
      values[row] = number;
      return;
    }
    missing[row] = 1;
    if (code < 0) empty++;
    else mismatched++;
  });
  return { values, missing, mismatched, empty };
}

/** The number that a text is, by the same rules as in a CSV; `undefined` when it is none. */
export function parseNumberText(text: string): number | undefined {
  const bytes = Buffer.from(text);
  return parseNumberBytes(bytes, 0, bytes.length) === notNumber ? undefined : parsed[0];
}

/** A column's instants, NaN where there is none. */
export interface ColumnInstants {
  readonly values: Float64Array;
  readonly mismatched: number;
  readonly empty: number;
}

/** Reads a column as instants, ISO 8601 texts among them. */
export function instantsOf(column: Column): ColumnInstants {
  if (column.kind === "date") {
    const { values } = column;
    const empty = values.reduce((sum, value) => sum + (Number.isNaN(value) ? 1 : 0), 0);
    return { values, mismatched: 0, empty };
  }
  if (column.kind === "number") {
    const empty = column.missing === null ? 0 : countOnes(column.missing);
    const values = new Float64Array(column.values.length).fill(Number.NaN);
    return { values, mismatched: values.length - empty, empty };
  }
  const instants = Array.from(column.levels, (level) => parseIsoDate(level)?.ms ?? Number.NaN);
  let mismatched = 0;
  let empty = 0;
  const values = Float64Array.from(column.codes, (code) => {
    const instant = instants[code] ?? Number.NaN;
    if (code < 0) empty++;
    else if (Number.isNaN(instant)) mismatched++;
    return instant;
  });
  return { values, mismatched, empty };
}

function countOnes(flags: Uint8Array): number {
  let ones = 0;
  for (const flag of flags) ones += flag;
  return ones;
}
