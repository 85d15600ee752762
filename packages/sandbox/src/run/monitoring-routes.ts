import type { Authenticate } from "../google-identity/access-control.ts";
import { ApiError, notImplemented } from "../google-identity/api-error.ts";
import { checkQuery, json, type ApiReply, type ApiRoute } from "../google-identity/api-server.ts";
import { selectFields } from "../google-identity/partial-response.ts";
import { requirePermission } from "./access.ts";
import { parseMonitoringFilter, type Comparison } from "./monitoring-filter.ts";
import {
  latencyBuckets,
  type RequestMetrics,
  type Sample,
  type Series,
} from "./request-metrics.ts";

const requestCount = "run.googleapis.com/request_count";
const requestLatencies = "run.googleapis.com/request_latencies";
const maxPoints = 100_000;

/** What the Monitoring routes work on. */
export interface MonitoringContext {
  readonly authenticate: Authenticate;
  readonly metrics: RequestMetrics;
  /** How long after a period's end its point shows. */
  readonly ingestionDelayMs: number;
}

/** Cloud Monitoring v3: `timeSeries.list` of Cloud Run's request counts and latencies, raw. */
export function monitoringRoutes(context: MonitoringContext): readonly ApiRoute[] {
  return [
    {
      method: "GET",
      path: "/v3/projects/:project/timeSeries",
      handle: async ({ parameters, query, incoming }): Promise<ApiReply> => {
        refuseAggregation(query);
        checkQuery(query, [
          "filter",
          "interval.startTime",
          "interval.endTime",
          "view",
          "pageSize",
          "pageToken",
        ]);
        const project = parameters["project"] ?? "";
        requirePermission(
          await context.authenticate(incoming),
          "monitoring.timeSeries.list",
          `projects/${project}`,
        );
        const body = listTimeSeries(context, project, query);
        return json(selectFields(body, query.get("fields")));
      },
    },
  ];
}

function refuseAggregation(query: URLSearchParams): void {
  const period = query.get("aggregation.alignmentPeriod");
  if (period !== null && Number.parseFloat(period) < 60) {
    throw new ApiError(
      "INVALID_ARGUMENT",
      `Field aggregation.alignmentPeriod had an invalid value of "${period}": The alignment period must be at least 60 seconds.`,
    );
  }
  const name = [...query.keys()].find((key) => /^(secondaryA|a)ggregation\.|^orderBy$/.test(key));
  if (name !== undefined) throw notImplemented(`The parameter ${name}`);
}

function listTimeSeries(
  { metrics, ingestionDelayMs }: MonitoringContext,
  project: string,
  query: URLSearchParams,
): Record<string, unknown> {
  const filter = query.get("filter") ?? "";
  const comparisons = parseMonitoringFilter(filter);
  const metricType = singleMetricType(comparisons, filter);
  checkLabels(comparisons);
  const endMs = readTime(query, "interval.endTime");
  const startMs = query.has("interval.startTime") ? readTime(query, "interval.startTime") : endMs;
  if (startMs > endMs) {
    throw new ApiError(
      "INVALID_ARGUMENT",
      "Field interval.startTime had an invalid value: The start time must be before the end time.",
    );
  }
  const view = query.get("view") ?? "FULL";
  if (view !== "FULL" && view !== "HEADERS") {
    throw new ApiError("INVALID_ARGUMENT", `Invalid value at 'view', "${view}"`);
  }
  const found = metrics
    .read(startMs, Math.min(endMs, Date.now() - ingestionDelayMs))
    .filter((series) => series.project === project && series.samples.length > 0)
    .filter((series) => matches(comparisons, labelsOf(series, metricType)));
  const page = view === "FULL" ? pageOf(found, query) : { series: found };
  return {
    ...(page.series.length === 0
      ? {}
      : { timeSeries: page.series.map((each) => renderSeries(each, metricType, view === "FULL")) }),
    unit: metricType === requestCount ? "1" : "ms",
    ...(page.nextPageToken === undefined ? {} : { nextPageToken: page.nextPageToken }),
  };
}

function singleMetricType(comparisons: readonly Comparison[], filter: string): string {
  const known = [requestCount, requestLatencies].filter((type) =>
    comparisons.some(
      ({ field, negated, test }) => field === "metric.type" && !negated && test(type),
    ),
  );
  const [type] = known;
  const isNamed = comparisons.some(({ field }) => field === "metric.type");
  if (!isNamed || known.length > 1) {
    throw new ApiError(
      "INVALID_ARGUMENT",
      `Field filter had an invalid value of "${filter}": must specify a single metric.type.`,
    );
  }
  if (type === undefined) {
    throw new ApiError(
      "NOT_FOUND",
      `Cannot find metric(s) that match the filter ${filter}. The local Monitoring has ${requestCount} and ${requestLatencies}.`,
    );
  }
  return type;
}

function readTime(query: URLSearchParams, name: string): number {
  const ms = Date.parse(query.get(name) ?? "");
  if (!Number.isNaN(ms)) return ms;
  throw new ApiError(
    "INVALID_ARGUMENT",
    `Field ${name} had an invalid value: expected a timestamp.`,
  );
}

function labelsOf(series: Series, metricType: string): Readonly<Record<string, string>> {
  return {
    "metric.type": metricType,
    "metric.labels.response_code": String(series.responseCode),
    "metric.labels.response_code_class": `${Math.floor(series.responseCode / 100)}xx`,
    "resource.type": "cloud_run_revision",
    "resource.labels.project_id": series.project,
    "resource.labels.location": series.location,
    "resource.labels.service_name": series.service,
    "resource.labels.revision_name": series.revision,
    "resource.labels.configuration_name": series.service,
    project: series.project,
  };
}

function matches(
  comparisons: readonly Comparison[],
  labels: Readonly<Record<string, string>>,
): boolean {
  return comparisons.every(({ field, negated, test }) => test(labels[field] ?? "") !== negated);
}

const knownLabels: ReadonlySet<string> = new Set([
  "metric.type",
  "metric.labels.response_code",
  "metric.labels.response_code_class",
  "resource.type",
  "resource.labels.project_id",
  "resource.labels.location",
  "resource.labels.service_name",
  "resource.labels.revision_name",
  "resource.labels.configuration_name",
  "project",
]);

function checkLabels(comparisons: readonly Comparison[]): void {
  const unknown = comparisons.find(({ field }) => !knownLabels.has(field));
  if (unknown === undefined) return;
  throw new ApiError(
    "INVALID_ARGUMENT",
    `Field filter had an invalid value: ${unknown.field} is not a label of this metric or resource.`,
  );
}

/** Cuts series to a page of points, the newest first, as `pageSize` counts points. */
function pageOf(
  found: readonly Series[],
  query: URLSearchParams,
): { readonly series: readonly Series[]; readonly nextPageToken?: string } {
  const size = Math.min(Number(query.get("pageSize") ?? maxPoints) || maxPoints, maxPoints);
  const token = query.get("pageToken");
  const skip = token === null ? 0 : Number(Buffer.from(token, "base64url").toString());
  if (!Number.isInteger(skip) || skip < 0) {
    throw new ApiError("INVALID_ARGUMENT", "Field pageToken had an invalid value.");
  }
  let at = 0;
  const series = found.flatMap((each) => {
    const newestFirst = each.samples.toReversed();
    const samples = newestFirst.slice(Math.max(0, skip - at), Math.max(0, skip + size - at));
    at += newestFirst.length;
    return samples.length === 0 ? [] : [{ ...each, samples }];
  });
  if (at <= skip + size) return { series };
  return { series, nextPageToken: Buffer.from(String(skip + size)).toString("base64url") };
}

function renderSeries(series: Series, metricType: string, withPoints: boolean): unknown {
  const isCount = metricType === requestCount;
  const labels = labelsOf(series, metricType);
  const below = (prefix: string): Record<string, string> =>
    Object.fromEntries(
      Object.entries(labels).flatMap(([name, value]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
      ),
    );
  return {
    metric: { type: metricType, labels: below("metric.labels.") },
    resource: { type: "cloud_run_revision", labels: below("resource.labels.") },
    metricKind: "DELTA",
    valueType: isCount ? "INT64" : "DISTRIBUTION",
    ...(withPoints
      ? {
          points: series.samples.map((sample) => ({
            interval: {
              startTime: new Date(sample.startMs).toISOString(),
              endTime: new Date(sample.endMs).toISOString(),
            },
            value: isCount
              ? { int64Value: String(sample.count) }
              : { distributionValue: renderDistribution(sample) },
          })),
        }
      : {}),
  };
}

function renderDistribution(sample: Sample): unknown {
  if (sample.count === 0) return { count: "0" };
  const last = sample.bucketCounts.findLastIndex((count) => count > 0);
  return {
    count: String(sample.count),
    mean: sample.meanMs,
    ...(sample.squaredDeviation === 0 ? {} : { sumOfSquaredDeviation: sample.squaredDeviation }),
    bucketOptions: { exponentialBuckets: latencyBuckets },
    bucketCounts: sample.bucketCounts.slice(0, last + 1).map(String),
  };
}
