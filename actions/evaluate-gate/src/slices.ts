import { findColumn, InputError, suggestNearest, type Column, type Table } from "#core";
import { selectRanks, toText } from "#data";

/** Rows that share a value of a column. */
export interface Slice {
  readonly column: string;
  readonly value: string;
  /** Places in the table, ascending. */
  readonly rows: Uint32Array;
}

/** A column's rows by the value (or range, or month) that they fall under. */
export interface DividedColumn {
  readonly name: string;
  /** Place in `values`, one a row. */
  readonly codes: Int32Array;
  readonly values: readonly string[];
}

/** How a missing cell is called. */
export const MISSING_VALUE = "(missing)";

/** The word in `slices` that asks for a search; a column of this name cannot be sliced by. */
const AUTOMATIC = "auto";

/** Numbers of more different values than these are cut into quarters. */
const MOST_NUMBER_VALUES = 20;

/** The columns that `slices` names. */
export function namedSlices(slices: readonly string[] | null): readonly string[] {
  return (slices ?? []).filter((name) => name !== AUTOMATIC);
}

/** Whether `slices` asks for the weakest segments. */
export function wantsSearch(slices: readonly string[] | null): boolean {
  return slices?.includes(AUTOMATIC) === true;
}

/** The column of that name, for an input that names it. @throws InputError `UNKNOWN_COLUMN` with the nearest name */
export function requireNamedColumn(table: Table, name: string, input: string): Column {
  const column = findColumn(table, name);
  if (column !== undefined) return column;
  throw new InputError({
    code: "UNKNOWN_COLUMN",
    message: `${input}: the data has no column ${JSON.stringify(name)}.`,
    hint: suggestNearest(
      name,
      table.columns.map((candidate) => candidate.name),
    ),
  });
}

/**
 * Divides a table's rows by a column's values, the largest slice first. Numbers of many values are
 * cut at their quartiles, dates by month.
 *
 * @throws InputError `UNKNOWN_COLUMN` with the nearest name
 */
export function sliceBy(table: Table, name: string): readonly Slice[] {
  const { codes, values } = divideColumn(requireNamedColumn(table, name, "slices"));
  const counts = new Uint32Array(values.length);
  for (let row = 0; row < codes.length; row++) counts[codes[row]!]!++;
  const rows = Array.from(counts, (count) => new Uint32Array(count));
  counts.fill(0);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]!;
    rows[code]![counts[code]!++] = row;
  }
  return values
    .map((value, code) => ({ column: name, value, rows: rows[code] ?? new Uint32Array(0) }))
    .sort(
      (left, right) => right.rows.length - left.rows.length || (left.value < right.value ? -1 : 1),
    );
}

/** Gives each row the value that it falls under: categories as they are, numbers of many values by quarter, dates by month. */
export function divideColumn(column: Column): DividedColumn {
  switch (column.kind) {
    case "date":
      return divideByMonth(column.name, column.values);
    case "number":
      return hasManyValues(column.values)
        ? divideIntoQuarters(column.name, column.values)
        : divideByValue(column);
    case "text":
      return divideByValue(column);
  }
}

function divideByValue(column: Column): DividedColumn {
  const { codes, levels } = toText(column);
  return withMissing(column.name, codes, levels);
}

/** Codes below 0 become a value of their own. */
function withMissing(name: string, codes: Int32Array, values: readonly string[]): DividedColumn {
  if (!codes.includes(-1)) return { name, codes, values };
  // A category may be called just so: then it is one value with the missing cells.
  const known = values.indexOf(MISSING_VALUE);
  const missing = known < 0 ? values.length : known;
  return {
    name,
    codes: codes.map((code) => (code < 0 ? missing : code)),
    values: known < 0 ? [...values, MISSING_VALUE] : values,
  };
}

function divideByMonth(name: string, instants: Float64Array): DividedColumn {
  const months = new Map<number, number>();
  const values: string[] = [];
  const codes = new Int32Array(instants.length);
  const date = new Date(0);
  for (let row = 0; row < instants.length; row++) {
    const instant = instants[row]!;
    if (Number.isNaN(instant)) {
      codes[row] = -1;
      continue;
    }
    date.setTime(instant);
    const month = date.getUTCFullYear() * 12 + date.getUTCMonth();
    let code = months.get(month);
    if (code === undefined) {
      code = values.length;
      months.set(month, code);
      values.push(date.toISOString().slice(0, 7));
    }
    codes[row] = code;
  }
  return withMissing(name, codes, values);
}

function hasManyValues(values: Float64Array): boolean {
  const seen = new Set<number>();
  for (let row = 0; row < values.length; row++)
    if (seen.add(values[row]!).size > MOST_NUMBER_VALUES) return true;
  return false;
}

function divideIntoQuarters(name: string, numbers: Float64Array): DividedColumn {
  const quartiles = selectRanks(numbers, (count) =>
    [0.25, 0.5, 0.75].map((share) => Math.floor(share * (count - 1))),
  );
  const cuts = [...new Set(quartiles)];
  const show = shortestApart(cuts);
  const values = [
    `up to ${show(cuts[0] ?? 0)}`,
    ...cuts.slice(1).map((cut, k) => `${show(cuts[k] ?? 0)} to ${show(cut)}`),
    `above ${show(cuts.at(-1) ?? 0)}`,
  ];
  const codes = new Int32Array(numbers.length);
  for (let row = 0; row < codes.length; row++) {
    const value = numbers[row]!;
    let code = Number.isNaN(value) ? -1 : 0;
    if (code === 0) while (code < cuts.length && !(value <= cuts[code]!)) code++;
    codes[row] = code;
  }
  return withMissing(name, codes, values);
}

/** Shows numbers with six digits, or with as many as keep them apart. */
function shortestApart(numbers: readonly number[]): (value: number) => string {
  const withDigits =
    (digits: number) =>
    (value: number): string =>
      String(Number(value.toPrecision(digits)));
  for (let digits = 6; digits < 17; digits++) {
    if (new Set(numbers.map(withDigits(digits))).size === numbers.length) return withDigits(digits);
  }
  return String;
}
