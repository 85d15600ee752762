import { InputError } from "#core";
import {
  describeTraffic,
  revisionName,
  type Revision,
  type RevisionTemplate,
  type Service,
  type TrafficTarget,
} from "#google";
import type { Inputs } from "./inputs.ts";
import { recordOrWarn, warn, type Journal } from "./journal.ts";
import type { Ports } from "./ports.ts";
import { restoreStable, type Restoration } from "./restore.ts";
import {
  composeTemplate,
  sameTemplate,
  templateDigest,
  templateOfRevision,
  VERSION_ANNOTATION,
} from "./revision-template.ts";
import { readRolloutState, type RolloutState } from "./rollout-state.ts";
import type { Subject } from "./subject.ts";
import { resolveTraffic, sameTraffic, sharesOf } from "./traffic.ts";

/** What a rollout would put where, decided on the service as it was read. */
export interface Candidate {
  /** `null`: the service is to be made. */
  readonly service: Service | null;
  /** The traffic to go back to; empty for a first deployment. */
  readonly stable: readonly TrafficTarget[];
  readonly stableVersion: string | null;
  /** What the candidate inherits from; `null` for a service that is to be made. */
  readonly base: RevisionTemplate | null;
  readonly template: RevisionTemplate;
  /** Digest of the template. */
  readonly config: string;
  /** The stable revision serves all traffic and is this very one. */
  readonly already: string | null;
}

/** How a rollout begins. */
export type Opening =
  | { readonly kind: "begin"; readonly candidate: Candidate }
  | { readonly kind: "already"; readonly candidate: Candidate; readonly revision: string }
  /** A held rollout of this version and these settings goes on. */
  | { readonly kind: "resume"; readonly service: Service; readonly state: RolloutState }
  /** It was held for too long and was taken back. */
  | {
      readonly kind: "expired";
      readonly state: RolloutState;
      readonly restoration: Restoration;
    };

/**
 * Settles what an earlier run left (a live one is respected, a dead one taken back, a held one gone
 * on with) and decides what there is to do.
 *
 * @throws InputError `ROLLOUT_RUNNING`
 */
export async function openRollout(
  inputs: Inputs,
  subject: Subject,
  { ports, journal }: { readonly ports: Ports; readonly journal: Journal },
): Promise<Opening> {
  const service = await ports.run.getService(inputs.service, { signal: ports.signal });
  const state = service === null ? null : readRolloutState(service);
  if (service !== null && state?.phase === "running") {
    refuseLive(inputs, state, ports);
    await takeBack(inputs, state, { ports, journal });
  } else if (service !== null && state?.phase === "holding") {
    const held = await openHeld(inputs, subject, { ports, journal, service, state });
    if (held !== null) return held;
  } else return await decide(inputs, subject, { ports, service });
  const after = await ports.run.getService(inputs.service, { signal: ports.signal });
  return await decide(inputs, subject, { ports, service: after });
}

/** A rollout whose run still works on it belongs to that run. */
function refuseLive(inputs: Inputs, state: RolloutState, { identity, clock }: Ports): void {
  const lease = new Date(state.lease_until);
  if (state.run === identity.id || lease <= clock.now()) return;
  throw new InputError({
    code: "ROLLOUT_RUNNING",
    message: `Service ${inputs.service} is in a rollout of ${state.version} at ${state.percent} %, begun ${state.started} by ${state.run_url ?? state.run}.`,
    hint: `Wait for that run, or re-run its job if it died. Without a sign of life its claim ends at ${state.lease_until}. mode: rollback wins at any time.`,
  });
}

/** A rollout that nobody works on any more: the stable traffic comes back before anything else. */
async function takeBack(
  inputs: Inputs,
  state: RolloutState,
  { ports, journal }: { readonly ports: Ports; readonly journal: Journal },
): Promise<Restoration> {
  const { signal, log } = ports;
  const { service } = inputs;
  const restoration = await restoreStable(ports, { service, id: state.id, signal });
  const what = `The rollout of ${state.version} (${state.id}) was left at ${state.percent} %`;
  if (restoration.kind === "left-alone")
    warn(journal, log, `${what}. ${restoration.why.message} The traffic stays as it is now.`);
  else if (restoration.kind === "restored")
    log.info(`${what}: restored ${describeTraffic(restoration.traffic)}.`);
  else log.info(`${what}; it begins anew.`);
  const { deployment } = state;
  if (deployment !== null) {
    const description = `${state.version} did not finish; taken back by a later run`;
    await recordOrWarn({ journal, log, what: "The earlier Deployment's status" }, () =>
      ports.records.reportDeployment(deployment, { state: "failure", description }),
    );
  }
  return restoration;
}

async function openHeld(
  inputs: Inputs,
  subject: Subject,
  {
    ports,
    journal,
    service,
    state,
  }: {
    readonly ports: Ports;
    readonly journal: Journal;
    readonly service: Service;
    readonly state: RolloutState;
  },
): Promise<Opening | null> {
  const candidate = await planCandidate(subject, { ports, service, stable: state.stable, state });
  const same =
    state.version === subject.entry.version &&
    state.model === subject.entry.model &&
    state.config === candidate.config;
  const heldMs = ports.clock.now().getTime() - Date.parse(state.step_started);
  const untouched = sameTraffic(service.traffic ?? [], state.traffic);
  if (same && untouched && heldMs <= inputs.maxHold) return { kind: "resume", service, state };
  const restoration = await takeBack(inputs, state, { ports, journal });
  // Where somebody else has moved the traffic, the rollout begins anew from there.
  const expired = same && restoration.kind !== "left-alone";
  return expired ? { kind: "expired", state, restoration } : null;
}

async function decide(
  inputs: Inputs,
  subject: Subject,
  { ports, service }: { readonly ports: Ports; readonly service: Service | null },
): Promise<Opening> {
  const candidate = await readCandidate(subject, { ports, service });
  const { already } = candidate;
  return already === null
    ? { kind: "begin", candidate }
    : { kind: "already", candidate, revision: already };
}

/** What a rollout of this version would put on a service as it is now. */
export async function readCandidate(
  subject: Subject,
  { ports, service }: { readonly ports: Ports; readonly service: Service | null },
): Promise<Candidate> {
  const state = service === null ? null : readRolloutState(service);
  const stable = service === null || isUnproven(service, state) ? [] : resolveTraffic(service);
  return await planCandidate(subject, { ports, service, stable, state });
}

/** Whether a service has never served anything that passed: then there is nothing to go back to. */
function isUnproven(service: Service, state: RolloutState | null): boolean {
  const unfinishedFirst = state !== null && state.stable.length === 0 && state.phase !== "done";
  return unfinishedFirst || (service.latestReadyRevision ?? "") === "";
}

async function planCandidate(
  subject: Subject,
  {
    ports,
    service,
    stable,
    state,
  }: {
    readonly ports: Ports;
    readonly service: Service | null;
    readonly stable: readonly TrafficTarget[];
    readonly state: RolloutState | null;
  },
): Promise<Candidate> {
  const shares = sharesOf(stable);
  const [main] = shares;
  const serving =
    main === undefined || service === null
      ? null
      : await ports.run.getRevision(service.name.split("/").at(-1) ?? "", main.revision, {
          signal: ports.signal,
        });
  const base =
    serving !== null
      ? templateOfRevision(serving)
      : // An attempt of ours at a first deployment is composed as if it had not been.
        state === null
        ? (service?.template ?? null)
        : null;
  const template = composeTemplate(base, subject.wanted);
  const isAlready =
    serving !== null && shares.length === 1 && base !== null && sameTemplate(template, base);
  return {
    service,
    stable,
    stableVersion: serving?.annotations?.[VERSION_ANNOTATION] ?? null,
    base,
    template,
    config: templateDigest(template),
    already: isAlready ? (main?.revision ?? null) : null,
  };
}

const MOST_ATTEMPTS = 10;

/**
 * The name of the revision that serves a candidate: the one that is there already, unless it failed
 * for good, which no revision recovers from.
 *
 * @param taken names that Cloud Run said belong to other configurations
 */
export async function nameRevision(
  ports: Ports,
  {
    service,
    version,
    config,
    taken,
  }: {
    readonly service: string;
    readonly version: string;
    readonly config: string;
    readonly taken: ReadonlySet<string>;
  },
): Promise<string> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const configHash = attempt === 0 ? config : templateDigest({ config, attempt });
    const name = revisionName({ service, version, configHash });
    if (taken.has(name)) continue;
    const present = await ports.run.getRevision(service, name, { signal: ports.signal });
    if (present === null || !hasFailed(present)) return name;
  }
  throw new InputError({
    code: "REVISIONS_FAILED",
    message: `${MOST_ATTEMPTS} revisions of ${version} with these settings have failed to start on ${service}.`,
    hint: "Read the newest one's log, change what is wrong, and delete the failed revisions.",
  });
}

function hasFailed(revision: Revision): boolean {
  const ready = revision.conditions?.find(({ type }) => type === "Ready");
  return ready?.state === "CONDITION_FAILED";
}
