import { DataError } from "#core";
import { areWithinUnit, findNonFinite, type ClassScores } from "#data";
import type { Predictions as ModelPredictions } from "#models";

/** What a model said of each row, whatever it was scored by. */
export type Answers = ClassAnswers | ValueAnswers;

/** A classifier's answers. */
export interface ClassAnswers {
  readonly kind: "classes";
  readonly classes: readonly string[];
  /** Places in `classes`. */
  readonly labels: Int32Array;
  /** One a class in the classes' order, one for the positive class alone, or none. */
  readonly scores: readonly ClassScores[];
  readonly measures: ReadonlyMap<string, Float64Array>;
  readonly notes: readonly string[];
}

/** A regressor's answers. */
export interface ValueAnswers {
  readonly kind: "values";
  readonly values: Float64Array;
  readonly measures: ReadonlyMap<string, Float64Array>;
  readonly notes: readonly string[];
}

/** A model's predictions as answers. */
export function answersOfModel(predictions: ModelPredictions): Answers {
  const { notes } = predictions;
  const measures = new Map<string, Float64Array>();
  if (predictions.kind === "regression") {
    return { kind: "values", values: predictions.values, measures, notes };
  }
  const { classes, labels } = predictions;
  const scores = predictions.scores.map((values, at) => ({ name: classes[at] ?? "", values }));
  return { kind: "classes", classes, labels, scores, measures, notes };
}

/**
 * Refuses a model of several numbers a row that are no probabilities, where nobody said what they
 * are: a regressor of several targets looks like a classifier's logits.
 *
 * @throws DataError `SCORES_NOT_PROBABILITIES` naming the first row
 */
export function refuseGuess(predictions: ModelPredictions, modelFile: string): void {
  if (predictions.kind === "regression" || predictions.guessedFrom === undefined) return;
  const { scores, guessedFrom, rows } = predictions;
  for (let row = 0; row < rows; row++) {
    const found = scores.map((column) => column[row] ?? Number.NaN);
    const sum = found.reduce((total, score) => total + score, 0);
    // What is no number has a message of its own.
    if (Number.isNaN(sum)) continue;
    if (found.every((score) => score >= 0 && score <= 1) && Math.abs(sum - 1) <= SUM_TOLERANCE)
      continue;
    const shown = found.slice(0, 5).map((score) => Number(score.toPrecision(6)));
    throw new DataError({
      code: "SCORES_NOT_PROBABILITIES",
      message: `${modelFile}: output ${guessedFrom} has the shape [rows, ${found.length}] and no label beside it, and is no probability for each class: row ${row + 1} holds ${shown.join(", ")}${found.length > shown.length ? ", …" : ""}.`,
      hint: "For a classifier's raw scores (logits), say task: multiclass and name its classes. A regressor of several targets is judged one at a time: export one output a target, name it with output: and say task: regression.",
      place: { file: modelFile, row: row + 1 },
    });
  }
}

/** The same answers of some rows, in that order. */
export function takeAnswers(answers: Answers, rows: Uint32Array): Answers {
  const count = answers.kind === "values" ? answers.values.length : answers.labels.length;
  if (isEveryRow(rows, count)) return answers;
  const take = (values: Float64Array): Float64Array => {
    const taken = new Float64Array(rows.length);
    for (let at = 0; at < rows.length; at++) taken[at] = values[rows[at] ?? 0] ?? Number.NaN;
    return taken;
  };
  const measures = new Map(
    [...answers.measures].map(([name, values]) => [name, take(values)] as const),
  );
  if (answers.kind === "values") return { ...answers, values: take(answers.values), measures };
  return {
    ...answers,
    labels: takeCodes(answers.labels, rows),
    scores: answers.scores.map(({ name, values }) => ({ name, values: take(values) })),
    measures,
  };
}

/** Whether places are 0, 1, 2 … up to a count: then nothing need be copied. */
export function isEveryRow(rows: Uint32Array, count: number): boolean {
  if (rows.length !== count) return false;
  for (let at = 0; at < count; at++) if (rows[at] !== at) return false;
  return true;
}

/** The codes of some rows, in that order. */
export function takeCodes(codes: ArrayLike<number>, rows: ArrayLike<number>): Int32Array {
  const taken = new Int32Array(rows.length);
  for (let at = 0; at < taken.length; at++) taken[at] = codes[rows[at] ?? 0] ?? 0;
  return taken;
}

/** How far a row's probabilities may sum from 1: scores rounded to two decimals still pass. */
const SUM_TOLERANCE = 0.01;

/**
 * Refuses answers that no verdict may rest on.
 *
 * @throws DataError `BAD_SCORE`, `BAD_PREDICTION`, `PROBABILITIES_DO_NOT_SUM` naming the first row
 */
export function checkAnswers(answers: Answers, source: string): void {
  if (answers.kind === "values") return checkValues(answers.values, source);
  for (const { name, values } of answers.scores) {
    const row = findNonFinite(values);
    if (row < 0) continue;
    throw new DataError({
      code: "BAD_SCORE",
      message: `${source}, row ${row + 1}: the score of ${name} is ${String(values[row])}; a finite number is expected.`,
      hint: "A model that yields NaN is broken for that row (missing inputs, overflow): correct it or drop the row.",
      place: { file: source, row: row + 1 },
    });
  }
  checkSums(answers.scores, source);
}

function checkValues(values: Float64Array, source: string): void {
  const row = findNonFinite(values);
  if (row < 0) return;
  throw new DataError({
    code: "BAD_PREDICTION",
    message: `${source}, row ${row + 1}: the prediction is ${String(values[row])}; a finite number is expected.`,
    hint: "A model that yields NaN is broken for that row (missing inputs, overflow): correct it or drop the row.",
    place: { file: source, row: row + 1 },
  });
}

function checkSums(scores: readonly ClassScores[], source: string): void {
  if (scores.length < 2) return;
  if (!scores.every(({ values }) => areWithinUnit(values))) return;
  const rows = scores[0]?.values.length ?? 0;
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (const { values } of scores) sum += values[row] ?? 0;
    if (Math.abs(sum - 1) <= SUM_TOLERANCE) continue;
    throw new DataError({
      code: "PROBABILITIES_DO_NOT_SUM",
      message: `${source}, row ${row + 1}: the scores of ${scores.map(({ name }) => name).join(", ")} sum to ${Number(sum.toPrecision(6))}, not to 1.`,
      hint: "Give one probability a class (softmax), in the right columns.",
      place: { file: source, row: row + 1 },
    });
  }
}
