import type { CloudMonitoring, LatencyPoint, RequestFigures, TrafficTarget } from "#google";

/** How a revision behaves when it is asked. */
export interface Behaviour {
  readonly errorRate?: number;
  readonly latencyMs?: number;
  readonly startFails?: boolean;
}

/** A service's traffic from a time on, each target with the revision that it means. */
export interface TrafficMoment {
  readonly atMs: number;
  readonly traffic: readonly TrafficTarget[];
}

type Query = Parameters<CloudMonitoring["requestFigures"]>[0];

/** What Monitoring counts of a revision that gets its share of an even stream of requests. */
export function composeFigures(
  { revision, start, end }: Query,
  {
    history,
    behaviour,
    requestsPerSecond,
    shownMs,
  }: {
    readonly history: readonly TrafficMoment[];
    readonly behaviour: Behaviour;
    readonly requestsPerSecond: number;
    /** Until when there are points. */
    readonly shownMs: number;
  },
): RequestFigures {
  const untilMs = Math.min(end.getTime(), shownMs);
  let requests = 0;
  for (const [index, { atMs, traffic }] of history.entries()) {
    const from = Math.max(atMs, start.getTime());
    const to = Math.min(history[index + 1]?.atMs ?? untilMs, untilMs);
    const percent = traffic
      .filter((target) => (target as { served?: string }).served === revision)
      .reduce((sum, target) => sum + (target.percent ?? 0), 0);
    if (to > from) requests += ((to - from) / 1000) * requestsPerSecond * (percent / 100);
  }
  const total = Math.round(requests);
  const errors = Math.round(total * (behaviour.errorRate ?? 0.001));
  return {
    kind: "figures",
    requests: { "2xx": total - errors, ...(errors > 0 && { "5xx": errors }) },
    latencies: pointsOf(total, { start, endMs: untilMs, typicalMs: behaviour.latencyMs ?? 20 }),
    newestPointEnd: total === 0 ? null : new Date(shownMs),
  };
}

const BOUNDS = Array.from({ length: 40 }, (_, at) => 1.4 ** at);

/** The requests of a look spread over its minutes, as Monitoring samples them. */
function pointsOf(
  total: number,
  look: { readonly start: Date; readonly endMs: number; readonly typicalMs: number },
): readonly LatencyPoint[] {
  const minutes = Math.max(1, Math.floor((look.endMs - look.start.getTime()) / 60_000));
  const upTo = (minute: number): number => Math.round((total * minute) / minutes);
  return Array.from({ length: minutes }, (_, at) => ({
    end: new Date(look.start.getTime() + (at + 1) * 60_000),
    latencyMs: histogram(upTo(at + 1) - upTo(at), look.typicalMs),
  })).filter((_, at) => upTo(at + 1) > upTo(at));
}

/** Most values about `typical`, a tenth at twice, a few at four times of it. */
function histogram(total: number, typical: number) {
  const counts = Array.from({ length: BOUNDS.length + 1 }, () => 0);
  const put = (value: number, count: number): void => {
    const at = BOUNDS.findIndex((bound) => bound > value);
    counts[at] = (counts[at] ?? 0) + count;
  };
  const [some, few] = [Math.round(total * 0.1), Math.round(total * 0.02)];
  put(typical * 2, some);
  put(typical * 4, few);
  put(typical, total - some - few);
  return { bounds: BOUNDS, counts };
}
