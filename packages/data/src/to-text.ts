import type { Column, DateColumn, NumberColumn, TextColumn } from "#core";
import { formatInstant } from "./date-text.ts";

const known = new WeakMap<Column, TextColumn>();

/** The same cells as text: numbers in their shortest form, dates in ISO 8601. Made once a column. */
export function toText(column: Column): TextColumn {
  if (column.kind === "text") return column;
  const made = known.get(column) ?? codeValues(column);
  known.set(column, made);
  return made;
}

/** Whole numbers that span fewer than these are coded by a table, not by a map. */
const widestTable = 1 << 16;

function codeValues(column: NumberColumn | DateColumn): TextColumn {
  const { name, values } = column;
  const small = column.kind === "number" ? codeSmallNumbers(column) : undefined;
  if (small !== undefined)
    return { kind: "text", name, codes: small.codes, levels: small.values.map(String) };
  const codes = new Int32Array(values.length);
  const found = codeByMap(values, isMissing(column), codes);
  const format = column.kind === "date" ? formatInstant : String;
  return { kind: "text", name, codes, levels: found.map(format) };
}

/** Codes of numbers, and the number of each, in order of first appearance. */
export interface CodedNumbers {
  readonly codes: Int32Array;
  readonly values: readonly number[];
}

const codedNumbers = new WeakMap<NumberColumn, CodedNumbers>();

/** Codes whole numbers of a narrow range, none missing; `undefined` for any other. Made once a column. */
export function codeSmallNumbers(column: NumberColumn): CodedNumbers | undefined {
  const made = codedNumbers.get(column) ?? codeByTable(column);
  if (made !== undefined) codedNumbers.set(column, made);
  return made;
}

function codeByTable({ values, integer, missing }: NumberColumn): CodedNumbers | undefined {
  if (!integer || missing !== null) return undefined;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!(high - low < widestTable)) return undefined;
  const codeOf = new Int32Array(high - low + 1).fill(-1);
  const levels: number[] = [];
  const codes = new Int32Array(values.length);
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    const at = value - low;
    let code = codeOf[at];
    // What is no whole number after all has no place in the table.
    if (code === undefined) return undefined;
    if (code < 0) {
      code = levels.push(value) - 1;
      codeOf[at] = code;
    }
    codes[row] = code;
  }
  return { codes, values: levels };
}

/** A number that is NaN is text all the same; a date that is NaN is missing. */
function isMissing(column: NumberColumn | DateColumn): (row: number) => boolean {
  if (column.kind === "date") return (row) => Number.isNaN(column.values[row]);
  const { missing } = column;
  return missing === null ? () => false : (row) => missing[row] === 1;
}

function codeByMap(
  values: Float64Array,
  isMissingAt: (row: number) => boolean,
  codes: Int32Array,
): readonly number[] {
  const levels = new Map<number, number>();
  for (let row = 0; row < values.length; row++) {
    if (isMissingAt(row)) {
      codes[row] = -1;
      continue;
    }
    const value = values[row] as number;
    let code = levels.get(value);
    if (code === undefined) {
      code = levels.size;
      levels.set(value, code);
    }
    codes[row] = code;
  }
  return [...levels.keys()];
}
