import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  countingCredentials,
  instantClock,
  scriptedServer,
  threeAttempts,
  type ScriptedServer,
} from "../testing/scripted-server.ts";
import { addBuckets, boundsOf, quantileOfBuckets } from "./buckets.ts";
import { cloudMonitoring } from "./request-figures.ts";

const at = (second: number) => new Date(Date.parse("2026-01-01T00:00:00Z") + second * 1000);
const look = { service: "weather", revision: "weather-v2", start: at(0), end: at(120) };

function monitoringOn(server: ScriptedServer) {
  return cloudMonitoring({
    credentials: countingCredentials(),
    environment: { CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING: server.url },
    project: "p",
    clock: { ...instantClock(), now: () => at(180) },
    retryPolicy: threeAttempts,
  });
}

const interval = (from: number, to: number) => ({
  startTime: at(from).toISOString(),
  endTime: at(to).toISOString(),
});
const count = (from: number, to: number, value: number) => ({
  interval: interval(from, to),
  value: { int64Value: String(value) },
});
const counts = (responseClass: string, ...points: readonly unknown[]) => ({
  metric: { labels: { response_code: "200", response_code_class: responseClass } },
  points,
});
const explicit = { explicitBuckets: { bounds: [10, 20, 40] } };
const latencies = (from: number, to: number, bucketCounts: readonly string[]) => ({
  interval: interval(from, to),
  value: { distributionValue: { count: "9", bucketOptions: explicit, bucketCounts } },
});

describe("requestFigures", () => {
  it("sums the raw points that lie wholly inside the look, by class, over all pages", async () => {
    const pages: Readonly<Record<string, readonly unknown[]>> = {
      request_count: [
        {
          timeSeries: [
            counts(
              "2xx",
              count(120, 180, 50),
              count(60, 120, 7),
              count(0, 60, 5),
              count(-30, 30, 99),
            ),
          ],
          nextPageToken: "next",
        },
        { timeSeries: [counts("5xx", count(0, 60, 2)), counts("2xx", count(60, 120, 1))] },
      ],
      request_latencies: [
        {
          timeSeries: [
            { points: [latencies(60, 120, ["1", "2"]), latencies(0, 60, ["0", "1", "0", "3"])] },
          ],
        },
      ],
    };
    const answer = (request: { readonly path: string }) => {
      const metric = request.path.includes("request_count") ? "request_count" : "request_latencies";
      const page = request.path.includes("pageToken") ? 1 : 0;
      return { status: 200, json: pages[metric]?.[page] };
    };
    await using server = await scriptedServer([answer, answer, answer]);
    expect(await monitoringOn(server).requestFigures(look)).toEqual({
      kind: "figures",
      requests: { "2xx": 13, "5xx": 2 },
      latencies: [
        { end: at(60), latencyMs: { bounds: [10, 20, 40], counts: [0, 1, 0, 3] } },
        { end: at(120), latencyMs: { bounds: [10, 20, 40], counts: [1, 2, 0, 0] } },
      ],
      newestPointEnd: at(180),
    });
    const asked = new URL(`http://x${server.seen[0]?.path.replaceAll("+", " ")}`);
    expect(asked.pathname).toBe("/v3/projects/p/timeSeries");
    expect(asked.searchParams.get("filter")).toMatch(
      /resource\.labels\.service_name = "weather" AND resource\.labels\.revision_name = "weather-v2"/,
    );
    expect(asked.searchParams.get("interval.endTime")).toBe(at(180).toISOString());
    expect(asked.searchParams.has("aggregation.alignmentPeriod")).toBe(false);
  });

  it("says that there is no point at all", async () => {
    await using server = await scriptedServer([
      { status: 200, json: {} },
      { status: 200, json: {} },
    ]);
    expect(await monitoringOn(server).requestFigures(look)).toEqual({
      kind: "figures",
      requests: {},
      latencies: [],
      newestPointEnd: null,
    });
  });

  it("gives an outage as a value, with its reason", async () => {
    await using server = await scriptedServer(Array.from({ length: 6 }, () => ({ status: 503 })));
    expect(await monitoringOn(server).requestFigures(look)).toMatchObject({
      kind: "unavailable",
      why: expect.stringContaining("refused with 503"),
    });
  });

  it("gives a missing role as a value, too", async () => {
    const denied = {
      status: 403,
      json: {
        error: {
          message: "Permission monitoring.timeSeries.list denied (or the resource may not exist).",
        },
      },
    };
    await using server = await scriptedServer([denied, denied]);
    expect(await monitoringOn(server).requestFigures(look)).toMatchObject({
      kind: "unavailable",
      why: expect.stringContaining("roles/monitoring.viewer"),
    });
  });

  it("does not add histograms of different shapes", async () => {
    const other = {
      interval: interval(0, 60),
      value: {
        distributionValue: {
          bucketOptions: { explicitBuckets: { bounds: [1] } },
          bucketCounts: ["1"],
        },
      },
    };
    const answer = (request: { readonly path: string }) => ({
      status: 200,
      json: request.path.includes("request_count")
        ? {}
        : { timeSeries: [{ points: [latencies(0, 60, ["1"]), other] }] },
    });
    await using server = await scriptedServer([answer, answer]);
    expect(await monitoringOn(server).requestFigures(look)).toEqual({
      kind: "unavailable",
      why: "the distributions have different buckets",
    });
  });
});

describe("boundsOf", () => {
  it("reads all three kinds of buckets", () => {
    expect(boundsOf(explicit)).toEqual([10, 20, 40]);
    expect(
      boundsOf({ exponentialBuckets: { numFiniteBuckets: 3, growthFactor: 2, scale: 5 } }),
    ).toEqual([5, 10, 20, 40]);
    expect(boundsOf({ linearBuckets: { numFiniteBuckets: 2, width: 10, offset: 1 } })).toEqual([
      1, 11, 21,
    ]);
    expect(() => boundsOf({})).toThrow("no bucket options");
  });
});

describe("quantileOfBuckets", () => {
  const buckets = { bounds: [10, 20, 40], counts: [2, 4, 3, 1] };

  it.each([
    // 10 values: rank 1 of 2 in [0, 10); rank 5 is the third of 4 in [10, 20); rank 9 the last in [20, 40).
    [0.1, 5],
    [0.2, 10],
    [0.5, 17.5],
    [0.9, 40],
    // Beyond the last bound nobody knows how far.
    [1, 40],
    [0, 0],
  ])("of %f is %f", (q, expected) => {
    expect(quantileOfBuckets(buckets, q)).toBeCloseTo(expected, 12);
  });

  it("is null without values, and refuses what is no quantile", () => {
    expect(quantileOfBuckets({ bounds: [1], counts: [0, 0] }, 0.5)).toBeNull();
    expect(() => quantileOfBuckets(buckets, 1.1)).toThrow(RangeError);
  });

  it("rises with q, and adding a histogram to itself changes none", () => {
    const histogram = fc
      .array(fc.nat(50), { minLength: 4, maxLength: 4 })
      .filter((counts) => counts.some((each) => each > 0))
      .map((counts) => ({ bounds: [10, 20, 40], counts }));
    const q = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(histogram, q, q, (each, one, other) => {
        const low = quantileOfBuckets(each, Math.min(one, other)) ?? NaN;
        const high = quantileOfBuckets(each, Math.max(one, other)) ?? NaN;
        expect(low).toBeLessThanOrEqual(high);
        expect(quantileOfBuckets(addBuckets(each, each), one)).toBeCloseTo(
          quantileOfBuckets(each, one) ?? NaN,
          9,
        );
      }),
    );
  });
});
