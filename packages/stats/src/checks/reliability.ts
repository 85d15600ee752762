import { quantileOfSorted } from "../quantiles.ts";
import { calibrationOf, type CalibrationInput } from "../metrics/calibration.ts";
import { type Undefined, undefinedBecause } from "../metrics/measure.ts";
import { forEachBlock } from "../row-blocks.ts";
import { createRandom } from "../random/generator.ts";

/** How far probabilities are from what comes about, beside what sampling alone gives. */
export interface Reliability {
  /** The expected calibration error of the bins (ECE, Naeini 2015). */
  readonly value: number;
  /** The value that the true error exceeds with the confidence asked for; at least 0. */
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

/** Options of {@link reliabilityOf}. */
export interface ReliabilityOptions {
  /** Of the two-sided interval; 0.95 when left out. */
  readonly confidence?: number | undefined;
  /** 2,000 when left out. */
  readonly simulations?: number | undefined;
  readonly seed?: number | undefined;
}

/**
 * The calibration error with an interval that knows the error's own noise: a perfectly calibrated
 * model has an ECE above 0 on few rows, because gaps in both directions add up.
 *
 * Each bin's gap is its true gap plus noise, so by the triangle inequality the ECE is at most the
 * true one plus the weighted mean of the bins' absolute noise. That mean is simulated (consistency
 * resampling: Bröcker & Smith 2007) from the normal law with each bin's binomial variance, at the
 * mean probability or at the share of events (Agresti & Coull's), whichever varies more. The ends
 * are the ECE less and plus its quantile. The work does not grow with the rows.
 */
export function reliabilityOf(
  input: CalibrationInput,
  { confidence = 0.95, simulations = 2000, seed = 42 }: ReliabilityOptions = {},
): Reliability | Undefined {
  const { bins, expectedError } = calibrationOf(input);
  if (expectedError.value === null) return undefinedBecause(expectedError.reason);
  const total = bins.reduce((sum, { weight }) => sum + weight, 0);
  const deviations = bins.map(({ rows, weight, meanConfidence, meanOutcome }) => {
    const share = (meanOutcome * rows + 2) / (rows + 4);
    const variance = Math.max(share * (1 - share), meanConfidence * (1 - meanConfidence));
    return (weight / total) * Math.sqrt(variance / rows);
  });
  const random = createRandom(seed);
  const noise = Float64Array.from({ length: simulations }, () =>
    deviations.reduce((sum, deviation) => sum + deviation * Math.abs(random.normal()), 0),
  ).sort();
  const reach = quantileOfSorted(noise, (1 + confidence) / 2);
  const { value } = expectedError;
  return {
    value,
    low: Math.max(0, value - reach),
    high: Math.min(1, value + reach),
    n: input.probabilities.length,
  };
}

/** The line that turns a model's log odds into calibrated ones. */
export interface RecalibrationLine {
  /** 1 when calibrated; below 1 the probabilities are too extreme, above 1 too timid. */
  readonly slope: number;
  /** 0 when calibrated. */
  readonly intercept: number;
}

/** Log odds of probabilities nearer to 0 or 1 are cut. */
const nearestToCertain = 1e-6;

/**
 * Calibration slope and intercept: the logistic regression of what came about on the log odds of
 * the probabilities (Cox 1958; Van Calster 2016), by Newton's method. Undefined where one outcome
 * is missing, the probabilities do not vary, or they divide the outcomes without a flaw.
 */
export function recalibrationLine({
  probabilities,
  outcomes,
  weights,
}: Pick<CalibrationInput, "probabilities" | "outcomes" | "weights">):
  | (RecalibrationLine & { readonly value?: undefined })
  | Undefined {
  const odds = Float64Array.from(probabilities, (p) => {
    const inside = Math.min(1 - nearestToCertain, Math.max(nearestToCertain, p));
    return Math.log(inside / (1 - inside));
  });
  const at = (intercept: number, slope: number): NewtonSums =>
    newtonSums({ odds, outcomes, weights, intercept, slope });
  let [intercept, slope] = [0, 0];
  let sums = at(intercept, slope);
  for (let step = 0; step < 100; step++) {
    const determinant = sums.w * sums.wxx - sums.wx * sums.wx;
    if (!(determinant > 1e-12 * Math.max(1e-12, sums.w * sums.wxx))) break;
    let down = (sums.wxx * sums.g - sums.wx * sums.gx) / determinant;
    let turn = (sums.w * sums.gx - sums.wx * sums.g) / determinant;
    let next = at(intercept + down, slope + turn);
    // A whole Newton step may overshoot: half of it, until the likelihood does not fall.
    for (let half = 0; half < 30 && falls(sums, next); half++) {
      down /= 2;
      turn /= 2;
      next = at(intercept + down, slope + turn);
    }
    intercept += down;
    slope += turn;
    sums = next;
    if (Math.abs(down) + Math.abs(turn) < 1e-9) return { slope, intercept };
    if (!(Math.abs(slope) < 1e3 && Math.abs(intercept) < 1e4)) break;
  }
  return undefinedBecause("the line is not determined by these rows");
}

/** Less likely by more than rounding. */
function falls(before: NewtonSums, after: NewtonSums): boolean {
  return after.likelihood < before.likelihood - 1e-9 * Math.abs(before.likelihood);
}

interface NewtonSums {
  g: number;
  gx: number;
  w: number;
  wx: number;
  wxx: number;
  /** Its logarithm. */
  likelihood: number;
}

/** Gradient and information of the logistic likelihood. */
function newtonSums(at: LinePoint): NewtonSums {
  const sums = { g: 0, gx: 0, w: 0, wx: 0, wxx: 0, likelihood: 0 };
  forEachBlock(at.odds.length, (from, to) => addRows({ at, sums }, from, to));
  return sums;
}

interface LinePoint {
  readonly odds: Float64Array;
  readonly outcomes: ArrayLike<number>;
  readonly weights: ArrayLike<number> | undefined;
  readonly intercept: number;
  readonly slope: number;
}

function addRows(
  { at, sums }: { readonly at: LinePoint; readonly sums: NewtonSums },
  from: number,
  to: number,
): void {
  let { g, gx, w, wx, wxx, likelihood } = sums;
  for (let i = from; i < to; i++) {
    const x = at.odds[i]!;
    const weight = at.weights === undefined ? 1 : at.weights[i]!;
    const line = at.intercept + at.slope * x;
    const p = 1 / (1 + Math.exp(-line));
    likelihood -=
      weight * (Math.log1p(Math.exp(-Math.abs(line))) + Math.max(0, line) - at.outcomes[i]! * line);
    const residual = weight * (at.outcomes[i]! - p);
    const information = weight * p * (1 - p);
    g += residual;
    gx += residual * x;
    w += information;
    wx += information * x;
    wxx += information * x * x;
  }
  Object.assign(sums, { g, gx, w, wx, wxx, likelihood });
}
