import {
  mergeLatencies,
  sumBuckets,
  type Buckets,
  type CloudMonitoring,
  type LatencyPoint,
  type RequestFigures,
} from "#google";

/** What a revision did while it was looked at. */
export interface ServedFigures {
  readonly requests: number;
  /** Answers of class 5xx. */
  readonly errors: number;
  /** Point by point, in the order of time; none without any request. */
  readonly latencies: readonly LatencyPoint[];
}

/** Figures and how far Monitoring has come, or why there are none. */
export type Reading =
  | { readonly kind: "read"; readonly figures: ServedFigures; readonly newestPointEnd: Date | null }
  | { readonly kind: "unavailable"; readonly why: string };

/** Nothing served. */
export const NO_FIGURES: ServedFigures = { requests: 0, errors: 0, latencies: [] };

/** Latencies of the whole time, in milliseconds; `null` without any request. */
export function latencyOf({ latencies }: ServedFigures): Buckets | null {
  return sumBuckets(latencies.map(({ latencyMs }) => latencyMs));
}

/** Reads what revisions did together between two times. */
export async function readFigures(
  monitoring: CloudMonitoring,
  query: {
    readonly service: string;
    readonly revisions: readonly string[];
    readonly start: Date;
    readonly end: Date;
    readonly signal: AbortSignal;
  },
): Promise<Reading> {
  const { revisions, ...common } = query;
  const outcomes = await Promise.all(
    revisions.map((revision) => monitoring.requestFigures({ ...common, revision })),
  );
  let sum: Extract<Reading, { kind: "read" }> = {
    kind: "read",
    figures: NO_FIGURES,
    newestPointEnd: null,
  };
  for (const outcome of outcomes) {
    if (outcome.kind === "unavailable") return outcome;
    sum = {
      kind: "read",
      figures: addFigures(sum.figures, figuresOf(outcome)),
      newestPointEnd: latest(sum.newestPointEnd, outcome.newestPointEnd),
    };
  }
  return sum;
}

function figuresOf({ requests, latencies }: RequestFigures): ServedFigures {
  return {
    requests: Object.values(requests).reduce((sum, count) => sum + count, 0),
    errors: requests["5xx"] ?? 0,
    latencies,
  };
}

/** What two did together; points of one time are added. */
export function addFigures(left: ServedFigures, right: ServedFigures): ServedFigures {
  return {
    requests: left.requests + right.requests,
    errors: left.errors + right.errors,
    latencies: mergeLatencies([...left.latencies, ...right.latencies]),
  };
}

function latest(left: Date | null, right: Date | null): Date | null {
  if (left === null || right === null) return left ?? right;
  return left > right ? left : right;
}
