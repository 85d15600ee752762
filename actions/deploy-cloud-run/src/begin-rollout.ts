import { SlipwayError } from "#core";
import { describeTraffic, type Service } from "#google";
import { markTraffic } from "./journal.ts";
import { nameRevision, type Candidate } from "./opening.ts";
import {
  readRolloutState,
  ROLLOUT_ANNOTATION,
  withRolloutState,
  type RolloutState,
} from "./rollout-state.ts";
import {
  changeService,
  Intervention,
  writeRollout,
  type ComposedChange,
} from "./service-change.ts";
import { maskOf, serviceSettings } from "./service-settings.ts";
import { composeTraffic, sameTraffic } from "./traffic.ts";
import { leaseFrom } from "./walk-steps.ts";
import type { Undertaking } from "./undertaking.ts";

/** What a rollout is known by from its first change on. */
export interface RolloutIds {
  readonly id: string;
  readonly deployment: number | null;
  readonly tag: string;
}

/** A rollout whose candidate is there, without traffic (or, as the first one, private). */
export interface BegunRollout {
  readonly state: RolloutState;
  readonly service: Service;
}

const MOST_NAMES = 5;

/**
 * Puts the candidate's revision on the service at 0 %, with a tag and the rollout's state, in one
 * PATCH. A first deployment has no 0 %: its revision gets all traffic of a private service.
 */
export async function beginRollout(
  undertaking: Undertaking,
  candidate: Candidate,
  ids: RolloutIds,
): Promise<BegunRollout> {
  const { inputs, subject, ports, journal } = undertaking;
  const taken = new Set<string>();
  for (;;) {
    const revision = await nameRevision(ports, {
      service: inputs.service,
      version: subject.entry.version,
      config: candidate.config,
      taken,
    });
    const state = composeState(undertaking, candidate, { ...ids, revision });
    try {
      const service = await changeService(ports, {
        service: inputs.service,
        signal: ports.signal,
        compose: (current) => composeBeginning(undertaking, candidate, { state, current }),
      });
      markTraffic(journal, ports.clock, state.percent);
      ports.log.info(`Revision ${revision} is there: ${describeTraffic(state.traffic)}.`);
      return { state, service };
    } catch (error) {
      const nameTaken = error instanceof SlipwayError && error.code === "REVISION_EXISTS";
      if (!nameTaken || taken.size + 1 >= MOST_NAMES) throw error;
      taken.add(revision);
    }
  }
}

function composeState(
  { inputs, subject, ports }: Undertaking,
  candidate: Candidate,
  ids: RolloutIds & { readonly revision: string },
): RolloutState {
  const { revision, tag } = ids;
  const { stable } = candidate;
  const now = ports.clock.now();
  const percent = stable.length === 0 ? 100 : 0;
  return {
    id: ids.id,
    run: ports.identity.id,
    run_url: ports.identity.url,
    model: subject.entry.model,
    version: subject.entry.version,
    revision,
    config: candidate.config,
    phase: "running",
    percent,
    stable,
    stable_version: candidate.stableVersion,
    traffic: composeTraffic({
      service: inputs.service,
      stable,
      candidate: { revision, tag },
      percent,
    }),
    started: now.toISOString(),
    step_started: now.toISOString(),
    compared_from: null,
    lease_until: leaseFrom(now, inputs),
    deployment: ids.deployment,
  };
}

function composeBeginning(
  { inputs }: Undertaking,
  candidate: Candidate,
  { state, current }: { readonly state: RolloutState; readonly current: Service | null },
): ComposedChange {
  if (current === null || readRolloutState(current)?.id !== state.id)
    checkStillAs(candidate.service, current);
  // What the service as a whole asks for waits for the end, unless there is nothing to disturb yet.
  const settings = candidate.stable.length === 0 ? serviceSettings(inputs, current) : {};
  return {
    fields: {
      ...settings,
      template: { ...candidate.template, revision: state.revision },
      traffic: state.traffic,
      annotations: withRolloutState(current, state),
    },
    updateMask: ["template", "traffic", "annotations", ...maskOf(settings)],
    traffic: state.traffic,
    revision: state.revision,
  };
}

/** Two runs that begin at once both read a quiet service: only one of them may go on. */
function checkStillAs(read: Service | null, current: Service | null): void {
  const stateOf = (service: Service | null) => service?.annotations?.[ROLLOUT_ANNOTATION];
  const same =
    (read === null) === (current === null) &&
    stateOf(read) === stateOf(current) &&
    sameTraffic(read?.traffic ?? [], current?.traffic ?? []);
  if (same) return;
  const state = current === null ? null : readRolloutState(current);
  throw new Intervention({
    code: "SERVICE_CHANGED",
    message:
      state?.phase === "running"
        ? `Another run (${state.run_url ?? state.run}) has begun a rollout of ${state.version} at the same time.`
        : `The service was changed while the rollout was being prepared: it sends ${describeTraffic(current?.traffic ?? [])}.`,
    hint: "Nothing was changed. Run the deployment again; give the workflows that deploy one concurrency: group.",
  });
}

/** Takes a held rollout over, so that no other run does. */
export async function claimHeld(
  { inputs, ports }: Undertaking,
  held: RolloutState,
): Promise<BegunRollout> {
  const { id: run, url: run_url } = ports.identity;
  const state: RolloutState = {
    ...held,
    phase: "running",
    run,
    run_url,
    lease_until: leaseFrom(ports.clock.now(), inputs),
  };
  const { service } = inputs;
  const { signal } = ports;
  return { state, service: await writeRollout(ports, { service, from: held, to: state, signal }) };
}
