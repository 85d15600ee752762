import type { ErrorFacts } from "./errors.ts";
import type { Bound, Limit, Operator } from "./thresholds.ts";

/** The numbers that a metric can be; an end may be infinite. */
export interface MetricRange {
  readonly low: number;
  readonly high: number;
}

type Fault = Pick<ErrorFacts, "message" | "hint">;

/**
 * Why a bound is no condition: it can never hold, or always does. A number at the very end of the
 * range is left alone: `accuracy >= 0` says that the metric must exist.
 *
 * @returns `undefined` where the bound can go either way
 */
export function findEmptyBound(
  metric: string,
  range: MetricRange,
  { operator, limit }: Bound,
): Fault | undefined {
  return limit.kind === "number"
    ? findEmptyNumber(metric, range, { operator, value: limit.value })
    : findEmptyDifference(metric, range, { operator, limit });
}

function findEmptyNumber(
  metric: string,
  range: MetricRange,
  { operator, value }: { readonly operator: Operator; readonly value: number },
): Fault | undefined {
  const outcome = outcomeOf(operator, value, range);
  if (outcome === "open") return undefined;
  const share = value / 100;
  const isPercent = value >= 2 && value <= 100 && share >= range.low && share <= range.high;
  return {
    message: `${metric} ${describeRange(range)}, so ${operator} ${shown(value)} ${outcome}`,
    ...(isPercent && { hint: `Did you mean ${shown(share)} or ${shown(value)} %?` }),
  };
}

function outcomeOf(
  operator: Operator,
  value: number,
  { low, high }: MetricRange,
): "can never hold" | "always holds" | "open" {
  const [isAbove, isBelow] = [value > high, value < low];
  switch (operator) {
    case ">=":
      return isAbove ? "can never hold" : isBelow ? "always holds" : "open";
    case ">":
      return value >= high ? "can never hold" : isBelow ? "always holds" : "open";
    case "<=":
      return isBelow ? "can never hold" : isAbove ? "always holds" : "open";
    case "<":
      return value <= low ? "can never hold" : isAbove ? "always holds" : "open";
    case "==":
      return isAbove || isBelow ? "can never hold" : "open";
    case "!=":
      return isAbove || isBelow ? "always holds" : "open";
  }
}

/** Two values of one range are no further apart than it is wide, and none that starts at 0 loses all. */
function findEmptyDifference(
  metric: string,
  range: MetricRange,
  {
    operator,
    limit,
  }: { readonly operator: Operator; readonly limit: Extract<Limit, { kind: "reference" }> },
): Fault | undefined {
  const { offset, relative, reference } = limit;
  if (operator === "==" || operator === "!=") return undefined;
  const width = relative ? (range.low >= 0 ? 1 : Number.POSITIVE_INFINITY) : range.high - range.low;
  const isOutside = offset <= -width || (!relative && offset >= width);
  if (!isOutside) return undefined;
  const wantsMore = operator === ">=" || operator === ">";
  const outcome = wantsMore === offset < 0 ? "always holds" : "can never hold";
  const sign = offset < 0 ? "-" : "+";
  const size = Math.abs(offset);
  const written = relative ? `${shown(size * 100)}%` : shown(size);
  const message = `${metric} ${describeRange(range)}, so ${operator} ${reference} ${sign} ${written} ${outcome}`;
  if (relative || size > 100) return { message };
  return {
    message,
    hint: `Did you mean ${reference} ${sign} ${shown(size / 100)}, or ${reference} ${sign} ${shown(size)}%?`,
  };
}

/** `lies between 0 and 1`, `is at least 0`. */
export function describeRange({ low, high }: MetricRange): string {
  if (Number.isFinite(low) && Number.isFinite(high))
    return `lies between ${shown(low)} and ${shown(high)}`;
  return Number.isFinite(low) ? `is at least ${shown(low)}` : `is at most ${shown(high)}`;
}

function shown(value: number): string {
  return String(Number(value.toPrecision(12)));
}
