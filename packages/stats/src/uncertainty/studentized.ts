import { quantileOfSorted } from "../quantiles.ts";
import type { Interval } from "../hypothesis/proportions.ts";
import type { MeanKernel } from "../metrics/kernel.ts";
import { studentSf } from "../special/student-t.ts";
import { type Tails, fewestBeyond, tailsOf } from "./bootstrap-interval.ts";
import { type UnitSums, combineMeans, sumsByUnit } from "./means.ts";
import type { ResamplingPlan } from "./resampling.ts";
import { unitWeights } from "./unit-draws.ts";

/** A statistic of means as it was drawn in units of its own standard error. */
export interface StudentizedDraws {
  /** (drawn statistic - statistic) / drawn standard error, in rising order. */
  readonly errors: Float64Array;
  /** Standard error of the statistic on all rows, above 0. */
  readonly deviation: number;
  /** Rows or clusters that were weighed. */
  readonly units: number;
}

/** How far a mean is moved, in deviations from 0 of its units, to see the statistic's slope. */
const step = 1e-5;

/** A share of what is added up below which a rest is rounding. */
const rounding = 1e-12;

/**
 * Draws a statistic of means with its standard error: the bootstrap t of Efron (1979) with the weights
 * of Owen (2025), which never leave a unit out, so that no drawn error is 0 for want of units. Other
 * than percentiles it sees that the mean of skewed losses is most often too low where its spread is
 * too. Standard errors are those of the statistic's slope at the drawn means (the delta method).
 *
 * @returns null where no unit differs from another in the statistic.
 * @see Hesterberg (2015), doi:10.1080/00031305.2015.1089789; Owen (2025), arXiv:2508.10083
 */
export function drawStudentized(plan: ResamplingPlan, kernel: MeanKernel): StudentizedDraws | null {
  const units = sumsByUnit([kernel], plan);
  const measure = measureBy(units, (sums) => plan.statistic(combineMeans([kernel], sums)));
  const whole = measure(new Float32Array(units.count).fill(1));
  if (!(whole.deviation > 0)) return null;
  const nextWeights = unitWeights(plan, units.count);
  const errors = new Float64Array(plan.resamples);
  for (let b = 0; b < errors.length; b++) {
    const drawn = measure(nextWeights());
    errors[b] = (drawn.value - whole.value) / drawn.deviation;
  }
  const known = errors.filter((error) => Number.isFinite(error));
  return { errors: known.sort(), deviation: whole.deviation, units: units.count };
}

interface Measured {
  readonly value: number;
  readonly deviation: number;
}

/** The statistic (of a weight of 1 and means) and its standard error, by how much each unit weighs. */
function measureBy(
  { count, columns }: UnitSums,
  statistic: (sums: Float64Array) => number,
): (weights: Float32Array) => Measured {
  const [weight, ...added] = columns as [Float64Array, ...Float64Array[]];
  const total = sumOf(weight);
  const means = added.map((column) => sumOf(column) / total);
  // Around the means of all units, so that squares keep their digits.
  const moved = added.map((column, k) =>
    withoutRounding(
      column.map((sum, u) => sum - means[k]! * weight[u]!),
      column,
    ),
  );
  const spread = spreadOf(weight, moved);
  const steps = added.map((column) => (step * Math.sqrt(count * sumOfSquares(column))) / total);
  const point = new Float64Array(columns.length).fill(1);
  const slopes = new Float64Array(columns.length);
  const sums = new Float64Array(columns.length);
  return (weights) => {
    sums[0] = weighedSum(weights, weight);
    for (let k = 0; k < moved.length; k++) {
      sums[k + 1] = weighedSum(weights, moved[k]!);
      point[k + 1] = means[k]! + sums[k + 1]! / sums[0];
    }
    const value = statistic(point);
    slopes[0] = 0;
    for (let k = 1; k < slopes.length; k++) {
      slopes[k] = slopeOf(statistic, point, { at: k, by: steps[k - 1]! });
      // A unit moves the statistic by its distance from the drawn means.
      slopes[0] -= (slopes[k]! * sums[k]!) / sums[0];
    }
    const { squares, units } = spread(weights, { slopes, sums });
    return { value, deviation: Math.sqrt(squares * (units / count)) / sums[0] };
  };
}

interface Drawn {
  /** By the weight and each mean. */
  readonly slopes: Float64Array;
  /** Of the weight and each column, as drawn. */
  readonly sums: Float64Array;
}

/** What units add to the square of the standard error as they are drawn, and their number. */
function spreadOf(
  weight: Float64Array,
  moved: readonly Float64Array[],
): (weights: Float32Array, drawn: Drawn) => { squares: number; units: number } {
  const parts = [weight, ...moved];
  const products = parts.flatMap((first, j) =>
    parts.slice(0, j + 1).map((second, k) => ({
      j,
      k,
      times: j === k ? 1 : 2,
      column: first.map((value, u) => value * second[u]!),
    })),
  );
  const ones = new Float64Array(weight.length).fill(1);
  const unit = weight[0]!;
  // Units of one weight, which plain rows are, need no sums of what weight and others do together.
  const isEven = weight.every((one) => one === unit);
  return (weights, { slopes, sums }) => {
    let squares = 0;
    let size = 0;
    for (const { j, k, times, column } of products) {
      const by = times * slopes[j]! * slopes[k]!;
      if (by === 0) continue;
      const own = by * (isEven && k === 0 ? sums[j]! * unit : weighedSum(weights, column));
      squares += own;
      size += Math.abs(own);
    }
    if (squares <= rounding * size) squares = 0;
    return { squares, units: isEven ? sums[0]! / unit : weighedSum(weights, ones) };
  };
}

/** The sum of products of how much units weigh and what each adds. */
function weighedSum(weights: Float32Array, column: Float64Array): number {
  const { length } = column;
  const whole = length - (length % 4);
  let [a, b, c, d] = [0, 0, 0, 0];
  // Four sums at a time: one alone would wait for its own last addition.
  for (let i = 0; i < whole; i += 4) {
    a += weights[i]! * column[i]!;
    b += weights[i + 1]! * column[i + 1]!;
    c += weights[i + 2]! * column[i + 2]!;
    d += weights[i + 3]! * column[i + 3]!;
  }
  for (let i = whole; i < length; i++) a += weights[i]! * column[i]!;
  return a + b + (c + d);
}

function sumOfSquares(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

/** Distances from the mean, or zeros where they are but the rounding of what they are distances in. */
function withoutRounding(distances: Float64Array, values: Float64Array): Float64Array {
  const isRounding = sumOfSquares(distances) <= rounding ** 2 * sumOfSquares(values);
  return isRounding ? distances.fill(0) : distances;
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** The statistic's slope by one mean. */
function slopeOf(
  statistic: (sums: Float64Array) => number,
  point: Float64Array,
  { at, by }: { readonly at: number; readonly by: number },
): number {
  if (by === 0) return 0;
  const own = point[at]!;
  point[at] = own + by;
  const above = statistic(point);
  point[at] = own - by;
  const below = statistic(point);
  point[at] = own;
  return (above - below) / (2 * by);
}

/** The interval in which the drawn errors place the truth beside an estimate. */
export function studentizedInterval(
  { errors, deviation }: StudentizedDraws,
  { estimate, confidence }: { readonly estimate: number; readonly confidence: number },
): Interval {
  return {
    low: estimate - deviation * quantileOfSorted(errors, (1 + confidence) / 2),
    high: estimate - deviation * quantileOfSorted(errors, (1 - confidence) / 2),
  };
}

/**
 * p values that agree with {@link studentizedInterval}: the share of drawn errors beyond the one that
 * a true value would mean. Where hardly any is beyond it, the tail is Student's if that is smaller.
 */
export function studentizedTails(
  { errors, deviation, units }: StudentizedDraws,
  { estimate, value }: { readonly estimate: number; readonly value: number },
): Tails {
  const error = (estimate - value) / deviation;
  let notAbove = 0;
  let reaching = 0;
  for (const drawn of errors) {
    if (drawn <= error) notAbove++;
    if (drawn >= error) reaching++;
  }
  const tail = (beyond: number, distance: number): number => {
    const share = (1 + beyond) / (1 + errors.length);
    if (1 + beyond > fewestBeyond) return share;
    return Math.min(share, studentSf(distance * Math.sqrt((units - 1) / units), units - 1));
  };
  return tailsOf(tail(notAbove, -error), tail(reaching, error));
}
