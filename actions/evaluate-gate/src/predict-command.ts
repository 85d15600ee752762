import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DataError, findColumn, InputError, type Table } from "#core";
import { findNamingDifference, readTable, rowKeyColumn, toText, writeTable } from "#data";
import { inTemporaryFolder } from "#toolkit";
import { takeAnswers, type Answers } from "./answers.ts";
import { readAnswerFile, ROW_KEY, type AnswerFile } from "./answer-files.ts";
import { joinRows } from "./join-rows.ts";
import type { CommandResult, RunCommand } from "./ports.ts";

/** A command that scores rows with one version's files. */
export interface Prediction {
  readonly line: string;
  /** Where the command runs. */
  readonly directory: string;
  /** The same as the user wrote it. */
  readonly directoryName: string;
  /** Where the model's files are. */
  readonly modelDirectory: string;
  /** The model's one file; `null` for a folder, or where it is not known. */
  readonly modelFile: string | null;
  /** Whose model: `candidate`, or the baseline's name. */
  readonly whose: string;
  readonly timeoutMs: number;
  readonly table: Table;
  readonly keys: BigUint64Array;
  /** Never handed to the command. */
  readonly target: string;
  readonly file: Omit<AnswerFile, "path" | "directory" | "name">;
  /** Whether the model may know classes that the rows do not hold. */
  readonly mayKnowMore: boolean;
}

/** Whose the job's own model is. */
export const CANDIDATE = "candidate";

/**
 * Scores rows by a command of the user's: it reads the CSV `SLIPWAY_ROWS` (a column `row_key` and
 * the data's own without the target), the model in `SLIPWAY_MODEL_DIR` or `SLIPWAY_MODEL_FILE`, and
 * writes `SLIPWAY_PREDICTIONS` as CSV, Parquet or JSON Lines.
 *
 * @throws DataError `PREDICT_COMMAND_FAILED` with the last lines that it wrote,
 * `PREDICT_COMMAND_TIMED_OUT`, `NO_PREDICTIONS_WRITTEN`, `ROWS_NOT_PREDICTED`, `ROWS_NOT_ASKED_FOR`;
 * InputError `NO_WORKING_DIRECTORY`
 */
export async function predictByCommand(
  prediction: Prediction,
  ports: { readonly runCommand: RunCommand; readonly temporaryDirectory: string },
): Promise<Answers> {
  await requireDirectory(prediction);
  return inTemporaryFolder(ports.temporaryDirectory, "slipway-predict-", (folder) =>
    predictIn(folder, prediction, ports),
  );
}

async function predictIn(
  folder: string,
  prediction: Prediction,
  ports: { readonly runCommand: RunCommand },
): Promise<Answers> {
  const rows = join(folder, "rows.csv");
  const output = join(folder, "predictions");
  await writeTable(rows, rowsForCommand(prediction));
  const result = await ports.runCommand({
    line: prediction.line,
    directory: prediction.directory,
    timeoutMs: prediction.timeoutMs,
    label: prediction.whose === CANDIDATE ? null : prediction.whose,
    environment: {
      SLIPWAY_MODEL_DIR: prediction.modelDirectory,
      SLIPWAY_MODEL_FILE: prediction.modelFile ?? "",
      SLIPWAY_ROWS: rows,
      SLIPWAY_PREDICTIONS: output,
      // So that lines come as they are printed, not when a buffer is full.
      PYTHONUNBUFFERED: "1",
      ...(prediction.whose !== CANDIDATE && (await fileCommandsOfItsOwn(folder))),
    },
  });
  if (result.end.kind === "timed-out" || result.end.code !== 0)
    throw commandFailed(prediction, result);
  return readPredictions(prediction, output, folder);
}

/** What a baseline's command sets for later steps, or writes into the summary, goes nowhere. */
async function fileCommandsOfItsOwn(folder: string): Promise<Readonly<Record<string, string>>> {
  const names = ["ENV", "PATH", "OUTPUT", "STATE", "STEP_SUMMARY"];
  const files = names.map((name) => [`GITHUB_${name}`, join(folder, `github-${name}`)] as const);
  for (const [, path] of files) await writeFile(path, "");
  return Object.fromEntries(files);
}

async function readPredictions(
  prediction: Prediction,
  output: string,
  folder: string,
): Promise<Answers> {
  const { whose, keys, table } = prediction;
  const facts = await stat(output).catch(() => null);
  if (facts === null || facts.size === 0) throw nothingWritten(prediction, facts !== null);
  const name = `the predictions of predict-command (${whose})`;
  const classes = await classesOf(prediction, output);
  const file = { ...prediction.file, classes, path: output, directory: folder, name };
  const read = await readAnswerFile(file);
  const joined = joinRows(keys, read.keys);
  if (joined.left.length !== table.rows) throw rowsNotPredicted(prediction, joined.left, name);
  if (read.keys.length !== table.rows) throw rowsNotAskedFor(prediction, read.keys, name);
  return takeAnswers(read.answers, joined.right);
}

/** The classes that are known, and those that the model answers with besides. */
async function classesOf(
  { file, mayKnowMore }: Prediction,
  output: string,
): Promise<readonly string[]> {
  if (!mayKnowMore || file.task !== "multiclass") return file.classes;
  const table = await readTable([output]);
  const answered = findColumn(table, file.prediction);
  const scored = table.columns.flatMap(({ name }) =>
    name.startsWith("score_") ? [name.slice("score_".length)] : [],
  );
  const levels = answered === undefined ? [] : toText(answered).levels;
  // Answers in other names would all be classes of their own, and every row wrong.
  if (findNamingDifference(levels, file.classes) !== null) return file.classes;
  return [...new Set([...file.classes, ...levels, ...scored])];
}

async function requireDirectory({ directory, directoryName, whose }: Prediction): Promise<void> {
  const facts = await stat(directory).catch(() => null);
  if (facts?.isDirectory() === true) return;
  throw new InputError({
    code: "NO_WORKING_DIRECTORY",
    message: `working-directory: ${whose === CANDIDATE ? "the repository" : whose} has no folder ${directoryName}.`,
    hint: "Give a folder relative to the repository's root; was the repository checked out before?",
  });
}

function rowsForCommand({ table, keys, target }: Prediction): Table {
  return {
    rows: table.rows,
    columns: [
      rowKeyColumn(ROW_KEY, keys),
      ...table.columns.filter(({ name }) => name !== target && name !== ROW_KEY),
    ],
  };
}

function commandFailed(
  { line, whose, timeoutMs }: Prediction,
  { end, lastErrorLines }: CommandResult,
): DataError {
  const said = lastErrorLines.length === 0 ? "" : `\n${lastErrorLines.join("\n")}`;
  const hint =
    "Run the same command with SLIPWAY_MODEL_DIR, SLIPWAY_ROWS and SLIPWAY_PREDICTIONS set to see why.";
  if (end.kind === "timed-out") {
    return new DataError({
      code: "PREDICT_COMMAND_TIMED_OUT",
      message: `predict-command (${whose}) was ended after ${formatDuration(timeoutMs)}: ${line}${said}`,
      hint: `Give it more time with predict-timeout, or fewer rows. ${hint}`,
    });
  }
  const how = end.code === null ? "was ended by a signal" : `ended with ${end.code}`;
  return new DataError({
    code: "PREDICT_COMMAND_FAILED",
    message: `predict-command (${whose}) ${how}: ${line}${said}`,
    hint,
  });
}

function formatDuration(durationMs: number): string {
  const seconds = Math.round(durationMs / 1000);
  if (seconds % 3600 === 0 && seconds > 0) return `${seconds / 3600} h`;
  return seconds % 60 === 0 && seconds > 0 ? `${seconds / 60} min` : `${durationMs / 1000} s`;
}

function nothingWritten({ line, whose }: Prediction, isThere: boolean): DataError {
  return new DataError({
    code: "NO_PREDICTIONS_WRITTEN",
    message: `predict-command (${whose}) ended well, but wrote ${isThere ? "an empty file" : "nothing"} to SLIPWAY_PREDICTIONS: ${line}`,
    hint: `Write ${ROW_KEY}, prediction and, where the model has them, score_<class> to the path in SLIPWAY_PREDICTIONS, as CSV, Parquet or JSON Lines.`,
  });
}

function rowsNotPredicted(
  { table, whose }: Prediction,
  found: Uint32Array,
  name: string,
): DataError {
  const present = new Set(found);
  const first = Array.from({ length: table.rows }, (_, row) => row).find(
    (row) => !present.has(row),
  );
  return new DataError({
    code: "ROWS_NOT_PREDICTED",
    message: `${name} answer ${found.length} of ${table.rows} rows; row ${(first ?? 0) + 1} is the first without an answer.`,
    hint: `Write one line for each row of SLIPWAY_ROWS with its ${ROW_KEY} (${whose}).`,
  });
}

/** Every row that was asked for is answered, and there are more. */
function rowsNotAskedFor(
  { table, keys, whose }: Prediction,
  answered: BigUint64Array,
  name: string,
): DataError {
  const open = new Map<bigint, number>();
  for (const key of keys) open.set(key, (open.get(key) ?? 0) + 1);
  const first = answered.findIndex((key) => {
    const left = open.get(key) ?? 0;
    open.set(key, left - 1);
    return left <= 0;
  });
  const key = answered[first] ?? 0n;
  const why = open.has(key) && keys.includes(key) ? "answers a row again" : "was not asked for";
  return new DataError({
    code: "ROWS_NOT_ASKED_FOR",
    message: `${name} hold ${answered.length} rows, ${table.rows} were asked for; row ${first + 1} (${ROW_KEY} ${key.toString(16).padStart(16, "0")}) ${why}.`,
    hint: `Write one line for each row of SLIPWAY_ROWS with its ${ROW_KEY}, and no others (${whose}).`,
  });
}
