import { writeFile } from "node:fs/promises";
import { InputError, type Column, type NumberColumn, type Table } from "#core";
import type { RowKeys } from "./parquet-pages.ts";
import type { ClassScores } from "./prediction-scores.ts";
import { rowKeyColumn } from "./row-keys.ts";
import { writeCsv } from "./write-csv.ts";
import { writeJsonLines } from "./write-json-lines.ts";
import { writeParquet, type WritableTable } from "./write-parquet.ts";

/** What {@link predictionsTable} is made of. */
export interface PredictionsParts {
  /** Salted hashes of the rows' ids. */
  readonly keys: BigUint64Array;
  readonly target: Column;
  readonly prediction: Column;
  readonly scores: readonly ClassScores[];
  readonly measures?: readonly NumberColumn[];
}

/** The table of a predictions file: `id`, the target under its name, `prediction`, `score_<class>` each, then the measures that have a name of their own. */
export function predictionsTable(parts: PredictionsParts): WritableTable {
  const id: RowKeys = { kind: "row-keys", name: "id", keys: parts.keys };
  const scores = parts.scores.map(({ name, values }): NumberColumn => ({
    kind: "number",
    name: `score_${name}`,
    values,
    missing: null,
    integer: false,
  }));
  const own = [id, parts.target, { ...parts.prediction, name: "prediction" }, ...scores];
  const taken = new Set(own.map(({ name }) => name));
  const measures = (parts.measures ?? []).filter(({ name }) => !taken.has(name));
  return { rows: parts.keys.length, columns: [...own, ...measures] };
}

/** Formats of text hold keys as texts. */
function withTexts({ rows, columns }: WritableTable): Table {
  return {
    rows,
    columns: columns.map((column) =>
      column.kind === "row-keys" ? rowKeyColumn(column.name, column.keys) : column,
    ),
  };
}

/** Writes a table in the format that the path's ending names: `.parquet`, `.csv` or `.jsonl`. */
export async function writeTable(path: string, table: WritableTable): Promise<void> {
  if (path.endsWith(".parquet")) await writeFile(path, await writeParquet(table));
  else if (path.endsWith(".csv")) await writeFile(path, writeCsv(withTexts(table)));
  else if (path.endsWith(".jsonl")) await writeFile(path, writeJsonLines(withTexts(table)));
  else {
    throw new InputError({
      code: "UNKNOWN_FORMAT",
      message: `${path}: the ending names no format that is written.`,
      hint: "Use .parquet, .csv or .jsonl.",
    });
  }
}
