import { quantileOfSorted } from "../quantiles.ts";
import { createRandom } from "../random/generator.ts";
import { drawMultinomial } from "../random/multinomial.ts";
import { chiSquaredQuantile, chiSquaredSf } from "../special/chi-squared.ts";
import { regularizedGammaQ } from "../special/gamma.ts";
import { kolmogorovSf } from "../special/kolmogorov.ts";
import { chiSquaredHomogeneity, cramersVOf } from "./divergences.ts";
import { type DriftColumn, type DriftStatistic, driftStatistic } from "./statistic.ts";

/** What sampling alone gives when both samples come from one distribution. */
export interface DriftNoise {
  /** The score that drift-free samples of these sizes stay below with the confidence asked for. */
  readonly bound: number;
  /** The chance that drift-free samples score as high. */
  readonly p: number;
  readonly method: "chi-squared" | "kolmogorov" | "normal-simulation" | "simulation";
}

/** What a score is held against. */
export interface NoiseRequest {
  readonly statistic: DriftStatistic;
  readonly column: DriftColumn;
  readonly score: number;
  /** In 0..1. */
  readonly confidence: number;
  readonly simulations: number;
  readonly seed: number;
}

/** Rows of the smaller sample from which the asymptotic laws are used. */
export const asymptoticRows = 1000;

/** The law of a score without drift: chi-squared or Kolmogorov's with many rows, else simulated. */
export function driftNoise(request: NoiseRequest): DriftNoise {
  const { n, m } = sizesOf(request.column);
  if (Math.min(n, m) >= asymptoticRows) {
    const law = asymptoticNoise(request, n, m);
    if (law !== null) return law;
  }
  return noiseOfDraws(request, simulateScores(request, n, m), "simulation");
}

interface Sizes {
  readonly n: number;
  readonly m: number;
}

/** Rows of both samples. */
export function sizesOf({ reference, current }: DriftColumn): Sizes {
  return { n: totalOf(reference.counts), m: totalOf(current.counts) };
}

function totalOf(counts: ArrayLike<number>): number {
  let total = 0;
  for (let k = 0; k < counts.length; k++) total += counts[k]!;
  return total;
}

function asymptoticNoise(request: NoiseRequest, n: number, m: number): DriftNoise | null {
  const { statistic, column, score, confidence } = request;
  if (statistic === "ks") return kolmogorovNoise(score, confidence, (n * m) / (n + m));
  if (statistic === "wasserstein" || statistic === "linf")
    return noiseOfDraws(request, simulateNormally(request, n, m), "normal-simulation");
  const df = usedBins(column) - 1;
  if (statistic === "cramers_v") return cramersNoise(request, df, n + m);
  const scale = chiSquaredScale(statistic);
  if (scale === null || df < 1) return null;
  const unit = 1 / n + 1 / m;
  const quadratic = scale.isRoot ? score * score : score;
  const bound = (chiSquaredQuantile(confidence, df) * unit) / scale.divisor;
  return {
    bound: scale.isRoot ? Math.sqrt(bound) : bound,
    p: chiSquaredSf((quadratic * scale.divisor) / unit, df),
    method: "chi-squared",
  };
}

function usedBins({ reference, current }: DriftColumn): number {
  let used = 0;
  for (let k = 0; k < reference.counts.length; k++)
    if (reference.counts[k]! + current.counts[k]! > 0) used++;
  return used;
}

/** The statistic (or its square) is chi-squared times (1/n + 1/m) over the divisor. */
function chiSquaredScale(
  statistic: DriftStatistic,
): { readonly divisor: number; readonly isRoot: boolean } | null {
  switch (statistic) {
    case "psi":
      return { divisor: 1, isRoot: false };
    case "kl":
      return { divisor: 2, isRoot: false };
    case "js":
    case "hellinger":
      return { divisor: 8, isRoot: true };
    case "js_base2":
      return { divisor: 8 * Math.LN2, isRoot: true };
    case "ks":
    case "wasserstein":
    case "linf":
    case "cramers_v":
      return null;
  }
}

/** Kolmogorov's law with Stephens's correction for finite samples (1970). */
function kolmogorovNoise(score: number, confidence: number, rows: number): DriftNoise {
  const root = Math.sqrt(rows);
  const scale = root + 0.12 + 0.11 / root;
  return {
    bound: kolmogorovQuantile(confidence) / scale,
    p: kolmogorovSf(score * scale),
    method: "kolmogorov",
  };
}

function kolmogorovQuantile(confidence: number): number {
  let [low, high] = [0.02, 20];
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2;
    if (kolmogorovSf(middle) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
}

function cramersNoise(
  { column, confidence }: NoiseRequest,
  df: number,
  total: number,
): DriftNoise | null {
  const pair = { reference: column.reference.counts, current: column.current.counts };
  const found = chiSquaredHomogeneity(pair);
  if (found === null) return null;
  return {
    bound: cramersVOf(chiSquaredQuantile(confidence, df), df + 1, total),
    p: found.p,
    method: "chi-squared",
  };
}

/** Simulated scores at least as high below which p comes from a fitted tail. */
const fewExceedances = 10;

/** Where a score stands among scores that were simulated without drift. */
function noiseOfDraws(
  { statistic, column, score, confidence }: NoiseRequest,
  draws: Float64Array,
  method: DriftNoise["method"],
): DriftNoise {
  draws.sort();
  let exceeding = 0;
  for (const drawn of draws) if (drawn >= score) exceeding++;
  const counted = (1 + exceeding) / (1 + draws.length);
  const tail = exceeding >= fewExceedances ? 1 : fittedTail(draws, score, statistic);
  return {
    bound: quantileOfSorted(draws, confidence),
    p: column.reference.counts.length < 2 ? 1 : Math.min(counted, tail),
    method,
  };
}

function simulateScores(
  { statistic, column, simulations, seed }: NoiseRequest,
  n: number,
  m: number,
): Float64Array {
  const random = createRandom(seed);
  const { pooled, means } = poolBins(column);
  const bins = pooled.length;
  const drawnReference = new Float64Array(bins);
  const drawnCurrent = new Float64Array(bins);
  const draws = new Float64Array(simulations);
  for (let s = 0; s < simulations; s++) {
    drawMultinomial(n, pooled, { random, into: drawnReference });
    drawMultinomial(m, pooled, { random, into: drawnCurrent });
    const drawn: DriftColumn = {
      ...column,
      reference: atMeans(drawnReference, means, statistic),
      current: atMeans(drawnCurrent, means, statistic),
    };
    draws[s] = driftStatistic(statistic, drawn).value ?? 0;
  }
  return draws;
}

function atMeans(
  counts: Float64Array,
  means: Float64Array,
  statistic: DriftStatistic,
): DriftColumn["reference"] {
  if (statistic !== "wasserstein") return { counts };
  const sums = new Float64Array(counts.length);
  for (let k = 0; k < sums.length; k++) sums[k] = counts[k]! * means[k]!;
  return { counts, sums };
}

/** Pooled shares and, where sums are known, pooled means of the bins. */
function poolBins({ reference, current }: DriftColumn): {
  readonly pooled: Float64Array;
  readonly means: Float64Array;
} {
  const pooled = new Float64Array(reference.counts.length);
  const means = new Float64Array(pooled.length);
  for (let k = 0; k < pooled.length; k++) {
    pooled[k] = reference.counts[k]! + current.counts[k]!;
    const sum = (reference.sums?.[k] ?? 0) + (current.sums?.[k] ?? 0);
    means[k] = pooled[k]! > 0 ? sum / pooled[k]! : 0;
  }
  return { pooled, means };
}

/**
 * Scores of the normal law that differences of shares tend to: variance of a share times (1/n +
 * 1/m), summing to 0. The work does not grow with the rows.
 */
function simulateNormally(request: NoiseRequest, n: number, m: number): Float64Array {
  const { statistic, column, simulations, seed } = request;
  const random = createRandom(seed);
  const { pooled, means } = poolBins(column);
  const used = Array.from(pooled.keys()).filter((k) => pooled[k]! > 0);
  const shares = used.map((k) => pooled[k]! / (n + m));
  const roots = shares.map(Math.sqrt);
  const deviation = column.referenceDeviation ?? 1;
  const gaps = used.map((k, i) => ((means[used[i + 1] ?? k] ?? 0) - means[k]!) / deviation);
  const scale = Math.sqrt(1 / n + 1 / m);
  const drawn = new Float64Array(used.length);
  return new Float64Array(simulations).map(() => {
    let sum = 0;
    for (let k = 0; k < drawn.length; k++) {
      drawn[k] = roots[k]! * random.normal();
      sum += drawn[k]!;
    }
    let [cumulated, area, largest] = [0, 0, 0];
    for (let k = 0; k < drawn.length; k++) {
      const difference = drawn[k]! - shares[k]! * sum;
      cumulated += difference;
      area += Math.abs(cumulated) * gaps[k]!;
      largest = Math.max(largest, Math.abs(difference));
    }
    return scale * (statistic === "wasserstein" ? area : largest);
  });
}

/**
 * The upper tail of a gamma law with the draws' mean and variance: resolves p values that too few
 * simulations reach, so that a correction over many columns can still call one.
 */
function fittedTail(draws: Float64Array, score: number, statistic: DriftStatistic): number {
  // Squares of distances are sums of squares of nearly normal numbers, as PSI and KL already are.
  const power = statistic === "psi" || statistic === "kl" ? 1 : 2;
  let [mean, variance] = [0, 0];
  for (const drawn of draws) mean += drawn ** power / draws.length;
  for (const drawn of draws) variance += (drawn ** power - mean) ** 2 / draws.length;
  if (!(mean > 0 && variance > 0)) return 1;
  return regularizedGammaQ((mean * mean) / variance, (score ** power * mean) / variance);
}
