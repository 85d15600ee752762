import betainc from "@stdlib/math-base-special-betainc";
import { logGamma } from "./gamma.ts";

/**
 * Regularised incomplete beta function I_x(a, b), in 0..1.
 *
 * @param a above 0.
 * @param b above 0.
 * @param x in 0..1.
 */
export function regularizedBeta(a: number, b: number, x: number): number {
  return betainc(x, a, b);
}

/** 1 - I_x(a, b), accurate where I is near 1. */
export function regularizedBetaUpper(a: number, b: number, x: number): number {
  return betainc(x, a, b, true, true);
}

/** P(K <= k) of the binomial law: k successes in n trials of chance p. */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  return k >= n ? 1 : regularizedBetaUpper(Math.floor(k) + 1, n - Math.floor(k), p);
}

/** P(K >= k) of the binomial law. */
export function binomialSf(k: number, n: number, p: number): number {
  if (k <= 0) return 1;
  return k > n ? 0 : regularizedBeta(Math.ceil(k), n - Math.ceil(k) + 1, p);
}

/** P(K = k) of the binomial law, p strictly inside 0..1. */
export function binomialPmf(k: number, n: number, p: number): number {
  if (k < 0 || k > n || !Number.isInteger(k)) return 0;
  const ways = logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
  return Math.exp(ways + k * Math.log(p) + (n - k) * Math.log1p(-p));
}
