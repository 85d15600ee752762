import { orderFallsWith } from "./rank-layout.ts";
import { type Undefined, undefinedBecause } from "./measure.ts";

/** What a model predicts. */
export type Task = "binary" | "multiclass" | "regression";

/** Integer codes, one a row, from 0. */
export type Codes = ArrayLike<number>;

/** Scores of one class, one a row; `Float32Array` makes log loss clip at float32's epsilon. */
export type ScoreColumn = Float64Array | Float32Array;

/**
 * Scores of a classifier. Binary: one column (the positive class). Otherwise one column a class in
 * the order of `classes`, or one row-major array of rows x classes.
 */
export type Scores = ScoreColumn | readonly ScoreColumn[];

/** A column whose values split the rows into groups. Code -1 is a row without a value: left out. */
export interface GroupColumn {
  readonly codes: Codes;
  readonly names: readonly string[];
}

interface RowFacts {
  /** One weight a row, finite and not negative; all 1 when left out. */
  readonly weights?: ArrayLike<number> | undefined;
}

/** Rows of a classifier: truth and prediction as codes into `classes`. */
export interface ClassificationEvaluation extends RowFacts {
  readonly task: "binary" | "multiclass";
  /** Class names in the order of their codes. */
  readonly classes: readonly string[];
  /** Code of the positive class of a binary task; 1 when left out. */
  readonly positive?: number | undefined;
  readonly truth: Codes;
  readonly prediction: Codes;
  readonly scores?: Scores | undefined;
  /** Columns that fairness metrics may name. */
  readonly groups?: Readonly<Record<string, GroupColumn>> | undefined;
}

/** Rows of a regression. */
export interface RegressionEvaluation extends RowFacts {
  readonly task: "regression";
  readonly truth: ArrayLike<number>;
  readonly prediction: ArrayLike<number>;
}

/**
 * The rows that metrics are computed on. What is derived from its arrays (confusion matrix, sort
 * orders) is kept for as long as the object lives, so its arrays must not change.
 */
export type Evaluation = ClassificationEvaluation | RegressionEvaluation;

/** Code of the positive class of a binary evaluation. */
export function positiveOf(evaluation: ClassificationEvaluation): number {
  return evaluation.positive ?? 1;
}

/** Scores as one Float64Array a class, with the smallest probability that log loss may see. */
export interface ScoreColumns {
  /** Binary evaluations with one column hold it alone: the positive class. */
  readonly columns: readonly Float64Array[];
  readonly epsilon: number;
  readonly isFloat32: boolean;
}

const epsilonOfFloat64 = 2 ** -52;
const epsilonOfFloat32 = 2 ** -23;

const columnsOfScores = new WeakMap<object, ScoreColumns>();

/** The scores of an evaluation by class; `null` when it has none. */
export function scoreColumns(evaluation: ClassificationEvaluation): ScoreColumns | null {
  const { scores } = evaluation;
  if (scores === undefined) return null;
  const known = columnsOfScores.get(scores);
  if (known !== undefined) return known;
  const made = splitScores(scores, evaluation.truth.length, evaluation.classes.length);
  columnsOfScores.set(scores, made);
  return made;
}

function splitScores(scores: Scores, rows: number, classes: number): ScoreColumns {
  if (!ArrayBuffer.isView(scores)) {
    for (const column of scores) assertLength(column.length, rows);
    const narrow = scores.some((column) => column instanceof Float32Array);
    return withPrecision(scores.map(toFloat64), narrow);
  }
  const isFloat32 = scores instanceof Float32Array;
  if (scores.length === rows) return withPrecision([toFloat64(scores)], isFloat32);
  assertLength(scores.length, rows * classes);
  const columns = Array.from({ length: classes }, (_, k) => {
    const column = new Float64Array(rows);
    for (let i = 0; i < rows; i++) column[i] = scores[i * classes + k]!;
    return column;
  });
  return withPrecision(columns, isFloat32);
}

function assertLength(found: number, expected: number): void {
  if (found !== expected) throw new RangeError(`${found} scores where ${expected} are expected`);
}

function withPrecision(columns: readonly Float64Array[], isFloat32: boolean): ScoreColumns {
  return { columns, isFloat32, epsilon: isFloat32 ? epsilonOfFloat32 : epsilonOfFloat64 };
}

function toFloat64(column: ScoreColumn): Float64Array {
  return column instanceof Float64Array ? column : new Float64Array(column);
}

/** The scores of one class, or why there are none. */
export function scoresOfClass(
  evaluation: ClassificationEvaluation,
  code: number,
): { readonly scores: Float64Array; readonly value?: undefined } | Undefined {
  const found = scoreColumns(evaluation);
  if (found === null) return undefinedBecause("there are no scores");
  const { columns } = found;
  if (columns.length > 1) return { scores: columns[code]! };
  const only = columns[0]!;
  return { scores: code === positiveOf(evaluation) ? only : complementOf(only) };
}

const complements = new WeakMap<Float64Array, Float64Array>();

function complementOf(scores: Float64Array): Float64Array {
  const known = complements.get(scores);
  if (known !== undefined) return known;
  const made = new Float64Array(scores.length);
  for (let i = 0; i < made.length; i++) made[i] = 1 - scores[i]!;
  complements.set(scores, made);
  orderFallsWith(made, scores);
  return made;
}

const latestIndicators = new WeakMap<
  Codes,
  { readonly code: number; readonly found: Uint8Array }
>();

/** 1 where a row is of a class, else 0; the latest of the codes is kept: neither may change. */
export function indicatorOf(codes: Codes, code: number): Uint8Array {
  const known = latestIndicators.get(codes);
  if (known?.code === code) return known.found;
  const found = new Uint8Array(codes.length);
  for (let i = 0; i < found.length; i++) found[i] = codes[i] === code ? 1 : 0;
  latestIndicators.set(codes, { code, found });
  return found;
}
