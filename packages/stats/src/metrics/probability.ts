import { forEachBlock } from "../row-blocks.ts";
import {
  type ClassificationEvaluation,
  type Codes,
  type Evaluation,
  scoreColumns,
  positiveOf,
} from "./evaluation.ts";
import { type Undefined, undefinedBecause } from "./measure.ts";

/** One number a row, whose weighted mean is a metric. */
export interface RowValues {
  readonly rows: Float64Array;
  readonly value?: undefined;
}

/** How far a row of probabilities may be from summing to 1 before a metric refuses it. */
const tolerableRowSumError = 1e-4;

type RowLosses = (evaluation: ClassificationEvaluation) => RowValues | Undefined;

const keptLosses: WeakMap<Evaluation, RowValues | Undefined>[] = [];

/** Lets go of the losses that are kept with an evaluation: eight bytes a row each. */
export function forgetLosses(evaluation: Evaluation): void {
  for (const known of keptLosses) known.delete(evaluation);
}

/** Row losses are kept with their evaluation: measuring and comparing share them. */
function oncePerEvaluation(compute: RowLosses): RowLosses {
  const known = new WeakMap<Evaluation, RowValues | Undefined>();
  keptLosses.push(known);
  return (evaluation) => {
    const found = known.get(evaluation) ?? compute(evaluation);
    known.set(evaluation, found);
    return found;
  };
}

/**
 * Log loss of each row: minus the log of the probability given to the true class, clipped to
 * [eps, 1 - eps] of the scores' float type. Rows are not rescaled to sum to 1.
 */
export const logLossRows = oncePerEvaluation((evaluation) => {
  const problem = probabilityProblem(evaluation);
  if (problem !== null) return undefinedBecause(problem);
  const { columns, epsilon } = scoreColumns(evaluation)!;
  const { truth } = evaluation;
  const positive = positiveOf(evaluation);
  const rows = new Float64Array(truth.length);
  const [only] = columns;
  const fill =
    columns.length === 1
      ? fillBinaryLosses({ rows, truth, scores: only!, positive, epsilon })
      : fillLosses({ rows, truth, columns, epsilon });
  forEachBlock(rows.length, fill);
  return { rows };
});

interface LossRows {
  readonly rows: Float64Array;
  readonly truth: Codes;
  readonly epsilon: number;
}

type FillRows = (from: number, to: number) => void;

function fillBinaryLosses(
  losses: LossRows & { readonly scores: Float64Array; readonly positive: number },
): FillRows {
  const { rows, truth, scores, positive, epsilon } = losses;
  return (from, to) => {
    for (let i = from; i < to; i++) {
      const given = truth[i] === positive ? scores[i]! : 1 - scores[i]!;
      rows[i] = -Math.log(Math.min(Math.max(given, epsilon), 1 - epsilon));
    }
  };
}

function fillLosses(losses: LossRows & { readonly columns: readonly Float64Array[] }): FillRows {
  const { rows, truth, columns, epsilon } = losses;
  return (from, to) => {
    for (let i = from; i < to; i++) {
      const given = columns[truth[i]!]![i]!;
      rows[i] = -Math.log(Math.min(Math.max(given, epsilon), 1 - epsilon));
    }
  };
}

/**
 * Brier score of each row: for a binary task the squared error of the positive class's
 * probability, for more classes the sum of squared errors over the classes.
 */
export const brierRows = oncePerEvaluation((evaluation) => {
  const problem = probabilityProblem(evaluation);
  if (problem !== null) return undefinedBecause(problem);
  const { columns } = scoreColumns(evaluation)!;
  const { truth, task } = evaluation;
  const rows = new Float64Array(truth.length);
  const positive = positiveOf(evaluation);
  if (task === "binary") {
    const scores = columns.length === 1 ? columns[0]! : columns[positive]!;
    for (let i = 0; i < rows.length; i++) {
      const gap = (truth[i] === positive ? 1 : 0) - scores[i]!;
      rows[i] = gap * gap;
    }
    return { rows };
  }
  columns.forEach((column, code) => {
    for (let i = 0; i < rows.length; i++)
      rows[i]! += ((truth[i] === code ? 1 : 0) - column[i]!) ** 2;
  });
  return { rows };
});

/** Why scores cannot be read as probabilities; `null` when they can. */
export function probabilityProblem(evaluation: ClassificationEvaluation): string | null {
  const found = scoreColumns(evaluation);
  if (found === null) return "there are no scores";
  for (const column of found.columns) {
    const problem = columnProblem(column);
    if (problem !== null) return problem;
  }
  return null;
}

const columnProblems = new WeakMap<Float64Array, { readonly problem: string | null }>();

function columnProblem(column: Float64Array): string | null {
  const known = columnProblems.get(column);
  if (known !== undefined) return known.problem;
  const outside = findOutside(column);
  const problem =
    outside === -1
      ? null
      : Number.isNaN(column[outside]!)
        ? "some scores are not a number"
        : `scores are not probabilities: row ${outside + 1} has ${column[outside]!}`;
  columnProblems.set(column, { problem });
  return problem;
}

/** The first row whose score is not in 0..1; -1 where all are. */
function findOutside(column: Float64Array): number {
  for (let i = 0; i < column.length; i++) if (!(column[i]! >= 0 && column[i]! <= 1)) return i;
  return -1;
}

const rowSumErrors = new WeakMap<readonly Float64Array[], number>();

/** The largest distance from 1 of a row's sum of scores; 0 for binary scores in one column. */
export function largestRowSumError(evaluation: ClassificationEvaluation): number {
  const columns = scoreColumns(evaluation)?.columns ?? [];
  if (columns.length < 2) return 0;
  const known = rowSumErrors.get(columns);
  if (known !== undefined) return known;
  let largest = 0;
  for (let i = 0; i < columns[0]!.length; i++) {
    let sum = 0;
    for (const column of columns) sum += column[i]!;
    const error = Math.abs(sum - 1);
    if (!(error <= largest)) largest = error;
  }
  rowSumErrors.set(columns, largest);
  return largest;
}

/** Whether every row of scores sums to 1 within 1e-4. */
export function rowsSumToOne(evaluation: ClassificationEvaluation): boolean {
  return largestRowSumError(evaluation) <= tolerableRowSumError;
}

/**
 * Whether the true class is among the `k` highest scores of each row, as 1 or 0. Of equal scores the
 * class with the higher code comes first, as in scikit-learn.
 *
 * @throws RangeError where `k` is not a whole number of at least 1.
 */
export function topKRows(evaluation: ClassificationEvaluation, k: number): RowValues | Undefined {
  if (!(Number.isInteger(k) && k >= 1))
    throw new RangeError(`k is ${k}, not a whole number from 1`);
  const found = scoreColumns(evaluation);
  if (found === null) return undefinedBecause("there are no scores");
  const { columns } = found;
  const classCount = evaluation.classes.length;
  if (columns.length !== classCount)
    return undefinedBecause(`top-k needs the scores of all ${classCount} classes`);
  if (k >= classCount)
    return undefinedBecause(`the top ${k} of ${classCount} classes are right in every row`);
  const { truth } = evaluation;
  const rows = new Float64Array(truth.length);
  for (let i = 0; i < rows.length; i++) {
    const t = truth[i]!;
    const own = columns[t]![i]!;
    let ahead = 0;
    for (let code = 0; code < classCount; code++) {
      const other = columns[code]![i]!;
      if (other > own || (other === own && code > t)) ahead++;
    }
    rows[i] = ahead < k ? 1 : 0;
  }
  return { rows };
}

/** The highest score of each row, and whether that class (the first of equals) is the true one. */
export function topLabels(
  columns: readonly Float64Array[],
  truth: ArrayLike<number>,
): {
  readonly confidence: Float64Array;
  readonly hits: Uint8Array;
} {
  const confidence = new Float64Array(columns[0]!);
  const best = new Int32Array(confidence.length);
  for (let code = 1; code < columns.length; code++) {
    const column = columns[code]!;
    for (let i = 0; i < column.length; i++) {
      if (column[i]! <= confidence[i]!) continue;
      confidence[i] = column[i]!;
      best[i] = code;
    }
  }
  const hits = new Uint8Array(confidence.length);
  for (let i = 0; i < hits.length; i++) hits[i] = best[i] === truth[i] ? 1 : 0;
  return { confidence, hits };
}
