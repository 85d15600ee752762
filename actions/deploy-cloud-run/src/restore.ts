import { describeTraffic, type Service, type TrafficTarget } from "#google";
import { SlipwayError } from "#core";
import { readRolloutState, withRolloutState, type RolloutState } from "./rollout-state.ts";
import {
  changeService,
  checkUntouched,
  Intervention,
  type ServicePorts,
} from "./service-change.ts";
import { sameTraffic, sharesOf } from "./traffic.ts";

/** What became of a rollout's traffic after it failed. */
export type Restoration =
  /** The stable traffic serves again, as it was. */
  | { readonly kind: "restored"; readonly traffic: readonly TrafficTarget[] }
  /** A first deployment has nothing to go back to. */
  | { readonly kind: "nothing-before" }
  /** The rollout's first change never arrived. */
  | { readonly kind: "never-begun" }
  /** Somebody else's traffic was left alone. */
  | { readonly kind: "left-alone"; readonly why: Intervention };

/**
 * Puts the traffic back that a rollout found, in one PATCH with the state, and reads it back. Run
 * again it does it once.
 */
export async function restoreStable(
  ports: ServicePorts,
  {
    service,
    id,
    signal,
    timeoutMs,
  }: {
    readonly service: string;
    /** The rollout's. */
    readonly id: string;
    readonly signal: AbortSignal;
    readonly timeoutMs?: number;
  },
): Promise<Restoration> {
  const before = await ports.run.getService(service, { signal });
  const found = before === null ? null : readRolloutState(before);
  if (before === null || found?.id !== id) return { kind: "never-begun" };
  if (found.phase === "restored") return describeRestored(found);
  try {
    const to: RolloutState = {
      ...found,
      phase: "restored",
      percent: 0,
      traffic: found.stable.length === 0 ? found.traffic : found.stable,
    };
    await writeRestored(ports, { service, to, signal, timeoutMs });
    return describeRestored(to);
  } catch (error) {
    if (error instanceof Intervention) return { kind: "left-alone", why: error };
    throw error;
  }
}

function describeRestored(state: RolloutState): Restoration {
  return state.stable.length === 0
    ? { kind: "nothing-before" }
    : { kind: "restored", traffic: state.stable };
}

async function writeRestored(
  ports: ServicePorts,
  {
    service,
    to,
    signal,
    timeoutMs,
  }: {
    readonly service: string;
    readonly to: RolloutState;
    readonly signal: AbortSignal;
    readonly timeoutMs: number | undefined;
  },
): Promise<void> {
  try {
    await changeService(ports, {
      service,
      signal,
      ...(timeoutMs !== undefined && { timeoutMs }),
      compose: (current) => {
        const state = current === null ? null : readRolloutState(current);
        // Whichever step it was at: its own traffic is the one that may be replaced.
        const untouched = checkUntouched(current, state?.id === to.id ? state : to);
        return {
          fields: { traffic: to.traffic, annotations: withRolloutState(untouched, to) },
          updateMask: ["traffic", "annotations"],
          traffic: to.traffic,
        };
      },
    });
  } catch (error) {
    if (error instanceof Intervention) throw error;
    // A revision that cannot start keeps the service from being ready; the traffic decides here.
    const after = await ports.run.getService(service, { signal }).catch(() => null);
    if (after === null || !servesAgain(after, to.traffic)) throw notRestored(service, to, error);
  }
}

function servesAgain(service: Service, traffic: readonly TrafficTarget[]): boolean {
  return (
    sameTraffic(service.traffic ?? [], traffic) &&
    sameTraffic(service.trafficStatuses ?? [], traffic)
  );
}

function notRestored(service: string, { traffic }: RolloutState, cause: unknown): SlipwayError {
  const shares = sharesOf(traffic).map(({ revision, percent }) => `${revision}=${percent}`);
  return new SlipwayError({
    code: "NOT_RESTORED",
    message: `The stable traffic could NOT be restored: ${cause instanceof Error ? cause.message : String(cause)}\nIt was ${describeTraffic(traffic)}.`,
    hint: `Run this step again, which restores it, or do so now: gcloud run services update-traffic ${service} --to-revisions=${shares.join(",")}`,
    cause,
  });
}
