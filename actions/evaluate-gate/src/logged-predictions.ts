import { cellAt, InputError, takeRows, type Column, type Table } from "#core";
import {
  digestFiles,
  findDatedFiles,
  idColumns,
  isPredictionLog,
  joinId,
  readPredictionLog,
  readTable,
  requireColumn,
  type LoadedTable,
  type LocatedFile,
  type PredictionLog,
} from "#data";
import type { ScoringContext } from "./candidate.ts";

/** Columns of a prediction log beside the model's inputs; an input of such a name is renamed. */
const LOG_COLUMNS = { id: "id", time: "time", version: "version" } as const;

/** Predictions that were logged, with the truths that came later. */
export interface LoggedPredictions {
  /** The model's inputs, what it answered, and the target. */
  readonly table: LoadedTable;
  readonly name: string;
  readonly digest: string;
  /** Columns that the model was given: they are no measures of its answers. */
  readonly inputs: readonly string[];
  /** How many there were, for people. */
  readonly notes: readonly string[];
}

/**
 * Joins what was predicted (a server's prediction log, or a table) with late labels by id. A
 * prediction without a label waits for its own; of the labels of one id the last counts.
 *
 * @throws InputError `NO_FILE_MATCHES`, `NO_ID_COLUMN`, `UNKNOWN_COLUMN`, `NOTHING_JOINED`
 */
export async function readLoggedPredictions(
  patterns: readonly string[],
  labels: readonly string[],
  context: ScoringContext,
): Promise<LoggedPredictions> {
  const { subject, ports } = context;
  const place = { directory: ports.workspace, remote: ports.remote };
  const files = await findFiles(patterns, context);
  const logged = await readLogged(files, context);
  const truth = await readTable(labels, place);
  const label = requireColumn(truth, subject.target, labels.join(", "));
  const lastLabels = findLastLabels(idsOf(truth, subject.id, "ground-truth"), label);
  const joined = joinLabels(idsOf(logged.table, subject.id, "predictions"), lastLabels);
  const counts = `${joined.left.length} of ${logged.table.rows} predictions have a label; ${joined.strangers} of ${lastLabels.count} labels belong to none of them`;
  if (joined.left.length === 0) {
    throw new InputError({
      code: "NOTHING_JOINED",
      message: `No label of ${labels.join(", ")} belongs to a prediction: ${counts}.`,
      hint: "Both are joined by their id: does the caller send the id with each request, and do the labels carry the same?",
    });
  }
  const { digest } = await digestFiles(files);
  return {
    table: withTarget(takeRows(logged.table, joined.left), takeColumn(label, joined.right), files),
    name: patterns.join(", "),
    digest,
    inputs: logged.inputs,
    notes: [counts, ...notesOfRepeats(lastLabels, joined.repeated), ...logged.notes],
  };
}

function findFiles(
  patterns: readonly string[],
  { inputs, ports }: ScoringContext,
): Promise<readonly LocatedFile[]> {
  return findDatedFiles(patterns, {
    input: "predictions",
    workspace: ports.workspace,
    remote: ports.remote,
    now: ports.clock.now(),
    windowMs: inputs.window,
  });
}

interface Logged {
  readonly table: Table;
  readonly inputs: readonly string[];
  readonly notes: readonly string[];
}

async function readLogged(
  files: readonly LocatedFile[],
  { inputs, subject, ports }: ScoringContext,
): Promise<Logged> {
  const place = { directory: ports.workspace, remote: ports.remote };
  const uris = files.map(({ uri }) => uri);
  if (!(await holdsPredictionLog(files))) {
    const table = await readTable(uris, place);
    const isDated = (inputs.predictions ?? []).some((pattern) => pattern.includes("{date}"));
    if (inputs.window === null || (isDated && subject.time === null))
      return { table, inputs: [], notes: [] };
    const from = ports.clock.now().getTime() - inputs.window;
    return cutToWindow(table, { column: subject.time, from, file: uris.join(", ") });
  }
  const version = subject.servedVersion;
  const from =
    inputs.window === null ? null : new Date(ports.clock.now().getTime() - inputs.window);
  const log = await readPredictionLog(uris, {
    ...place,
    model: inputs.model,
    ...(version !== null && { version }),
    ...(from !== null && { from }),
  });
  if (log.table.rows === 0) throw noPrediction(uris, { model: inputs.model, version, log });
  const table = nameColumns(log);
  const inputNames = table.columns.slice(0, log.inputs.length).map(({ name }) => name);
  return { table, inputs: inputNames, notes: notesOf(log, version) };
}

/** How many files' beginnings are looked at together: a log may be of thousands. */
const AT_ONCE = 8;

/** Whether any of the files is a prediction log; usually the first tells. */
async function holdsPredictionLog(files: readonly LocatedFile[]): Promise<boolean> {
  for (let from = 0; from < files.length; from += AT_ONCE) {
    const kinds = await Promise.all(files.slice(from, from + AT_ONCE).map(isPredictionLog));
    if (kinds.some(Boolean)) return true;
  }
  return false;
}

/** The rows of a table in the window, by the column that `time` names. */
function cutToWindow(
  table: LoadedTable,
  {
    column,
    from,
    file,
  }: { readonly column: string | null; readonly from: number; readonly file: string },
): Logged {
  if (column === null) {
    throw new InputError({
      code: "WINDOW_WITHOUT_TIME",
      message: `window is given, but ${file} is no prediction log, and no input says which of its columns tells when a prediction was made.`,
      hint: `Name the column with time: (it has ${table.columns.map(({ name }) => name).join(", ")}), write {date} into the files' names, or leave window out.`,
    });
  }
  const time = requireColumn(table, column, file);
  if (time.kind !== "date") {
    throw new InputError({
      code: "WINDOW_WITHOUT_TIME",
      message: `window is given, but column ${column} of ${file} holds no dates.`,
      hint: "Write dates and times as ISO 8601, e.g. 2026-03-01T12:00:00Z.",
    });
  }
  const rows = Uint32Array.from(
    Array.from({ length: table.rows }, (_, row) => row).filter(
      (row) => (time.values[row] ?? Number.NaN) >= from,
    ),
  );
  if (rows.length === 0) {
    throw new InputError({
      code: "NOTHING_LOGGED",
      message: `No row of ${file} is in the window: by ${column} all ${table.rows} are before ${new Date(from).toISOString()}.`,
      hint: "Give a longer window:, or newer files.",
    });
  }
  const note = `${rows.length} of ${table.rows} predictions are in the window, by ${column}`;
  return { table: { ...table, ...takeRows(table, rows) }, inputs: [], notes: [note] };
}

function noPrediction(
  uris: readonly string[],
  {
    model,
    version,
    log,
  }: {
    readonly model: string;
    readonly version: string | null;
    readonly log: PredictionLog;
  },
): InputError {
  const what = version === null ? model : `${model} ${version}`;
  const bad = log.bad.first === null ? "" : ` ${log.bad.count} cannot be read: ${log.bad.first}.`;
  return new InputError({
    code: "NOTHING_LOGGED",
    message: `None of the ${log.lines} lines of ${uris.length} files (${uris[0] ?? ""} …) is a prediction of ${what} in the window.${bad}`,
    hint: "Check the files, the window, model: and served-version:.",
  });
}

function notesOf(log: PredictionLog, version: string | null): readonly string[] {
  const { duplicates, bad, nestedInputs } = log;
  return [
    `predictions of ${version ?? "every version"}, as logged`,
    ...(duplicates > 0 ? [`${duplicates} lines of an id that had come before were left out`] : []),
    ...(bad.count > 0 ? [`${bad.count} lines cannot be read; the first: ${bad.first ?? ""}`] : []),
    ...(nestedInputs.length > 0 ? [`inputs that hold lists: ${nestedInputs.join(", ")}`] : []),
  ];
}

/** The log's columns by the names that the gate reads; an input of such a name steps aside. */
function nameColumns({ table, names, inputs }: PredictionLog): Table {
  const own = new Map<string, string>([
    [names.id, LOG_COLUMNS.id],
    [names.time, LOG_COLUMNS.time],
    [names.version, LOG_COLUMNS.version],
    [names.prediction, "prediction"],
    ...names.scores.map((name) => [name, scoreName(name)] as const),
  ]);
  const taken = new Set(own.values());
  const ownFrom = inputs.length;
  return {
    rows: table.rows,
    columns: table.columns.map((column, at) => {
      const { name } = column;
      if (at >= ownFrom) return { ...column, name: own.get(name) ?? name };
      return taken.has(name) ? { ...column, name: `inputs.${name}` } : column;
    }),
  };
}

/** `scores.rain` is the score of class rain. */
function scoreName(name: string): string {
  const bare = name.replace(/^_+/, "");
  return bare.startsWith("scores.") ? `score_${bare.slice("scores.".length)}` : "score";
}

/** The text that names each row; `null` where it has none. */
function idsOf(table: Table, ids: readonly string[], input: string): readonly (string | null)[] {
  const columns = idColumns(table.columns, ids);
  if (columns === null) {
    throw new InputError({
      code: "NO_ID_COLUMN",
      message: `${input} has no column id${ids.length > 0 ? ` and not all of ${ids.join(", ")}` : ""}: it has ${table.columns.map(({ name }) => name).join(", ")}.`,
      hint: "Name the columns that together are the predictions' id: id:.",
    });
  }
  return Array.from({ length: table.rows }, (_, row) => joinId(columns, row));
}

/** The label that counts for each id, and what became of the others. */
interface LastLabels {
  /** Row of the last label of each id. */
  readonly rows: ReadonlyMap<string, number>;
  /** Labels of different ids, and those without one. */
  readonly count: number;
  /** Given again with the value that the id had. */
  readonly same: number;
  /** Given again with another value. */
  readonly other: number;
}

/** A label that is given again corrects the one before. */
function findLastLabels(ids: readonly (string | null)[], label: Column): LastLabels {
  const rows = new Map<string, number>();
  let [unnamed, same, other] = [0, 0, 0];
  for (const [row, id] of ids.entries()) {
    if (id === null) {
      unnamed++;
      continue;
    }
    const before = rows.get(id);
    if (before !== undefined) {
      if (cellAt(label, before) === cellAt(label, row)) same++;
      else other++;
    }
    rows.set(id, row);
  }
  return { rows, count: rows.size + unnamed, same, other };
}

interface JoinedLabels {
  readonly left: Uint32Array;
  readonly right: Uint32Array;
  /** Labels whose id no prediction has. */
  readonly strangers: number;
  /** Predictions of an id that had come before. */
  readonly repeated: number;
}

/** Predictions with the label of their id, in the predictions' order; the first of each id counts. */
function joinLabels(ids: readonly (string | null)[], { rows, count }: LastLabels): JoinedLabels {
  const seen = new Set<string>();
  const pairs: (readonly [number, number])[] = [];
  let repeated = 0;
  for (const [row, id] of ids.entries()) {
    if (id === null) continue;
    if (seen.has(id)) {
      repeated++;
      continue;
    }
    seen.add(id);
    const at = rows.get(id);
    if (at !== undefined) pairs.push([row, at]);
  }
  return {
    left: Uint32Array.from(pairs, ([row]) => row),
    right: Uint32Array.from(pairs, ([, row]) => row),
    strangers: count - pairs.length,
    repeated,
  };
}

function notesOfRepeats({ same, other }: LastLabels, repeated: number): readonly string[] {
  const given = (count: number): string =>
    count === 1 ? "1 label was given again" : `${count} labels were given again`;
  const left = repeated === 1 ? "1 prediction" : `${repeated} predictions`;
  return [
    ...(other > 0 ? [`${given(other)} with another value: the last counts`] : []),
    ...(same > 0 ? [`${given(same)} with the same value`] : []),
    ...(repeated > 0
      ? [`${left} of an id that had come before ${repeated === 1 ? "was" : "were"} left out`]
      : []),
  ];
}

function takeColumn(column: Column, rows: Uint32Array): Column {
  const [taken = column] = takeRows({ rows: rows.length, columns: [column] }, rows).columns;
  return taken;
}

/** The labels' own target wins over an input of the same name. */
function withTarget(table: Table, target: Column, files: readonly LocatedFile[]): LoadedTable {
  const others = table.columns.filter(({ name }) => name !== target.name);
  return {
    rows: table.rows,
    columns: [...others, target],
    files: files.map(({ uri, sizeBytes }) => ({ uri, sizeBytes, rows: 0 })),
    notes: [],
    evidence: new Map(),
  };
}
