import {
  DataError,
  InputError,
  suggestNearest,
  type Column,
  type NumberColumn,
  type Table,
} from "#core";
import { findMissingCode, findNonFinite } from "./find-row.ts";
import { commonKind, concatTables } from "./concat-tables.ts";
import { describePlace, shorten, type Evidence, type TypeNote } from "./column-state.ts";
import { readCsv } from "./csv-reader.ts";
import { locateFiles, type LocatedFile } from "./file-source.ts";
import { readJsonLines } from "./json-lines-reader.ts";
import { readHead } from "./open-bytes.ts";
import { readParquet } from "./parquet-reader.ts";
import type { ReadOptions, TableFormat } from "./read-options.ts";
import { createPlan, type ReadPlan } from "./read-plan.ts";

/** A file that rows came from. */
export interface ReadFile {
  readonly uri: string;
  readonly sizeBytes: number;
  readonly rows: number;
}

/** A table and where it came from. */
export interface LoadedTable extends Table {
  /** In the order in which their rows stand. */
  readonly files: readonly ReadFile[];
  /** Columns that are text although they began as numbers or dates. */
  readonly notes: readonly TypeNote[];
  /** For text columns, the first value that is neither number nor date. */
  readonly evidence: ReadonlyMap<string, Evidence>;
}

/**
 * Reads one or more files of the same columns into one table: CSV, JSON Lines or Parquet, also
 * gzipped or zstd-compressed text; paths, globs and URIs, several one a line. Types are inferred
 * over all rows of all files: a column with any other value than numbers (or dates) is text as a
 * whole, keeps every text as it was written, and a note says which value was the first.
 *
 * @throws InputError when nothing matches or a column is unknown; DataError naming file, line or
 * row, and column when a file is bad
 */
export async function readTable(
  sources: string | readonly string[],
  options: ReadOptions = {},
): Promise<LoadedTable> {
  const files = await locateFiles(sources, options);
  const plan = createPlan(options, true);
  const { tables, read } = await readAll(files, plan);
  const names = joinNames(tables, options.columns);
  const stale = names.filter((name) => {
    const note = plan.states.get(name)?.note ?? null;
    return note !== null || commonKind(tables, name) === undefined;
  });
  let table = concatTables(withoutColumns(tables, stale), names);
  if (stale.length > 0) table = replaceColumns(table, await readAsText(files, options, stale));
  requireRows(table, read);
  const states = [...plan.states.values()];
  return {
    ...table,
    files: read,
    notes: states.flatMap((state) => (state.note === null ? [] : [state.note])),
    evidence: new Map(
      states.flatMap((state) => (state.evidence === null ? [] : [[state.name, state.evidence]])),
    ),
  };
}

/**
 * The same rows in batches, in memory that does not grow with them: each text column's levels are
 * its batch's own, and a column that turns from numbers into text does so from that batch on.
 */
export async function* streamTables(
  sources: string | readonly string[],
  options: ReadOptions = {},
): AsyncGenerator<Table> {
  const files = await locateFiles(sources, options);
  const plan = createPlan(options, false);
  for (const file of files) yield* await openReader(file, plan);
}

async function readAll(
  files: readonly LocatedFile[],
  plan: ReadPlan,
): Promise<{ readonly tables: readonly Table[]; readonly read: readonly ReadFile[] }> {
  const tables: Table[] = [];
  const read: ReadFile[] = [];
  for (const file of files) {
    let rows = 0;
    for await (const table of await openReader(file, plan)) {
      tables.push(table);
      rows += table.rows;
    }
    read.push({ uri: file.uri, sizeBytes: file.sizeBytes, rows });
  }
  return { tables, read };
}

async function openReader(file: LocatedFile, plan: ReadPlan): Promise<AsyncIterable<Table>> {
  switch (plan.options.format ?? (await detectFormat(file))) {
    case "csv":
      return readCsv(file, plan);
    case "jsonl":
      return readJsonLines(file, plan);
    case "parquet":
      return readParquet(file, plan);
  }
}

/** The format that a file's ending names, else the one its first bytes show. */
export async function detectFormat(file: LocatedFile): Promise<TableFormat> {
  const name = file.uri.toLowerCase().replace(/\.(gz|zst|zstd)$/, "");
  if (/\.(parquet|pq)$/.test(name)) return "parquet";
  const head = Buffer.from(await readHead(file, 64)).toString("latin1");
  if (head.startsWith("PAR1")) return "parquet";
  if (/\.(jsonl|ndjson|json)$/.test(name)) return "jsonl";
  if (/\.(csv|tsv|tab|txt)$/.test(name)) return "csv";
  return /^\s*\{/.test(head) ? "jsonl" : "csv";
}

/** Reads again, as text, the columns whose first reading lost how their values were written. */
async function readAsText(
  files: readonly LocatedFile[],
  options: ReadOptions,
  names: readonly string[],
): Promise<readonly Column[]> {
  const types = Object.fromEntries(names.map((name) => [name, "text"] as const));
  const { tables } = await readAll(files, createPlan({ ...options, columns: names, types }, true));
  return concatTables(tables, names).columns;
}

function joinNames(
  tables: readonly Table[],
  wanted: readonly string[] | undefined,
): readonly string[] {
  const names = new Set(tables.flatMap((table) => table.columns.map((column) => column.name)));
  const unknown = wanted?.find((name) => !names.has(name));
  if (wanted === undefined) return [...names];
  if (unknown !== undefined && tables.some((table) => table.rows > 0)) {
    throw new InputError({
      code: "UNKNOWN_COLUMN",
      message: `The data has no column ${JSON.stringify(unknown)}.`,
      hint: names.size > 0 ? suggestNearest(unknown, [...names]) : "No row has it.",
    });
  }
  return wanted;
}

function withoutColumns(tables: readonly Table[], names: readonly string[]): readonly Table[] {
  if (names.length === 0) return tables;
  return tables.map((table) => ({
    rows: table.rows,
    columns: table.columns.filter((column) => !names.includes(column.name)),
  }));
}

function replaceColumns(table: Table, columns: readonly Column[]): Table {
  const byName = new Map(columns.map((column) => [column.name, column]));
  return { ...table, columns: table.columns.map((column) => byName.get(column.name) ?? column) };
}

function requireRows(table: Table, files: readonly ReadFile[]): void {
  if (table.rows > 0) return;
  const names = files.map((file) => file.uri).join(", ");
  throw new DataError({
    code: "NO_ROWS",
    message: `${names} ${files.length === 1 ? "holds" : "hold"} a header (${table.columns.map((column) => column.name).join(", ")}) and no row.`,
    hint: "Did the query or the step that writes the data come out empty?",
    place: { file: files[0]?.uri ?? names },
  });
}

/** The column of that name. @throws InputError `UNKNOWN_COLUMN` with the nearest name */
export function requireColumn(table: Table, name: string, what = "The data"): Column {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return column;
  throw new InputError({
    code: "UNKNOWN_COLUMN",
    message: `${what} has no column ${JSON.stringify(name)}.`,
    hint: suggestNearest(
      name,
      table.columns.map((candidate) => candidate.name),
    ),
  });
}

/**
 * A column that must hold numbers.
 *
 * @throws DataError `NOT_NUMERIC` that names file, line or row, column and the value found
 */
export function requireNumber(table: Table | LoadedTable, name: string): NumberColumn {
  const column = requireColumn(table, name);
  if (column.kind === "number") return column;
  const evidence = "evidence" in table ? table.evidence.get(name) : undefined;
  const found = evidence ?? firstValue(column);
  const place =
    evidence === undefined
      ? `row ${found.row ?? 1}`
      : `${evidence.file}, ${describePlace(evidence)}`;
  throw new DataError({
    code: "NOT_NUMERIC",
    message: `${place}: column ${name} must hold numbers and holds ${JSON.stringify(found.value)}.`,
    hint: "Name a column of numbers, or correct the value; an empty cell is a missing number.",
    place: {
      file: found.file,
      column: name,
      ...(found.line !== undefined && { line: found.line }),
      ...(found.row !== undefined && { row: found.row }),
    },
  });
}

/**
 * A column of weights: finite numbers of at least 0.
 *
 * @throws DataError `NOT_NUMERIC`, or `BAD_WEIGHT` that names file, row and column
 */
export function requireWeight(
  table: Table | LoadedTable,
  name: string,
  file: string,
): NumberColumn {
  const weight = requireNumber(table, name);
  const row = weight.values.findIndex((value) => !(value >= 0 && Number.isFinite(value)));
  if (row < 0) return withinReach(weight);
  throw new DataError({
    code: "BAD_WEIGHT",
    message: `${file}, row ${row + 1}: weight ${name} is ${String(weight.values[row])}; a finite number of at least 0 is expected.`,
    hint: "Correct or drop the row.",
    place: { file, row: row + 1, column: name },
  });
}

/** Weights whose products are numbers too: only their ratios count, so that far ones are brought near. */
function withinReach(weight: NumberColumn): NumberColumn {
  const largest = weight.values.reduce((most, value) => Math.max(most, value), 0);
  if (largest === 0 || (largest > 1e-60 && largest < 1e60)) return weight;
  return { ...weight, values: weight.values.map((value) => value / largest) };
}

function firstValue(column: Column): Evidence {
  if (column.kind === "text") {
    const row = column.codes.findIndex(
      (code) => code >= 0 && Number.isNaN(Number(column.levels[code])),
    );
    const code = column.codes[Math.max(0, row)] ?? -1;
    return {
      file: "the data",
      row: Math.max(0, row) + 1,
      value: shorten(column.levels[code] ?? ""),
    };
  }
  return { file: "the data", row: 1, value: column.kind === "date" ? "a date" : "" };
}

/**
 * Refuses a column with a missing or an infinite cell and names its first row.
 *
 * @throws DataError `MISSING_TARGET`, `NOT_FINITE`
 */
export function requirePresentCells(column: Column, file: string): void {
  const row = column.kind === "text" ? findMissingCode(column.codes) : findNonFinite(column.values);
  if (row < 0) return;
  const place = { file, row: row + 1, column: column.name };
  const value = column.kind === "number" ? column.values[row] : Number.NaN;
  if (value === Infinity || value === -Infinity)
    throw new DataError({
      code: "NOT_FINITE",
      message: `${file}, row ${row + 1}: ${column.name} is ${value}; a finite number is expected.`,
      hint: "No error can be measured against infinity (a division by 0, an overflow): correct the value or drop the row.",
      place,
    });
  throw new DataError({
    code: "MISSING_TARGET",
    message: `${file}, row ${row + 1}: ${column.name} is missing; every row needs one.`,
    hint: "Drop the rows that have none, or score them first.",
    place,
  });
}
