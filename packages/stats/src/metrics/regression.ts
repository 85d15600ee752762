import { forEachBlock } from "../row-blocks.ts";
import { sortedOrder } from "../sorting.ts";
import { quantilesOf, weightedMedian } from "../quantiles.ts";
import { type Measured, defined, undefinedBecause } from "./measure.ts";

/** Rows of a regression: one number each for truth and prediction. */
export interface RegressionRows {
  readonly truth: ArrayLike<number>;
  readonly prediction: ArrayLike<number>;
  readonly weights?: ArrayLike<number> | undefined;
}

const noRows = "there are no rows";
const tooLarge = "the sum of these rows is too large for a number";
const machineEpsilon = 2 ** -52;

/** A loss of one row: truth first, prediction second. */
export type RowLoss = (truth: number, prediction: number) => number;

/** (y - z)². */
export const squaredError: RowLoss = (y, z) => (y - z) * (y - z);
/** |y - z|. */
export const absoluteError: RowLoss = (y, z) => Math.abs(y - z);
/** |y - z| / max(|y|, eps): a fraction, huge where y is 0. */
export const absolutePercentageError: RowLoss = (y, z) =>
  Math.abs(y - z) / Math.max(Math.abs(y), machineEpsilon);
/** 2|y - z| / (|y| + |z|), in 0..2; 0 where both are 0. */
export const symmetricPercentageError: RowLoss = (y, z) => {
  const size = Math.abs(y) + Math.abs(z);
  return size > 0 ? (2 * Math.abs(y - z)) / size : 0;
};

/** Quantile loss at `level` in 0..1: level (y - z) above the prediction, (1 - level)(z - y) below. */
export function pinballLoss(level: number): RowLoss {
  if (!(level >= 0 && level <= 1)) throw new RangeError(`the level is ${level}, not in 0..1`);
  return (y, z) => (y >= z ? level * (y - z) : (1 - level) * (z - y));
}

/** The loss of every row. */
export function lossRows(rows: RegressionRows, loss: RowLoss): Float64Array {
  const { truth, prediction } = rows;
  if (prediction.length !== truth.length)
    throw new RangeError(`${prediction.length} predictions for ${truth.length} rows`);
  const found = new Float64Array(truth.length);
  for (let i = 0; i < found.length; i++) found[i] = loss(truth[i]!, prediction[i]!);
  return found;
}

/** Weighted mean; undefined without weight or where a value is not a number. */
export function weightedMean(
  values: ArrayLike<number>,
  weights: ArrayLike<number> | undefined,
): Measured {
  const sums = { sum: 0, total: 0 };
  forEachBlock(values.length, (from, to) => addWeighted({ values, weights, sums }, from, to));
  const { sum, total } = sums;
  if (!(total > 0)) return undefinedBecause(noRows);
  if (Number.isNaN(sum)) return undefinedBecause("some values are not a number");
  if (!Number.isFinite(sum)) return undefinedBecause(tooLarge);
  return defined(sum / total);
}

interface WeightedRows {
  readonly values: ArrayLike<number>;
  readonly weights: ArrayLike<number> | undefined;
  readonly sums: { sum: number; total: number };
}

function addWeighted({ values, weights, sums }: WeightedRows, from: number, to: number): void {
  let { sum, total } = sums;
  for (let i = from; i < to; i++) {
    const weight = weights === undefined ? 1 : weights[i]!;
    if (weight === 0) continue;
    sum += weight * values[i]!;
    total += weight;
  }
  sums.sum = sum;
  sums.total = total;
}

function meanLoss(rows: RegressionRows, loss: RowLoss): Measured {
  return weightedMean(lossRows(rows, loss), rows.weights);
}

/** Mean squared error, in the target's units squared. */
export function meanSquaredError(rows: RegressionRows): Measured {
  return meanLoss(rows, squaredError);
}

/** Root of the mean squared error, in the target's units. */
export function rootMeanSquaredError(rows: RegressionRows): Measured {
  const mean = meanSquaredError(rows);
  return mean.value === null ? mean : defined(Math.sqrt(mean.value));
}

/** Mean absolute error, in the target's units. */
export function meanAbsoluteError(rows: RegressionRows): Measured {
  return meanLoss(rows, absoluteError);
}

/** Mean absolute percentage error, as a fraction of max(|y|, 2^-52). */
export function meanAbsolutePercentageError(rows: RegressionRows): Measured {
  return meanLoss(rows, absolutePercentageError);
}

/** Symmetric mean absolute percentage error, a fraction in 0..2; a row of 0 and 0 counts 0. */
export function symmetricMeanAbsolutePercentageError(rows: RegressionRows): Measured {
  return meanLoss(rows, symmetricPercentageError);
}

/** Mean pinball loss of a quantile at `level`, in the target's units. */
export function meanPinballLoss(rows: RegressionRows, level: number): Measured {
  return meanLoss(rows, pinballLoss(level));
}

/** Weighted median of the absolute errors, in the target's units. */
export function medianAbsoluteError(rows: RegressionRows): Measured {
  const errors = lossRows(rows, absoluteError);
  if (errors.some(Number.isNaN)) return undefinedBecause("some values are not a number");
  return medianOfErrors(errors, sortedOrder(errors), rows.weights);
}

/** The weighted median of errors whose ascending order is known. */
export function medianOfErrors(
  errors: Float64Array,
  order: Uint32Array,
  weights: ArrayLike<number> | undefined,
): Measured {
  const median = weightedMedian(errors, weights ?? new Uint8Array(errors.length).fill(1), order);
  return median === null ? undefinedBecause(noRows) : defined(median);
}

/** Largest absolute error, in the target's units; weights do not count, as in scikit-learn. */
export function maxError(rows: RegressionRows): Measured {
  const errors = lossRows(rows, absoluteError);
  if (errors.length === 0) return undefinedBecause(noRows);
  let largest = 0;
  for (const error of errors) if (!(error <= largest)) largest = error;
  return Number.isNaN(largest)
    ? undefinedBecause("some values are not a number")
    : defined(largest);
}

/**
 * Weighted sum of squares around the weighted mean, in two passes, less what the mean's own rounding
 * adds (Chan, Golub & LeVeque 1983); exactly 0 for a constant.
 */
function sumOfSquares(values: ArrayLike<number>, weights: ArrayLike<number> | undefined): number {
  const mean = weightedMean(values, weights).value;
  if (mean === null) return Number.NaN;
  let [squares, distances, total] = [0, 0, 0];
  let first: number | null = null;
  let isConstant = true;
  for (let i = 0; i < values.length; i++) {
    const weight = weights === undefined ? 1 : weights[i]!;
    if (weight === 0) continue;
    first ??= values[i]!;
    if (values[i] !== first) isConstant = false;
    const distance = values[i]! - mean;
    squares += weight * distance * distance;
    distances += weight * distance;
    total += weight;
  }
  return isConstant ? 0 : squares - (distances * distances) / total;
}

/** 1 - left / whole; for a constant target 1 where nothing is left, else 0. */
function shareExplained(left: number, whole: number): Measured {
  if (Number.isNaN(left) || Number.isNaN(whole))
    return undefinedBecause("some values are not a number");
  if (left === Infinity) return undefinedBecause(tooLarge);
  if (whole > 0) return defined(1 - left / whole);
  return defined(left === 0 ? 1 : 0);
}

function squaredErrorSum(rows: RegressionRows): number {
  let sum = 0;
  for (let i = 0; i < rows.truth.length; i++) {
    const weight = rows.weights === undefined ? 1 : rows.weights[i]!;
    if (weight !== 0) sum += weight * squaredError(rows.truth[i]!, rows.prediction[i]!);
  }
  return sum;
}

/** Coefficient of determination, at most 1. Undefined below two rows. */
export function rSquared(rows: RegressionRows): Measured {
  if (rows.truth.length < 2) return undefinedBecause("R² needs at least two rows");
  return explained(rows, squaredErrorSum);
}

/** Sums of squares outside of these have lost digits, or all of them, to the floating point's range. */
const safeSquares = { least: 1e-280, most: 1e280 };

/** What a sum of squares leaves of the truth's own; in units of the largest value where squares are out of range. */
function explained(rows: RegressionRows, leftOf: (rows: RegressionRows) => number): Measured {
  const [left, whole] = [leftOf(rows), sumOfSquares(rows.truth, rows.weights)];
  const { least, most } = safeSquares;
  if (whole >= least && whole <= most && left <= most) return shareExplained(left, whole);
  const unit = Math.max(largestSize(rows.truth), largestSize(rows.prediction));
  if (!(unit > 0 && unit < Infinity)) return shareExplained(left, whole);
  const scaled = {
    truth: Float64Array.from(rows.truth, (value) => value / unit),
    prediction: Float64Array.from(rows.prediction, (value) => value / unit),
    weights: rows.weights,
  };
  return shareExplained(leftOf(scaled), sumOfSquares(scaled.truth, scaled.weights));
}

function largestSize(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++)
    if (!(Math.abs(values[i]!) <= largest)) largest = Math.abs(values[i]!);
  return largest;
}

/** Share of the target's variance that the residuals do not keep, at most 1: R² without the bias. */
export function explainedVariance(rows: RegressionRows): Measured {
  if (rows.truth.length === 0) return undefinedBecause(noRows);
  return explained(rows, (scaled) => {
    const residuals = lossRows(scaled, (y, z) => y - z);
    return sumOfSquares(residuals, scaled.weights);
  });
}

/** Quantiles of the residuals (truth minus prediction), by linear interpolation, unweighted. */
export function residualQuantiles(rows: RegressionRows, levels: readonly number[]): number[] {
  return quantilesOf(
    lossRows(rows, (y, z) => y - z),
    levels,
  );
}

/** Rows of several targets: one array a target. */
export interface MultiOutputRows {
  readonly truth: readonly ArrayLike<number>[];
  readonly prediction: readonly ArrayLike<number>[];
  readonly weights?: ArrayLike<number> | undefined;
}

function outputsOf(rows: MultiOutputRows): RegressionRows[] {
  return rows.truth.map((truth, k) => ({
    truth,
    prediction: rows.prediction[k]!,
    weights: rows.weights,
  }));
}

/** The plain mean of a metric over several targets; undefined where one of them is. */
export function uniformAverage(
  rows: MultiOutputRows,
  metric: (rows: RegressionRows) => Measured,
): Measured {
  const values: number[] = [];
  for (const output of outputsOf(rows)) {
    const one = metric(output);
    if (one.value === null) return one;
    values.push(one.value);
  }
  return weightedMean(values, undefined);
}

/** R² over several targets, each weighted by its variance. */
export function rSquaredVarianceWeighted(rows: MultiOutputRows): Measured {
  let left = 0;
  let whole = 0;
  for (const output of outputsOf(rows)) {
    left += squaredErrorSum(output);
    whole += sumOfSquares(output.truth, output.weights);
  }
  return shareExplained(left, whole);
}
