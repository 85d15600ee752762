import { undefinedBecause } from "../metrics/measure.ts";
import { binomialCdf, binomialPmf, binomialSf } from "../special/beta.ts";
import { chiSquaredSf } from "../special/chi-squared.ts";
import { normalCdf, normalQuantile, normalSf } from "../special/normal.ts";
import type { Alternative, TestOutcome, TestResult } from "./outcome.ts";

/** Two ends with the truth between them. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson's score interval of a proportion (1927), in 0..1.
 *
 * @param successes 0..trials; may be a weight.
 * @param trials above 0, else the whole 0..1 is returned.
 * @param confidence strictly inside 0..1.
 */
export function wilsonInterval(successes: number, trials: number, confidence = 0.95): Interval {
  if (!(trials > 0)) return { low: 0, high: 1 };
  const z = normalQuantile(0.5 + confidence / 2);
  const share = successes / trials;
  const shrink = 1 + (z * z) / trials;
  const centre = (share + (z * z) / (2 * trials)) / shrink;
  const variance = (share * (1 - share)) / trials + (z / trials / 2) ** 2;
  const reach = (z / shrink) * Math.sqrt(variance);
  return {
    low: successes === 0 ? 0 : Math.max(0, centre - reach),
    high: successes === trials ? 1 : Math.min(1, centre + reach),
  };
}

/** Rows that only one of two classifiers gets right. */
export interface Discordant {
  readonly onlyFirst: number;
  readonly onlySecond: number;
}

/** McNemar's p values; 1 where no row is discordant. */
export interface McNemarResult {
  /** Exact binomial, two-sided. */
  readonly exact: number;
  /** Mid-p, two-sided: less conservative (Fagerland, Lydersen & Laake 2013). */
  readonly mid: number;
  /** One-sided exact p of "the first is right more often". */
  readonly firstBetterExact: number;
  /** One-sided mid-p of "the first is right more often". */
  readonly firstBetterMid: number;
}

/** McNemar's test of two classifiers' errors on the same rows. */
export function mcNemarTest({ onlyFirst, onlySecond }: Discordant): McNemarResult {
  const n = onlyFirst + onlySecond;
  if (n === 0) return { exact: 1, mid: 1, firstBetterExact: 1, firstBetterMid: 1 };
  const fewer = Math.min(onlyFirst, onlySecond);
  const lower = binomialCdf(fewer, n, 0.5);
  const upper = binomialSf(onlyFirst, n, 0.5);
  return {
    exact: onlyFirst === onlySecond ? 1 : Math.min(1, 2 * lower),
    mid: Math.min(1, 2 * lower - binomialPmf(fewer, n, 0.5)),
    firstBetterExact: upper,
    firstBetterMid: upper - 0.5 * binomialPmf(onlyFirst, n, 0.5),
  };
}

/** McNemar's chi-squared approximation, with Edwards's continuity correction or without. */
export function mcNemarChiSquared(
  { onlyFirst, onlySecond }: Discordant,
  { continuity }: { readonly continuity: boolean },
): TestOutcome {
  const n = onlyFirst + onlySecond;
  if (n === 0) return undefinedBecause("no row is discordant");
  const distance = Math.abs(onlyFirst - onlySecond) - (continuity ? 1 : 0);
  const statistic = (distance * distance) / n;
  return { statistic, p: chiSquaredSf(statistic, 1) };
}

/** Successes and trials of one of two groups. */
export interface Counted {
  readonly successes: number;
  readonly trials: number;
}

/** The z test of two proportions with pooled variance. */
export function twoProportionTest(
  first: Counted,
  second: Counted,
  alternative: Alternative = "two-sided",
): TestOutcome {
  const trials = first.trials + second.trials;
  const pooled = (first.successes + second.successes) / trials;
  if (!(pooled > 0 && pooled < 1)) return undefinedBecause("the pooled proportion is 0 or 1");
  const spread = pooled * (1 - pooled) * (1 / first.trials + 1 / second.trials);
  const difference = first.successes / first.trials - second.successes / second.trials;
  const statistic = difference / Math.sqrt(spread);
  return normalResult(statistic, alternative);
}

/** The p value of a standard normal statistic. */
export function normalResult(statistic: number, alternative: Alternative): TestResult {
  switch (alternative) {
    case "greater":
      return { statistic, p: normalSf(statistic) };
    case "less":
      return { statistic, p: normalCdf(statistic) };
    case "two-sided":
      return { statistic, p: Math.min(1, 2 * normalSf(Math.abs(statistic))) };
  }
}
