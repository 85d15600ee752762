import { formatIsoInstant } from "./iso-date.ts";

/**
 * Columns in memory, the form that every file format is read into. Shapes are kept flat and
 * typed, so that a million rows cost what their bytes cost.
 */
export type Column = NumberColumn | TextColumn | DateColumn;

/** Numbers. A missing cell holds NaN in `values` and 1 in `missing`; a NaN read from the data has 0 there. */
export interface NumberColumn {
  readonly kind: "number";
  readonly name: string;
  readonly values: Float64Array;
  /** 1 where the cell was empty or null; `null` when no cell was. */
  readonly missing: Uint8Array | null;
  /** Whether every present value is a whole number (and was written as one). */
  readonly integer: boolean;
}

/** Text, dictionary-coded: `levels[codes[row]]`, -1 where missing. Levels stand in order of first appearance. Booleans are the levels `false` and `true`. */
export interface TextColumn {
  readonly kind: "text";
  readonly name: string;
  readonly codes: Int32Array;
  readonly levels: readonly string[];
}

/** Instants as milliseconds since 1970 UTC, NaN where missing. `text` gives back what the file held. */
export interface DateColumn {
  readonly kind: "date";
  readonly name: string;
  readonly values: Float64Array;
  /** Whether every value is a whole day. */
  readonly dateOnly: boolean;
}

/** Rows of named columns, all of the same length. */
export interface Table {
  readonly rows: number;
  readonly columns: readonly Column[];
}

/** The column of that name, or `undefined`. */
export function findColumn(table: Table, name: string): Column | undefined {
  return table.columns.find((column) => column.name === name);
}

/** What one cell holds: a number, a text, or `null` where it is missing. Dates come back as ISO 8601 text. */
export function cellAt(column: Column, row: number): number | string | null {
  switch (column.kind) {
    case "number": {
      const value = column.values[row] ?? Number.NaN;
      return column.missing?.[row] === 1 ? null : value;
    }
    case "text": {
      const code = column.codes[row] ?? -1;
      return code < 0 ? null : (column.levels[code] ?? null);
    }
    case "date": {
      const value = column.values[row] ?? Number.NaN;
      if (Number.isNaN(value)) return null;
      const iso = formatIsoInstant(value);
      return column.dateOnly ? iso.slice(0, 10) : iso;
    }
  }
}

/** The same table with only the rows whose indices are given, in that order. */
export function takeRows(table: Table, rows: ArrayLike<number>): Table {
  return {
    rows: rows.length,
    columns: table.columns.map((column) => takeFromColumn(column, rows)),
  };
}

function takeFromColumn(column: Column, rows: ArrayLike<number>): Column {
  switch (column.kind) {
    case "number": {
      const { missing } = column;
      return {
        ...column,
        values: Float64Array.from(rows, (row) => column.values[row] ?? Number.NaN),
        missing: missing && Uint8Array.from(rows, (row) => missing[row] ?? 0),
      };
    }
    case "text":
      return { ...column, codes: Int32Array.from(rows, (row) => column.codes[row] ?? -1) };
    case "date":
      return {
        ...column,
        values: Float64Array.from(rows, (row) => column.values[row] ?? Number.NaN),
      };
  }
}
