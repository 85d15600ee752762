import { type Undefined, undefinedBecause } from "../metrics/measure.ts";
import { studentSf } from "../special/student-t.ts";

/** What {@link dieboldMarianoTest} compares: errors of two forecasts, in time order. */
export interface ForecastErrors {
  readonly first: ArrayLike<number>;
  readonly second: ArrayLike<number>;
  /** Steps ahead of the forecasts; 1 where errors are taken as independent. */
  readonly horizon?: number | undefined;
  readonly loss?: "squared" | "absolute" | undefined;
}

/** The test of equal forecast accuracy. */
export interface DieboldMarianoResult {
  /** Mean loss of the first minus that of the second. */
  readonly meanDifference: number;
  readonly longRunVariance: number;
  /** Diebold and Mariano's statistic. */
  readonly statistic: number;
  /** The statistic with the small-sample correction of Harvey, Leybourne and Newbold. */
  readonly corrected: number;
  readonly degreesOfFreedom: number;
  /** Two-sided p of the corrected statistic by Student's law. */
  readonly p: number;
  /** One-sided p of "the first forecast is worse". */
  readonly firstWorse: number;
}

/** A variance below this share of the squared losses is their rounding. */
const roundingShare = 1e-28;

/**
 * Diebold and Mariano's test (1995) of two forecasts' losses in time order, with autocovariances up
 * to the horizon and the correction of Harvey, Leybourne and Newbold (1997).
 */
export function dieboldMarianoTest(errors: ForecastErrors): DieboldMarianoResult | Undefined {
  const { first, second, horizon = 1, loss = "squared" } = errors;
  const n = first.length;
  const cost = (error: number): number => (loss === "squared" ? error * error : Math.abs(error));
  const differences = Float64Array.from(first, (error, i) => cost(error) - cost(second[i]!));
  const meanDifference = differences.reduce((sum, value) => sum + value, 0) / n;
  const centred = differences.map((value) => value - meanDifference);
  let longRunVariance = 0;
  for (let lag = 0; lag < horizon; lag++) {
    let sum = 0;
    for (let i = lag; i < n; i++) sum += centred[i]! * centred[i - lag]!;
    longRunVariance += ((lag === 0 ? 1 : 2) * sum) / n;
  }
  let squaredLosses = 0;
  for (let i = 0; i < n; i++) squaredLosses += (cost(first[i]!) ** 2 + cost(second[i]!) ** 2) / n;
  if (!(longRunVariance > roundingShare * squaredLosses))
    return undefinedBecause("the estimated long-run variance is not positive");
  const statistic = meanDifference / Math.sqrt(longRunVariance / n);
  const shrink = (n + 1 - 2 * horizon + (horizon * (horizon - 1)) / n) / n;
  const corrected = statistic * Math.sqrt(shrink);
  const df = n - 1;
  return {
    meanDifference,
    longRunVariance,
    statistic,
    corrected,
    degreesOfFreedom: df,
    p: Math.min(1, 2 * studentSf(Math.abs(corrected), df)),
    firstWorse: studentSf(corrected, df),
  };
}
