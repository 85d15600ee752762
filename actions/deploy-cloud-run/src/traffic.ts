import { describeTraffic, type Service, type TrafficTarget } from "#google";

const BY_REVISION = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION";
const LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST";

/** A revision's part of the traffic. */
export interface Share {
  /** Short name. */
  readonly revision: string;
  /** Whole, 1 to 100. */
  readonly percent: number;
}

/** A revision and the tag that gives it a URL of its own. */
export interface TaggedRevision {
  readonly revision: string;
  readonly tag: string;
}

/**
 * A service's traffic with each share at a named revision: what follows "the latest" would go to
 * the candidate by itself. Tags that follow the latest stay as they are. Empty when no revision
 * was ever ready.
 */
export function resolveTraffic(service: Service): readonly TrafficTarget[] {
  const latest = shortRevision(service.latestReadyRevision ?? "");
  const asked = service.traffic ?? [];
  const targets: readonly TrafficTarget[] =
    asked.length === 0 ? [{ type: LATEST, percent: 100 }] : asked;
  return targets.flatMap((target): TrafficTarget[] => {
    const { percent = 0, tag } = target;
    if (isLatest(target)) {
      const share = percent > 0 && latest !== "" ? [byRevision({ revision: latest, percent })] : [];
      return [...share, ...(tag === undefined ? [] : [{ type: LATEST, tag } as const])];
    }
    return [byRevision({ revision: target.revision ?? "", percent, tag })];
  });
}

/** How the traffic is shared, the largest share first. */
export function sharesOf(targets: readonly TrafficTarget[]): readonly Share[] {
  const shares = new Map<string, number>();
  for (const { revision, percent = 0 } of targets) {
    if (revision === undefined || percent === 0) continue;
    const name = shortRevision(revision);
    shares.set(name, (shares.get(name) ?? 0) + percent);
  }
  return [...shares]
    .map(([revision, percent]) => ({ revision, percent }))
    .sort((left, right) => right.percent - left.percent);
}

/** What {@link composeTraffic} puts together. */
export interface TrafficPlan {
  readonly service: string;
  /** The traffic as it was before the rollout. */
  readonly stable: readonly TrafficTarget[];
  readonly candidate: TaggedRevision;
  /** The candidate's, 0 to 100; without any stable share it gets all. */
  readonly percent: number;
}

/** Traffic with the candidate at a percentage; the stable shares keep their proportions, foreign tags stay. */
export function composeTraffic(plan: TrafficPlan): readonly TrafficTarget[] {
  const { service, stable, candidate } = plan;
  const others = sharesOf(stable).filter(({ revision }) => revision !== candidate.revision);
  const percent = others.length === 0 ? 100 : plan.percent;
  return [
    ...scaleShares(others, 100 - percent).map((share) => byRevision(share)),
    byRevision({ ...candidate, percent }),
    ...foreignTags(service, stable).filter(({ tag }) => tag !== candidate.tag),
  ];
}

/** Tags that no rollout of this service made, each without traffic. */
function foreignTags(service: string, targets: readonly TrafficTarget[]): readonly TrafficTarget[] {
  return targets.flatMap((target): TrafficTarget[] => {
    const { tag, revision = "" } = target;
    if (tag === undefined || isOwnTag(service, { tag, revision })) return [];
    return [isLatest(target) ? { type: LATEST, tag } : byRevision({ revision, tag, percent: 0 })];
  });
}

/** A rollout tags a revision with the version in its own name. */
function isOwnTag(service: string, { tag, revision }: TaggedRevision): boolean {
  return shortRevision(revision).startsWith(`${service}-${tag}-`);
}

/** Whole percentages in the given proportions that add up to `total`, by largest remainder. */
export function scaleShares(shares: readonly Share[], total: number): readonly Share[] {
  const sum = shares.reduce((all, { percent }) => all + percent, 0);
  const exact = shares.map(({ revision, percent }) => ({
    revision,
    exact: sum === 0 ? 0 : (percent * total) / sum,
  }));
  const missing = total - exact.reduce((all, share) => all + Math.floor(share.exact), 0);
  const favoured = new Set(
    [...exact]
      .sort((left, right) => (right.exact % 1) - (left.exact % 1))
      .slice(0, shares.length === 0 ? 0 : missing)
      .map(({ revision }) => revision),
  );
  return exact
    .map(({ revision, exact }) => ({
      revision,
      percent: Math.floor(exact) + (favoured.has(revision) ? 1 : 0),
    }))
    .filter(({ percent }) => percent > 0);
}

/** Whether two lists of targets send the same traffic and tags to the same places. */
export function sameTraffic(
  left: readonly TrafficTarget[],
  right: readonly TrafficTarget[],
): boolean {
  return describeTraffic(left) === describeTraffic(right);
}

/** The URL of a tag, as the service reports it. */
export function tagUrlOf(service: Service, tag: string): string | null {
  return service.trafficStatuses?.find((status) => status.tag === tag)?.uri ?? null;
}

/** `…/revisions/weather-v1` is `weather-v1`. */
export function shortRevision(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

function byRevision(target: {
  readonly revision: string;
  readonly percent: number;
  readonly tag?: string | undefined;
}): TrafficTarget {
  return {
    type: BY_REVISION,
    revision: shortRevision(target.revision),
    ...(target.percent > 0 && { percent: target.percent }),
    ...(target.tag !== undefined && { tag: target.tag }),
  };
}

function isLatest(target: TrafficTarget): boolean {
  return target.type === LATEST || (target.type === undefined && !target.revision);
}
