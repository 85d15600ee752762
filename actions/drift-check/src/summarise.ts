import {
  DataError,
  findColumn,
  takeRows,
  type Column,
  type ColumnProfile,
  type Profile,
  type Table,
} from "#core";
import { concatTables, profileInto, toText, type LocatedFile } from "#data";
import type { ColumnFacts } from "./column-facts.ts";
import { collectAnswers, startAnswers, type GivenAnswers } from "./given-answers.ts";
import {
  readShards,
  rowsOfVersion,
  startNotes,
  type Batch,
  type ReadingNotes,
  type ShardOptions,
} from "./read-shards.ts";

/** The current data in the reference's own bins, and what was met on the way. */
export interface Current {
  readonly profile: Profile;
  /** Rows that the model was asked about. */
  readonly rows: number;
  /** Rows that the reference's own version answered; all rows where versions are not told apart. */
  readonly answeredRows: number;
  readonly notes: ReadingNotes;
  /** What was predicted, by id; `null` where no labels are to be joined. */
  readonly answers: GivenAnswers | null;
  /** The rows themselves; `null` where only their summary is needed. */
  readonly table: Table | null;
}

/** What is summarised, and into what. */
export interface Summarising {
  readonly files: readonly LocatedFile[];
  readonly shards: ShardOptions;
  /** With only the columns that are judged. */
  readonly reference: Profile;
  /** Every column that the reference has. */
  readonly known: readonly string[];
  readonly version: string | null;
  readonly facts: ColumnFacts;
  /** Whether the predictions are kept by id. */
  readonly keepAnswers: boolean;
  /** Whether the rows are kept. */
  readonly keepRows: boolean;
}

/**
 * Summarises the current data in one pass.
 *
 * @throws DataError `NO_ROWS`, `NO_SHARED_COLUMN`
 */
export async function summariseCurrent(request: Summarising): Promise<Current> {
  const notes = startNotes();
  const kept: Table[] = [];
  const answers = request.keepAnswers ? startAnswers() : null;
  const counted = { rows: 0, answered: 0, present: new Set<string>() };
  const tables = async function* (): AsyncGenerator<Table> {
    for await (const batch of readShards(request.files, request.shards, notes)) {
      counted.rows += batch.rows;
      for (const { name } of batch.table.columns) counted.present.add(name);
      const said = answersOf(batch, request);
      counted.answered += said?.rows ?? batch.rows;
      if (answers !== null) collectAnswers(answers, batch, request);
      if (request.keepRows) kept.push(batch.table);
      yield batch.table;
      if (said !== null && said.rows > 0) yield said;
    }
  };
  const summary = await profileInto(request.reference, tables());
  refuseEmpty(counted.rows, request, notes);
  refuseForeign(summary, request, counted.present);
  return {
    profile: { ...summary, rows: counted.rows, extra_columns: strangersOf(summary, request) },
    rows: counted.rows,
    answeredRows: counted.answered,
    notes,
    answers,
    table: request.keepRows ? joinTables(kept) : null,
  };
}

/** What the reference's version said, under the reference's names; `null` for a plain table. */
function answersOf(batch: Batch, { reference, version }: Summarising): Table | null {
  const { log } = batch;
  if (log === null) return null;
  const named: Column[] = [];
  const predicted = reference.columns.find(({ role }) => role === "prediction");
  if (predicted !== undefined && log.prediction !== undefined)
    named.push({ ...log.prediction, name: predicted.name });
  for (const { className, column } of log.scores)
    named.push({ ...column, name: `score_${className}` });
  const scored = new Set(reference.columns.map(({ name }) => name));
  const table = { rows: batch.rows, columns: named.filter(({ name }) => scored.has(name)) };
  return takeRows(table, rowsOfVersion(batch, version));
}

function strangersOf(
  summary: Profile,
  { facts, known: names }: Summarising,
): { readonly name: string; readonly kind: string }[] {
  const known = new Set([
    ...facts.ids,
    ...(facts.time === null ? [] : [facts.time]),
    ...(facts.target === null ? [] : [facts.target]),
    ...names,
  ]);
  return (summary.extra_columns ?? []).filter(({ name }) => !known.has(name));
}

function refuseEmpty(rows: number, { shards, files }: Summarising, notes: ReadingNotes): void {
  if (rows > 0) return;
  const names = files.slice(0, 3).map(({ uri }) => uri);
  const more = files.length > names.length ? ` and ${files.length - names.length} more` : "";
  const where =
    shards.from === null
      ? ""
      : ` from ${shards.from.toISOString()} on (${notes.outsideWindow} before it)`;
  throw new DataError({
    code: "NO_ROWS",
    message: `The current data has no row${where}: ${names.join(", ")}${more}.`,
    hint: "Was the model asked anything in this time? Look at current:, window: and the model's name in the log.",
    place: { file: files[0]?.uri ?? "" },
  });
}

function refuseForeign(
  summary: Profile,
  { reference }: Summarising,
  present: ReadonlySet<string>,
): void {
  if (summary.columns.some(({ n }) => n > 0)) return;
  throw new DataError({
    code: "NO_SHARED_COLUMN",
    message: `The current data shares no column with the reference: it has ${list([...present])}; the reference has ${list(reference.columns.map(({ name }) => name))}.`,
    hint: "Is it the right model's data? Names are compared letter by letter.",
  });
}

function list(names: readonly string[]): string {
  if (names.length === 0) return "no columns";
  return names.length > 10 ? `${names.slice(0, 10).join(", ")}, …` : names.join(", ");
}

/** One table of all batches; a column that is text in one of them is text in all. */
function joinTables(tables: readonly Table[]): Table {
  const names = [...new Set(tables.flatMap((table) => table.columns.map(({ name }) => name)))];
  const asText = new Set(
    names.filter(
      (name) => new Set(tables.flatMap((table) => findColumn(table, name)?.kind ?? [])).size > 1,
    ),
  );
  const aligned = tables.map((table) => ({
    rows: table.rows,
    columns: table.columns.map((column) => (asText.has(column.name) ? toText(column) : column)),
  }));
  return concatTables(aligned, names);
}

/** Rows in which a column of this role could have held something. */
export function expectedRows(
  role: ColumnProfile["role"],
  current: Current,
  counted: number,
): number {
  switch (role) {
    case "prediction":
    case "score":
      return current.answeredRows;
    case "label":
      return counted;
    case "feature":
    case "other":
      return current.rows;
  }
}
