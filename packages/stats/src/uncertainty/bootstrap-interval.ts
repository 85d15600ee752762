import { quantileOfSorted } from "../quantiles.ts";
import { sortedCopy } from "../sorting.ts";
import { normalCdf, normalQuantile, normalSf } from "../special/normal.ts";
import { studentQuantile, studentSf } from "../special/student-t.ts";
import type { Interval } from "../hypothesis/proportions.ts";

/** A statistic on resamples, and on the rows themselves. */
export interface BootstrapResult {
  /** The statistic on each resample; finite, any order, at least one. */
  readonly distribution: ArrayLike<number>;
  /** The statistic on all rows. */
  readonly estimate: number;
  /** In 0..1, 0.95 when left out. */
  readonly confidence?: number | undefined;
}

/** The interval between two quantiles of the bootstrap distribution (Efron 1979). */
export function percentileInterval(
  result: Pick<BootstrapResult, "distribution"> & Partial<BootstrapResult>,
): Interval {
  const { confidence = 0.95 } = result;
  return between(sortedCopy(result.distribution), (1 - confidence) / 2, (1 + confidence) / 2);
}

/**
 * The confidence at which percentiles of a bootstrap over few units reach as far as Student's law
 * says (the expanded percentile interval of Hesterberg 2015): resamples of n units vary by
 * sqrt((n - 1) / n) too little, and their law is taken for the normal one.
 *
 * @param units rows or clusters that were drawn, at least 2.
 */
export function expandConfidence(confidence: number, units: number): number {
  const reach = studentQuantile((1 + confidence) / 2, units - 1);
  return 1 - 2 * normalSf(reach * Math.sqrt(units / (units - 1)));
}

/** The percentile interval mirrored at the estimate. */
export function basicInterval(result: BootstrapResult): Interval {
  const { low, high } = percentileInterval(result);
  return { low: 2 * result.estimate - high, high: 2 * result.estimate - low };
}

function between(sorted: Float64Array, low: number, high: number): Interval {
  return { low: quantileOfSorted(sorted, low), high: quantileOfSorted(sorted, high) };
}

/** The statistic without one row (or group of rows), and how many such rows there are. */
export interface Jackknife {
  readonly values: ArrayLike<number>;
  /** How many rows share each value; 1 when left out. */
  readonly multiplicities?: ArrayLike<number> | undefined;
}

/** How fast the statistic's spread changes with its value, from the jackknife; 0 without spread. */
export function acceleration({ values, multiplicities }: Jackknife): number {
  let count = 0;
  let mean = 0;
  for (let i = 0; i < values.length; i++) {
    const times = multiplicities?.[i] ?? 1;
    count += times;
    mean += times * values[i]!;
  }
  mean /= count;
  let squares = 0;
  let cubes = 0;
  for (let i = 0; i < values.length; i++) {
    const times = multiplicities?.[i] ?? 1;
    const distance = mean - values[i]!;
    squares += times * distance ** 2;
    cubes += times * distance ** 3;
  }
  return squares > 0 ? cubes / (6 * squares ** 1.5) : 0;
}

/** How far the bootstrap distribution lies to one side of the estimate, in standard deviations. */
export function biasCorrection({ distribution, estimate }: BootstrapResult): number {
  let below = 0;
  for (let i = 0; i < distribution.length; i++)
    below += distribution[i]! < estimate ? 1 : distribution[i] === estimate ? 0.5 : 0;
  return normalQuantile(below / distribution.length);
}

/**
 * The bias-corrected and accelerated interval (Efron 1987); the percentile interval where every
 * resample lies on one side of the estimate.
 */
export function bcaInterval(result: BootstrapResult & { readonly jackknife: Jackknife }): Interval {
  const { confidence = 0.95 } = result;
  const bias = biasCorrection(result);
  if (!Number.isFinite(bias)) return percentileInterval(result);
  const rate = acceleration(result.jackknife);
  const levelOf = (level: number): number => {
    const shifted = bias + normalQuantile(level);
    return normalCdf(bias + shifted / (1 - rate * shifted));
  };
  return between(
    sortedCopy(result.distribution),
    levelOf((1 - confidence) / 2),
    levelOf((1 + confidence) / 2),
  );
}

/** Chances under the bootstrap that the truth lies beyond a value. */
export interface Tails {
  /** p of "the truth is below". */
  readonly below: number;
  /** p of "the truth is above". */
  readonly above: number;
  readonly twoSided: number;
}

/** With fewer resamples beyond a value their share says little of the tail. */
export const fewestBeyond = 10;

/** Both tails with the two-sided p that they make. */
export function tailsOf(below: number, above: number): Tails {
  return { below, above, twoSided: Math.min(1, 2 * Math.min(below, above)) };
}

/**
 * {@link bootstrapTails} of few units, agreeing with the percentiles at {@link expandConfidence}.
 * Where hardly any resample lies beyond the value, the tail is Student's at the resamples' spread:
 * else no p could be smaller than one resample in all, and among many slices none could be bad.
 */
export function expandTails(distribution: ArrayLike<number>, value: number, units: number): Tails {
  const { mean, deviation } = momentsOf(distribution);
  const shrink = Math.sqrt((units - 1) / units);
  const expand = (p: number, distance: number): number => {
    if (p >= 1) return 1;
    const wide = studentSf(-normalQuantile(p) * shrink, units - 1);
    const isKnown = p * (1 + distribution.length) > fewestBeyond || !(deviation > 0);
    return isKnown ? wide : Math.min(wide, studentSf((distance / deviation) * shrink, units - 1));
  };
  const tails = bootstrapTails(distribution, value);
  const below = expand(tails.below, value - mean);
  const above = expand(tails.above, mean - value);
  return tailsOf(below, above);
}

function momentsOf(values: ArrayLike<number>): {
  readonly mean: number;
  readonly deviation: number;
} {
  let mean = 0;
  for (let i = 0; i < values.length; i++) mean += values[i]! / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / values.length) };
}

/** p values that agree with the percentile interval: small where the value lies outside of it. */
export function bootstrapTails(distribution: ArrayLike<number>, value: number): Tails {
  let reaching = 0;
  let notAbove = 0;
  for (let i = 0; i < distribution.length; i++) {
    if (distribution[i]! >= value) reaching++;
    if (distribution[i]! <= value) notAbove++;
  }
  const below = (1 + reaching) / (1 + distribution.length);
  const above = (1 + notAbove) / (1 + distribution.length);
  return tailsOf(below, above);
}
