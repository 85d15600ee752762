import type { Difference, Judgement, Limit } from "#core";
import { fisherExactTest } from "#stats";
import type { ServedFigures } from "./served-figures.ts";

/** A bound against stable, and both sides' figures. */
export interface Comparison {
  readonly limit: Extract<Limit, { kind: "reference" }>;
  readonly candidate: ServedFigures;
  readonly stable: ServedFigures;
  /** Of this one test. */
  readonly alpha: number;
}

/** How a comparison with stable ended. */
export interface Compared {
  readonly verdict: Judgement["verdict"];
  /** Stable's own figure. */
  readonly reference: number | null;
  /** What the candidate's figure may be at most. */
  readonly allowed: number | null;
  readonly difference: Difference | null;
  readonly reason: string | null;
}

/** Half a percentage point more errors is never called worse, however many requests prove it. */
const SMALLEST_DIFFERENCE = 0.005;

/**
 * Judges the candidate's share of 5xx against stable's: it fails when it is more than the allowed
 * difference above it and by Fisher's exact test (one-sided) this is no chance.
 *
 * @throws RangeError when a side has no request
 */
export function judgeErrors({ limit, candidate, stable, alpha }: Comparison): Compared {
  if (candidate.requests === 0 || stable.requests === 0)
    throw new RangeError("both sides need requests");
  const rate = candidate.errors / candidate.requests;
  const reference = stable.errors / stable.requests;
  const offset = limit.relative ? limit.offset * reference : limit.offset;
  const allowance = Math.max(offset, SMALLEST_DIFFERENCE);
  const { p } = fisherExactTest(
    [
      [candidate.errors, candidate.requests - candidate.errors],
      [stable.errors, stable.requests - stable.errors],
    ],
    "greater",
  );
  const above = rate - reference > allowance;
  const difference: Difference = {
    value: rate - reference,
    n: candidate.requests + stable.requests,
    test: "Fisher's exact test, one-sided",
    p,
    alpha,
  };
  const shown = { reference, allowed: reference + allowance, difference };
  if (!above) return { ...shown, verdict: "pass", reason: null };
  return p < alpha
    ? {
        ...shown,
        verdict: "fail",
        reason: `p = ${p.toPrecision(2)}, below ${alpha.toPrecision(2)}`,
      }
    : {
        ...shown,
        verdict: "pass",
        reason: `more errors, but that can be chance: p = ${p.toPrecision(2)}, not below ${alpha.toPrecision(2)}`,
      };
}
