import { sortedOrder } from "../sorting.ts";
import { type BindRequest, numberArgument } from "./bind-request.ts";
import type { RegressionEvaluation } from "./evaluation.ts";
import type { Kernel } from "./kernel.ts";
import { type Undefined } from "./measure.ts";
import {
  type RowLoss,
  absoluteError,
  absolutePercentageError,
  explainedVariance,
  lossRows,
  maxError,
  medianOfErrors,
  pinballLoss,
  rSquared,
  squaredError,
  symmetricPercentageError,
  weightedMean,
} from "./regression.ts";

/** Binds a metric of a regression. */
export function bindRegressionMetric(
  request: BindRequest,
  rows: RegressionEvaluation,
): Kernel | Undefined {
  switch (request.metric.name) {
    case "mse":
      return meanLoss(rows, squaredError);
    case "rmse":
      return {
        ...meanLoss(rows, squaredError),
        combine: (means) => Math.sqrt(means[0]!),
        pivot: { of: (rmse) => rmse * Math.abs(rmse), back: (mse) => Math.sqrt(Math.max(0, mse)) },
      };
    case "mae":
      return meanLoss(rows, absoluteError);
    case "mape":
      return meanLoss(rows, absolutePercentageError);
    case "smape":
      return meanLoss(rows, symmetricPercentageError);
    case "pinball": {
      const level = numberArgument(request, (value) => value >= 0 && value <= 1);
      return typeof level === "number" ? meanLoss(rows, pinballLoss(level)) : level;
    }
    case "r2":
      return rSquaredKernel(rows);
    case "explained_variance":
      return explainedVarianceKernel(rows);
    case "median_absolute_error":
      return medianKernel(rows);
    default:
      return {
        kind: "rows",
        rowCount: rows.truth.length,
        evaluate: (weights) => maxError(drawnRows(rows, weights)),
      };
  }
}

function meanLoss(rows: RegressionEvaluation, loss: RowLoss): Kernel & { readonly kind: "means" } {
  const losses = lossRows(rows, loss);
  return { kind: "means", rows: [losses], combine: (means) => means[0]!, losses };
}

/** Values around their mean, so that the mean of squares keeps its digits, and their squares. */
function centred(
  values: Float64Array,
  weights: ArrayLike<number> | undefined,
): [Float64Array, Float64Array] {
  const mean = weightedMean(values, weights).value ?? 0;
  const around = values.map((value) => value - mean);
  // The mean of large values is itself rounded: what it is off by shows in the distances.
  const rest = weightedMean(around, weights).value ?? 0;
  if (rest !== 0) for (let i = 0; i < around.length; i++) around[i]! -= rest;
  return [around, squaresOf(around)];
}

function centredTruth(rows: RegressionEvaluation): [Float64Array, Float64Array] {
  return centred(
    lossRows(rows, (y) => y),
    rows.weights,
  );
}

function squaresOf(values: Float64Array): Float64Array {
  const squares = new Float64Array(values.length);
  for (let i = 0; i < squares.length; i++) squares[i] = values[i]! * values[i]!;
  return squares;
}

/** The variance by the means of values and of squares; NaN where a resample's values are all one. */
function varianceOf(mean: number, meanOfSquares: number): number {
  const variance = meanOfSquares - mean * mean;
  return variance > 1e-12 * meanOfSquares ? variance : Number.NaN;
}

function rSquaredKernel(rows: RegressionEvaluation): Kernel {
  const squares = lossRows(rows, squaredError);
  return {
    kind: "means",
    rows: [squares, ...centredTruth(rows)],
    combine: (means) => 1 - means[0]! / varianceOf(means[1]!, means[2]!),
    value: rSquared(rows),
    losses: squares,
  };
}

function explainedVarianceKernel(rows: RegressionEvaluation): Kernel {
  const residuals = lossRows(rows, (y, z) => y - z);
  return {
    kind: "means",
    // A variance does not change with a shift.
    rows: [...centred(residuals, rows.weights), ...centredTruth(rows)],
    combine: (means) => 1 - (means[1]! - means[0]! ** 2) / varianceOf(means[2]!, means[3]!),
    value: explainedVariance(rows),
  };
}

function medianKernel(rows: RegressionEvaluation): Kernel {
  const errors = lossRows(rows, absoluteError);
  const order = sortedOrder(errors);
  return {
    kind: "rows",
    rowCount: errors.length,
    evaluate: (weights) => medianOfErrors(errors, order, weights),
  };
}

/** The rows that a resample holds at all: for a metric that does not look at weights. */
function drawnRows(
  rows: RegressionEvaluation,
  weights: ArrayLike<number> | undefined,
): Pick<RegressionEvaluation, "truth" | "prediction"> {
  if (weights === undefined || weights === rows.weights) return rows;
  const drawn: number[] = [];
  for (let i = 0; i < weights.length; i++) if (weights[i]! > 0) drawn.push(i);
  return {
    truth: Float64Array.from(drawn, (row) => rows.truth[row]!),
    prediction: Float64Array.from(drawn, (row) => rows.prediction[row]!),
  };
}
