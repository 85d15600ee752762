import { describe, expect, it } from "vitest";
import { createRandom, drawBinomial, type Random } from "#stats";
import { alphaOfOneTest, ENDS_OF_A_LOOK, isBeyondCeiling, judgeLook } from "./judge-look.ts";
import { readRolloutThresholds } from "./rollout-thresholds.ts";
import { addFigures, NO_FIGURES, type ServedFigures } from "./served-figures.ts";

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
  /** What the machines beneath do to it; a machine of one's own does nothing. */
  readonly machine?: Machine;
}

/** A machine that others use too: its requests do not fare independently of each other. */
interface Machine {
  /** Standard deviation of the logarithm by which a whole minute is slower or faster. */
  readonly minuteSpread: number;
  /** Chance that a minute has a stall, which some of its requests wait for. */
  readonly stalls: number;
  /** The candidate's new instances: this share of the first minute's requests wait for a start. */
  readonly coldShare: number;
}

/** What a revision does in one minute; the first one of a step meets new instances. */
function serve(
  requests: number,
  { behaviour, minute, isFirst }: { behaviour: Behaviour; minute: number; isFirst: boolean },
  random: Random,
): ServedFigures {
  const counts = Array.from({ length: bounds.length + 1 }, () => 0);
  const delayOf = delaysOf(behaviour.machine, isFirst, random);
  for (let request = 0; request < requests; request += 1) {
    const ownMs = behaviour.medianMs * Math.exp(behaviour.spread * random.normal());
    const latency = delayOf(ownMs);
    const at = Math.max(0, Math.ceil(Math.log(latency) / Math.log(1.2)));
    const bucket = Math.min(bounds.length, at);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  const errors = drawBinomial(requests, behaviour.errorRate, random);
  const point = { end: new Date(minute * 60_000), latencyMs: { bounds, counts } };
  return { requests, errors, latencies: requests === 0 ? [] : [point] };
}

/** What a machine makes of a latency in one minute. */
function delaysOf(
  machine: Machine | undefined,
  isFirst: boolean,
  random: Random,
): (ownMs: number) => number {
  if (machine === undefined) return (ownMs) => ownMs;
  const pace = Math.exp(machine.minuteSpread * random.normal());
  const stalled = random.uniform() < machine.stalls ? 0.05 + 0.45 * random.uniform() : 0;
  const stallMs = 200 + 1800 * random.uniform();
  const cold = isFirst ? machine.coldShare : 0;
  return (ownMs) => {
    const fate = random.uniform();
    if (fate < cold) return ownMs * pace + 1500;
    return ownMs * pace + (fate < cold + stalled ? stallMs : 0);
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
  let earlier = NO_FIGURES;
  for (const percent of steps) {
    let ours = NO_FIGURES;
    let theirs = NO_FIGURES;
    let verdict = "inconclusive";
    for (let minute = 1; minute <= bakeMinutes * ENDS_OF_A_LOOK; minute += 1) {
      minutes += 1;
      const toUs = drawBinomial(perMinute, percent / 100, random);
      const at = { minute: minutes, isFirst: minute === 1 };
      ours = addFigures(ours, serve(toUs, { behaviour: candidate, ...at }, random));
      const warm = { behaviour: stable, minute: minutes, isFirst: false };
      theirs = addFigures(theirs, serve(perMinute - toUs, warm, random));
      if (isBeyondCeiling(ours)) return { kind: "rolled-back", minutes };
      if (minute % bakeMinutes !== 0) continue;
      const compared = percent === 100 ? earlier : theirs;
      ({ verdict } = judgeLook({ candidate: ours, stable: compared, stableVersion: null }, rules));
      if (verdict !== "inconclusive") break;
    }
    if (verdict === "fail") return { kind: "rolled-back", minutes };
    if (verdict === "inconclusive") return { kind: "held", minutes };
    earlier = addFigures(earlier, theirs);
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

/** Stalls in one of twenty minutes, in which up to half of the requests wait for up to two seconds. */
const shared: Machine = { minuteSpread: 0.2, stalls: 0.05, coldShare: 0.2 };
/** Three times as many stalls, and minutes that are a third slower or faster. */
const busy: Machine = { minuteSpread: 0.3, stalls: 0.15, coldShare: 0.3 };

describe("in simulated rollouts on machines that others use", () => {
  // A bootstrap over requests alone, as if each fared by itself, rolls 13 to 70 % of these back.
  it.for([
    ["shared", 30, shared],
    ["shared", 200, shared],
    ["busy", 30, busy],
    ["busy", 200, busy],
  ] as const)(
    "an equal candidate on a %s machine is rolled back once in a hundred at most, at a median of %s ms",
    { timeout: 600_000 },
    ([, medianMs, machine]) => {
      const equal = { ...healthy, medianMs, machine };
      const { rolledBack } = simulateMany(300, { candidate: equal, stable: equal }, rollouts);
      expect(rolledBack).toBeLessThanOrEqual(0.01);
    },
  );

  it.for([30, 200])(
    "one that is twice as slow as %i ms is caught nine times in ten on a shared one",
    { timeout: 600_000 },
    (medianMs) => {
      const stable = { ...healthy, medianMs, machine: shared };
      const candidate = { ...stable, medianMs: 2 * medianMs };
      const found = simulateMany(1000, { candidate, stable }, countAt(300));
      expect(found.rolledBack).toBeGreaterThanOrEqual(0.9);
    },
  );
});
