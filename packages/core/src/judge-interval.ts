import type { Verdict } from "./evaluation.ts";
import type { Operator } from "./thresholds.ts";

/** Pass when the whole interval satisfies the bound, fail when none of it does, else inconclusive. */
export function judgeInterval(
  operator: Operator,
  interval: { readonly low: number; readonly high: number },
  limit: number,
): Verdict {
  const low = holds(operator, interval.low, limit);
  const high = holds(operator, interval.high, limit);
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

/** Whether a number satisfies a bound. Sums of decimals get a tolerance of 1e-12 relative. */
export function holds(operator: Operator, value: number, limit: number): boolean {
  const tolerance = 1e-12 * Math.max(1, Math.abs(limit));
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

/** How far the value is on the right side of its bound; negative when it misses. */
export function marginOf(operator: Operator, value: number, limit: number): number {
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
