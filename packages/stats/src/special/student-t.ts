import tQuantile from "@stdlib/stats-base-dists-t-quantile";
import { regularizedBeta, regularizedBetaUpper } from "./beta.ts";
import { normalQuantile, normalSf } from "./normal.ts";

/** P(T >= t) of Student's law with `df` degrees of freedom (infinite: the normal law), accurate in both tails. */
export function studentSf(t: number, df: number): number {
  if (df === Infinity) return normalSf(t);
  const square = t * t;
  const half =
    square < df
      ? regularizedBetaUpper(0.5, df / 2, square / (df + square)) / 2
      : regularizedBeta(df / 2, 0.5, df / (df + square)) / 2;
  return t >= 0 ? half : 1 - half;
}

/** The t with P(T <= t) = p; of infinite `df` the normal law's. */
export function studentQuantile(p: number, df: number): number {
  return df === Infinity ? normalQuantile(p) : tQuantile(p, df);
}
