import type { Column } from "#core";
import { toText } from "#data";
import { formatNumber } from "#report";
import {
  confusionOf,
  errorReduction,
  logLossRows,
  naiveAnswer,
  normalQuantile,
  rootErrorReduction,
  type ClassificationEvaluation,
  type Estimate,
  type RegressionEvaluation,
} from "#stats";
import { FEWEST_ROWS, type Check, type CheckContext } from "./check-context.ts";
import { percent, quoteName, type Outcome } from "./finding.ts";

/** How much of a constant answer's error the model removes, by the measure that favours it most. */
export const checkBaselineGain: Check = (context) => ({ gain: measureGain(context) });

/** A gain by one measure of error, and the constant answer that it is held against. */
interface Gain {
  readonly estimate: Estimate;
  readonly measure: string;
  readonly answer: string;
}

function measureGain(context: CheckContext): Outcome {
  const { evaluation, scoring } = context;
  const gains =
    evaluation.task === "regression"
      ? gainsOfValues(evaluation, context)
      : gainsOfClasses(evaluation, context);
  const [best] = gains.toSorted((a, b) => b.estimate.value - a.estimate.value);
  if (best === undefined)
    return {
      kind: "not-applicable",
      why: "The target never varies: a constant answer is always right.",
    };
  const { estimate, measure, answer } = best;
  const z = normalQuantile((1 + scoring.inputs.confidence) / 2);
  const isFew = estimate.n < FEWEST_ROWS;
  const [low, high] = isFew
    ? [-1, 1]
    : [estimate.value - z * estimate.standardError, estimate.value + z * estimate.standardError];
  const words = `${percent(Math.abs(estimate.value))} ${estimate.value >= 0 ? "below" : "above"}`;
  return {
    kind: "measured",
    value: estimate.value,
    low,
    high,
    found: `Its ${measure} is ${words} that of ${answer}.`,
    advice:
      "A constant does nearly as well: do the columns say anything about the target, and are rows and answers in the same order?",
  };
}

function gainsOfValues(evaluation: RegressionEvaluation, context: CheckContext): readonly Gain[] {
  const { truth, prediction, weights } = evaluation;
  const known = trainingValues(context.training) ?? Float64Array.from(truth);
  const from = trainingValues(context.training) === null ? "" : " of training";
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const median = naiveAnswer({ kind: "values", values: known }) ?? mean;
  const errors = Float64Array.from(truth, (value, row) => Math.abs(value - (prediction[row] ?? 0)));
  const naive = (answer: number): Float64Array =>
    Float64Array.from(truth, (value) => Math.abs(value - answer));
  const squared = (values: Float64Array): Float64Array => values.map((value) => value * value);
  const byMedian = errorReduction({ own: errors, naive: naive(median), weights });
  const byMean = rootErrorReduction({ own: squared(errors), naive: squared(naive(mean)), weights });
  return [
    ...toGain(
      byMedian,
      "absolute error",
      `always answering the median${from}, ${formatNumber(median)}`,
    ),
    ...toGain(
      byMean,
      "root mean squared error",
      `always answering the mean${from}, ${formatNumber(mean)}`,
    ),
  ];
}

function toGain(
  found: ReturnType<typeof errorReduction>,
  measure: string,
  answer: string,
): readonly Gain[] {
  return found.value === null ? [] : [{ estimate: found, measure, answer }];
}

function trainingValues(training: CheckContext["training"]): Float64Array | null {
  if (training.kind === "unknown" || training.target?.kind !== "number") return null;
  const values = training.target.values.filter((value) => Number.isFinite(value));
  return values.length === 0 ? null : values;
}

/** What a constant answer loses in each row, by the row's class. */
function lossOfClasses(truth: ArrayLike<number>, losses: Float64Array): Float64Array {
  const values = new Float64Array(truth.length);
  for (let row = 0; row < values.length; row++) values[row] = losses[truth[row] ?? 0] ?? 0;
  return values;
}

/** 1 where a row is of another class. */
function outsideOfClass(truth: ArrayLike<number>, code: number): Uint8Array {
  const values = new Uint8Array(truth.length);
  for (let row = 0; row < values.length; row++) values[row] = truth[row] === code ? 0 : 1;
  return values;
}

/** 1 where a row is answered wrongly. */
function wrongAnswers(truth: ArrayLike<number>, prediction: ArrayLike<number>): Uint8Array {
  const values = new Uint8Array(truth.length);
  for (let row = 0; row < values.length; row++)
    values[row] = truth[row] === prediction[row] ? 0 : 1;
  return values;
}

/** By the error rate, by each class alike, and by log loss: a rare class shows only in the latter two. */
function gainsOfClasses(
  evaluation: ClassificationEvaluation,
  context: CheckContext,
): readonly Gain[] {
  const { truth, prediction, weights, classes } = evaluation;
  const { counts, from } = classCounts(evaluation, context);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const frequent = counts.indexOf(counts.reduce((most, count) => Math.max(most, count), 0));
  const rate = errorReduction({
    own: wrongAnswers(truth, prediction),
    naive: outsideOfClass(truth, frequent),
    weights,
  });
  const frequentName = quoteName(classes[frequent] ?? "");
  const ownLoss = logLossRows(evaluation);
  // One row more a class: a class that training lacks is not impossible.
  const losses = Float64Array.from(
    counts,
    (count) => -Math.log((count + 1) / (total + counts.length)),
  );
  const logLoss =
    ownLoss.value === null
      ? null
      : errorReduction({
          own: ownLoss.rows,
          naive: lossOfClasses(truth, losses),
          weights,
        });
  return [
    ...toGain(
      rate,
      "error rate",
      `always answering the most frequent class${from}, ${frequentName}`,
    ),
    ...(logLoss === null
      ? []
      : toGain(logLoss, "log loss", `always giving the classes' shares${from}`)),
    ...balancedGain(evaluation, context),
  ];
}

/** Balanced accuracy above what any constant answer has: 1 / classes. */
function balancedGain(
  evaluation: ClassificationEvaluation,
  { metrics, scoring }: CheckContext,
): readonly Gain[] {
  const measure = metrics.get("balanced_accuracy");
  const present = confusionOf(evaluation).truthTotals.filter((count) => count > 0).length;
  if (measure === undefined || measure.value === null || present < 2) return [];
  const chance = 1 / present;
  const z = normalQuantile((1 + scoring.inputs.confidence) / 2);
  const { low, high, value } = measure;
  const reach = typeof low === "number" && typeof high === "number" ? (high - low) / (2 * z) : 0;
  return [
    {
      estimate: {
        value: (value - chance) / (1 - chance),
        standardError: reach / (1 - chance),
        n: evaluation.truth.length,
      },
      measure: "error rate, each class counting alike,",
      answer: "any constant answer",
    },
  ];
}

/** Rows of each class in training, else here. */
function classCounts(
  { truth, classes }: ClassificationEvaluation,
  { training }: CheckContext,
): { readonly counts: Float64Array; readonly from: string } {
  const counts = new Float64Array(classes.length);
  const target: Column | null = training.kind === "known" ? training.target : null;
  if (target === null) {
    for (let row = 0; row < truth.length; row++) {
      const code = truth[row] ?? 0;
      counts[code] = (counts[code] ?? 0) + 1;
    }
    return { counts, from: "" };
  }
  const { codes, levels } = toText(target);
  const places = levels.map((level) => classes.indexOf(level));
  for (const code of codes) {
    const at = places[code] ?? -1;
    if (at >= 0) counts[at] = (counts[at] ?? 0) + 1;
  }
  return { counts, from: " of training" };
}
