import { parseIsoDate, type Column } from "#core";
import { becomeText, shorten, type ColumnState, type Evidence } from "./column-state.ts";
import { wrongType } from "./csv-columns.ts";
import { formatInstant } from "./date-text.ts";

/** A cell as formats with types of their own hold it. */
export type CellValue = string | number | bigint | boolean | null | undefined;

/** One column of a batch that is filled from JavaScript values. */
export interface ValueColumn {
  readonly state: ColumnState;
  values: Float64Array;
  missing: Uint8Array;
  anyMissing: boolean;
  /** Whether all numbers of the batch are whole, or all dates without a time. */
  plain: boolean;
  codes: Int32Array;
  levels: Map<string, number>;
  /** Whether strings in ISO 8601 form are dates (in formats that have no type for them). */
  readonly datesInStrings: boolean;
}

/** An empty column for `capacity` rows, all of them missing. */
export function createValueColumn(
  state: ColumnState,
  capacity: number,
  datesInStrings: boolean,
): ValueColumn {
  return {
    state,
    values: new Float64Array(capacity).fill(Number.NaN),
    missing: new Uint8Array(capacity).fill(1),
    anyMissing: true,
    plain: true,
    codes: new Int32Array(capacity).fill(-1),
    levels: new Map(),
    datesInStrings,
  };
}

/** Where a value stands: named only when it must be. */
export type Locate = (value: string) => Evidence;

/** Stores one value; a value of another type turns the column into text, or is an error where the type is given. */
export function storeValue(
  column: ValueColumn,
  row: number,
  value: CellValue,
  locate: Locate,
): void {
  if (value === null || value === undefined) return;
  const { state } = column;
  if (state.kind === "text") {
    storeText(column, row, String(value));
    return;
  }
  if (typeof value === "number" || typeof value === "bigint") {
    if (storeNumber(column, row, value)) return;
  } else if (typeof value === "string" && storeDate(column, row, value)) return;
  const evidence = locate(shorten(String(value)));
  if (state.forced) throw wrongType(state, evidence);
  turnIntoText(column, row, value, evidence);
}

function storeNumber(column: ValueColumn, row: number, value: number | bigint): boolean {
  const { state } = column;
  if (state.kind === "date") return false;
  const number = Number(value);
  if (typeof value === "bigint" && !Number.isSafeInteger(number) && !state.forced) return false;
  state.kind = "number";
  column.values[row] = number;
  column.missing[row] = 0;
  if (!Number.isInteger(number)) column.plain = false;
  return true;
}

function storeDate(column: ValueColumn, row: number, text: string): boolean {
  const { state } = column;
  if (state.kind === "number" || !(column.datesInStrings || state.forced)) return false;
  const date = parseIsoDate(text);
  if (date === undefined) return false;
  state.kind = "date";
  storeInstant(column, row, date.ms, date.dateOnly);
  return true;
}

/** Stores an instant in milliseconds since 1970 UTC. */
export function storeInstant(
  column: ValueColumn,
  row: number,
  ms: number,
  dateOnly: boolean,
): void {
  column.values[row] = ms;
  column.missing[row] = 0;
  if (!dateOnly) column.plain = false;
}

function storeText(column: ValueColumn, row: number, text: string): void {
  let code = column.levels.get(text);
  if (code === undefined) {
    code = column.levels.size;
    column.levels.set(text, code);
  }
  column.codes[row] = code;
}

function turnIntoText(
  column: ValueColumn,
  row: number,
  value: CellValue,
  evidence: Evidence,
): void {
  const wasDate = column.state.kind === "date";
  const unsafe = typeof value === "bigint";
  becomeText(
    column.state,
    evidence,
    unsafe
      ? `the whole number ${value}, beyond ±(2^53 - 1), which a number would round`
      : undefined,
  );
  for (let earlier = 0; earlier < row; earlier++) {
    if (column.missing[earlier] === 1) continue;
    const number = column.values[earlier] as number;
    storeText(column, earlier, wasDate ? formatInstant(number) : String(number));
  }
  storeText(column, row, String(value));
}

/** The first `rows` cells as a column of a table. */
export function finishValueColumn(column: ValueColumn, rows: number): Column {
  const { name, kind } = column.state;
  if (kind === "text") {
    return { kind, name, codes: column.codes.slice(0, rows), levels: [...column.levels.keys()] };
  }
  const values = column.values.slice(0, rows);
  if (kind === "date") return { kind, name, values, dateOnly: column.plain };
  const missing = column.missing.slice(0, rows);
  const anyMissing = missing.includes(1);
  const integer = kind === "number" && column.plain;
  return { kind: "number", name, values, missing: anyMissing ? missing : null, integer };
}
