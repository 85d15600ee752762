import { RemoteError, SlipwayError, type Clock } from "#core";
import {
  describeTraffic,
  type CloudRun,
  type Service,
  type ServiceFields,
  type TrafficTarget,
} from "#google";
import { readRolloutState, withRolloutState, type RolloutState } from "./rollout-state.ts";
import { maskOf } from "./service-settings.ts";
import { sameTraffic } from "./traffic.ts";

/** What a change to a service needs. */
export interface ServicePorts {
  readonly run: CloudRun;
  readonly clock: Clock;
}

/** A change, composed from the service as it is now. */
export interface ComposedChange {
  readonly fields: ServiceFields;
  readonly updateMask: readonly string[];
  /** What the service must serve afterwards. */
  readonly traffic: readonly TrafficTarget[];
  /** Short name of a revision that the change makes. */
  readonly revision?: string;
}

/** One change to a service, repeated on a newer reading when somebody else wrote in between. */
export interface ServiceChange {
  readonly service: string;
  /** Throws when the service is no longer what the change was decided on. */
  readonly compose: (current: Service | null) => ComposedChange;
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

const MOST_TRIES = 8;
const PAUSE_MS = 250;

/**
 * Reads a service, composes the change, writes it with the etag that was read and waits until the
 * service reports it. A newer etag means reading and composing again: whether what somebody else
 * wrote matters is for `compose` to say.
 */
export async function changeService(ports: ServicePorts, change: ServiceChange): Promise<Service> {
  const { service, signal } = change;
  for (let attempt = 1; ; attempt += 1) {
    const current = await ports.run.getService(service, { signal });
    const composed = change.compose(current);
    try {
      const outcome = await ports.run.patchService({
        service,
        fields: composed.fields,
        updateMask: composed.updateMask,
        etag: current?.etag,
        allowMissing: current === null,
        signal,
      });
      return await settle(ports, change, { composed, outcome });
    } catch (error) {
      if (!isStale(error) || attempt === MOST_TRIES) throw error;
      await ports.clock.wait(PAUSE_MS * attempt, signal);
    }
  }
}

function isStale(error: unknown): boolean {
  return error instanceof RemoteError && error.code === "SERVICE_CHANGED";
}

async function settle(
  { run }: ServicePorts,
  { service, signal, timeoutMs }: ServiceChange,
  {
    composed,
    outcome,
  }: {
    readonly composed: ComposedChange;
    readonly outcome: Awaited<ReturnType<CloudRun["patchService"]>>;
  },
): Promise<Service> {
  const waiting = { signal, ...(timeoutMs !== undefined && { timeoutMs }) };
  const { traffic, revision } = composed;
  if (outcome.kind === "started") {
    const parent = /^(projects\/[^/]+\/locations\/[^/]+)\//.exec(outcome.operation.name)?.[1];
    await run.waitOperation(outcome.operation, {
      ...waiting,
      ...(revision !== undefined &&
        parent !== undefined && {
          revision: `${parent}/services/${service}/revisions/${revision}`,
        }),
    });
  }
  return await run.waitSettled(
    service,
    { traffic, ...(revision !== undefined && { revision }) },
    waiting,
  );
}

/** Somebody else moved traffic or took the rollout over. Nothing is restored over them. */
export class Intervention extends SlipwayError {
  override readonly name = "Intervention";
}

/**
 * Checks that a service still carries a rollout's state and the traffic that was written with it.
 *
 * @throws Intervention that shows both
 */
export function checkUntouched(service: Service | null, expected: RolloutState): Service {
  if (service === null) {
    throw new Intervention({
      code: "SERVICE_DELETED",
      message: "The service was deleted while the rollout ran.",
      hint: "Nothing was changed. Deploy again to create it anew.",
    });
  }
  const state = readRolloutState(service);
  if (state?.id !== expected.id || state.phase !== expected.phase) {
    throw new Intervention({
      code: "ROLLOUT_REPLACED",
      message:
        state === null
          ? "The rollout's state was taken off the service while it ran."
          : `Another run took the service over: ${state.version} is ${state.phase}${state.run_url === null ? "" : ` by ${state.run_url}`}.`,
      hint: `Nothing more was changed. The service sends ${describeTraffic(service.traffic ?? [])}.`,
    });
  }
  if (!sameTraffic(service.traffic ?? [], expected.traffic)) {
    throw new Intervention({
      code: "TRAFFIC_CHANGED",
      message: `Somebody else changed the traffic during the rollout.\n- left:  ${describeTraffic(expected.traffic)}\n- found: ${describeTraffic(service.traffic ?? [])}`,
      hint: "Nothing more was changed and nothing was restored over it. Deploy again to go on from the traffic as it is now.",
    });
  }
  return service;
}

/** A rollout's next state with everything that is written together with it. */
export interface RolloutWrite {
  readonly service: string;
  readonly from: RolloutState;
  readonly to: RolloutState;
  /** Settings of the service itself that change at the same time. */
  readonly fields?: (service: Service) => ServiceFields;
  readonly signal: AbortSignal;
}

/** Writes a rollout's next state and its traffic in one PATCH, and waits until it is served. */
export function writeRollout(ports: ServicePorts, write: RolloutWrite): Promise<Service> {
  const { service, from, to, signal } = write;
  return changeService(ports, {
    service,
    signal,
    compose: (current) => {
      // A PATCH whose answer was lost may have arrived: then there is nothing left to compare.
      const state = current === null ? null : readRolloutState(current);
      const arrived = JSON.stringify(state) === JSON.stringify(to);
      const untouched = checkUntouched(current, arrived ? to : from);
      const fields = write.fields?.(untouched) ?? {};
      return {
        fields: { ...fields, traffic: to.traffic, annotations: withRolloutState(untouched, to) },
        updateMask: ["traffic", "annotations", ...maskOf(fields)],
        traffic: to.traffic,
      };
    },
  });
}
