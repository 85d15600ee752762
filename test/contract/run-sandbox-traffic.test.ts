import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { byRevision, parent, startTestRun, type TestRun } from "./run-sandbox-services.ts";

let run: TestRun;

beforeAll(async () => {
  run = await startTestRun();
});

afterAll(() => run.close());

describe("traffic", () => {
  interface Point {
    value: {
      int64Value?: string;
      distributionValue?: { count: string; mean?: number; bucketCounts?: string[] };
    };
  }
  interface TimeSeries {
    metric: { labels: Record<string, string> };
    resource: { labels: Record<string, string> };
    points: Point[];
  }

  async function series(metric: string, from: number, extra = ""): Promise<TimeSeries[]> {
    const query = new URLSearchParams({
      filter: `metric.type = "run.googleapis.com/${metric}" AND resource.labels.service_name = "split"${extra}`,
      "interval.startTime": new Date(from).toISOString(),
      "interval.endTime": new Date().toISOString(),
      view: "FULL",
    });
    const { status, body } = await run.call(
      "GET",
      `/v3/projects/acme/timeSeries?${query.toString()}`,
    );
    expect(status).toBe(200);
    return (body["timeSeries"] ?? []) as TimeSeries[];
  }

  const total = (found: TimeSeries[], revision: string): number =>
    found
      .filter(({ resource }) => resource.labels["revision_name"] === revision)
      .flatMap(({ points }) => points)
      .reduce((sum, { value }) => sum + Number(value.int64Value ?? 0), 0);

  it("is split by percent, measured, and disturbed on demand", { timeout: 60_000 }, async () => {
    await run.createOpenService("split");
    const done = await run.change(
      "PATCH",
      `/v2/${parent}/services/split?updateMask=template,traffic`,
      {
        template: run.template("split-two"),
        traffic: [
          { type: byRevision, revision: "split-one", percent: 80 },
          { type: byRevision, revision: "split-two", percent: 20, tag: "canary" },
        ],
      },
    );
    expect(done.error).toBeUndefined();
    const { uri } = await run.getService("split");
    const begun = Date.now();
    const seen: Record<string, number> = {};
    for (let round = 0; round < 25; round += 1) {
      const answers = await Promise.all(
        Array.from(
          { length: 20 },
          async () => (await (await fetch(uri)).json()) as { revision: string },
        ),
      );
      for (const { revision } of answers) seen[revision] = (seen[revision] ?? 0) + 1;
    }
    // 500 draws at 20 %: 100 expected, standard deviation 8.9.
    expect(seen["split-two"]).toBeGreaterThan(64);
    expect(seen["split-two"]).toBeLessThan(136);
    for (let index = 0; index < 5; index += 1) await (await fetch(`${uri}/fail`)).text();

    await sleep(600);
    const counts = await series("request_count", begun - 1000);
    expect(total(counts, "split-one") + total(counts, "split-two")).toBe(505);
    const good = counts.filter(({ metric }) => metric.labels["response_code_class"] === "2xx");
    expect(total(good, "split-two")).toBe(seen["split-two"]);
    const bad = await series(
      "request_count",
      begun - 1000,
      ' AND metric.labels.response_code_class = "5xx"',
    );
    expect(total(bad, "split-one") + total(bad, "split-two")).toBe(5);
    const latencies = await series(
      "request_latencies",
      begun - 1000,
      ' AND resource.labels.revision_name = one_of("split-two")',
    );
    const distributions = latencies.flatMap(({ points }) =>
      points.map(({ value }) => value.distributionValue),
    );
    const counted = distributions.reduce((sum, each) => sum + Number(each?.count), 0);
    expect(counted).toBe(total(counts, "split-two"));
    for (const each of distributions) {
      const inBuckets = (each?.bucketCounts ?? []).reduce((sum, count) => sum + Number(count), 0);
      expect(inBuckets).toBe(Number(each?.count));
    }

    const fault = {
      service: "split",
      revisionPattern: "split-two",
      errorRate: 0.5,
      extraLatencyMs: 30,
    };
    expect((await run.call("POST", "/_sandbox/revision-faults", fault)).status).toBe(201);
    const statuses: Record<string, number> = {};
    const disturbed = performance.now();
    const { trafficStatuses } = (await run.getService("split")) as unknown as {
      trafficStatuses: { tag?: string; uri: string }[];
    };
    const canary = trafficStatuses.find(({ tag }) => tag === "canary")?.uri ?? "";
    for (let index = 0; index < 40; index += 1) {
      const { status } = await fetch(canary);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
    expect(performance.now() - disturbed).toBeGreaterThan(40 * 29);
    // 40 draws at one half: 20 expected, standard deviation 3.2.
    expect(statuses["500"]).toBeGreaterThan(6);
    expect(statuses["200"]).toBeGreaterThan(6);
    await run.call("DELETE", "/_sandbox/revision-faults");
    expect((await fetch(canary)).status).toBe(200);

    const log = await (
      await fetch(`${run.url()}/_sandbox/logs?service=split&revision=split-two`)
    ).text();
    const lines = log
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { revision: string });
    expect(lines.every(({ revision }) => revision === "split-two")).toBe(true);
  });

  it("is the same after a restart of the sandbox, and so are the figures", async () => {
    const before = await run.getService("split");
    const counted = total(await series("request_count", Date.now() - 600_000), "split-one");
    await run.restart();
    const after = await run.getService("split");
    expect(after).toMatchObject({ uri: before.uri, trafficStatuses: before["trafficStatuses"] });
    expect(
      await (await fetch(after.uri, { headers: { connection: "close" } })).json(),
    ).toMatchObject({ service: "split" });
    expect(total(await series("request_count", Date.now() - 600_000), "split-one")).toBe(counted);
  });

  it.each([
    ["a short alignment period", "aggregation.alignmentPeriod=10s", 400],
    ["an aligner", "aggregation.alignmentPeriod=60s", 501],
    ["an unknown metric", "", 404, 'metric.type = "run.googleapis.com/container/cpu"'],
    [
      "an unknown label",
      "",
      400,
      'metric.type = "run.googleapis.com/request_count" AND metric.labels.color = "x"',
    ],
    ["OR", "", 501, 'metric.type = "run.googleapis.com/request_count" OR metric.type = "x"'],
  ])(
    "figures with %s are refused",
    async (_, query, status, filter = 'metric.type = "run.googleapis.com/request_count"') => {
      const now = new Date();
      const parameters = new URLSearchParams({
        filter,
        "interval.endTime": now.toISOString(),
        "interval.startTime": new Date(now.getTime() - 60_000).toISOString(),
      });
      const answer = await run.call(
        "GET",
        `/v3/projects/acme/timeSeries?${parameters.toString()}&${query}`,
      );
      expect(answer.status).toBe(status);
    },
  );
});
