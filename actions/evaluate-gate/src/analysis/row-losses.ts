import { brierRows, rowsSumToOne, weightedMean, type Evaluation } from "#stats";
import type { LossName } from "./error-analysis.ts";

/** A loss for each row. */
export interface RowLosses {
  readonly name: LossName;
  /** One a row, finite, at least 0. */
  readonly values: Float64Array;
  /** Weighted where the rows are. */
  readonly mean: number;
}

/**
 * The loss of each row, bounded where the task allows it, so that no single row decides a segment:
 * Brier where scores are probabilities, else wrong or right; the absolute error of a regression.
 * Its mean is the metric `brier`, `1 - accuracy` or `mae`.
 */
export function rowLossesOf(evaluation: Evaluation): RowLosses {
  const { name, values } = lossesOf(evaluation);
  return { name, values, mean: weightedMean(values, evaluation.weights).value ?? 0 };
}

function lossesOf(evaluation: Evaluation): Omit<RowLosses, "mean"> {
  const { truth, prediction } = evaluation;
  if (evaluation.task === "regression") {
    const values = new Float64Array(truth.length);
    for (let i = 0; i < values.length; i++)
      values[i] = Math.abs((prediction[i] ?? 0) - (truth[i] ?? 0));
    return { name: "absolute_error", values };
  }
  const brier = brierRows(evaluation);
  if ("rows" in brier && rowsSumToOne(evaluation)) return { name: "brier", values: brier.rows };
  const values = new Float64Array(truth.length);
  for (let i = 0; i < values.length; i++) values[i] = prediction[i] === truth[i] ? 0 : 1;
  return { name: "zero_one", values };
}
