import type { Column, Table } from "#core";

/** A column as the model file will be fed: what training sees is what serving can say. */
export type RawColumn =
  | {
      readonly kind: "number";
      readonly name: string;
      /** float32; NaN where missing or not finite. */
      readonly values: Float32Array;
    }
  | {
      readonly kind: "text";
      readonly name: string;
      /** -1 where missing; an empty text counts as missing. */
      readonly codes: Int32Array;
      readonly levels: readonly string[];
    }
  | {
      readonly kind: "date";
      readonly name: string;
      /** Days since 1970 UTC, NaN where missing. */
      readonly days: Float64Array;
      readonly dateOnly: boolean;
    };

const dayMs = 86_400_000;

/** Reads a column into the form that the model's inputs take. */
export function readRawColumn(column: Column): RawColumn {
  switch (column.kind) {
    case "number":
      return { kind: "number", name: column.name, values: readNumbers(column) };
    case "text": {
      const emptyCode = column.levels.indexOf("");
      const codes =
        emptyCode < 0 ? column.codes : column.codes.map((code) => (code === emptyCode ? -1 : code));
      return { kind: "text", name: column.name, codes, levels: column.levels };
    }
    case "date":
      return {
        kind: "date",
        name: column.name,
        days: column.values.map((value) => value / dayMs),
        dateOnly: column.dateOnly,
      };
  }
}

function readNumbers(column: Extract<Column, { kind: "number" }>): Float32Array {
  const values = new Float32Array(column.values.length);
  for (let row = 0; row < values.length; row += 1) {
    const value =
      column.missing?.[row] === 1 ? Number.NaN : Math.fround(column.values[row] ?? Number.NaN);
    values[row] = Number.isFinite(value) ? value : Number.NaN;
  }
  return values;
}

/** Reads the named columns of a table, in the order of the names. Columns that the table lacks are left out. */
export function readRawColumns(table: Table, names: readonly string[]): RawColumn[] {
  return names.flatMap((name) => {
    const column = table.columns.find((candidate) => candidate.name === name);
    return column === undefined ? [] : [readRawColumn(column)];
  });
}
