import { selectVersion, type ModelHistory, type VersionEntry } from "#core";
import { trafficTag, type Revision, type Service } from "#google";
import { describeRollout, type Facts } from "./conclude.ts";
import { fileDeployment, recordServing, reportEnd } from "./finish-rollout.ts";
import type { Inputs } from "./inputs.ts";
import { markTraffic, type Journal } from "./journal.ts";
import { openRollout } from "./opening.ts";
import type { RolloutOutcome } from "./outcome.ts";
import type { Ports } from "./ports.ts";
import { restoreStable } from "./restore.ts";
import { MODEL_ANNOTATION, VERSION_ANNOTATION } from "./revision-template.ts";
import { rollOut } from "./roll-out.ts";
import { readRolloutState, withRolloutState, type RolloutState } from "./rollout-state.ts";
import { changeService } from "./service-change.ts";
import { smokeCandidate } from "./smoke-candidate.ts";
import { readSubject } from "./subject.ts";
import { composeTraffic, resolveTraffic, sharesOf, shortRevision, tagUrlOf } from "./traffic.ts";

/**
 * Gives all traffic to an earlier version at once: its revision is still there, so nothing is
 * built. It wins over a rollout under way, whose state it replaces. Smoke-tested afterwards.
 */
export async function rollBack(
  inputs: Inputs,
  { ports, journal }: { readonly ports: Ports; readonly journal: Journal },
): Promise<RolloutOutcome> {
  const { run, signal, log } = ports;
  const service = await run.getService(inputs.service, { signal });
  const entry = await selectForRollback(inputs, service, ports);
  const revision = service === null ? null : await findRevision(inputs, entry, ports);
  if (service === null || revision === null) {
    log.warning(
      `${inputs.service} has no ready revision of ${entry.version} any more: it is deployed anew, all at once.`,
    );
    return await deployAnew(inputs, entry, { ports, journal });
  }
  return await shiftBack(inputs, { entry, revision, service }, { ports, journal });
}

/** The version to go back to; while a rollout is under way, `previous` is what it began from. */
export async function selectForRollback(
  inputs: Inputs,
  service: Service | null,
  { history, log }: Pick<Ports, "history" | "log">,
): Promise<VersionEntry> {
  const read = await history.read(inputs.model);
  const selector = inputs.version ?? "previous";
  const interrupted = selector === "previous" ? versionUnderRollout(read, service) : null;
  if (interrupted !== null) {
    log.info(`A rollout is under way: the version before it is ${interrupted.version}.`);
    return interrupted;
  }
  return selectVersion(read, selector, inputs.environment);
}

function versionUnderRollout(history: ModelHistory, service: Service | null): VersionEntry | null {
  const state = service === null ? null : readRolloutState(service);
  if (state === null || (state.phase !== "running" && state.phase !== "holding")) return null;
  if (state.model !== history.model) return null;
  return history.versions.find(({ version }) => version === state.stable_version) ?? null;
}

/** The newest ready revision of a version, or `null`. */
export async function findRevision(
  inputs: Inputs,
  entry: VersionEntry,
  { run, signal }: Pick<Ports, "run" | "signal">,
): Promise<string | null> {
  const revisions = await run.listRevisions(inputs.service, { signal });
  const found = revisions.find(
    (revision) =>
      revision.annotations?.[VERSION_ANNOTATION] === entry.version &&
      revision.annotations[MODEL_ANNOTATION] === entry.model &&
      isReady(revision),
  );
  return found === undefined ? null : shortRevision(found.name);
}

/** Whether a revision has started once. */
export function isReady({ conditions, deleteTime }: Revision): boolean {
  const ready = conditions?.find(({ type }) => type === "Ready");
  return ready?.state === "CONDITION_SUCCEEDED" && deleteTime === undefined;
}

interface Target {
  readonly entry: VersionEntry;
  readonly revision: string;
  readonly service: Service;
}

async function shiftBack(
  inputs: Inputs,
  target: Target,
  { ports, journal }: { readonly ports: Ports; readonly journal: Journal },
): Promise<RolloutOutcome> {
  const { entry, revision, service: before } = target;
  const { version } = entry;
  const tag = trafficTag(inputs.service, version);
  const id = ports.newRolloutId();
  const replaced = readRolloutState(before);
  const previous = sharesOf(resolveTraffic(before)).find((share) => share.revision !== revision);
  // Traffic first: what is written on GitHub can wait.
  const service = await changeService(ports, {
    service: inputs.service,
    signal: ports.signal,
    compose: (current) => {
      const found = current ?? before;
      const state = composeState(inputs, { id, entry, revision, tag, found, ports });
      const { traffic } = state;
      const annotations = withRolloutState(found, state);
      return { fields: { traffic, annotations }, updateMask: ["traffic", "annotations"], traffic };
    },
  });
  markTraffic(journal, ports.clock, 100);
  ports.log.info(`${version} (${revision}) has all traffic of ${inputs.service} again.`);
  if (replaced !== null && (replaced.phase === "running" || replaced.phase === "holding")) {
    const description = `Stopped at ${replaced.percent} % by a rollback to ${version}`;
    await reportEnd(replaced.deployment, { ports, journal }, { state: "failure", description });
  }
  const deployment = await fileDeployment(
    inputs,
    { tag: entry.tag, version, rollout: id },
    { ports, journal },
  );
  const facts: Facts = {
    id,
    deployment,
    tag,
    previousRevision: previous?.revision ?? null,
    previousVersion: await versionOf(inputs, previous?.revision, ports),
  };
  return await proveAndRecord(inputs, { ...target, service }, { facts, ports, journal });
}

async function versionOf(
  inputs: Inputs,
  revision: string | undefined,
  { run, signal }: Ports,
): Promise<string | null> {
  if (revision === undefined) return null;
  const found = await run.getRevision(inputs.service, revision, { signal });
  return found?.annotations?.[VERSION_ANNOTATION] ?? null;
}

function composeState(
  inputs: Inputs,
  facts: {
    readonly id: string;
    readonly entry: VersionEntry;
    readonly revision: string;
    readonly tag: string;
    readonly found: Service;
    readonly ports: Ports;
  },
): RolloutState {
  const { entry, revision, tag, found, ports } = facts;
  const now = ports.clock.now().toISOString();
  const stable = resolveTraffic(found);
  const candidate = { revision, tag };
  return {
    id: facts.id,
    run: ports.identity.id,
    run_url: ports.identity.url,
    model: entry.model,
    version: entry.version,
    revision,
    config: "",
    phase: "done",
    percent: 100,
    stable,
    stable_version: readRolloutState(found)?.version ?? null,
    traffic: composeTraffic({ service: inputs.service, stable, candidate, percent: 100 }),
    started: now,
    step_started: now,
    compared_from: null,
    lease_until: now,
    deployment: null,
  };
}

async function proveAndRecord(
  inputs: Inputs,
  { entry, revision, service }: Target,
  {
    facts,
    ports,
    journal,
  }: { readonly facts: Facts; readonly ports: Ports; readonly journal: Journal },
): Promise<RolloutOutcome> {
  const serviceUrl = service.uri ?? "";
  const url = tagUrlOf(service, facts.tag) ?? serviceUrl;
  journal.smoke = await smokeCandidate(inputs, { entry, url, serviceUrl }, ports);
  const proven = journal.smoke?.verdict !== "fail";
  const { version } = entry;
  const { deployment } = facts;
  const reason = `rollback: ${inputs.reason}`;
  const stage = await recordServing(
    inputs,
    { version, deployment: proven ? deployment : null, url: service.uri ?? null, reason },
    { ports, journal },
  );
  if (!proven) {
    const description = `${version} serves, but its smoke test failed`;
    await reportEnd(deployment, { ports, journal }, { state: "failure", description });
  }
  const undertaking = {
    inputs,
    subject: { entry },
    strategy: "all-at-once",
    mode: "rollback",
  } as const;
  return describeRollout(
    { ...undertaking, ports, journal },
    {
      ...facts,
      end: proven ? "deployed" : "serves-unproven",
      reason: proven
        ? `${version} has all traffic again.`
        : `${version} has all traffic, but its smoke test failed: ${journal.smoke?.reason ?? ""}`,
      revision,
      service,
      stage,
    },
  );
}

async function deployAnew(
  inputs: Inputs,
  entry: VersionEntry,
  { ports, journal }: { readonly ports: Ports; readonly journal: Journal },
): Promise<RolloutOutcome> {
  const subject = await readSubject(inputs, entry, ports);
  await stopRollout(inputs, ports);
  const undertaking = {
    inputs,
    subject,
    strategy: "all-at-once",
    mode: "rollback",
    ports,
    journal,
  } as const;
  return await rollOut(undertaking, await openRollout(inputs, subject, { ports, journal }));
}

/** A rollback wins over a live rollout too: what that one has moved goes back first. */
async function stopRollout(inputs: Inputs, ports: Ports): Promise<void> {
  const { service } = inputs;
  const current = await ports.run.getService(service, { signal: ports.signal });
  const state = current === null ? null : readRolloutState(current);
  if (state?.phase !== "running" && state?.phase !== "holding") return;
  await restoreStable(ports, { service, id: state.id, signal: ports.signal });
}
