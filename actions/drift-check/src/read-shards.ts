import { findColumn, InputError, SlipwayError, takeRows, type Column, type Table } from "#core";
import {
  isPredictionLog,
  readPredictionLog,
  streamTables,
  type ColumnKind,
  type LocatedFile,
  type RemoteSources,
} from "#data";

/** How current files are read. */
export interface ShardOptions {
  readonly workspace: string;
  readonly remote: RemoteSources;
  readonly model: string;
  /** Rows from this instant on; `null` without a window. */
  readonly from: Date | null;
  /** Time column of plain tables. */
  readonly time: string | null;
  /** Types of the reference's columns that are not to be inferred. */
  readonly types: Readonly<Record<string, ColumnKind>>;
  /** Aborted when the step is cancelled: no further file is read. */
  readonly signal: AbortSignal;
}

/** Some rows of one file: what the model saw, and what it said about them. */
export interface Batch {
  readonly rows: number;
  /** Columns by their own names. */
  readonly table: Table;
  /** Facts that only a prediction log has; `null` for a plain table. */
  readonly log: LogColumns | null;
}

/** A prediction log's own columns, in the rows of its batch. */
export interface LogColumns {
  readonly id: Column | undefined;
  readonly version: Column | undefined;
  readonly prediction: Column | undefined;
  readonly scores: readonly { readonly className: string; readonly column: Column }[];
}

/** A file that was read, or as far as it could be. */
export interface ShardFacts {
  readonly uri: string;
  readonly kind: "table" | "log";
  /** Rows that were counted. */
  readonly rows: number;
  /** Why the rest of it is left out; `null` where it was read to its end. */
  readonly fault: string | null;
}

/** Everything that was told about the files while they were read. */
export interface ReadingNotes {
  readonly shards: ShardFacts[];
  /** Lines of logs with an id that had come before. */
  duplicates: number;
  /** Log lines that cannot be read. */
  badLines: number;
  firstBadLine: string | null;
  /** Rows before the window. */
  outsideWindow: number;
  readonly nestedInputs: Set<string>;
}

/** Notes of nothing read yet. */
export function startNotes(): ReadingNotes {
  return {
    shards: [],
    duplicates: 0,
    badLines: 0,
    firstBadLine: null,
    outsideWindow: 0,
    nestedInputs: new Set(),
  };
}

/**
 * The rows of all files, file by file. A file that cannot be read is noted with the rows that were
 * read of it, and the next is gone on with.
 *
 * @throws the first fault when no file at all could be read
 */
export async function* readShards(
  files: readonly LocatedFile[],
  options: ShardOptions,
  notes: ReadingNotes,
): AsyncGenerator<Batch> {
  const seen = new Set<string>();
  let firstFault: Error | null = null;
  for (const file of files) {
    options.signal.throwIfAborted();
    let rows = 0;
    let kind: ShardFacts["kind"] = "table";
    try {
      if (await isPredictionLog(file)) kind = "log";
      const batches =
        kind === "log" ? readLog(file, options, { notes, seen }) : readRows(file, options, notes);
      for await (const batch of batches) {
        rows += batch.rows;
        yield batch;
      }
      notes.shards.push({ uri: file.uri, kind, rows, fault: null });
    } catch (error) {
      if (!isFileFault(error)) throw error;
      firstFault ??= error;
      notes.shards.push({ uri: file.uri, kind, rows, fault: error.message });
    }
  }
  if (firstFault !== null && notes.shards.every(({ fault }) => fault !== null)) throw firstFault;
}

/** Faults of a file or of the store that keeps it; a wrong input is none. */
function isFileFault(error: unknown): error is Error {
  if (error instanceof SlipwayError) return !(error instanceof InputError);
  return error instanceof Error && "syscall" in error;
}

async function* readRows(
  file: LocatedFile,
  options: ShardOptions,
  notes: ReadingNotes,
): AsyncGenerator<Batch> {
  const { workspace, remote, types } = options;
  const reading = { directory: workspace, remote, typesWherePresent: types };
  for await (const whole of streamTables(file.uri, reading)) {
    const table = withinWindow(whole, file.uri, options);
    notes.outsideWindow += whole.rows - table.rows;
    yield { rows: table.rows, table, log: null };
  }
}

function withinWindow(table: Table, file: string, { from, time }: ShardOptions): Table {
  if (from === null || table.rows === 0) return table;
  const column = time === null ? undefined : findColumn(table, time);
  if (column === undefined) {
    throw new InputError({
      code: "WINDOW_WITHOUT_TIME",
      message: `window is given, but ${file} has no ${time === null ? "known time column" : `column ${JSON.stringify(time)}`}.`,
      hint: "Name the time column: time: in slipway.yml or in with:, or leave window out.",
    });
  }
  const instants = instantsOf(column);
  const kept: number[] = [];
  for (let row = 0; row < table.rows; row++)
    if ((instants(row) ?? Number.NaN) >= from.getTime()) kept.push(row);
  return kept.length === table.rows ? table : takeRows(table, kept);
}

/** Milliseconds by row: dates, ISO 8601 texts, and numbers as seconds or milliseconds since 1970. */
function instantsOf(column: Column): (row: number) => number | undefined {
  switch (column.kind) {
    case "date":
      return (row) => column.values[row];
    case "text": {
      const instants = column.levels.map((level) => Date.parse(level));
      return (row) => instants[column.codes[row] ?? -1];
    }
    case "number":
      return (row) => {
        const value = column.values[row] ?? Number.NaN;
        return value < 1e11 ? value * 1000 : value;
      };
  }
}

async function* readLog(
  file: LocatedFile,
  { workspace, remote, model, from, types }: ShardOptions,
  { notes, seen }: { readonly notes: ReadingNotes; readonly seen: Set<string> },
): AsyncGenerator<Batch> {
  const log = await readPredictionLog(file.uri, {
    directory: workspace,
    remote,
    model,
    inputTypes: types,
    ...(from !== null && { from }),
  });
  notes.duplicates += log.duplicates;
  notes.badLines += log.bad.count;
  notes.firstBadLine ??= log.bad.first;
  for (const name of log.nestedInputs) notes.nestedInputs.add(name);
  const table = withoutSeen(log.table, findColumn(log.table, log.names.id), seen);
  notes.duplicates += log.table.rows - table.rows;
  const scores = log.names.scores.flatMap((name) => {
    const column = findColumn(table, name);
    return column === undefined ? [] : [{ className: name.replace(/^_?scores\.?/, ""), column }];
  });
  yield {
    rows: table.rows,
    table: {
      rows: table.rows,
      columns: table.columns.filter(({ name }) => log.inputs.includes(name)),
    },
    log: {
      id: findColumn(table, log.names.id),
      version: findColumn(table, log.names.version),
      prediction: findColumn(table, log.names.prediction),
      scores,
    },
  };
}

/** The same id may stand in two files: the first counts. */
function withoutSeen(table: Table, id: Column | undefined, seen: Set<string>): Table {
  if (id?.kind !== "text") return table;
  const isNew = id.levels.map((level) => !seen.has(level));
  for (const level of id.levels) seen.add(level);
  if (isNew.every(Boolean)) return table;
  const kept: number[] = [];
  id.codes.forEach((code, row) => {
    if (code < 0 || isNew[code] === true) kept.push(row);
  });
  return takeRows(table, kept);
}

/** Rows of a log that one version answered. */
export function rowsOfVersion({ rows, log }: Batch, version: string | null): readonly number[] {
  const all = Array.from({ length: rows }, (_, row) => row);
  const column = log?.version;
  if (version === null || column?.kind !== "text") return all;
  const code = column.levels.indexOf(version);
  return all.filter((row) => column.codes[row] === code);
}
