import type { Difference, Judgement, Measure, Verdict } from "./evaluation.ts";
import {
  measureName,
  type Bound,
  type Limit,
  type Operator,
  type Threshold,
} from "./thresholds.ts";

/** How a plain bound looks at a measure: at its value, or at its interval. */
export type PlainBounds = "point" | "interval";

/** What an inconclusive whole comes to. */
export type InconclusivePolicy = "hold" | "pass" | "fail" | "estimate";

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
  return judgeAgainst(bound.operator, limit, evidence.measure, reference);
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
      reason: `the interval ${format(low)} to ${format(high)} contains the bound`,
    }),
  };
}

function judgeAgainst(
  operator: Operator,
  limit: Extract<Limit, { kind: "reference" }>,
  measure: Measure,
  reference: ReferenceEvidence,
): JudgedBound {
  const named = (version: string | null, value: number | null) => ({
    name: limit.reference,
    version,
    value,
  });
  if (reference.kind === "absent") {
    return { operator, value: null, margin: null, verdict: "skipped", reason: reference.why };
  }
  if (reference.kind === "not-compared" || reference.value === null) {
    const why =
      reference.kind === "not-compared"
        ? reference.why
        : `the metric does not exist for ${limit.reference}`;
    return {
      operator,
      value: null,
      margin: null,
      reference: named(reference.version, null),
      verdict: "inconclusive",
      reason: why,
    };
  }
  const allowed = limit.relative ? limit.offset * Math.abs(reference.value) : limit.offset;
  const target = reference.value + allowed;
  const shown = {
    operator,
    value: target,
    margin: marginOf(operator, measure.value ?? Number.NaN, target),
    reference: named(reference.version, reference.value),
    difference: reference.difference,
  };
  const { difference } = reference;
  if (
    difference === null ||
    typeof difference.low !== "number" ||
    typeof difference.high !== "number"
  ) {
    const reason = difference?.reason ?? "there is no paired difference to judge";
    return { ...shown, verdict: "inconclusive", reason };
  }
  const interval = { low: difference.low, high: difference.high };
  const verdict = judgeInterval(operator, interval, allowed);
  return {
    ...shown,
    verdict,
    ...(verdict === "inconclusive" && {
      reason: `the difference lies between ${signed(interval.low)} and ${signed(interval.high)}, which does not settle a bound of ${signed(allowed)}${describeRowsNeeded(operator, difference, allowed)}`,
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
function holds(operator: Operator, value: number, limit: number): boolean {
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
function marginOf(operator: Operator, value: number, limit: number): number {
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

const SEVERITY = { pass: 0, skipped: 1, inconclusive: 2, fail: 3 } as const;

function worst<T extends { readonly verdict: Judgement["verdict"] }>(judged: readonly T[]): T {
  const [first, ...rest] = judged;
  if (first === undefined) throw new RangeError("A threshold has at least one bound.");
  return rest.reduce(
    (left, right) => (SEVERITY[right.verdict] > SEVERITY[left.verdict] ? right : left),
    first,
  );
}

/** The whole's verdict, and the sentence that explains it. */
export interface WholeVerdict {
  readonly verdict: Verdict;
  readonly reason: string;
}

/** What the whole needs to know of a check. */
export interface JudgedCheck {
  readonly name: string;
  readonly level: Judgement["level"];
  readonly verdict: Judgement["verdict"];
  /** How far on the right side of its bound; negative when it misses, `null` where nothing was found. */
  readonly margin: number | null;
  /** Why nothing was found, where nothing was. */
  readonly message?: string;
}

/**
 * The whole of several judgements and checks: fail if any fails, else inconclusive if any is and
 * the policy says so. Warnings never decide, but are told with whatever was decided.
 */
export function judgeWhole(
  judgements: readonly Judgement[],
  policy: InconclusivePolicy,
  checks: readonly JudgedCheck[] = [],
): WholeVerdict {
  const { verdict, reason } = decide(judgements, policy, checks);
  const told = [reason.replace(/\.$/, ""), ...describeWarnings(judgements, checks)];
  return { verdict, reason: `${told.join("; ")}.` };
}

function decide(
  judgements: readonly Judgement[],
  policy: InconclusivePolicy,
  checks: readonly JudgedCheck[],
): WholeVerdict {
  const deciding = judgements.filter((judgement) => judgement.level === "error");
  const decidingChecks = checks.filter((check) => check.level === "error");
  const failed = deciding.filter((judgement) => judgement.verdict === "fail");
  const failedChecks = decidingChecks.filter((check) => check.verdict === "fail");
  if (failed.length + failedChecks.length > 0) {
    const parts = [
      ...(failed.length === 0
        ? []
        : [`${countOf(failed, deciding)} failed: ${namesOf(failed.map(toOpen))}`]),
      ...(failedChecks.length === 0 ? [] : [describeFailedChecks(failedChecks)]),
    ];
    return { verdict: "fail", reason: `${parts.join("; ")}.` };
  }
  const unsettled = [
    ...deciding.filter(({ verdict }) => verdict === "inconclusive").map(toOpen),
    ...openChecks(decidingChecks),
  ];
  if (unsettled.length > 0) return settle(unsettled, policy);
  return { verdict: "pass", reason: describePass(deciding, decidingChecks) };
}

/** A threshold or check as far as it can be left open. */
interface Open {
  readonly name: string;
  /** Whether the point estimate misses a bound, or is not known. */
  readonly misses: boolean;
  /** Why nothing was compared; `null` where the rows were, and do not tell. */
  readonly why: string | null;
}

function toOpen({ threshold, bounds, reason }: Judgement): Open {
  const misses = bounds.some(({ margin }) => margin === null || margin < 0);
  const isCompared = bounds.every(({ margin }) => margin !== null);
  return { name: threshold, misses, why: isCompared ? null : (reason ?? null) };
}

/** Several parts of one check are named once. */
function openChecks(checks: readonly JudgedCheck[]): readonly Open[] {
  const open = checks.filter(({ verdict }) => verdict === "inconclusive");
  return [...new Set(open.map(({ name }) => name))].map((name) => {
    const own = open.filter((one) => one.name === name);
    const unknown = own.find(({ margin }) => margin === null);
    return {
      name: `check ${name}`,
      misses: own.some(({ margin }) => margin === null || margin < 0),
      why: unknown?.message ?? null,
    };
  });
}

function describeFailedChecks(failed: readonly JudgedCheck[]): string {
  const names = [...new Set(failed.map(({ name }) => name))];
  return `${names.length} ${names.length === 1 ? "check" : "checks"} failed: ${names.join("; ")}`;
}

/** What failed without deciding, each name once. */
function describeWarnings(
  judgements: readonly Judgement[],
  checks: readonly JudgedCheck[],
): readonly string[] {
  const isWarning = ({ level, verdict }: Pick<JudgedCheck, "level" | "verdict">): boolean =>
    level === "warn" && verdict === "fail";
  const thresholds = judgements
    .filter(isWarning)
    .map(({ threshold, each_of: of }) => (typeof of === "string" ? of : threshold))
    .map((text) => text.replace(/\s+warn$/, ""));
  const names = checks.filter(isWarning).map(({ name }) => name);
  return [...describeWarned("threshold", thresholds), ...describeWarned("check", names)];
}

function describeWarned(what: string, names: readonly string[]): readonly string[] {
  const unique = [...new Set(names)];
  if (unique.length === 0) return [];
  const shown = [...unique.slice(0, 5), ...(unique.length > 5 ? ["…"] : [])].join(", ");
  return [`${unique.length} ${unique.length === 1 ? `${what} warns` : `${what}s warn`}: ${shown}`];
}

function describePass(deciding: readonly Judgement[], checks: readonly JudgedCheck[]): string {
  const ran = new Set(checks.flatMap(({ name, verdict }) => (verdict === "pass" ? [name] : [])));
  const also = ran.size === 0 ? "" : ` and ${ran.size} ${ran.size === 1 ? "check" : "checks"}`;
  const skipped = deciding.filter(({ verdict }) => verdict === "skipped");
  const isAlone = skipped.every(({ bounds }) => bounds.every(({ value }) => value === null));
  if (skipped.length > 0 && skipped.length === deciding.length && isAlone) {
    const passed = also === "" ? "" : `;${also.slice(4)} passed`;
    return `First version: not compared; no other threshold decides${passed}.`;
  }
  if (skipped.length > 0)
    return `Every plain threshold${also} passed; first version: not compared.`;
  const written = countWritten(deciding);
  if (written > 0)
    return `${written === 1 ? "The threshold" : `All ${written} thresholds`}${also} passed.`;
  return also === ""
    ? "No threshold decides; nothing failed."
    : `No threshold decides;${also.slice(4)} passed.`;
}

function settle(open: readonly Open[], policy: InconclusivePolicy): WholeVerdict {
  const what = `${namesOf(open)} could not be settled`;
  switch (policy) {
    case "hold":
      return { verdict: "inconclusive", reason: `${what}: ${whyOpen(open)}.` };
    case "pass":
      return { verdict: "pass", reason: `${what}; on-inconclusive: pass lets it through.` };
    case "fail":
      return { verdict: "fail", reason: `${what}; on-inconclusive: fail refuses it.` };
    case "estimate": {
      const bad = open.filter(({ misses }) => misses);
      return bad.length > 0
        ? {
            verdict: "fail",
            reason: `${what}; by on-inconclusive: estimate the point estimate of ${namesOf(bad)} misses its bound.`,
          }
        : {
            verdict: "pass",
            reason: `${what}; by on-inconclusive: estimate the point estimates hold.`,
          };
    }
  }
}

/** What nothing could be compared for tells more than that it is open. */
function whyOpen(open: readonly Open[]): string {
  const told = [...new Set(open.flatMap(({ why }) => (why === null ? [] : [why])))];
  if (told.length === 0) return "the rows do not tell either way";
  return told.map((why) => why.replace(/\.$/, "")).join("; ");
}

function countOf(some: readonly Judgement[], all: readonly Judgement[]): string {
  const of = countWritten(all);
  return of === 1 ? "The threshold" : `${countWritten(some)} of ${of} thresholds`;
}

/** Thresholds as people wrote them: one for each value of a column is one. */
function countWritten(judgements: readonly Judgement[]): number {
  const whole = judgements.flatMap(({ each_of: of }) => (typeof of === "string" ? [of] : []));
  return judgements.length - whole.length + new Set(whole).size;
}

function namesOf(open: readonly Open[]): string {
  const names = open.map(({ name }) => name);
  return names.length > 5 ? `${names.slice(0, 5).join("; ")}; …` : names.join("; ");
}

function format(value: number): string {
  return Number(value.toPrecision(4)).toString();
}

function signed(value: number): string {
  return `${value > 0 ? "+" : value < 0 ? "−" : ""}${format(Math.abs(value))}`;
}
