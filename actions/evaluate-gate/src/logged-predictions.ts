import { InputError, takeRows, type Column, type Table } from "#core";
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
 * prediction without a label waits for its own; a label that came twice counts once.
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
  const joined = joinByIds(
    idsOf(logged.table, subject.id, "predictions"),
    idsOf(truth, subject.id, "ground-truth"),
  );
  const counts = `${joined.left.length} of ${logged.table.rows} predictions have a label; ${truth.rows - joined.left.length} of ${truth.rows} labels belong to none of them`;
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
    notes: [counts, ...logged.notes],
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
  const kinds = await Promise.all(files.map(isPredictionLog));
  if (!kinds.some(Boolean)) {
    return { table: await readTable(uris, place), inputs: [], notes: [] };
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

/** Rows of both sides with the same id, in the order of the first; the first of each id counts. */
function joinByIds(
  left: readonly (string | null)[],
  right: readonly (string | null)[],
): { readonly left: Uint32Array; readonly right: Uint32Array } {
  const places = new Map<string, number>();
  for (const [row, id] of right.entries()) if (id !== null && !places.has(id)) places.set(id, row);
  const pairs: (readonly [number, number])[] = [];
  for (const [row, id] of left.entries()) {
    const at = id === null ? undefined : places.get(id);
    if (id === null || at === undefined) continue;
    places.delete(id);
    pairs.push([row, at]);
  }
  return {
    left: Uint32Array.from(pairs, ([row]) => row),
    right: Uint32Array.from(pairs, ([, row]) => row),
  };
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
