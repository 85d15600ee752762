import type { Inputs } from "./inputs.ts";
import { alphaOfOneTest } from "./judge-look.ts";
import { markTraffic, type Journal } from "./journal.ts";
import type { Ports } from "./ports.ts";
import type { RolloutState } from "./rollout-state.ts";
import { checkUntouched, writeRollout } from "./service-change.ts";
import { takeLook, type Look } from "./take-look.ts";
import { composeTraffic, sharesOf } from "./traffic.ts";

/** A rollout under way. */
export interface Rollout {
  readonly inputs: Inputs;
  readonly tag: string;
  readonly strategy: Inputs["strategy"];
  readonly ports: Ports;
  readonly journal: Journal;
}

/** How the steps ended, and the state that was written last. */
export type WalkEnd =
  | { readonly kind: "passed"; readonly state: RolloutState; readonly reason: string }
  | { readonly kind: "held"; readonly state: RolloutState; readonly reason: string }
  | { readonly kind: "failed"; readonly state: RolloutState; readonly reason: string };

/** The candidate's percentages of a strategy, and whether they are watched. */
export function stepsOf({
  strategy,
  inputs,
}: Pick<Rollout, "strategy" | "inputs">): readonly number[] {
  return strategy === "canary" ? inputs.steps : [100];
}

/** How long a rollout's claim lasts without a sign of life: its longest look, and room to settle. */
export function leaseFrom(now: Date, inputs: Inputs): string {
  const lookMs = 3 * (inputs.bakeTime + inputs.metricsTimeout);
  const settleMs = 15 * 60_000;
  return new Date(now.getTime() + lookMs + settleMs).toISOString();
}

/**
 * Goes up step by step, with a look at each.
 *
 * @param heldSince for a rollout that goes on after a hold: its look began then, at its own step
 */
export async function walkSteps(
  rollout: Rollout,
  begun: RolloutState,
  heldSince: Date | null = null,
): Promise<WalkEnd> {
  const { ports, inputs, strategy } = rollout;
  const steps = stepsOf(rollout);
  let state = heldSince === null ? await shift(rollout, begun, steps[0] ?? 100) : begun;
  let lookFrom = heldSince ?? ports.clock.now();
  for (;;) {
    const { percent } = state;
    if (strategy === "all-at-once") return { kind: "passed", state, reason: "All at once." };
    const look = await lookAt(rollout, state, lookFrom);
    const { reason } = look;
    ports.log.info(`${percent} %: ${look.verdict}. ${reason}`);
    const decision = decide(look, inputs.onInconclusive);
    if (decision === "roll-back") return { kind: "failed", state, reason };
    if (decision === "hold") return { kind: "held", state: await hold(rollout, state), reason };
    const next = decision === "promote" ? 100 : (steps.find((step) => step > percent) ?? 100);
    if (next > percent) state = await shift(rollout, state, next);
    if (percent === 100 || decision === "promote") return { kind: "passed", state, reason };
    lookFrom = ports.clock.now();
  }
}

type Decision = "go-on" | "promote" | "hold" | "roll-back";

/** What a look's verdict comes to. */
export function decide(look: Pick<Look, "verdict">, policy: Inputs["onInconclusive"]): Decision {
  if (look.verdict === "pass") return "go-on";
  if (look.verdict === "fail") return "roll-back";
  switch (policy) {
    case "hold":
      return "hold";
    case "advance":
      return "go-on";
    case "pass":
      return "promote";
    case "fail":
      return "roll-back";
  }
}

async function shift(
  { inputs, tag, ports, journal }: Rollout,
  from: RolloutState,
  percent: number,
): Promise<RolloutState> {
  const now = ports.clock.now();
  const candidate = { revision: from.revision, tag };
  const to: RolloutState = {
    ...from,
    phase: "running",
    percent,
    traffic: composeTraffic({ service: inputs.service, stable: from.stable, candidate, percent }),
    step_started: now.toISOString(),
    compared_from: from.compared_from ?? now.toISOString(),
    lease_until: leaseFrom(now, inputs),
  };
  await writeRollout(ports, { service: inputs.service, from, to, signal: ports.signal });
  markTraffic(journal, ports.clock, percent);
  ports.log.info(`${from.revision} serves ${percent} %.`);
  return to;
}

async function hold({ inputs, ports }: Rollout, from: RolloutState): Promise<RolloutState> {
  const to: RolloutState = { ...from, phase: "holding" };
  await writeRollout(ports, { service: inputs.service, from, to, signal: ports.signal });
  return to;
}

async function lookAt(rollout: Rollout, state: RolloutState, start: Date): Promise<Look> {
  const { inputs, ports, journal } = rollout;
  const look = await takeLook(
    {
      service: inputs.service,
      candidate: state.revision,
      stable: sharesOf(state.stable)
        .map(({ revision }) => revision)
        .filter((revision) => revision !== state.revision),
      stableVersion: state.stable_version,
      start,
      compared: comparedWindow(inputs, state),
      bakeMs: inputs.bakeTime,
      metricsTimeoutMs: inputs.metricsTimeout,
      rules: {
        thresholds: inputs.thresholds,
        minRequests: inputs.minRequests,
        alpha: alphaOfOneTest(stepsOf(rollout).length, inputs.thresholds),
      },
    },
    {
      ...ports,
      guard: async () => {
        const service = await ports.run.getService(inputs.service, { signal: ports.signal });
        checkUntouched(service, state);
      },
    },
  );
  const { verdict, reason, judgements, candidate, stable, finished } = look;
  journal.steps.push({
    percent: state.percent,
    started: start,
    finished,
    candidate,
    stable,
    verdict,
    reason,
    judgements,
  });
  return look;
}

/** At 100 % stable serves nothing: its figures are those of the looks before, or of as long before the switch. */
function comparedWindow(
  inputs: Inputs,
  state: RolloutState,
): { readonly start: Date; readonly end: Date } | "alongside" {
  if (state.percent < 100) return "alongside";
  const end = new Date(state.step_started);
  const from = new Date(state.compared_from ?? state.step_started);
  const start = from < end ? from : new Date(end.getTime() - inputs.bakeTime);
  return { start, end };
}
