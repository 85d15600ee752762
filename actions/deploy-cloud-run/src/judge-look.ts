import {
  judgeThreshold,
  measureName,
  nameAllThresholds,
  type Bound,
  type Judgement,
  type Measure,
  type Threshold,
  type Verdict,
} from "#core";
import { quantileOfBuckets } from "#google";
import { judgeErrors } from "./judge-errors.ts";
import { judgeLatency } from "./judge-latency.ts";
import { quantileOfMetric } from "./rollout-thresholds.ts";
import { latencyOf, type ServedFigures } from "./served-figures.ts";

/** Everything that one look is judged on. */
export interface LookEvidence {
  readonly candidate: ServedFigures;
  /** Stable's figures, or why there are none. */
  readonly stable: ServedFigures | { readonly missing: string };
  readonly stableVersion: string | null;
}

/** How strictly a look is judged. */
export interface JudgingRules {
  readonly thresholds: readonly Threshold[];
  readonly minRequests: number;
  /** Chance of calling an equal candidate worse, for one test. */
  readonly alpha: number;
}

/** A look's verdict, with each threshold's. */
export interface LookJudgement {
  readonly verdict: Verdict;
  readonly reason: string;
  readonly judgements: readonly Judgement[];
}

/** A look has at most this many ends: its own and two extensions. */
export const ENDS_OF_A_LOOK = 3;
const ALPHA_OF_A_ROLLOUT = 0.01;

/** A rollout's chance of a false alarm, shared by all tests that it can come to (Bonferroni). */
export function alphaOfOneTest(looks: number, thresholds: readonly Threshold[]): number {
  return ALPHA_OF_A_ROLLOUT / Math.max(1, looks * ENDS_OF_A_LOOK * thresholds.length);
}

/** Whether a candidate fails so plainly that no look is waited for: a fifth errors over 50 requests. */
export function isBeyondCeiling({ requests, errors }: ServedFigures): boolean {
  return requests >= 50 && errors / requests >= 0.2;
}

/** Judges a look, threshold by threshold. What cannot be told is inconclusive, never a pass. */
export function judgeLook(evidence: LookEvidence, rules: JudgingRules): LookJudgement {
  const judgements = rules.thresholds.map((threshold) => judgeOne(threshold, evidence, rules));
  return { ...judgeTogether(judgements), judgements };
}

function judgeTogether(judgements: readonly Judgement[]): Omit<LookJudgement, "judgements"> {
  const deciding = judgements.filter(({ level }) => level === "error");
  const ended = (verdict: Judgement["verdict"]) =>
    deciding.filter((judgement) => judgement.verdict === verdict);
  const reasonsOf = (some: readonly Judgement[]) =>
    [...new Set(some.map(({ reason, threshold }) => reason ?? threshold))].join("; ");
  const [failed, open, skipped] = [ended("fail"), ended("inconclusive"), ended("skipped")];
  if (failed.length > 0) {
    const names = failed.map(({ threshold }) => threshold).join("; ");
    return {
      verdict: "fail",
      reason:
        deciding.length === 1
          ? `The threshold failed: ${names}.`
          : `${failed.length} of ${deciding.length} thresholds failed: ${names}.`,
    };
  }
  if (open.length > 0)
    return { verdict: "inconclusive", reason: `It cannot be told: ${reasonsOf(open)}.` };
  if (skipped.length > 0 && skipped.length === deciding.length)
    return { verdict: "inconclusive", reason: `Nothing was compared: ${reasonsOf(skipped)}.` };
  const passed = deciding.length - skipped.length;
  return {
    verdict: "pass",
    reason:
      skipped.length === 0
        ? `${nameAllThresholds(passed)} passed.`
        : `${passed} of ${deciding.length} thresholds passed; ${skipped.length} not compared.`,
  };
}

function judgeOne(threshold: Threshold, evidence: LookEvidence, rules: JudgingRules): Judgement {
  const measure = measureOf(threshold.metric, evidence.candidate);
  const base = {
    threshold: threshold.text,
    metric: measureName(threshold),
    level: threshold.level,
    measure,
  };
  const { requests } = evidence.candidate;
  if (requests < rules.minRequests) {
    const reason = `${requests} requests reached the candidate, min-requests is ${rules.minRequests}`;
    return { ...base, verdict: "inconclusive", bounds: [], reason };
  }
  const judged = threshold.bounds.map((bound) =>
    bound.limit.kind === "number"
      ? judgeThreshold(
          { ...threshold, bounds: [bound] },
          { measure, references: {} },
          { plainBounds: "point" },
        )
      : judgeAgainstStable(threshold, { bound, base, evidence, rules }),
  );
  return mergeBounds(base, judged);
}

type JudgementBase = Pick<Judgement, "threshold" | "metric" | "level" | "measure">;

function judgeAgainstStable(
  threshold: Threshold,
  facts: {
    readonly bound: Bound;
    readonly base: JudgementBase;
    readonly evidence: LookEvidence;
    readonly rules: JudgingRules;
  },
): Judgement {
  const { bound, base, evidence, rules } = facts;
  const { candidate, stable, stableVersion } = evidence;
  if (bound.limit.kind !== "reference") throw new RangeError("the bound has no reference");
  const unknown = { operator: bound.operator, value: null, margin: null };
  if ("missing" in stable)
    return { ...base, verdict: "inconclusive", bounds: [unknown], reason: stable.missing };
  if (stable.requests < rules.minRequests) {
    const reason = `${stable.requests} requests reached stable, min-requests is ${rules.minRequests}`;
    return { ...base, verdict: "inconclusive", bounds: [unknown], reason };
  }
  const comparison = { limit: bound.limit, candidate, stable, alpha: rules.alpha };
  const q = quantileOfMetric(threshold.metric);
  const found = q === null ? judgeErrors(comparison) : judgeLatency({ ...comparison, quantile: q });
  return {
    ...base,
    verdict: found.verdict,
    bounds: [
      {
        operator: bound.operator,
        value: found.allowed,
        margin:
          found.allowed === null || base.measure.value === null
            ? null
            : found.allowed - base.measure.value,
        reference: { name: "stable", version: stableVersion, value: found.reference },
        difference: found.difference,
      },
    ],
    ...(found.reason !== null && { reason: found.reason }),
  };
}

/** The candidate's own figure under a metric's name. */
export function measureOf(metric: string, figures: ServedFigures): Measure {
  const { requests, errors } = figures;
  const n = requests;
  if (requests === 0) return { value: null, n, reason: "no request reached it" };
  const q = quantileOfMetric(metric);
  if (q === null) return { value: errors / requests, n };
  const latencyMs = latencyOf(figures);
  const value = latencyMs === null ? null : quantileOfBuckets(latencyMs, q);
  return value === null ? { value, n, reason: "there are no latencies" } : { value, n };
}

const SEVERITY = { pass: 0, skipped: 1, inconclusive: 2, fail: 3 } as const;

function mergeBounds(base: JudgementBase, judged: readonly Judgement[]): Judgement {
  const [first, ...rest] = judged;
  if (first === undefined) throw new RangeError("a threshold has at least one bound");
  const worst = rest.reduce(
    (left, right) => (SEVERITY[right.verdict] > SEVERITY[left.verdict] ? right : left),
    first,
  );
  return {
    ...base,
    verdict: worst.verdict,
    bounds: judged.flatMap(({ bounds }) => bounds),
    ...(worst.reason !== undefined && { reason: worst.reason }),
  };
}
