import type { Table } from "#core";
import { createState, type ColumnState } from "./column-state.ts";
import { concatTables } from "./concat-tables.ts";
import { toText } from "./to-text.ts";
import { locateFiles, type LocateOptions, type LocatedFile } from "./file-source.ts";
import type { ColumnKind } from "./read-options.ts";
import { parseExactJson } from "./exact-json.ts";
import { parseObject, readLines } from "./json-lines-reader.ts";
import {
  createValueColumn,
  finishValueColumn,
  storeValue,
  type CellValue,
  type ValueColumn,
} from "./value-columns.ts";

/** Which lines of a log are read. */
export interface PredictionLogOptions extends LocateOptions {
  /** Types that inputs must have, where a line has them; others are inferred. */
  readonly inputTypes?: Readonly<Record<string, ColumnKind>>;
  /** Only this model's. */
  readonly model?: string;
  /** Only this version's. */
  readonly version?: string;
  /** Only from this time on, and before that one. */
  readonly from?: Date;
  readonly to?: Date;
}

/** What a prediction log holds. */
export interface PredictionLog {
  /** A row a prediction: the inputs under their own names, then the columns named by `names`. */
  readonly table: Table;
  /** Names of the columns that are no inputs; an underscore in front where an input has the name. */
  readonly names: {
    readonly id: string;
    readonly time: string;
    readonly version: string;
    readonly prediction: string;
    /** One a class, `scores.<class>`, or `scores` for a single number. */
    readonly scores: readonly string[];
  };
  readonly inputs: readonly string[];
  readonly lines: number;
  /** Lines whose id had come before. */
  readonly duplicates: number;
  /** JSON lines that are no predictions (a server's other log lines) or another model's, version's or time's. */
  readonly passedOver: number;
  /** Lines that cannot be read. */
  readonly bad: { readonly count: number; readonly first: string | null };
  /** Inputs that hold lists or objects, which are not read. */
  readonly nestedInputs: readonly string[];
}

const batchRows = 32_768;

interface LogReader {
  readonly options: PredictionLogOptions;
  readonly states: Map<string, ColumnState>;
  readonly seen: Set<string>;
  readonly nested: Set<string>;
  readonly tables: Table[];
  columns: Map<string, ValueColumn>;
  row: number;
  lines: number;
  duplicates: number;
  passedOver: number;
  badCount: number;
  firstBad: string | null;
}

/**
 * Reads the predictions that a server logged: JSON Lines, also as exported by Cloud Logging
 * (`jsonPayload`, or `textPayload` with JSON in it). The first line of each id is kept. Bad lines
 * are counted, never fatal: a log may end in half a line.
 */
export async function readPredictionLog(
  sources: string | readonly string[],
  options: PredictionLogOptions = {},
): Promise<PredictionLog> {
  const reader: LogReader = {
    options,
    states: new Map(),
    seen: new Set(),
    nested: new Set(),
    tables: [],
    columns: new Map(),
    row: 0,
    lines: 0,
    duplicates: 0,
    passedOver: 0,
    badCount: 0,
    firstBad: null,
  };
  for (const file of await locateFiles(sources, options)) await readFile(reader, file);
  finishBatch(reader);
  return finishLog(reader);
}

async function readFile(reader: LogReader, file: LocatedFile): Promise<void> {
  for await (const { text, line } of readLines(file)) {
    reader.lines++;
    let entry: Record<string, unknown>;
    try {
      entry = unwrap(parseObject(text, line, file.uri));
    } catch (error) {
      countBad(reader, error instanceof Error ? error.message : String(error));
      continue;
    }
    const fault = storeEntry(reader, entry, { file: file.uri, line });
    if (fault !== undefined) countBad(reader, `${file.uri}, line ${line}: ${fault}`);
  }
}

function countBad(reader: LogReader, message: string): void {
  reader.badCount++;
  reader.firstBad ??= message;
}

/** The prediction inside a Cloud Logging entry, or the line itself. */
function unwrap(entry: Record<string, unknown>): Record<string, unknown> {
  const { jsonPayload, textPayload } = entry;
  if (isObject(jsonPayload)) return jsonPayload;
  if (typeof textPayload !== "string") return entry;
  try {
    const inner = parseExactJson(textPayload);
    return isObject(inner) ? inner : entry;
  } catch {
    // A line of plain text that the container wrote: no prediction.
    return entry;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Stores a prediction; returns what is wrong with one that cannot be. */
function storeEntry(
  reader: LogReader,
  entry: Record<string, unknown>,
  place: { readonly file: string; readonly line: number },
): string | undefined {
  if (!("inputs" in entry) && !("prediction" in entry)) {
    reader.passedOver++;
    return undefined;
  }
  const { inputs, prediction, scores, time } = entry;
  const id = entry["id"] ?? entry["request_id"];
  if (!isObject(inputs)) return "inputs is no object";
  if (typeof id !== "string" && typeof id !== "number" && typeof id !== "bigint")
    return "there is no id";
  const at = typeof time === "string" ? Date.parse(time) : Number.NaN;
  if (Number.isNaN(at))
    return `time ${JSON.stringify(time) ?? "is missing"} is no ISO 8601 instant`;
  if (!isWanted(reader.options, entry, at)) {
    reader.passedOver++;
    return undefined;
  }
  const key = String(id);
  if (reader.seen.has(key)) {
    reader.duplicates++;
    return undefined;
  }
  reader.seen.add(key);
  for (const [name, value] of Object.entries(inputs)) store(reader, `input:${name}`, value, place);
  store(reader, "id", key, place);
  store(reader, "time", new Date(at).toISOString(), place);
  store(reader, "version", entry["version"], place);
  store(reader, "prediction", prediction, place);
  storeScores(reader, scores, place);
  if (++reader.row === batchRows) finishBatch(reader);
  return undefined;
}

function isWanted(
  options: PredictionLogOptions,
  entry: Record<string, unknown>,
  at: number,
): boolean {
  if (options.model !== undefined && entry["model"] !== options.model) return false;
  if (options.version !== undefined && entry["version"] !== options.version) return false;
  if (options.from !== undefined && at < options.from.getTime()) return false;
  return options.to === undefined || at < options.to.getTime();
}

function storeScores(
  reader: LogReader,
  scores: unknown,
  place: { readonly file: string; readonly line: number },
): void {
  if (typeof scores === "number") store(reader, "scores", scores, place);
  else if (Array.isArray(scores)) {
    scores.forEach((score: unknown, index) => store(reader, `scores.${index}`, score, place));
  } else if (isObject(scores)) {
    for (const [name, score] of Object.entries(scores))
      store(reader, `scores.${name}`, score, place);
  }
}

/** Ids and versions are texts even where they look like numbers or dates. */
const textFields: ReadonlySet<string> = new Set(["id", "version"]);

function typeOf(key: string, { inputTypes }: PredictionLogOptions): ColumnKind | undefined {
  if (textFields.has(key)) return "text";
  return new Map(Object.entries(inputTypes ?? {})).get(/^input:(.*)$/s.exec(key)?.[1] ?? "");
}

function store(
  reader: LogReader,
  key: string,
  value: unknown,
  place: { readonly file: string; readonly line: number },
): void {
  let column = reader.columns.get(key);
  if (column === undefined) {
    let state = reader.states.get(key);
    if (state === undefined) {
      state = createState(key, typeOf(key, reader.options));
      reader.states.set(key, state);
    }
    column = createValueColumn(state, batchRows, true);
    reader.columns.set(key, column);
  }
  if (typeof value === "object" && value !== null) {
    reader.nested.add(key.replace(/^input:/, ""));
    return;
  }
  storeValue(column, reader.row, value as CellValue, (shown) => ({ ...place, value: shown }));
}

function finishBatch(reader: LogReader): void {
  if (reader.row === 0) return;
  const columns = Array.from(reader.columns.values(), (column) =>
    finishValueColumn(column, reader.row),
  );
  reader.tables.push({ rows: reader.row, columns });
  reader.columns = new Map();
  reader.row = 0;
}

function finishLog(reader: LogReader): PredictionLog {
  const keys = [...reader.states.keys()];
  const tables = alignKinds(reader.tables, reader.states);
  const inputs = keys.filter((key) => key.startsWith("input:")).map((key) => key.slice(6));
  const rename = (key: string): string => (inputs.includes(key) ? `_${key}` : key);
  const scores = keys.filter((key) => key === "scores" || key.startsWith("scores."));
  const own = ["id", "time", "version", "prediction", ...scores];
  const joined = concatTables(tables, [...inputs.map((name) => `input:${name}`), ...own]);
  const names = [...inputs, ...own.map(rename)];
  return {
    table: {
      rows: joined.rows,
      columns: joined.columns.map((column, i) => ({ ...column, name: names[i] ?? column.name })),
    },
    names: {
      id: rename("id"),
      time: rename("time"),
      version: rename("version"),
      prediction: rename("prediction"),
      scores: scores.map(rename),
    },
    inputs,
    lines: reader.lines,
    duplicates: reader.duplicates,
    passedOver: reader.passedOver,
    bad: { count: reader.badCount, first: reader.firstBad },
    nestedInputs: [...reader.nested],
  };
}

/** Gives columns that turned into text in a later batch their text in the earlier ones too. */
function alignKinds(
  tables: readonly Table[],
  states: ReadonlyMap<string, ColumnState>,
): readonly Table[] {
  return tables.map((table) => ({
    rows: table.rows,
    columns: table.columns.map((column) =>
      states.get(column.name)?.kind === "text" ? toText(column) : column,
    ),
  }));
}
