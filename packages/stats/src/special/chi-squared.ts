import { logGamma, regularizedGammaP, regularizedGammaQ } from "./gamma.ts";
import { normalQuantile } from "./normal.ts";

/** P(X >= x) of the chi-squared law with `df` degrees of freedom (a real number above 0). */
export function chiSquaredSf(x: number, df: number): number {
  return x <= 0 ? 1 : regularizedGammaQ(df / 2, x / 2);
}

/** P(X <= x) of the chi-squared law. */
export function chiSquaredCdf(x: number, df: number): number {
  return x <= 0 ? 0 : regularizedGammaP(df / 2, x / 2);
}

/**
 * The x with P(X <= x) = p: Newton's method on the logarithms of x and of the smaller tail, kept in
 * a shrinking bracket.
 *
 * @param p in 0..1; 0 gives 0 and 1 gives Infinity.
 * @returns NaN outside the range.
 */
export function chiSquaredQuantile(p: number, df: number): number {
  if (!(p >= 0 && p <= 1 && df > 0)) return Number.NaN;
  if (p === 0) return 0;
  if (p === 1) return Infinity;
  return 2 * gammaQuantile(p, df / 2);
}

/** Quantile of the gamma law with shape `a` and scale 1; p strictly inside 0..1. */
export function gammaQuantile(p: number, a: number): number {
  const isLower = p < 0.5;
  const target = Math.log(isLower ? p : 1 - p);
  const direction = isLower ? 1 : -1;
  let low = -Infinity;
  let high = Infinity;
  let u = Math.log(startOfQuantile(p, a));
  for (let step = 0; step < 200; step++) {
    const x = Math.exp(u);
    const tail = isLower ? regularizedGammaP(a, x) : regularizedGammaQ(a, x);
    const miss = (Math.log(tail) - target) * direction;
    if (miss > 0) high = u;
    else low = u;
    const slope = Math.exp(a * u - x - logGamma(a)) / tail;
    let next = u - miss / slope;
    if (!(next > low && next < high)) next = bisected(low, high, u);
    if (Math.abs(next - u) <= 1e-16 * Math.max(1, Math.abs(u)) || next === u) return Math.exp(next);
    u = next;
  }
  return Math.exp(u);
}

function bisected(low: number, high: number, u: number): number {
  if (low === -Infinity) return u - 1;
  return high === Infinity ? u + 1 : (low + high) / 2;
}

/** Wilson and Hilferty's cube, or the leading term of the series far down the lower tail. */
function startOfQuantile(p: number, a: number): number {
  const shrink = 1 / (9 * a);
  const cube = a * (1 - shrink + normalQuantile(p) * Math.sqrt(shrink)) ** 3;
  const leading = Math.exp((Math.log(p) + logGamma(a + 1)) / a);
  return cube > 0.1 * a || cube > leading
    ? Math.max(cube, Number.MIN_VALUE)
    : Math.max(leading, Number.MIN_VALUE);
}
