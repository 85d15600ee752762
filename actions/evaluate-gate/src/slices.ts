import { findColumn, InputError, suggestNearest, type Column, type Table } from "#core";
import { toText } from "#data";

/** Rows that share a value of a column. */
export interface Slice {
  readonly column: string;
  readonly value: string;
  /** Places in the table, ascending. */
  readonly rows: Uint32Array;
}

/** How a missing cell is called. */
export const MISSING_VALUE = "(missing)";

/** Numbers of more different values than these are cut into quarters. */
const MOST_NUMBER_VALUES = 20;

/**
 * Divides a table's rows by a column's values, the largest slice first. Numbers of many values are
 * cut at their quartiles, dates by month.
 *
 * @throws InputError `UNKNOWN_COLUMN` with the nearest name
 */
export function sliceBy(table: Table, name: string): readonly Slice[] {
  const column = findColumn(table, name);
  if (column === undefined) {
    throw new InputError({
      code: "UNKNOWN_COLUMN",
      message: `slices: the data has no column ${JSON.stringify(name)}.`,
      hint: suggestNearest(
        name,
        table.columns.map((candidate) => candidate.name),
      ),
    });
  }
  const label = labeller(column);
  const rows = new Map<string, number[]>();
  for (let row = 0; row < table.rows; row++) {
    const value = label(row);
    const known = rows.get(value);
    if (known === undefined) rows.set(value, [row]);
    else known.push(row);
  }
  return [...rows]
    .map(([value, own]) => ({ column: name, value, rows: Uint32Array.from(own) }))
    .sort(
      (left, right) => right.rows.length - left.rows.length || (left.value < right.value ? -1 : 1),
    );
}

function labeller(column: Column): (row: number) => string {
  if (column.kind === "date") {
    return (row) => {
      const value = column.values[row] ?? Number.NaN;
      return Number.isNaN(value) ? MISSING_VALUE : new Date(value).toISOString().slice(0, 7);
    };
  }
  if (column.kind === "number" && new Set(column.values).size > MOST_NUMBER_VALUES) {
    return labelQuarters(column.values);
  }
  const text = toText(column);
  return (row) => text.levels[text.codes[row] ?? -1] ?? MISSING_VALUE;
}

function labelQuarters(values: Float64Array): (row: number) => string {
  const sorted = values.filter((value) => Number.isFinite(value)).sort();
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  const cuts = [...new Set([at(0.25), at(0.5), at(0.75)])];
  const show = (value: number): string => String(Number(value.toPrecision(6)));
  const names = [
    `up to ${show(cuts[0] ?? 0)}`,
    ...cuts.slice(1).map((cut, k) => `${show(cuts[k] ?? 0)} to ${show(cut)}`),
    `above ${show(cuts.at(-1) ?? 0)}`,
  ];
  return (row) => {
    const value = values[row] ?? Number.NaN;
    if (Number.isNaN(value)) return MISSING_VALUE;
    const place = cuts.findIndex((cut) => value <= cut);
    return names[place < 0 ? names.length - 1 : place] ?? MISSING_VALUE;
  };
}
