import type { Difference, Judgement, Measure } from "./evaluation.ts";
import { holds, judgeInterval, marginOf } from "./judge-interval.ts";
import {
  measureName,
  type Bound,
  type Limit,
  type Operator,
  type Threshold,
} from "./thresholds.ts";

/** How a plain bound looks at a measure: at its value, or at its interval. */
export type PlainBounds = "point" | "interval";

/** What is known about a reference that a bound names. */
export type ReferenceEvidence =
  /** There is no such version yet: the bound is not held. */
  | { readonly kind: "absent"; readonly why: string }
  /** It exists but could not be measured on the same rows. */
  | { readonly kind: "not-compared"; readonly version: string | null; readonly why: string }
  | {
      readonly kind: "measured";
      readonly version: string | null;
      readonly value: number | null;
      /** Candidate minus reference over the same rows; `null` where nothing is paired. */
      readonly difference: Difference | null;
    };

/** Everything that a threshold is judged on. */
export interface ThresholdEvidence {
  readonly measure: Measure;
  /** By reference name. */
  readonly references: Readonly<Record<string, ReferenceEvidence>>;
}

export interface JudgingOptions {
  readonly plainBounds: PlainBounds;
}

type JudgedBound = Judgement["bounds"][number] & {
  readonly verdict: Judgement["verdict"];
  readonly reason?: string;
};

/** Judges one threshold on its evidence. A measure that does not exist fails, with the reason. */
export function judgeThreshold(
  threshold: Threshold,
  evidence: ThresholdEvidence,
  options: JudgingOptions,
): Judgement {
  const base = {
    threshold: threshold.text,
    metric: measureName(threshold),
    level: threshold.level,
    measure: evidence.measure,
  };
  if (evidence.measure.value === null) {
    const reason = evidence.measure.reason ?? "the metric does not exist";
    return { ...base, verdict: "fail", bounds: [], reason };
  }
  const judged = threshold.bounds.map((bound) => judgeBound(bound, evidence, options));
  const deciding = worst(judged);
  return {
    ...base,
    verdict: deciding.verdict,
    bounds: judged.map(({ verdict: _verdict, reason: _reason, ...shown }) => shown),
    ...(deciding.reason !== undefined && { reason: deciding.reason }),
  };
}

function judgeBound(
  bound: Bound,
  evidence: ThresholdEvidence,
  options: JudgingOptions,
): JudgedBound {
  const { limit } = bound;
  if (limit.kind === "number")
    return judgePlain(bound.operator, limit.value, evidence.measure, options);
  const reference = evidence.references[limit.reference] ?? {
    kind: "not-compared",
    version: null,
    why: `${limit.reference} was not measured`,
  };
  return judgeAgainst({ operator: bound.operator, limit }, evidence.measure, reference);
}

function judgePlain(
  operator: Operator,
  limit: number,
  measure: Measure,
  options: JudgingOptions,
): JudgedBound {
  const value = measure.value ?? Number.NaN;
  const shown = { operator, value: limit, margin: marginOf(operator, value, limit) };
  const { low, high } = measure;
  if (options.plainBounds === "point") {
    return { ...shown, verdict: holds(operator, value, limit) ? "pass" : "fail" };
  }
  if (typeof low !== "number" || typeof high !== "number") {
    return { ...shown, verdict: "inconclusive", reason: "the metric has no interval" };
  }
  const verdict = judgeInterval(operator, { low, high }, limit);
  return {
    ...shown,
    verdict,
    ...(verdict === "inconclusive" && {
      reason: `the interval ${format(low, limit)} to ${format(high, limit)} contains the bound`,
    }),
  };
}

/** A bound against a reference. */
interface ReferenceBound {
  readonly operator: Operator;
  readonly limit: Extract<Limit, { kind: "reference" }>;
}

function judgeAgainst(
  { operator, limit }: ReferenceBound,
  measure: Measure,
  reference: ReferenceEvidence,
): JudgedBound {
  if (reference.kind === "absent")
    return { operator, value: null, margin: null, verdict: "skipped", reason: reference.why };
  const { version } = reference;
  if (reference.kind === "not-compared" || reference.value === null)
    return {
      operator,
      value: null,
      margin: null,
      reference: { name: limit.reference, version, value: null },
      verdict: "inconclusive",
      reason:
        reference.kind === "not-compared"
          ? reference.why
          : `the metric does not exist for ${limit.reference}`,
    };
  const { value, difference } = reference;
  return judgeDifference({ operator, limit }, measure, { version, value, difference });
}

function judgeDifference(
  { operator, limit }: ReferenceBound,
  measure: Measure,
  reference: {
    readonly version: string | null;
    readonly value: number;
    readonly difference: Difference | null;
  },
): JudgedBound {
  const { difference } = reference;
  const allowed = limit.relative ? limit.offset * Math.abs(reference.value) : limit.offset;
  const tolerance = Math.max(1e-12 * Math.abs(allowed), 1e-14 * Math.abs(reference.value));
  // On the rows of both: the measure may be of more rows than the reference answered.
  const estimate = difference?.value ?? (measure.value ?? Number.NaN) - reference.value;
  const shown = {
    operator,
    value: reference.value + allowed,
    margin: marginOf(operator, estimate, allowed, tolerance),
    reference: { name: limit.reference, version: reference.version, value: reference.value },
    difference,
  };
  if (
    difference === null ||
    typeof difference.low !== "number" ||
    typeof difference.high !== "number"
  ) {
    const reason = difference?.reason ?? "there is no paired difference to judge";
    return { ...shown, verdict: "inconclusive", reason };
  }
  const interval = { low: difference.low, high: difference.high };
  const verdict = judgeInterval(operator, interval, allowed, tolerance);
  return {
    ...shown,
    verdict,
    ...(verdict === "inconclusive" && {
      reason: `the difference lies between ${signed(interval.low, allowed)} and ${signed(interval.high, allowed)}, which does not settle a bound of ${signed(allowed)}${describeRowsNeeded(operator, difference, allowed)}`,
    }),
  };
}

/** More rows than this many times those at hand are no plan. */
const MOST_TIMES_ROWS = 100;

/**
 * How many rows would settle it if the difference stayed as it is: an interval narrows with the root
 * of the rows, so its side towards the bound must shrink to the distance from the bound.
 */
function describeRowsNeeded(
  operator: Operator,
  { value, low, high, n }: Difference,
  allowed: number,
): string {
  if (operator === "==" || operator === "!=") return "";
  if (typeof value !== "number" || typeof low !== "number" || typeof high !== "number") return "";
  if (typeof n !== "number" || !(n > 0)) return "";
  const side = value > allowed ? value - low : high - value;
  const rows = n * (side / Math.abs(value - allowed)) ** 2;
  if (!(rows <= MOST_TIMES_ROWS * n)) return "; no number of rows near this one would";
  const shown = Number(rows.toPrecision(2)).toLocaleString("en-US");
  return `; about ${shown} rows like these would, if the difference stays as it is`;
}

const SEVERITY = { pass: 0, skipped: 1, inconclusive: 2, fail: 3 } as const;

function worst<T extends { readonly verdict: Judgement["verdict"] }>(judged: readonly T[]): T {
  const [first, ...rest] = judged;
  if (first === undefined) throw new RangeError("A threshold has at least one bound.");
  return rest.reduce(
    (left, right) => (SEVERITY[right.verdict] > SEVERITY[left.verdict] ? right : left),
    first,
  );
}

/** Four digits, or as many as tell a number from the bound that it is held against. */
function format(value: number, bound = value): string {
  for (let digits = 4; digits < 12; digits++) {
    const shown = Number(value.toPrecision(digits));
    if (value === bound || shown !== Number(bound.toPrecision(digits))) return shown.toString();
  }
  return Number(value.toPrecision(4)).toString();
}

function signed(value: number, bound = value): string {
  const size = value < 0 ? format(-value, -bound) : format(value, bound);
  return `${value > 0 ? "+" : value < 0 ? "−" : ""}${size}`;
}
