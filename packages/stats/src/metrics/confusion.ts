import type { ClassificationEvaluation, Codes } from "./evaluation.ts";

/** Weighted counts of truth against prediction; everything that count metrics need. */
export interface ConfusionMatrix {
  readonly classCount: number;
  /** Row-major, truth x prediction, `classCount` squared cells. */
  readonly cells: Float64Array;
  /** Weight of each true class: sums over predictions. */
  readonly truthTotals: Float64Array;
  /** Weight of each predicted class: sums over truths. */
  readonly predictionTotals: Float64Array;
  readonly total: number;
  /** Names for reasons; codes are shown when left out. */
  readonly classes?: readonly string[] | undefined;
}

/** What {@link countConfusion} counts: codes below `classCount`, weights of 1 when left out. */
export interface ConfusionInput {
  readonly classCount: number;
  readonly truth: Codes;
  readonly prediction: Codes;
  readonly weights?: ArrayLike<number> | undefined;
  readonly classes?: readonly string[] | undefined;
}

/**
 * Counts truth against prediction in one pass over the rows.
 *
 * @throws RangeError where lengths differ or a code is not one of the classes.
 */
export function countConfusion(input: ConfusionInput): ConfusionMatrix {
  const { classCount, truth, prediction, weights, classes } = input;
  if (prediction.length !== truth.length)
    throw new RangeError(`${prediction.length} predictions for ${truth.length} rows`);
  const cells = new Float64Array(classCount * classCount);
  for (let i = 0; i < truth.length; i++) {
    const t = truth[i]!;
    const p = prediction[i]!;
    if (!(t >= 0 && t < classCount && p >= 0 && p < classCount))
      throw new RangeError(`row ${i}: codes ${t} and ${p} of ${classCount} classes`);
    cells[t * classCount + p]! += weights === undefined ? 1 : weights[i]!;
  }
  return confusionFromCells(cells, classCount, classes);
}

/** A confusion matrix from its cells (row-major, truth x prediction). */
export function confusionFromCells(
  cells: Float64Array,
  classCount: number,
  classes?: readonly string[],
): ConfusionMatrix {
  const truthTotals = new Float64Array(classCount);
  const predictionTotals = new Float64Array(classCount);
  let total = 0;
  for (let t = 0; t < classCount; t++) {
    for (let p = 0; p < classCount; p++) {
      const weight = cells[t * classCount + p]!;
      truthTotals[t]! += weight;
      predictionTotals[p]! += weight;
      total += weight;
    }
  }
  return { classCount, cells, truthTotals, predictionTotals, total, classes };
}

const matrices = new WeakMap<ClassificationEvaluation, ConfusionMatrix>();

/** The confusion matrix of an evaluation; counted once and kept. */
export function confusionOf(evaluation: ClassificationEvaluation): ConfusionMatrix {
  const known = matrices.get(evaluation);
  if (known !== undefined) return known;
  const { truth, prediction, weights, classes } = evaluation;
  const made = countConfusion({
    classCount: classes.length,
    truth,
    prediction,
    weights,
    classes,
  });
  matrices.set(evaluation, made);
  return made;
}

/** A class as a reader knows it: its quoted name, else its code. */
export function nameOfClass(matrix: ConfusionMatrix, code: number): string {
  const name = matrix.classes?.[code];
  return name === undefined ? `class ${code}` : `class "${name}"`;
}
