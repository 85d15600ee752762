import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { DataError, type Table } from "#core";
import { rowKeyColumn, writeTable } from "#data";
import { takeAnswers, type Answers } from "./answers.ts";
import { readAnswerFile, ROW_KEY, type AnswerFile } from "./answer-files.ts";
import { joinRows } from "./join-rows.ts";
import type { RunCommand } from "./ports.ts";

/** A command that scores rows with one version's files. */
export interface Prediction {
  readonly line: string;
  /** Where the command runs. */
  readonly directory: string;
  /** Where the model's files are. */
  readonly modelDirectory: string;
  /** Whose model: for messages and folder names. */
  readonly whose: string;
  readonly table: Table;
  readonly keys: BigUint64Array;
  /** Never handed to the command. */
  readonly target: string;
  readonly file: Omit<AnswerFile, "path" | "directory" | "name">;
}

/**
 * Scores rows by a command of the user's: it reads the CSV `SLIPWAY_ROWS` (a column `row_key` and
 * the data's own without the target), the model in `SLIPWAY_MODEL_DIR`, and writes
 * `SLIPWAY_PREDICTIONS` as CSV, Parquet or JSON Lines.
 *
 * @throws DataError `PREDICT_COMMAND_FAILED` with the last lines that it wrote, `ROWS_NOT_PREDICTED`
 */
export async function predictByCommand(
  prediction: Prediction,
  ports: { readonly runCommand: RunCommand; readonly temporaryDirectory: string },
): Promise<Answers> {
  const folder = join(ports.temporaryDirectory, `slipway-predict-${prediction.whose}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const rows = join(folder, "rows.csv");
  const output = join(folder, "predictions");
  await writeTable(rows, rowsForCommand(prediction));
  const result = await ports.runCommand({
    line: prediction.line,
    directory: prediction.directory,
    environment: {
      SLIPWAY_MODEL_DIR: prediction.modelDirectory,
      SLIPWAY_ROWS: rows,
      SLIPWAY_PREDICTIONS: output,
    },
  });
  if (result.exitCode !== 0) throw commandFailed(prediction, result);
  const name = `the predictions of predict-command (${prediction.whose})`;
  const read = await readAnswerFile({ ...prediction.file, path: output, directory: folder, name });
  const joined = joinRows(prediction.keys, read.keys);
  if (joined.left.length !== prediction.table.rows) {
    throw rowsNotPredicted(prediction, joined.left, name);
  }
  return takeAnswers(read.answers, joined.right);
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
  { line, whose }: Prediction,
  result: { readonly exitCode: number | null; readonly lastErrorLines: readonly string[] },
): DataError {
  const how = result.exitCode === null ? "was ended by a signal" : `ended with ${result.exitCode}`;
  const said = result.lastErrorLines.join("\n");
  return new DataError({
    code: "PREDICT_COMMAND_FAILED",
    message: `predict-command (${whose}) ${how}: ${line}${said === "" ? "" : `\n${said}`}`,
    hint: "Run the same command with SLIPWAY_MODEL_DIR, SLIPWAY_ROWS and SLIPWAY_PREDICTIONS set to see why.",
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
