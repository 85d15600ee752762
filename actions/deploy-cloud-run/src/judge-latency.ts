import { quantileOfBuckets, type Buckets, type LatencyPoint } from "#google";
import { binomialSf, createRandom, drawMultinomial, type Random } from "#stats";
import type { Compared, Comparison } from "./judge-errors.ts";
import { latencyOf } from "./served-figures.ts";

const FEWEST_REQUESTS = 200;
/** Values that must lie beyond a quantile for a bootstrap of it to mean something. */
const FEWEST_BEYOND = 10;
/** Half as much again of a few milliseconds is no reason to take a version back. */
const SMALLEST_SLOWDOWN_MS = 50;
/** What stalls, neighbours and cold starts may do to an equal version: so many minutes are slow. */
const SLOW_MINUTES_OF_A_BUSY_MACHINE = 0.3;
/** Chance that such a machine alone makes a look's minutes look slow, a quarter of a rollout's hundredth. */
const CHANCE_OF_A_BUSY_MACHINE = 0.0025;
const FEWEST_POINTS = 5;
const SEED = 20_260_101;
const MOST_DRAWS = 50_000;

/** Requests that each side needs for a quantile to be compared. */
export function fewestForQuantile(quantile: number): number {
  return Math.max(FEWEST_REQUESTS, Math.round(FEWEST_BEYOND / (1 - quantile)));
}

/**
 * How many of a look's points must be slow before the candidate is to blame, by the binomial
 * distribution: a busy machine alone makes 3 of 10 slow, and hardly ever this many.
 *
 * @param points at least 5
 */
export function slowPointsToFail(points: number): number {
  const isEnough = (slow: number): boolean =>
    binomialSf(slow, points, SLOW_MINUTES_OF_A_BUSY_MACHINE) <= CHANCE_OF_A_BUSY_MACHINE;
  const counts = Array.from({ length: points }, (_, at) => at + 1);
  return counts.find(isEnough) ?? points;
}

/**
 * Judges a quantile of the candidate's latencies against stable's. It fails when two things hold.
 * It is no chance of sampling: both histograms are drawn again and again (multinomial over their
 * buckets), and even the lower bound of the excess, at level `alpha`, is beyond the allowance. And
 * it is no passing moment: requests of one minute share its stalls and cold starts, so most of
 * Monitoring's points must be beyond the allowance by themselves. The draws are seeded: the same
 * figures give the same verdict.
 */
export function judgeLatency(comparison: LatencyComparison): Compared {
  const { limit, candidate, stable, quantile } = comparison;
  const [ours, theirs] = [latencyOf(candidate), latencyOf(stable)];
  const value = ours === null ? null : quantileOfBuckets(ours, quantile);
  const reference = theirs === null ? null : quantileOfBuckets(theirs, quantile);
  const lacking = describeLacking(comparison);
  if (
    ours === null ||
    theirs === null ||
    value === null ||
    reference === null ||
    lacking !== null
  ) {
    const reason = `not compared: ${lacking ?? "there are no latencies"}`;
    return { verdict: "skipped", reference, allowed: null, difference: null, reason };
  }
  const allowed = allowedLatency(reference, limit);
  const { verdict, reason, ...evidence } =
    value <= allowed
      ? ({ verdict: "pass", reason: explainFloor(value, reference, limit) } as const)
      : findSlowness(comparison, { ours, theirs, allowed });
  const n = totalOf(ours) + totalOf(theirs);
  const difference = { value: value - reference, n, test: TEST, ...evidence };
  return { verdict, reference, allowed, difference, reason };
}

/** A comparison of a quantile of latencies, in (0, 1). */
type LatencyComparison = Comparison & { readonly quantile: number };

const TEST = "bootstrap over the histograms, in most minutes";

/** Whether a candidate that is beyond its allowance is so neither by chance nor for a moment. */
function findSlowness(
  { limit, candidate, alpha, quantile }: LatencyComparison,
  {
    ours,
    theirs,
    allowed,
  }: { readonly ours: Buckets; readonly theirs: Buckets; readonly allowed: number },
): Pick<Compared, "verdict" | "reason"> & { readonly p?: number; readonly alpha?: number } {
  const points = candidate.latencies.length;
  const slow = countSlow(candidate.latencies, { quantile, allowed });
  const wanted = slowPointsToFail(points);
  if (slow < wanted)
    return {
      verdict: "pass",
      reason: `slower, but only in ${slow} of ${points} minutes; ${wanted} would tell`,
    };
  const p = chanceOfExcess({
    candidate: ours,
    stable: theirs,
    quantile,
    allow: (stableMs) => allowedLatency(stableMs, limit),
    draws: drawsFor(alpha),
  });
  const shown = p.toPrecision(2);
  return p > alpha
    ? {
        verdict: "pass",
        reason: `slower, but that can be chance: p = ${shown}, not below ${alpha.toPrecision(2)}`,
        p,
        alpha,
      }
    : {
        verdict: "fail",
        reason: `slower beyond the allowance in ${slow} of ${points} minutes, p = ${shown}`,
        p,
        alpha,
      };
}

/** In how many points the quantile is beyond what is allowed. */
function countSlow(
  points: readonly LatencyPoint[],
  { quantile, allowed }: { readonly quantile: number; readonly allowed: number },
): number {
  return points.filter(({ latencyMs }) => (quantileOfBuckets(latencyMs, quantile) ?? 0) > allowed)
    .length;
}

/** What a comparison lacks, or `null`. */
function describeLacking({ candidate, stable, quantile }: LatencyComparison): string | null {
  const fewest = fewestForQuantile(quantile);
  const [ours, theirs] = [totalOf(latencyOf(candidate)), totalOf(latencyOf(stable))];
  if (Math.min(ours, theirs) < fewest)
    return `it needs ${fewest} requests on both sides, and has ${ours} and ${theirs}`;
  const points = candidate.latencies.length;
  return points < FEWEST_POINTS
    ? `it needs ${FEWEST_POINTS} points of Cloud Monitoring, one a minute, and has ${points}: give a longer bake-time`
    : null;
}

/** What the candidate's quantile may be at most; a relative bound allows at least {@link SMALLEST_SLOWDOWN_MS}. */
function allowedLatency(stableMs: number, limit: Comparison["limit"]): number {
  if (!limit.relative) return stableMs + limit.offset;
  const share = limit.offset * stableMs;
  return stableMs + (limit.offset > 0 ? Math.max(share, SMALLEST_SLOWDOWN_MS) : share);
}

/** Why a candidate passes that is slower than a relative bound alone would allow. */
function explainFloor(
  valueMs: number,
  stableMs: number,
  { relative, offset }: Comparison["limit"],
): string | null {
  if (!relative || valueMs <= stableMs + offset * stableMs) return null;
  return `slower by ${(valueMs - stableMs).toFixed(1)} ms; a relative bound allows ${SMALLEST_SLOWDOWN_MS} ms at least`;
}

/** Enough draws for a few of them to lie below the level. */
function drawsFor(alpha: number): number {
  return Math.min(MOST_DRAWS, Math.max(2000, Math.ceil(4 / alpha)));
}

interface DrawPlan {
  readonly candidate: Buckets;
  readonly stable: Buckets;
  readonly quantile: number;
  readonly allow: (stableMs: number) => number;
  readonly draws: number;
}

/** The share of draws in which the candidate is within the allowance. */
function chanceOfExcess({ candidate, stable, quantile, allow, draws }: DrawPlan): number {
  const random = createRandom(SEED);
  const drawCandidate = quantileDraws(candidate, quantile, random);
  const drawStable = quantileDraws(stable, quantile, random);
  let within = 0;
  for (let draw = 0; draw < draws; draw++) {
    const allowed = allow(drawStable());
    if (drawCandidate() <= allowed) within++;
  }
  return (within + 1) / (draws + 1);
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
