import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { bucketOf, latencyBuckets, openRequestMetrics } from "./request-metrics.ts";

const key = { project: "p", location: "l", service: "s", revision: "s-one" };
const startMs = Date.parse("2026-01-01T00:00:00Z");
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "metrics-"));
  vi.useFakeTimers({ now: startMs });
});

afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

describe("bucketOf", () => {
  it("puts a latency between the bounds of its bucket", () => {
    const { growthFactor, scale, numFiniteBuckets } = latencyBuckets;
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (latencyMs) => {
        const index = bucketOf(latencyMs);
        const low = index === 0 ? 0 : scale * growthFactor ** (index - 1);
        const high = index > numFiniteBuckets ? Infinity : scale * growthFactor ** index;
        expect(latencyMs >= low && latencyMs < high).toBe(true);
      }),
    );
  });
});

describe("openRequestMetrics", () => {
  it("samples finished periods, with zeros between, and not the one under way", () => {
    const metrics = openRequestMetrics(join(folder, "m.jsonl"), 1000);
    metrics.record(key, 200, 10);
    metrics.record(key, 200, 20);
    vi.setSystemTime(startMs + 2500);
    metrics.record(key, 200, 30);
    const [series] = metrics.read(startMs, startMs + 10_000);
    expect(series?.samples.map(({ startMs: start, count }) => [start - startMs, count])).toEqual([
      [0, 2],
      [1000, 0],
    ]);
    // Mean 15, deviations -5 and 5.
    expect(series?.samples[0]).toMatchObject({ meanMs: 15, squaredDeviation: 50 });
    vi.setSystemTime(startMs + 3100);
    expect(metrics.read(startMs + 2000, startMs + 10_000)[0]?.samples).toMatchObject([
      { count: 1, meanMs: 30 },
    ]);
    metrics.close();
  });

  it("has everything again after a restart", () => {
    const first = openRequestMetrics(join(folder, "m.jsonl"), 1000);
    first.record(key, 200, 10);
    first.record(key, 500, 10);
    first.close();
    vi.setSystemTime(startMs + 5000);
    const second = openRequestMetrics(join(folder, "m.jsonl"), 1000);
    expect(second.totals()).toEqual([
      { ...key, responseCode: 200, count: 1 },
      { ...key, responseCode: 500, count: 1 },
    ]);
    const counts = second
      .read(startMs - 1, startMs + 5000)
      .map(({ responseCode, samples }) => [responseCode, samples[0]?.count, samples.length]);
    expect(counts).toEqual([
      [200, 1, 5],
      [500, 1, 5],
    ]);
    second.close();
  });
});
