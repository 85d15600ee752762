import { formatNumber } from "#report";
import {
  indicatorOf,
  positiveOf,
  probabilityProblem,
  recalibrationLine,
  reliabilityOf,
  scoreColumns,
  scoresOfClass,
  topLabels,
  type CalibrationInput,
  type ClassificationEvaluation,
} from "#stats";
import { sampleRows, type Check, type CheckContext } from "./check-context.ts";
import type { Outcome } from "./finding.ts";

const MOST_ROWS_OF_LINE = 50_000;

/** Whether what a model calls likely comes about as often. */
export const checkCalibration: Check = (context) => ({ ece: measureCalibration(context) });

function measureCalibration({ evaluation, scoring }: CheckContext): Outcome {
  if (evaluation.task === "regression")
    return { kind: "not-applicable", why: "A regression has no probabilities." };
  const problem = probabilityProblem(evaluation);
  if (problem !== null) return { kind: "not-applicable", why: `Not calibrated: ${problem}.` };
  const input = confidencesOf(evaluation);
  if (input === null) return { kind: "not-applicable", why: "There are no probabilities." };
  const { confidence, seed } = scoring.inputs;
  const found = reliabilityOf(input, { confidence, seed });
  if (found.value === null) return { kind: "unknown", why: `${found.reason}.` };
  return {
    kind: "measured",
    value: found.value,
    low: found.low,
    high: found.high,
    found: `Probabilities are off by ${formatNumber(found.value, 3)} on average${describeLine(input, seed)}.`,
    advice:
      "Recalibrate on validation rows (Platt scaling, isotonic regression), or do not read the scores as probabilities.",
  };
}

/** Of the positive class, or of each row's most likely class. */
function confidencesOf(evaluation: ClassificationEvaluation): CalibrationInput | null {
  const { truth, weights } = evaluation;
  if (evaluation.task === "multiclass") {
    const { confidence, hits } = topLabels(scoreColumns(evaluation)?.columns ?? [], truth);
    return { probabilities: confidence, outcomes: hits, weights };
  }
  const positive = positiveOf(evaluation);
  const found = scoresOfClass(evaluation, positive);
  if (found.value === null) return null;
  return { probabilities: found.scores, outcomes: indicatorOf(truth, positive), weights };
}

/** In which direction: too extreme, too timid, too high or too low. */
function describeLine(
  { probabilities, outcomes, weights }: CalibrationInput,
  seed: number,
): string {
  const rows = sampleRows(probabilities.length, MOST_ROWS_OF_LINE, seed);
  const line = recalibrationLine({
    probabilities: Float64Array.from(rows, (row) => probabilities[row] ?? 0),
    outcomes: Float64Array.from(rows, (row) => outcomes[row] ?? 0),
    weights: weights && Float64Array.from(rows, (row) => weights[row] ?? 0),
  });
  if (line.value === null) return "";
  const { slope, intercept } = line;
  const words = slope < 0.9 ? ", they are too extreme" : slope > 1.1 ? ", they are too timid" : "";
  return `${words} (slope ${formatNumber(slope, 3)}, intercept ${formatNumber(intercept, 3)}; 1 and 0 are ideal)`;
}
