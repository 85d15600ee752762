import { RemoteError, type Clock } from "#core";
import { systemClock } from "../clock.ts";
import type { GoogleCredentials } from "../credentials/credentials.ts";
import { endpointsOf, type Environment } from "../endpoints.ts";
import { standardRetryPolicy, type RetryPolicy } from "../retry.ts";
import { createTransport, type Transport } from "../transport.ts";
import { addBuckets, boundsOf, type BucketOptions, type Buckets } from "./buckets.ts";

/** What {@link cloudMonitoring} is made of. */
export interface MonitoringOptions {
  readonly credentials: Pick<GoogleCredentials, "accessToken">;
  readonly environment: Environment;
  readonly project: string;
  /** Region of the services; narrows the series where two regions have one of the same name. */
  readonly region?: string | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: (() => number) | undefined;
  readonly retryPolicy?: RetryPolicy | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** A look at one revision. */
export interface FiguresQuery {
  readonly service: string;
  readonly revision: string;
  /** Points that began before are left out. */
  readonly start: Date;
  /** Points that end after are left out of the sums. */
  readonly end: Date;
  readonly signal?: AbortSignal;
}

/** What a revision did during a look. */
export interface RequestFigures {
  readonly kind: "figures";
  /** Requests by class: `2xx`, `4xx`, `5xx`, … */
  readonly requests: Readonly<Record<string, number>>;
  /** Latencies of each of Monitoring's points, a minute of Cloud Run's, in the order of time. */
  readonly latencies: readonly LatencyPoint[];
  /**
   * End of the newest point that Monitoring has of this revision since `start`, also beyond `end`:
   * once it reaches `end`, the look is covered. `null` when there is none at all.
   */
  readonly newestPointEnd: Date | null;
}

/** Latencies of one point of Monitoring. */
export interface LatencyPoint {
  readonly end: Date;
  /** In milliseconds. */
  readonly latencyMs: Buckets;
}

/**
 * Points in the order of time; those of one time are added.
 *
 * @throws RangeError when their buckets differ
 */
export function mergeLatencies(points: readonly LatencyPoint[]): readonly LatencyPoint[] {
  const merged = new Map<number, LatencyPoint>();
  for (const { end, latencyMs } of points) {
    const known = merged.get(end.getTime());
    const sum = known === undefined ? latencyMs : addBuckets(known.latencyMs, latencyMs);
    merged.set(end.getTime(), { end, latencyMs: sum });
  }
  return [...merged.values()].sort((left, right) => left.end.getTime() - right.end.getTime());
}

/** The figures, or why there are none: an outage is never a pass and never an exception. */
export type FiguresOutcome =
  | RequestFigures
  | { readonly kind: "unavailable"; readonly why: string };

/** Cloud Monitoring, as far as a rollout needs it. */
export interface CloudMonitoring {
  requestFigures(query: FiguresQuery): Promise<FiguresOutcome>;
}

/** Request counts and latencies of Cloud Run revisions, from raw points. */
export function cloudMonitoring(options: MonitoringOptions): CloudMonitoring {
  const clock = options.clock ?? systemClock;
  const reader: SeriesReader = {
    project: options.project,
    region: options.region,
    endpoint: endpointsOf(options.environment).monitoring,
    clock,
    transport: createTransport({
      clock,
      random: options.random,
      retryPolicy: options.retryPolicy ?? standardRetryPolicy,
      accessToken: (wanted) => options.credentials.accessToken(wanted),
      fetch: options.fetch,
    }),
  };
  return {
    async requestFigures(query) {
      try {
        const [counts, latencies] = await Promise.all([
          readSeries(reader, "run.googleapis.com/request_count", query),
          readSeries(reader, "run.googleapis.com/request_latencies", query),
        ]);
        return figuresOf(counts, latencies, query);
      } catch (error) {
        query.signal?.throwIfAborted();
        if (error instanceof RemoteError) return unavailable(error);
        if (error instanceof RangeError) return { kind: "unavailable", why: error.message };
        throw error;
      }
    },
  };
}

function unavailable({ message, hint }: RemoteError): FiguresOutcome {
  return { kind: "unavailable", why: hint === undefined ? message : `${message} ${hint}` };
}

interface SeriesReader {
  readonly transport: Transport;
  readonly endpoint: string;
  readonly project: string;
  readonly region: string | undefined;
  readonly clock: Clock;
}

interface Point {
  readonly interval: { readonly startTime?: string; readonly endTime: string };
  readonly value: {
    readonly int64Value?: string;
    readonly doubleValue?: number;
    readonly distributionValue?: {
      readonly bucketOptions?: BucketOptions;
      readonly bucketCounts?: readonly string[];
    };
  };
}

interface TimeSeries {
  readonly metric?: { readonly labels?: Readonly<Record<string, string>> };
  readonly points?: readonly Point[];
}

interface SeriesPage {
  readonly timeSeries?: readonly TimeSeries[];
  readonly nextPageToken?: string;
}

async function readSeries(
  reader: SeriesReader,
  metric: string,
  query: FiguresQuery,
): Promise<readonly TimeSeries[]> {
  const { service, revision, start, end, signal } = query;
  const { region, project } = reader;
  // Beyond the look's end too: a point there says that no more can come before it.
  const until = new Date(Math.max(end.getTime(), reader.clock.now().getTime()));
  const parameters = new URLSearchParams({
    filter: [
      `metric.type = "${metric}"`,
      'resource.type = "cloud_run_revision"',
      `resource.labels.service_name = "${service}"`,
      `resource.labels.revision_name = "${revision}"`,
      ...(region === undefined ? [] : [`resource.labels.location = "${region}"`]),
    ].join(" AND "),
    "interval.startTime": start.toISOString(),
    "interval.endTime": until.toISOString(),
    view: "FULL",
  });
  const all: TimeSeries[] = [];
  for (;;) {
    const page: SeriesPage = await reader.transport.json<SeriesPage>({
      name: `LIST ${metric} of ${revision}`,
      method: "GET",
      url: `${reader.endpoint}/v3/projects/${project}/timeSeries?${parameters.toString()}`,
      repeat: "safe",
      signal,
    });
    all.push(...(page.timeSeries ?? []));
    if (!page.nextPageToken) return all;
    parameters.set("pageToken", page.nextPageToken);
  }
}

function figuresOf(
  counts: readonly TimeSeries[],
  latencies: readonly TimeSeries[],
  look: FiguresQuery,
): RequestFigures {
  const requests: Record<string, number> = {};
  for (const series of counts) {
    const responseClass = series.metric?.labels?.["response_code_class"] ?? "unknown";
    for (const point of pointsWithin(series, look)) {
      const count = Number(point.value.int64Value ?? point.value.doubleValue ?? 0);
      requests[responseClass] = (requests[responseClass] ?? 0) + count;
    }
  }
  const points = latencies.flatMap((series) => pointsWithin(series, look).flatMap(latencyOf));
  return {
    kind: "figures",
    requests,
    latencies: mergeLatencies(points),
    newestPointEnd: newestEnd(counts),
  };
}

function pointsWithin(series: TimeSeries, { start, end }: FiguresQuery): readonly Point[] {
  return (series.points ?? []).filter(({ interval }) => {
    const pointEnd = Date.parse(interval.endTime);
    const pointStart = Date.parse(interval.startTime ?? interval.endTime);
    return pointStart >= start.getTime() && pointEnd <= end.getTime();
  });
}

function latencyOf({ interval, value }: Point): readonly LatencyPoint[] {
  const distribution = value.distributionValue;
  // A point without values carries no buckets at all.
  if (distribution?.bucketOptions === undefined) return [];
  const bounds = boundsOf(distribution.bucketOptions);
  const counts = Array.from({ length: bounds.length + 1 }, (_, at) =>
    // Trailing zeros are left out by the service.
    Number(distribution.bucketCounts?.[at] ?? 0),
  );
  if (counts.every((count) => count === 0)) return [];
  return [{ end: new Date(interval.endTime), latencyMs: { bounds, counts } }];
}

function newestEnd(series: readonly TimeSeries[]): Date | null {
  const ends = series.flatMap((each) =>
    (each.points ?? []).map((point) => Date.parse(point.interval.endTime)),
  );
  return ends.length === 0 ? null : new Date(ends.reduce((left, right) => Math.max(left, right)));
}
