import { classArgument } from "./bind-counts.ts";
import { type BindRequest, numberArgument } from "./bind-request.ts";
import { binConfidences, calibrationOfEvaluation, expectedGap, largestGap } from "./calibration.ts";
import { countConfusion } from "./confusion.ts";
import { type ClassChoice, precision, recall } from "./count-metrics.ts";
import {
  type ClassificationEvaluation,
  indicatorOf,
  positiveOf,
  scoreColumns,
  scoresOfClass,
} from "./evaluation.ts";
import {
  averageInfluence,
  averagePrecisionInfluence,
  oneVsOneInfluence,
  rocAucInfluence,
} from "./influence.ts";
import type { Kernel, RowKernel } from "./kernel.ts";
import { type Measured, type Undefined, undefinedBecause } from "./measure.ts";
import {
  type RankingAverage,
  averagePrecisionOfClasses,
  rankingOfClass,
  rocAucOneVsOne,
  rocAucOneVsRest,
} from "./multiclass-ranking.ts";
import { type RowValues, brierRows, logLossRows, topKRows } from "./probability.ts";
import { averagePrecision, rocAuc } from "./ranking.ts";

/** Binds a metric that needs scores. */
export function bindScoreMetric(
  request: BindRequest,
  evaluation: ClassificationEvaluation,
): Kernel | Undefined {
  if (evaluation.scores === undefined) {
    const [only, other] = evaluation.classes;
    return undefinedBecause(
      only !== undefined && other === undefined
        ? `every row is of class "${only}": ${request.metric.name} needs two`
        : `${request.metric.name} needs scores and there are none`,
    );
  }
  switch (request.metric.name) {
    case "log_loss":
      return meanOf(logLossRows(evaluation));
    case "brier":
      return meanOf(brierRows(evaluation));
    case "top_k_accuracy":
      return bindTopK(request, evaluation);
    case "precision_at_threshold":
    case "recall_at_threshold":
      return bindThresholded(request, evaluation);
    case "roc_auc":
      return bindRocAuc(request, evaluation);
    case "average_precision":
      return bindAveragePrecision(request, evaluation);
    case "ece":
    case "mce":
      return bindCalibration(request, evaluation);
    default:
      return bindAverage(request.metric.name, evaluation);
  }
}

function bindAverage(name: string, evaluation: ClassificationEvaluation): RowKernel {
  switch (name) {
    case "roc_auc_ovr":
      return oneVsRest(evaluation, "macro");
    case "roc_auc_ovr_weighted":
      return oneVsRest(evaluation, "weighted");
    case "roc_auc_ovr_micro":
      return oneVsRest(evaluation, "micro");
    case "roc_auc_ovo":
      return oneVsOne(evaluation, "macro");
    case "roc_auc_ovo_weighted":
      return oneVsOne(evaluation, "weighted");
    case "average_precision_weighted":
      return precisionOfClasses(evaluation, "weighted");
    default:
      return precisionOfClasses(evaluation, "micro");
  }
}

function oneVsRest(evaluation: ClassificationEvaluation, average: RankingAverage): RowKernel {
  return {
    ...weighted(evaluation, (rows) => rocAucOneVsRest(rows, average)),
    influence: () =>
      evaluation.task === "binary"
        ? oneVsOneInfluence(evaluation, "macro")
        : averageInfluence(evaluation, average, rocAucInfluence),
  };
}

function oneVsOne(evaluation: ClassificationEvaluation, average: "macro" | "weighted"): RowKernel {
  return {
    ...weighted(evaluation, (rows) => rocAucOneVsOne(rows, average)),
    influence: () => oneVsOneInfluence(evaluation, average),
  };
}

function precisionOfClasses(
  evaluation: ClassificationEvaluation,
  average: RankingAverage,
): RowKernel {
  return {
    ...weighted(evaluation, (rows) => averagePrecisionOfClasses(rows, average)),
    influence: () => averageInfluence(evaluation, average, averagePrecisionInfluence),
  };
}

function meanOf(found: RowValues | Undefined): Kernel | Undefined {
  if (found.value === null) return found;
  return {
    kind: "means",
    rows: [found.rows],
    combine: (means) => means[0]!,
    losses: found.rows,
  };
}

/** A metric recomputed on other weights of the same rows. */
function weighted(
  evaluation: ClassificationEvaluation,
  metric: (rows: ClassificationEvaluation) => Measured,
): RowKernel {
  return {
    kind: "rows",
    rowCount: evaluation.truth.length,
    evaluate: (weights) => metric({ ...evaluation, weights }),
  };
}

function bindTopK(request: BindRequest, evaluation: ClassificationEvaluation): Kernel | Undefined {
  const k = numberArgument(request, (value) => Number.isInteger(value) && value >= 1);
  if (typeof k !== "number") return k;
  const found = topKRows(evaluation, k);
  if (found.value === null) return found;
  return { kind: "means", rows: [found.rows], combine: (means) => means[0]!, isShare: true };
}

/** Truth and prediction as 0 and 1, positive from the threshold up. */
function bindThresholded(
  request: BindRequest,
  evaluation: ClassificationEvaluation,
): Kernel | Undefined {
  const asked = numberArgument(request, (value) => !Number.isNaN(value));
  if (typeof asked !== "number") return asked;
  const positive = positiveOf(evaluation);
  const found = scoresOfClass(evaluation, positive);
  if (found.value === null) return found;
  // A score that float32 rounded down from the threshold still reaches it, as in numpy.
  const threshold = scoreColumns(evaluation)!.isFloat32 ? Math.fround(asked) : asked;
  const truth = indicatorOf(evaluation.truth, positive);
  const prediction = new Uint8Array(truth.length);
  for (let i = 0; i < prediction.length; i++) prediction[i] = found.scores[i]! >= threshold ? 1 : 0;
  const { weights, classes } = evaluation;
  const names = [`not ${classes[positive]!}`, classes[positive]!];
  const matrix = countConfusion({ classCount: 2, truth, prediction, weights, classes: names });
  const rate = request.metric.name === "precision_at_threshold" ? precision : recall;
  const choice: ClassChoice = { kind: "class", code: 1 };
  return {
    kind: "counts",
    truth,
    prediction,
    matrix,
    evaluate: (table) => rate(table, choice, request.options),
    proportion: ({ cells, truthTotals, predictionTotals }) => ({
      successes: cells[3]!,
      trials: rate === precision ? predictionTotals[1]! : truthTotals[1]!,
    }),
  };
}

function bindRocAuc(
  request: BindRequest,
  evaluation: ClassificationEvaluation,
): Kernel | Undefined {
  const code = classArgument(request, evaluation);
  if (typeof code !== "number")
    return request.argument === undefined
      ? undefinedBecause(
          "roc_auc of more than two classes: use roc_auc_ovr, roc_auc_ovo or roc_auc(class)",
        )
      : code;
  const ranking = rankingOfClass(evaluation, code);
  if (!("scores" in ranking)) return ranking;
  return {
    kind: "rows",
    rowCount: evaluation.truth.length,
    evaluate: (weights) => rocAuc({ ...ranking, weights }),
    influence: () => rocAucInfluence(ranking),
    ranking,
  };
}

function bindAveragePrecision(
  request: BindRequest,
  evaluation: ClassificationEvaluation,
): Kernel | Undefined {
  if (evaluation.task === "multiclass" && request.argument === undefined)
    return precisionOfClasses(evaluation, "macro");
  const code = classArgument(request, evaluation);
  if (typeof code !== "number") return code;
  const ranking = rankingOfClass(evaluation, code);
  if (!("scores" in ranking)) return ranking;
  return {
    kind: "rows",
    rowCount: evaluation.truth.length,
    evaluate: (weights) => averagePrecision({ ...ranking, weights }),
    influence: () => averagePrecisionInfluence(ranking),
  };
}

function bindCalibration(
  request: BindRequest,
  evaluation: ClassificationEvaluation,
): Kernel | Undefined {
  const bins = numberArgument(request, (value) => Number.isInteger(value) && value >= 1);
  if (typeof bins !== "number") return bins;
  const isExpected = request.metric.name === "ece";
  return {
    ...weighted(evaluation, (rows) => {
      const found = calibrationOfEvaluation(rows, { bins });
      if ("value" in found) return found;
      return isExpected ? found.expectedError : found.maximumError;
    }),
    binned: () => binConfidences(evaluation, bins),
    combineBins: isExpected ? expectedGap : largestGap,
  };
}
