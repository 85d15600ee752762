import { InputError, takeRows, type Column, type Table } from "#core";
import {
  digestFiles,
  findDatedFiles,
  isPredictionLog,
  readPredictionLog,
  readTable,
  requireColumn,
  type LoadedTable,
  type LocatedFile,
  type PredictionLog,
} from "#data";
import type { ScoringContext } from "./candidate.ts";
import { findLastLabels, idsOf, joinLabels, notesOfRepeats } from "./late-labels.ts";

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
  const types = textColumns(context);
  const truth = await readTable(labels, { ...place, typesWherePresent: types });
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
  const repeats = notesOfRepeats(lastLabels, joined.repeated);
  if (lastLabels.other > 0) ports.log.warning(`ground-truth: ${repeats[0]}.`);
  const { digest } = await digestFiles(files);
  return {
    table: withTarget(takeRows(logged.table, joined.left), takeColumn(label, joined.right), files),
    name: patterns.join(", "),
    digest,
    inputs: logged.inputs,
    notes: [counts, ...repeats, ...logged.notes],
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
  const types = textColumns({ inputs, subject });
  const uris = files.map(({ uri }) => uri);
  if (!(await holdsPredictionLog(files))) {
    const table = await readTable(uris, { ...place, typesWherePresent: types });
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
    inputTypes: types,
    model: inputs.model,
    ...(version !== null && { version }),
    ...(from !== null && { from }),
  });
  if (log.table.rows === 0) throw noPrediction(uris, { model: inputs.model, version, log });
  const table = nameColumns(log);
  const inputNames = table.columns.slice(0, log.inputs.length).map(({ name }) => name);
  return { table, inputs: inputNames, notes: notesOf(log, version) };
}

/**
 * Columns that are read as text even where all of them look like numbers: those that the run read
 * so, what was predicted of such a target, and ids, which the server logs as text.
 */
function textColumns({
  inputs,
  subject,
}: Pick<ScoringContext, "inputs" | "subject">): Readonly<Record<string, "text">> {
  const recorded = Object.entries(subject.columnKinds);
  const names = recorded.flatMap(([name, kind]) => (kind === "text" ? [name] : []));
  const answers = names.includes(subject.target) ? [inputs.prediction] : [];
  const id = recorded.some(([name]) => name === LOG_COLUMNS.id) ? [] : [LOG_COLUMNS.id];
  return Object.fromEntries([...names, ...answers, ...id].map((name) => [name, "text"] as const));
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
