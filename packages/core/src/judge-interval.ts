import type { Verdict } from "./evaluation.ts";
import type { Operator } from "./thresholds.ts";

/** Pass when the whole interval satisfies the bound, fail when none of it does, else inconclusive. */
export function judgeInterval(
  operator: Operator,
  interval: { readonly low: number; readonly high: number },
  limit: number,
  tolerance = toleranceOf(limit),
): Verdict {
  const low = holds(operator, interval.low, limit, tolerance);
  const high = holds(operator, interval.high, limit, tolerance);
  if (operator === "==") {
    if (low && high) return "pass";
    return limit < interval.low || limit > interval.high ? "fail" : "inconclusive";
  }
  if (operator === "!=") {
    if (limit < interval.low || limit > interval.high) return "pass";
    return interval.low === interval.high ? "fail" : "inconclusive";
  }
  if (low && high) return "pass";
  return !low && !high ? "fail" : "inconclusive";
}

/**
 * How far a sum of decimals may lie beyond a bound and meet it: relative to the bound, since losses of
 * targets in small units are small themselves.
 */
export function toleranceOf(limit: number): number {
  return 1e-12 * (limit === 0 ? 1 : Math.abs(limit));
}

/** Whether a number satisfies a bound, but for the rounding of its last digits. */
export function holds(
  operator: Operator,
  value: number,
  limit: number,
  tolerance = toleranceOf(limit),
): boolean {
  switch (operator) {
    case ">=":
      return value >= limit - tolerance;
    case ">":
      return value > limit + tolerance;
    case "<=":
      return value <= limit + tolerance;
    case "<":
      return value < limit - tolerance;
    case "==":
      return Math.abs(value - limit) <= tolerance;
    case "!=":
      return Math.abs(value - limit) > tolerance;
  }
}

/** How far the value is on the right side of its bound; negative when it misses, 0 within the tolerance. */
export function marginOf(
  operator: Operator,
  value: number,
  limit: number,
  tolerance = toleranceOf(limit),
): number {
  if (Math.abs(value - limit) <= tolerance) return 0;
  switch (operator) {
    case ">=":
    case ">":
      return value - limit;
    case "<=":
    case "<":
      return limit - value;
    case "==":
      return -Math.abs(value - limit);
    case "!=":
      return Math.abs(value - limit);
  }
}
