import type { Judgement, Verdict } from "./evaluation.ts";

/** What an inconclusive whole comes to. */
export type InconclusivePolicy = "hold" | "pass" | "fail" | "estimate";

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

/** Operators that a value at the bound does not satisfy. */
const STRICT: readonly string[] = [">", "<", "!="];

function toOpen({ threshold, bounds, reason }: Judgement): Open {
  const held = bounds.filter((bound) => !isAbsent(bound));
  const asked = held.length > 0 ? held : bounds;
  const misses = asked.some(
    ({ margin, operator }) =>
      margin === null || margin < 0 || (margin === 0 && STRICT.includes(operator)),
  );
  const isCompared = asked.every(({ margin }) => margin !== null);
  return { name: threshold, misses, why: isCompared ? null : (reason ?? null) };
}

/** Whether a bound is against a version that is not there yet: it asks for nothing. */
function isAbsent({ margin, reference }: Judgement["bounds"][number]): boolean {
  return margin === null && reference === undefined;
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

/** `The threshold`, `Both thresholds`, `All 3 thresholds`: the beginning of a sentence. */
export function nameAllThresholds(count: number): string {
  if (count === 1) return "The threshold";
  return count === 2 ? "Both thresholds" : `All ${count} thresholds`;
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
  if (written > 0) return `${nameAllThresholds(written)}${also} passed.`;
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
