import { fatalConditionOf, fatalError, logLink, serviceLabel } from "./conditions.ts";
import { shortName } from "./names.ts";
import type { Condition, Revision, Service, TrafficTarget } from "./types.ts";
import type { RemoteError } from "#core";

/** What a service is waited for to be. */
export interface ExpectedService {
  /** The traffic that was asked for; without it the traffic is not looked at. */
  readonly traffic?: readonly TrafficTarget[];
  /** The new revision, for one that gets no traffic: its own conditions count then. */
  readonly revision?: Revision | null;
}

/** How far a service is from what was asked of it. */
export type Settlement =
  | { readonly kind: "settled" }
  | { readonly kind: "pending"; readonly why: string }
  | { readonly kind: "failed"; readonly error: RemoteError };

/**
 * Whether a service, whose operation has ended without error, has become what was asked: not
 * reconciling, its terminal condition succeeded, its newest generation observed, its traffic as
 * asked, and a revision without traffic ready by its own conditions.
 */
export function isSettled(service: Service, expected: ExpectedService = {}): Settlement {
  const revision = expected.revision ?? null;
  const revisionFailure = revision === null ? null : failureOfRevision(revision);
  if (revisionFailure !== null) return { kind: "failed", error: revisionFailure };
  if (service.reconciling === true) return pending("it is reconciling");
  const generation = service.generation ?? "0";
  const observed = service.observedGeneration ?? "0";
  if (generation !== observed) {
    return pending(`generation ${generation} is asked for and ${observed} is observed`);
  }
  const failure = failureOfService(service);
  if (failure !== null) return { kind: "failed", error: failure };
  const state = service.terminalCondition?.state;
  if (state !== "CONDITION_SUCCEEDED") {
    return pending(`its condition is ${state ?? "not known yet"}`);
  }
  if (expected.traffic !== undefined) {
    const served = describeTraffic(service.trafficStatuses ?? []);
    const asked = describeTraffic(expected.traffic);
    if (served !== asked) return pending(`it serves ${served}, and ${asked} was asked for`);
  }
  return revision === null ? { kind: "settled" } : isRevisionReady(revision);
}

function pending(why: string): Settlement {
  return { kind: "pending", why };
}

function isRevisionReady(revision: Revision): Settlement {
  const name = shortName(revision.name);
  if (revision.reconciling === true) return pending(`revision ${name} is reconciling`);
  const ready = revision.conditions?.find((each) => each.type === "Ready");
  if (ready?.state === "CONDITION_SUCCEEDED") return { kind: "settled" };
  return pending(`revision ${name} is ${ready?.state ?? "not ready yet"}`);
}

/** The error of a revision that failed for good, or `null`. */
export function failureOfRevision(revision: Revision): RemoteError | null {
  if (revision.reconciling === true) return null;
  const ready = revision.conditions?.find((each) => each.type === "Ready");
  // A revision out of use may carry failed side conditions; only its readiness decides.
  if (ready?.state !== "CONDITION_FAILED") return null;
  const fatal = fatalConditionOf(revision.conditions ?? []);
  return fatal === null
    ? null
    : fatalError(`revision ${shortName(revision.name)}`, fatal, logLink(revision));
}

function failureOfService(service: Service): RemoteError | null {
  const terminal = service.terminalCondition;
  if (terminal?.state !== "CONDITION_FAILED") return null;
  const conditions: readonly Condition[] = [...(service.conditions ?? []), terminal];
  const fatal = fatalConditionOf(conditions);
  if (fatal === null) return null;
  const revision = service.latestCreatedRevision;
  const link =
    revision === undefined
      ? null
      : logLink({
          name: revision.includes("/") ? revision : `${service.name}/revisions/${revision}`,
        });
  return fatalError(serviceLabel(service), fatal, link);
}

/**
 * Traffic in one line, the same for equal traffic whatever its order, e.g.
 * `95% to weather-v1 and 5% to weather-v2 (tag v2)`.
 */
export function describeTraffic(targets: readonly TrafficTarget[]): string {
  const shares = targets
    .filter((each) => (each.percent ?? 0) > 0 || each.tag)
    .map((each) => {
      const to = each.revision ? shortName(each.revision) : "the latest revision";
      return `${each.percent ?? 0}% to ${isLatest(each) ? "the latest revision" : to}${each.tag ? ` (tag ${each.tag})` : ""}`;
    })
    .sort();
  return shares.length === 0 ? "nothing" : shares.join(" and ");
}

function isLatest(target: TrafficTarget): boolean {
  return (
    target.type === "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST" ||
    (target.type === undefined && !target.revision)
  );
}
