import { quantileOfBuckets, type Buckets } from "#google";
import { createRandom, drawMultinomial, type Random } from "#stats";
import type { Compared, Comparison } from "./judge-errors.ts";

const FEWEST_REQUESTS = 200;
/** Values that must lie beyond a quantile for a bootstrap of it to mean something. */
const FEWEST_BEYOND = 10;
const SEED = 20_260_101;
const MOST_DRAWS = 50_000;

/** Requests that each side needs for a quantile to be compared. */
export function fewestForQuantile(quantile: number): number {
  return Math.max(FEWEST_REQUESTS, Math.round(FEWEST_BEYOND / (1 - quantile)));
}

/**
 * Judges a quantile of the candidate's latencies against stable's by a bootstrap: both histograms
 * are drawn again and again (multinomial over their buckets), and the candidate fails when even
 * the lower bound of its excess, at level `alpha`, is beyond the allowance. The draws are seeded:
 * the same figures give the same verdict.
 */
export function judgeLatency(comparison: Comparison & { readonly quantile: number }): Compared {
  const { limit, candidate, stable, alpha, quantile } = comparison;
  const value = candidate.latencyMs && quantileOfBuckets(candidate.latencyMs, quantile);
  const reference = stable.latencyMs && quantileOfBuckets(stable.latencyMs, quantile);
  const fewest = fewestForQuantile(quantile);
  const [ours, theirs] = [totalOf(candidate.latencyMs), totalOf(stable.latencyMs)];
  if (
    candidate.latencyMs === null ||
    stable.latencyMs === null ||
    value === null ||
    reference === null ||
    Math.min(ours, theirs) < fewest
  ) {
    const reason = `not compared: it needs ${fewest} requests on both sides, and has ${ours} and ${theirs}`;
    return { verdict: "skipped", reference, allowed: null, difference: null, reason };
  }
  const allow = (stableValue: number): number =>
    stableValue + (limit.relative ? limit.offset * stableValue : limit.offset);
  const shown = { reference, allowed: allow(reference) };
  const test = "bootstrap over the histograms";
  if (value <= shown.allowed) {
    const difference = { value: value - reference, n: ours + theirs, test };
    return { ...shown, verdict: "pass", difference, reason: null };
  }
  const excesses = drawExcesses({
    candidate: candidate.latencyMs,
    stable: stable.latencyMs,
    quantile,
    allow,
    draws: drawsFor(alpha),
  });
  const within = excesses.filter((excess) => excess <= 0).length;
  const p = (within + 1) / (excesses.length + 1);
  const difference = { value: value - reference, n: ours + theirs, test, p, alpha };
  return p <= alpha
    ? {
        ...shown,
        verdict: "fail",
        difference,
        reason: `slower beyond the allowance, p = ${p.toPrecision(2)}`,
      }
    : {
        ...shown,
        verdict: "pass",
        difference,
        reason: `slower, but that can be chance: p = ${p.toPrecision(2)}, not below ${alpha.toPrecision(2)}`,
      };
}

/** Enough draws for a few of them to lie below the level. */
function drawsFor(alpha: number): number {
  return Math.min(MOST_DRAWS, Math.max(2000, Math.ceil(4 / alpha)));
}

function drawExcesses(plan: {
  readonly candidate: Buckets;
  readonly stable: Buckets;
  readonly quantile: number;
  readonly allow: (stableValue: number) => number;
  readonly draws: number;
}): Float64Array {
  const random = createRandom(SEED);
  const drawCandidate = quantileDraws(plan.candidate, plan.quantile, random);
  const drawStable = quantileDraws(plan.stable, plan.quantile, random);
  return Float64Array.from({ length: plan.draws }, () => {
    const stable = drawStable();
    return drawCandidate() - plan.allow(stable);
  });
}

/** Quantiles of histograms drawn from one; only its filled buckets are drawn. */
function quantileDraws(buckets: Buckets, quantile: number, random: Random): () => number {
  const filled = buckets.counts.flatMap((count, at) => (count > 0 ? [at] : []));
  const weights = filled.map((at) => buckets.counts[at] ?? 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const into = new Float64Array(weights.length);
  const counts = buckets.counts.map(() => 0);
  return () => {
    drawMultinomial(total, weights, { random, into });
    for (const [index, at] of filled.entries()) counts[at] = into[index] ?? 0;
    return quantileOfBuckets({ bounds: buckets.bounds, counts }, quantile) ?? 0;
  };
}

function totalOf(buckets: Buckets | null): number {
  return buckets?.counts.reduce((sum, count) => sum + count, 0) ?? 0;
}
