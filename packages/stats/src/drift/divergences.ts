import { type Measured, defined, undefinedBecause } from "../metrics/measure.ts";
import { chiSquaredTest } from "../hypothesis/contingency.ts";

/** Counts of two samples in the same bins or categories; not negative, not all 0. */
export interface CountPair {
  readonly reference: ArrayLike<number>;
  readonly current: ArrayLike<number>;
}

/** Shares of both samples in each bin. */
interface SharePair {
  readonly p: Float64Array;
  readonly q: Float64Array;
}

/** The share that an empty bin gets in logarithms, so that they stay finite. */
export const emptyShare = 1e-4;

function shareOf(counts: ArrayLike<number>): Float64Array {
  let total = 0;
  for (let k = 0; k < counts.length; k++) total += counts[k]!;
  if (!(total > 0)) throw new RangeError("a sample has no rows");
  const shares = new Float64Array(counts.length);
  for (let k = 0; k < shares.length; k++) shares[k] = counts[k]! / total;
  return shares;
}

function sharesOf({ reference, current }: CountPair): SharePair {
  if (reference.length !== current.length)
    throw new RangeError(`${reference.length} bins against ${current.length}`);
  return { p: shareOf(reference), q: shareOf(current) };
}

function sumOver({ p, q }: SharePair, term: (p: number, q: number) => number): number {
  let sum = 0;
  for (let k = 0; k < p.length; k++) sum += term(p[k]!, q[k]!);
  return sum;
}

/** p log(p / q), 0 where p is 0 and Infinity where only q is. */
function relativeEntropy(p: number, q: number): number {
  return p === 0 ? 0 : p * Math.log(p / q);
}

/** What replaces a share of exactly 0 in logarithms: 1e-4 when left out, 0 gives Infinity. */
export interface FloorOption {
  readonly floor?: number | undefined;
}

function floored({ p, q }: SharePair, { floor = emptyShare }: FloorOption): SharePair {
  const raise = (share: number): number => (share === 0 ? floor : share);
  return { p: p.map(raise), q: q.map(raise) };
}

/**
 * Kullback-Leibler divergence of the current sample from the reference, sum of p log(p / q), in
 * nats, from 0. A share of 0 becomes `floor`; nothing is rescaled.
 */
export function kullbackLeibler(pair: CountPair, options: FloorOption = {}): number {
  return sumOver(floored(sharesOf(pair), options), relativeEntropy);
}

/**
 * Population stability index, sum of (p - q) log(p / q), from 0; the sum of both Kullback-Leibler
 * divergences. A share of 0 becomes `floor`.
 */
export function populationStabilityIndex(pair: CountPair, options: FloorOption = {}): number {
  return sumOver(floored(sharesOf(pair), options), (p, q) =>
    p === q ? 0 : (p - q) * Math.log(p / q),
  );
}

/** Jensen-Shannon divergence in nats, in 0..log 2: mean divergence of both from their mixture. */
export function jensenShannonDivergence(pair: CountPair): number {
  const divergence = sumOver(sharesOf(pair), (p, q) => {
    const middle = (p + q) / 2;
    return (relativeEntropy(p, middle) + relativeEntropy(q, middle)) / 2;
  });
  return Math.max(0, divergence);
}

/** Root of the Jensen-Shannon divergence: in 0..0.833 with natural logarithms, 0..1 with base 2. */
export function jensenShannonDistance(
  pair: CountPair,
  { base = Math.E }: { readonly base?: number } = {},
): number {
  return Math.sqrt(jensenShannonDivergence(pair) / Math.log(base));
}

/** Hellinger distance, in 0..1. */
export function hellingerDistance(pair: CountPair): number {
  return Math.sqrt(sumOver(sharesOf(pair), (p, q) => (Math.sqrt(p) - Math.sqrt(q)) ** 2) / 2);
}

/** Largest difference of a bin's shares, in 0..1. */
export function largestShareDifference(pair: CountPair): number {
  const { p, q } = sharesOf(pair);
  return p.reduce((largest, share, k) => Math.max(largest, Math.abs(share - q[k]!)), 0);
}

/** Half the sum of the differences of shares, in 0..1. */
export function totalVariation(pair: CountPair): number {
  return sumOver(sharesOf(pair), (p, q) => Math.abs(p - q)) / 2;
}

/** Largest difference of the cumulated shares of ordered bins, in 0..1: KS as bins see it. */
export function binnedKolmogorovSmirnov(pair: CountPair): number {
  const { p, q } = sharesOf(pair);
  let [distance, largest] = [0, 0];
  for (let k = 0; k < p.length; k++) {
    distance += p[k]! - q[k]!;
    largest = Math.max(largest, Math.abs(distance));
  }
  return largest;
}

/** Chi-squared test that both samples have the same shares. */
export interface Homogeneity {
  readonly statistic: number;
  readonly degreesOfFreedom: number;
  readonly p: number;
  /** Bins that are empty in both samples and so left out. */
  readonly emptyBins: number;
}

/** Pearson's test of homogeneity; `null` where fewer than two bins hold anything. */
export function chiSquaredHomogeneity(
  { reference, current }: CountPair,
  { yates = false }: { readonly yates?: boolean } = {},
): Homogeneity | null {
  const rows: [number[], number[]] = [[], []];
  for (let k = 0; k < reference.length; k++) {
    if (!(reference[k]! + current[k]! > 0)) continue;
    rows[0].push(reference[k]!);
    rows[1].push(current[k]!);
  }
  const found = chiSquaredTest(rows, { yates });
  if ("reason" in found) return null;
  const { statistic, degreesOfFreedom, p } = found;
  return { statistic, degreesOfFreedom, p, emptyBins: reference.length - rows[0].length };
}

/** Bias-corrected Cramér's V of sample against bin (Bergsma 2013), in 0..1. */
export function cramersV(pair: CountPair): Measured {
  const found = chiSquaredHomogeneity(pair);
  if (found === null) return undefinedBecause("fewer than two bins hold anything");
  const { reference, current } = pair;
  let total = 0;
  for (let k = 0; k < reference.length; k++) total += reference[k]! + current[k]!;
  return defined(cramersVOf(found.statistic, found.degreesOfFreedom + 1, total));
}

/** Bias-corrected Cramér's V of a chi-squared statistic of 2 x `bins` over `total` rows. */
export function cramersVOf(statistic: number, bins: number, total: number): number {
  const excess = Math.max(0, statistic / total - (bins - 1) / (total - 1));
  const rows = 2 - 1 / (total - 1);
  const columns = bins - (bins - 1) ** 2 / (total - 1);
  return Math.sqrt(excess / Math.min(rows - 1, columns - 1));
}
