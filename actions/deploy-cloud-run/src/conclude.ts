import { SlipwayError, type Verdict } from "#core";
import type { StageOutcome } from "#github";
import { trafficTag, type Service } from "#google";
import type { RolloutIds } from "./begin-rollout.ts";
import { reportEnd } from "./finish-rollout.ts";
import { markTraffic } from "./journal.ts";
import type { Opening } from "./opening.ts";
import type { RolloutEnd, RolloutOutcome } from "./outcome.ts";
import { restoreStable, type Restoration } from "./restore.ts";
import { readRolloutState } from "./rollout-state.ts";
import { Intervention } from "./service-change.ts";
import { resolveTraffic, sharesOf, tagUrlOf } from "./traffic.ts";
import type { Undertaking } from "./undertaking.ts";
import type { WalkEnd } from "./walk-steps.ts";

/** What is known of a rollout from its beginning on. */
export interface Facts extends RolloutIds {
  readonly previousRevision: string | null;
  readonly previousVersion: string | null;
}

/** A cancelled step has this long until it is killed. */
const AFTER_CANCEL_MS = 7000;
const FOR_RESTORING_MS = 600_000;

/** A rollout whose figures cannot tell stays where it is. */
export async function concludeHeld(
  undertaking: Undertaking,
  facts: Facts,
  { state, reason }: WalkEnd,
): Promise<RolloutOutcome> {
  const { inputs, ports } = undertaking;
  const service = await ports.run.getService(inputs.service, { signal: ports.signal });
  const description = `${state.version} is held at ${state.percent} %`;
  await reportEnd(facts.deployment, undertaking, { state: "in_progress", description });
  return describeRollout(undertaking, {
    ...facts,
    end: "held",
    reason: `${reason} It is held at ${state.percent} %; the next run of this deployment looks again.`,
    revision: state.revision,
    service,
    stage: null,
  });
}

/** Something could not be done: the stable traffic comes back, unless somebody else has moved it. */
export async function concludeError(
  undertaking: Undertaking,
  facts: Facts,
  error: unknown,
): Promise<RolloutOutcome> {
  const { ports, journal } = undertaking;
  if (ports.signal.aborted) return await concludeFailure(undertaking, facts, CANCELLED);
  const begun = journal.marks.length > 0;
  if (error instanceof Intervention && begun)
    return await concludeInterrupted(undertaking, facts, error);
  return await concludeFailure(undertaking, facts, explain(error), error);
}

const CANCELLED = "The step was cancelled.";

function explain(error: unknown): string {
  if (error instanceof SlipwayError && error.hint !== undefined)
    return `${error.message}\n${error.hint}`;
  return error instanceof Error ? error.message : String(error);
}

async function concludeInterrupted(
  undertaking: Undertaking,
  facts: Facts,
  why: Intervention,
): Promise<RolloutOutcome> {
  const { inputs, ports } = undertaking;
  await reportFailure(undertaking, facts, why.message);
  const service = await ports.run.getService(inputs.service, { signal: ports.signal });
  return describeRollout(undertaking, {
    ...facts,
    end: "interrupted",
    reason: explain(why),
    revision: null,
    service,
    stage: null,
  });
}

/**
 * Puts the stable traffic back and says why.
 *
 * @param cause thrown on when it turns out that the rollout had changed nothing yet
 */
export async function concludeFailure(
  undertaking: Undertaking,
  facts: Facts,
  reason: string,
  cause?: unknown,
): Promise<RolloutOutcome> {
  const { inputs, ports, journal } = undertaking;
  // A cancelled step's own signal would cancel this too.
  const timeoutMs = ports.signal.aborted ? AFTER_CANCEL_MS : FOR_RESTORING_MS;
  const signal = AbortSignal.timeout(timeoutMs);
  const restoration = await restoreOrExplain(undertaking, facts, { signal, timeoutMs, reason });
  if (restoration.kind === "restored") markTraffic(journal, ports.clock, 0);
  await reportFailure(undertaking, facts, reason);
  if (restoration.kind === "never-begun" && cause !== undefined) throw cause;
  const service = await ports.run.getService(inputs.service, { signal });
  const state = service === null ? null : readRolloutState(service);
  return describeRollout(undertaking, {
    ...facts,
    end: endOf(restoration),
    reason: `${reason} ${describeRestoration(restoration)}`,
    revision: state?.id === facts.id ? state.revision : null,
    service,
    stage: null,
  });
}

async function restoreOrExplain(
  undertaking: Undertaking,
  facts: Facts,
  facing: { readonly signal: AbortSignal; readonly timeoutMs: number; readonly reason: string },
): Promise<Restoration> {
  const { inputs, ports } = undertaking;
  const { signal, timeoutMs, reason } = facing;
  try {
    const { service } = inputs;
    return await restoreStable(ports, { service, id: facts.id, signal, timeoutMs });
  } catch (error) {
    await reportFailure(undertaking, facts, reason);
    const known = error instanceof SlipwayError ? error : null;
    throw new SlipwayError({
      code: known?.code ?? "NOT_RESTORED",
      message: `${reason}\n${error instanceof Error ? error.message : String(error)}`,
      hint:
        known?.hint ??
        "The stable traffic may not be restored: run this step again, which does so.",
      cause: error,
    });
  }
}

async function reportFailure(
  undertaking: Undertaking,
  { deployment }: Pick<Facts, "deployment">,
  reason: string,
): Promise<void> {
  const { version } = undertaking.subject.entry;
  const description = `${version}: ${reason}`;
  await reportEnd(deployment, undertaking, { state: "failure", description });
}

/** A rollout that was held for longer than it may be. */
export async function concludeExpired(
  undertaking: Undertaking,
  { state, restoration }: Extract<Opening, { readonly kind: "expired" }>,
): Promise<RolloutOutcome> {
  const { inputs, ports } = undertaking;
  const service = await ports.run.getService(inputs.service, { signal: ports.signal });
  const hours = (inputs.maxHold / 3_600_000).toFixed(1).replace(/\.0$/, "");
  return describeRollout(undertaking, {
    id: state.id,
    deployment: state.deployment,
    tag: trafficTag(inputs.service, state.version),
    previousRevision: sharesOf(state.stable)[0]?.revision ?? null,
    previousVersion: state.stable_version,
    end: endOf(restoration),
    reason: `It was held at ${state.percent} % since ${state.step_started}, longer than max-hold (${hours} h). ${describeRestoration(restoration)}`,
    revision: state.revision,
    service,
    stage: null,
  });
}

function endOf({ kind }: Restoration): RolloutEnd {
  switch (kind) {
    case "restored":
      return "rolled-back";
    case "nothing-before":
      return "left-private";
    case "never-begun":
    case "left-alone":
      return "interrupted";
  }
}

function describeRestoration(restoration: Restoration): string {
  switch (restoration.kind) {
    case "restored":
      return "The stable traffic serves again, as it was.";
    case "nothing-before":
      return "There is no version to go back to: the service stays private.";
    case "never-begun":
      return "Nothing was changed.";
    case "left-alone":
      return `${restoration.why.message} Nothing was restored over it.`;
  }
}

const VERDICTS: Readonly<Record<RolloutEnd, Verdict>> = {
  deployed: "pass",
  "already-deployed": "pass",
  held: "inconclusive",
  "rolled-back": "fail",
  "left-private": "fail",
  interrupted: "fail",
  "serves-unproven": "fail",
};

/** A rollout's outcome from what is known at its end. */
export function describeRollout(
  {
    inputs,
    subject,
    strategy,
    mode,
    ports,
    journal,
  }: Pick<Undertaking, "inputs" | "strategy" | "mode" | "ports" | "journal"> & {
    readonly subject: Pick<Undertaking["subject"], "entry">;
  },
  ending: Facts & {
    readonly end: RolloutEnd;
    readonly reason: string;
    readonly revision: string | null;
    readonly service: Service | null;
    readonly stage: StageOutcome | null;
  },
): RolloutOutcome {
  const { end, service } = ending;
  return {
    kind: "rollout",
    mode,
    end,
    verdict: VERDICTS[end],
    reason: ending.reason,
    model: subject.entry.model,
    version: subject.entry.version,
    previousVersion: ending.previousVersion,
    service: inputs.service,
    region: inputs.region,
    project: ports.project,
    environment: inputs.environment,
    strategy,
    rolloutId: ending.id,
    revision: ending.revision,
    previousRevision: ending.previousRevision,
    url: service?.uri ?? null,
    tagUrl: service === null ? null : tagUrlOf(service, ending.tag),
    traffic: service === null ? [] : resolveTraffic(service),
    deploymentId: ending.deployment,
    stage: ending.stage,
    journal,
    finished: ports.clock.now(),
  };
}
