import { afterEach, describe, expect, it } from "vitest";
import { parseThresholds, SMOKE_METRICS, type Clock } from "#core";
import { findDifferences } from "./compare.ts";
import { measureLoad } from "./load.ts";
import { smokeDeployment, type SmokePlan } from "./smoke.ts";
import { startModelServer, type ServerBehaviour } from "./testing/model-server.ts";

const clock: Clock = {
  now: () => new Date(),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 20))),
};
const log = {
  info: () => {},
  warning: () => {},
  debug: () => {},
  group: <T>(_: string, work: () => Promise<T>) => work(),
};
const ports = { clock, log, signal: new AbortController().signal };
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of opened.splice(0)) await server.close();
});
const serve = async (behaviour?: ServerBehaviour) => {
  const server = await startModelServer(behaviour);
  opened.push(server);
  return server;
};

const goldenCase = (x: number, prediction = x * 2) => ({
  request: { instances: [{ x }] },
  response: { predictions: [{ prediction, scores: null }] },
  rows: 1,
});
const plan = (url: string, extra: Partial<SmokePlan> = {}): SmokePlan => ({
  url,
  headers: {},
  expectation: {
    model: "weather",
    version: "v1.0.0",
    cases: [goldenCase(1), goldenCase(2.5)],
    casesFrom: "2 made up",
  },
  protocol: "slipway",
  tolerance: { absolute: 1e-5, relative: 1e-4 },
  thresholds: parseThresholds("error_rate == 0\nmismatches == 0\nbad_requests_accepted == 0", {
    metrics: SMOKE_METRICS,
    references: [],
  }),
  requests: 10,
  concurrency: 2,
  rate: null,
  warmup: 1,
  timeoutMs: 2000,
  readyTimeoutMs: 2000,
  badRequests: true,
  ...extra,
});

describe("smokeDeployment", () => {
  it("passes a server that is the one, answers as expected and refuses bad requests", async () => {
    const { url, seen } = await serve();
    const outcome = await smokeDeployment(
      plan(url, { headers: { authorization: "Bearer t" } }),
      ports,
    );
    expect(outcome).toMatchObject({ verdict: "pass", reason: "All 3 thresholds passed." });
    expect(outcome.evidence.load).toMatchObject({ requests: 10, errors: 0 });
    expect(outcome.evidence.badRequests.map(({ refused }) => refused)).toEqual([
      true,
      true,
      true,
      true,
      true,
      true,
    ]);
    expect(new Set(seen.map(({ authorization }) => authorization))).toEqual(new Set(["Bearer t"]));
  });

  it("waits for a server that is starting and reports the cold start", async () => {
    const { url } = await serve({ notReadyFor: 3 });
    const outcome = await smokeDeployment(plan(url), ports);
    expect(outcome.verdict).toBe("pass");
    expect(outcome.evidence.readiness.attempts).toBe(4);
  });

  it("gives up on a server that is never ready, and says what it answered", async () => {
    const { url } = await serve({ notReadyFor: 1e9 });
    const outcome = await smokeDeployment(plan(url, { readyTimeoutMs: 200 }), ports);
    expect(outcome.verdict).toBe("fail");
    expect(outcome.reason).toMatch(/was not ready after .* s: \/ready answered 503: \{\}\.$/);
  });

  it("says that nobody listens", async () => {
    const outcome = await smokeDeployment(
      plan("http://127.0.0.1:9", { readyTimeoutMs: 50 }),
      ports,
    );
    expect(outcome.reason).toMatch(/ECONNREFUSED|bad port/);
  });

  it("fails an old revision that answers well", async () => {
    const { url } = await serve({ identity: { model: "weather", version: "v0.9.0" } });
    const outcome = await smokeDeployment(plan(url), ports);
    expect(outcome).toMatchObject({
      verdict: "fail",
      reason: "The server says it is weather v0.9.0, expected weather v1.0.0.",
    });
    expect(outcome.evidence.cases).toEqual([]);
  });

  it("fails a server that does not say what it is", async () => {
    const { url } = await serve({ identity: null });
    expect((await smokeDeployment(plan(url), ports)).reason).toBe(
      "The server does not say what it is: GET /metadata has no answer. Expected weather v1.0.0.",
    );
  });

  it("fails a wrong answer and names where it differs", async () => {
    const { url } = await serve({
      predict: ({ x }) => ({ prediction: x === 1 ? 2.1 : Number(x) * 2, scores: null }),
    });
    const outcome = await smokeDeployment(plan(url), ports);
    expect(outcome.reason).toBe("1 of 3 thresholds failed: mismatches == 0.");
    expect(outcome.evidence.cases[0]?.differences).toEqual([
      { path: "[0].prediction", expected: 2, actual: 2.1 },
    ]);
  });

  it("fails a server that breaks on a bad request", async () => {
    const { url } = await serve({ badStatus: 500 });
    const outcome = await smokeDeployment(plan(url), ports);
    expect(outcome.reason).toBe("1 of 3 thresholds failed: bad_requests_accepted == 0.");
  });

  it("follows no redirect", async () => {
    const other = await serve();
    const { url } = await serve({ redirectTo: `${other.url}/ready` });
    const outcome = await smokeDeployment(
      plan(url, { readyTimeoutMs: 50, headers: { authorization: "Bearer secret" } }),
      ports,
    );
    expect(outcome.reason).toContain("which was not followed");
    expect(other.seen).toEqual([]);
  });

  it("is cut off by its caller's abort", async () => {
    const { url } = await serve({ notReadyFor: 1e9 });
    const controller = new AbortController();
    controller.abort(new Error("The step was cancelled."));
    await expect(
      smokeDeployment(plan(url), { ...ports, signal: controller.signal }),
    ).rejects.toThrow("cancelled");
  });
});

describe("measureLoad", () => {
  it("counts a stall in full when requests are sent on time", async () => {
    // The third request stalls its server for 300 ms; a closed loop of one caller would see one slow answer.
    let stalledUntil = 0;
    const { url } = await serve({
      delayMs: (request) => {
        if (request === 2) stalledUntil = performance.now() + 300;
        return Math.max(0, stalledUntil - performance.now());
      },
    });
    const target = { url, headers: {}, timeoutMs: 2000 };
    const bodies = [
      {
        method: "POST",
        path: "/predict",
        body: JSON.stringify({ instances: [{ x: 1 }] }),
      } as const,
    ];
    const figures = await measureLoad(
      target,
      { requests: 20, concurrency: 1, rate: 100, warmup: 0, bodies },
      {
        clock: { ...clock, wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) },
        signal: ports.signal,
      },
    );
    expect(figures.latenciesMs.filter((latency) => latency > 50).length).toBeGreaterThan(5);
  });

  it("counts errors and names the first", async () => {
    const { url } = await serve();
    const bodies = [{ method: "POST", path: "/predict", body: "{" } as const];
    const figures = await measureLoad(
      { url, headers: {}, timeoutMs: 1000 },
      { requests: 3, concurrency: 1, rate: null, warmup: 0, bodies },
      ports,
    );
    expect(figures).toMatchObject({
      requests: 3,
      errors: 3,
      errorRate: 1,
      firstError: "answered 422",
    });
  });
});

describe("findDifferences", () => {
  const tolerance = { absolute: 0.01, relative: 0.1 };

  it("allows absolute plus relative tolerance of the expected value", () => {
    expect(findDifferences(10, 11.01, tolerance)).toEqual([]);
    expect(findDifferences(10, 11.02, tolerance)).toEqual([
      { path: "", expected: 10, actual: 11.02 },
    ]);
  });

  it("is strict about shapes, keys and kinds", () => {
    expect(findDifferences([1, 2], [1], tolerance)).toEqual([
      { path: ".length", expected: 2, actual: 1 },
    ]);
    expect(findDifferences({ a: 1 }, { a: 1, b: 2 }, tolerance)).toEqual([
      { path: "b", expected: undefined, actual: 2 },
    ]);
    expect(findDifferences({ a: [{ b: "x" }] }, { a: [{ b: "y" }] }, tolerance)).toEqual([
      { path: "a[0].b", expected: "x", actual: "y" },
    ]);
    expect(findDifferences(null, 0, tolerance)).toHaveLength(1);
    expect(findDifferences([1], { 0: 1 }, tolerance)).toHaveLength(1);
    expect(findDifferences(Number.NaN, Number.NaN, tolerance)).toEqual([]);
  });
});
