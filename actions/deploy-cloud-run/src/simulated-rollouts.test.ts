import { describe, expect, it } from "vitest";
import { createRandom, drawBinomial, type Random } from "#stats";
import { alphaOfOneTest, ENDS_OF_A_LOOK, isBeyondCeiling, judgeLook } from "./judge-look.ts";
import { readRolloutThresholds } from "./rollout-thresholds.ts";
import type { ServedFigures } from "./served-figures.ts";

/**
 * Whole rollouts by the default settings, with random traffic: how often an equal candidate is
 * rolled back, and how surely and soon a bad one. SLIPWAY_SIMULATIONS sets how many.
 */
const rollouts = Number(process.env["SLIPWAY_SIMULATIONS"] ?? 150);

const steps = [5, 25, 50, 100];
const bakeMinutes = 10;
const thresholds = readRolloutThresholds("error_rate <= stable + 0.005\np95_ms <= stable + 50%");
const rules = { thresholds, minRequests: 50, alpha: alphaOfOneTest(steps.length, thresholds) };
const bounds = Array.from({ length: 60 }, (_, at) => 1.2 ** at);

interface Behaviour {
  readonly errorRate: number;
  readonly medianMs: number;
  /** Standard deviation of the latency's logarithm. */
  readonly spread: number;
}

/** What a revision does in one minute. */
function serve(requests: number, behaviour: Behaviour, random: Random): ServedFigures {
  const counts = Array.from({ length: bounds.length + 1 }, () => 0);
  for (let request = 0; request < requests; request += 1) {
    const latency = behaviour.medianMs * Math.exp(behaviour.spread * random.normal());
    const at = Math.max(0, Math.ceil(Math.log(latency) / Math.log(1.2)));
    const bucket = Math.min(bounds.length, at);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  const errors = drawBinomial(requests, behaviour.errorRate, random);
  return { requests, errors, latencyMs: { bounds, counts } };
}

function add(left: ServedFigures, right: ServedFigures): ServedFigures {
  const counts = right.latencyMs?.counts ?? [];
  return {
    requests: left.requests + right.requests,
    errors: left.errors + right.errors,
    latencyMs: {
      bounds,
      counts: counts.map((count, at) => count + (left.latencyMs?.counts[at] ?? 0)),
    },
  };
}

type End =
  | { readonly kind: "deployed" | "held"; readonly minutes: number }
  | { readonly kind: "rolled-back"; readonly minutes: number };

function simulate(
  perMinute: number,
  { candidate, stable }: { readonly candidate: Behaviour; readonly stable: Behaviour },
  random: Random,
): End {
  let minutes = 0;
  let earlier: ServedFigures = { requests: 0, errors: 0, latencyMs: null };
  for (const percent of steps) {
    let ours: ServedFigures = { requests: 0, errors: 0, latencyMs: null };
    let theirs: ServedFigures = { requests: 0, errors: 0, latencyMs: null };
    let verdict = "inconclusive";
    for (let minute = 1; minute <= bakeMinutes * ENDS_OF_A_LOOK; minute += 1) {
      minutes += 1;
      const toUs = drawBinomial(perMinute, percent / 100, random);
      ours = add(ours, serve(toUs, candidate, random));
      theirs = add(theirs, serve(perMinute - toUs, stable, random));
      if (isBeyondCeiling(ours)) return { kind: "rolled-back", minutes };
      if (minute % bakeMinutes !== 0) continue;
      const compared = percent === 100 ? earlier : theirs;
      ({ verdict } = judgeLook({ candidate: ours, stable: compared, stableVersion: null }, rules));
      if (verdict !== "inconclusive") break;
    }
    if (verdict === "fail") return { kind: "rolled-back", minutes };
    if (verdict === "inconclusive") return { kind: "held", minutes };
    earlier = add(earlier, theirs);
  }
  return { kind: "deployed", minutes };
}

function simulateMany(
  perMinute: number,
  pair: { candidate: Behaviour; stable: Behaviour },
  count: number,
) {
  const random = createRandom(perMinute);
  const ends = Array.from({ length: count }, () => simulate(perMinute, pair, random));
  const back = ends.filter(({ kind }) => kind === "rolled-back");
  const times = back.map(({ minutes }) => minutes).sort((left, right) => left - right);
  return {
    rolledBack: back.length / count,
    held: ends.filter(({ kind }) => kind === "held").length / count,
    medianMinutes: times[Math.floor(times.length / 2)] ?? Number.NaN,
  };
}

const healthy: Behaviour = { errorRate: 0.005, medianMs: 30, spread: 0.6 };
const countAt = (perMinute: number) => Math.max(8, Math.round((rollouts * 60) / perMinute));

describe("in simulated rollouts", () => {
  it.for([
    [60, 0.005],
    [300, 0.005],
    [300, 0.05],
    [1000, 0.005],
    [3000, 0.005],
  ] as const)(
    "an equal candidate is rolled back once in a hundred at most, at %s requests a minute and an error rate of %s",
    { timeout: 600_000 },
    ([perMinute, errorRate]) => {
      const pair = { candidate: { ...healthy, errorRate }, stable: { ...healthy, errorRate } };
      const { rolledBack, held } = simulateMany(perMinute, pair, countAt(perMinute));
      expect(rolledBack).toBeLessThanOrEqual(0.01);
      expect(held).toBeLessThanOrEqual(0.01);
    },
  );

  it.for([60, 300, 1000, 3000])(
    "one of which every tenth answer is an error is always caught, at %s requests a minute",
    { timeout: 600_000 },
    (perMinute) => {
      const candidate = { ...healthy, errorRate: 0.1 };
      const found = simulateMany(perMinute, { candidate, stable: healthy }, countAt(perMinute));
      expect(found.rolledBack).toBe(1);
      // 5 % of 60 a minute are three: fifty of them take 17 minutes.
      expect(found.medianMinutes).toBeLessThanOrEqual(perMinute < 300 ? 20 : 15);
    },
  );

  it.for([300, 3000])(
    "one that is twice as slow is always caught at %s requests a minute",
    { timeout: 600_000 },
    (perMinute) => {
      const candidate = { ...healthy, medianMs: 60 };
      const found = simulateMany(perMinute, { candidate, stable: healthy }, countAt(perMinute));
      expect(found.rolledBack).toBe(1);
    },
  );
});
