import { cellAt, findColumn, type Table } from "#core";
import { positiveOf, scoreColumns, type ClassificationEvaluation, type Evaluation } from "#stats";
import type { WorstError } from "./error-analysis.ts";
import type { RowLosses } from "./row-losses.ts";

/** Rows shown at most. */
export const MOST_ERRORS = 20;

/** The places of the rows with the largest losses, the largest first, equals in the rows' order; right rows never. */
export function findWorstRows(losses: RowLosses, evaluation: Evaluation): readonly number[] {
  const { values } = losses;
  const { truth, prediction } = evaluation;
  const kept: number[] = [];
  // The row whose loss a further one has to exceed, once there are enough.
  let last = -1;
  for (let row = 0; row < values.length; row++) {
    if (truth[row] === prediction[row]) continue;
    if (last >= 0 && values[row]! <= values[last]!) continue;
    const at = kept.findIndex((other) => values[other]! < values[row]!);
    kept.splice(at < 0 ? kept.length : at, 0, row);
    if (kept.length > MOST_ERRORS) kept.pop();
    if (kept.length === MOST_ERRORS) last = kept.at(-1)!;
  }
  return kept;
}

/** How many rows are wrong at all. */
export function countWrong({ truth, prediction }: Evaluation): number {
  let count = 0;
  for (let row = 0; row < truth.length; row++) count += truth[row] === prediction[row] ? 0 : 1;
  return count;
}

/** Files in the order in which their rows stand in a table. */
export interface FileRows {
  readonly uri: string;
  readonly rows: number;
}

/** Describes rows by their place; `shown` are the columns whose values were asked for. */
export function describeErrors(
  rows: readonly number[],
  facts: {
    readonly losses: RowLosses;
    readonly evaluation: Evaluation;
    readonly table: Table;
    readonly files: readonly FileRows[];
    readonly shown: readonly string[];
  },
): readonly Omit<WorstError, "contributions">[] {
  const { losses, evaluation, table, files, shown } = facts;
  const columns = shown.flatMap((name) => findColumn(table, name) ?? []);
  return rows.map((row) => ({
    row,
    ...placeOf(row, files),
    loss: losses.values[row] ?? 0,
    ...answerOf(evaluation, row),
    values: columns.map((column) => ({ column: column.name, value: cellAt(column, row) })),
  }));
}

function placeOf(row: number, files: readonly FileRows[]): Pick<WorstError, "file" | "rowInFile"> {
  if (files.length < 2) return { file: null, rowInFile: row };
  let before = 0;
  for (const { uri, rows } of files) {
    if (row < before + rows) return { file: uri, rowInFile: row - before };
    before += rows;
  }
  return { file: null, rowInFile: row };
}

function answerOf(
  evaluation: Evaluation,
  row: number,
): Pick<WorstError, "truth" | "predicted" | "score" | "residual"> {
  const [truth, predicted] = [evaluation.truth[row] ?? 0, evaluation.prediction[row] ?? 0];
  if (evaluation.task === "regression")
    return { truth: null, predicted: null, score: null, residual: predicted - truth };
  return {
    truth: evaluation.classes[truth] ?? null,
    predicted: evaluation.classes[predicted] ?? null,
    score: scoreOf(evaluation, predicted, row),
    residual: null,
  };
}

/** The score that a row has for a class; of two classes with one column it is also 1 less the other's. */
function scoreOf(evaluation: ClassificationEvaluation, code: number, row: number): number | null {
  const columns = scoreColumns(evaluation)?.columns ?? [];
  const score = columns[columns.length === 1 ? 0 : code]?.[row];
  if (score === undefined) return null;
  return columns.length > 1 || code === positiveOf(evaluation) ? score : 1 - score;
}
