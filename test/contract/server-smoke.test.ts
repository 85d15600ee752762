import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseThresholds, SMOKE_METRICS, type Clock, type GoldenCase } from "#core";
import { smokeDeployment, type ProtocolName, type SmokePlan } from "#probe";
import { toGoldenCases, weatherRows } from "../../packages/server/src/testing/reference-cases.ts";
import {
  weather,
  weatherClasses,
  writeVersion,
  type VersionFolder,
} from "../../packages/server/src/testing/some-version.ts";
import {
  startTestServer,
  type TestServer,
} from "../../packages/server/src/testing/start-test-server.ts";

const clock: Clock = {
  now: () => new Date(),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};
const log = {
  info: () => {},
  warning: () => {},
  debug: () => {},
  group: <T>(_: string, work: () => Promise<T>) => work(),
};
const ports = { clock, log, signal: new AbortController().signal };

let version: VersionFolder;
let server: TestServer;
let cases: readonly GoldenCase[];
beforeAll(async () => {
  cases = toGoldenCases(await weatherRows());
  version = await writeVersion({ ...weather, golden: cases });
  server = await startTestServer(version);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await version[Symbol.asyncDispose]();
});

function planOf(protocol: ProtocolName, some: Partial<SmokePlan["expectation"]> = {}): SmokePlan {
  return {
    url: server.url,
    headers: {},
    expectation: {
      model: "weather",
      version: "v1.0.0",
      cases,
      casesFrom: "the reference",
      ...some,
    },
    protocol,
    tolerance: { absolute: 1e-5, relative: 1e-4 },
    thresholds: parseThresholds(
      "error_rate == 0\nmismatches == 0\nbad_requests_accepted == 0\np95_ms <= 1000",
      { metrics: SMOKE_METRICS, references: [] },
    ),
    requests: 50,
    concurrency: 4,
    rate: null,
    warmup: 2,
    timeoutMs: 10_000,
    readyTimeoutMs: 10_000,
    badRequests: true,
  };
}

/** The same cases with the answers in the Open Inference Protocol's form. */
function toTensors(some: readonly GoldenCase[]): readonly GoldenCase[] {
  return some.map((one) => {
    const answers = one.response.predictions as readonly {
      readonly prediction: string;
      readonly scores: Readonly<Record<string, number>>;
    }[];
    const labels = answers.map(({ prediction }) => prediction);
    const scores = answers.flatMap((answer) => weatherClasses.map((name) => answer.scores[name]));
    return { ...one, response: { predictions: [labels, scores] } };
  });
}

describe("a smoke test of the server", () => {
  it.each(["slipway", "vertex"] as const)("passes by the protocol %s", async (protocol) => {
    const outcome = await smokeDeployment(planOf(protocol), ports);
    expect(outcome.judgements.map(({ threshold, verdict }) => [threshold, verdict])).toEqual([
      ["error_rate == 0", "pass"],
      ["mismatches == 0", "pass"],
      ["bad_requests_accepted == 0", "pass"],
      ["p95_ms <= 1000", "pass"],
    ]);
    expect(outcome.evidence.cases).toHaveLength(32);
    expect(outcome.evidence.badRequests.map(({ name, status }) => [name, status])).toEqual([
      ["not JSON", 400],
      ["empty body", 400],
      ["wrong shape", 400],
      ["oversized", 413],
      ["wrong types", 422],
      ["unknown columns", 422],
    ]);
  });

  it("passes by the Open Inference Protocol", async () => {
    const outcome = await smokeDeployment(planOf("oip-v2", { cases: toTensors(cases) }), ports);
    expect(outcome).toMatchObject({ verdict: "pass", evidence: { cases: { length: 32 } } });
  });

  it("fails when another version is expected", async () => {
    const outcome = await smokeDeployment(planOf("slipway", { version: "v2.0.0" }), ports);
    expect(outcome).toMatchObject({
      verdict: "fail",
      reason: "The server says it is weather v1.0.0, expected weather v2.0.0.",
    });
  });
});
