import type { StageOutcome } from "#github";
import { trafficTag, type Service } from "#google";
import { beginRollout, claimHeld } from "./begin-rollout.ts";
import {
  concludeError,
  concludeExpired,
  concludeFailure,
  concludeHeld,
  describeRollout,
  type Facts,
} from "./conclude.ts";
import { fileDeployment, finishRollout, openForCallers, recordServing } from "./finish-rollout.ts";
import type { Candidate, Opening } from "./opening.ts";
import type { RolloutOutcome } from "./outcome.ts";
import { readRolloutState, type RolloutState } from "./rollout-state.ts";
import { changeService } from "./service-change.ts";
import { maskOf, serviceSettings } from "./service-settings.ts";
import { smokeCandidate } from "./smoke-candidate.ts";
import { sharesOf, tagUrlOf } from "./traffic.ts";
import type { Undertaking } from "./undertaking.ts";
import { walkSteps, type WalkEnd } from "./walk-steps.ts";

/** Carries a version through, from wherever an earlier run left it. */
export async function rollOut(undertaking: Undertaking, opening: Opening): Promise<RolloutOutcome> {
  switch (opening.kind) {
    case "already":
      return await confirmServing(undertaking, opening);
    case "expired":
      return await concludeExpired(undertaking, opening);
    case "begin":
    case "resume":
      return await carryOut(undertaking, opening);
  }
}

type Going = Extract<Opening, { readonly kind: "begin" | "resume" }>;

async function carryOut(undertaking: Undertaking, opening: Going): Promise<RolloutOutcome> {
  const facts = await startFacts(undertaking, opening);
  let served: { readonly state: RolloutState; readonly service: Service; readonly reason: string };
  try {
    const end = await proceed(undertaking, opening, facts);
    if (end.kind === "failed") return await concludeFailure(undertaking, facts, end.reason);
    if (end.kind === "held") return await concludeHeld(undertaking, facts, end);
    const service = await finishRollout(undertaking.inputs, end.state, undertaking.ports);
    served = { state: { ...end.state, phase: "done" }, service, reason: end.reason };
  } catch (error) {
    return await concludeError(undertaking, facts, error);
  }
  const stage = await noteServing(undertaking, facts.deployment, served.service);
  return describeRollout(undertaking, {
    ...facts,
    end: "deployed",
    reason: served.reason,
    revision: served.state.revision,
    service: served.service,
    stage,
  });
}

async function startFacts(undertaking: Undertaking, opening: Going): Promise<Facts> {
  const { inputs, subject, ports } = undertaking;
  const { version, tag: ref } = subject.entry;
  const tag = trafficTag(inputs.service, version);
  const stable = opening.kind === "begin" ? opening.candidate.stable : opening.state.stable;
  const before = {
    tag,
    previousRevision: sharesOf(stable)[0]?.revision ?? null,
    previousVersion:
      opening.kind === "begin" ? opening.candidate.stableVersion : opening.state.stable_version,
  };
  if (opening.kind === "resume") {
    const { id, deployment, percent, step_started: since } = opening.state;
    ports.log.info(`The rollout of ${version} goes on at ${percent} %, where it was held.`);
    undertaking.journal.marks.push({ at: new Date(since), percent });
    return { ...before, id, deployment };
  }
  const id = ports.newRolloutId();
  const deployment = await fileDeployment(inputs, { tag: ref, version, rollout: id }, undertaking);
  return { ...before, id, deployment };
}

async function proceed(undertaking: Undertaking, opening: Going, facts: Facts): Promise<WalkEnd> {
  const rollout = { ...undertaking, tag: facts.tag };
  if (opening.kind === "resume") {
    const { state } = await claimHeld(undertaking, opening.state);
    return await walkSteps(rollout, state, new Date(state.step_started));
  }
  const { state, service } = await beginRollout(undertaking, opening.candidate, facts);
  const rejected = await smoke(undertaking, service, facts.tag);
  if (rejected !== null) return { kind: "failed", state, reason: rejected };
  if (isFirst(opening.candidate))
    return {
      kind: "passed",
      state,
      reason: "First deployment: there was nothing to compare with.",
    };
  return await walkSteps(rollout, state);
}

function isFirst({ stable }: Candidate): boolean {
  return stable.length === 0;
}

/** Why a candidate may not get traffic, or `null`. */
async function smoke(
  { inputs, subject, ports, journal }: Undertaking,
  service: Service,
  tag: string,
): Promise<string | null> {
  const serviceUrl = service.uri ?? "";
  const url = tagUrlOf(service, tag) ?? serviceUrl;
  const { entry } = subject;
  journal.smoke = await smokeCandidate(inputs, { entry, url, serviceUrl }, ports);
  return journal.smoke?.verdict === "fail" ? `Smoke test: ${journal.smoke.reason}` : null;
}

async function noteServing(
  undertaking: Undertaking,
  deployment: number | null,
  service: Service,
): Promise<StageOutcome | null> {
  const { inputs, subject, mode } = undertaking;
  const { version } = subject.entry;
  const reason = mode === "rollback" ? `rollback: ${inputs.reason}` : inputs.reason;
  const url = service.uri ?? null;
  return await recordServing(inputs, { version, deployment, url, reason }, undertaking);
}

/** A candidate that serves already: its tag and settings are made sure of, nothing else. */
async function confirmServing(
  undertaking: Undertaking,
  { candidate, revision }: Extract<Opening, { readonly kind: "already" }>,
): Promise<RolloutOutcome> {
  const { inputs, subject, ports } = undertaking;
  const { version } = subject.entry;
  ports.log.info(`${version} has all traffic of ${inputs.service} already, with these settings.`);
  const service = await applySettings(undertaking, candidate.service);
  await openForCallers(inputs, ports);
  const state = service === null ? null : readRolloutState(service);
  const own = state?.revision === revision && state.phase === "done" ? state : null;
  const holder = (await ports.history.read(inputs.model)).stages[inputs.environment] ?? null;
  // A run that ended between the traffic and the tag left its Deployment open too.
  const deployment = holder === version ? null : (own?.deployment ?? null);
  const stage = service === null ? null : await noteServing(undertaking, deployment, service);
  return describeRollout(undertaking, {
    id: own?.id ?? "",
    tag: trafficTag(inputs.service, version),
    deployment: own?.deployment ?? null,
    previousRevision: own === null ? null : (sharesOf(own.stable)[0]?.revision ?? null),
    previousVersion: own?.stable_version ?? null,
    end: "already-deployed",
    reason: "It had all traffic already, with these settings.",
    revision,
    service,
    stage,
  });
}

async function applySettings(
  { inputs, ports }: Undertaking,
  service: Service | null,
): Promise<Service | null> {
  if (service === null || Object.keys(serviceSettings(inputs, service)).length === 0)
    return service;
  return await changeService(ports, {
    service: inputs.service,
    signal: ports.signal,
    compose: (current) => {
      const fields = serviceSettings(inputs, current);
      return { fields, updateMask: maskOf(fields), traffic: current?.traffic ?? [] };
    },
  });
}
