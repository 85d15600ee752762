import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { memoryHistory, rememberingLog, someManifest, steppingClock } from "#core/testing";
import type { SmokeOutcome } from "#probe";
import { rawInputs } from "#toolkit";
import { authoriseRequests } from "./authorisation.ts";
import { expectVersion } from "./expectation.ts";
import { parseInputs } from "./inputs.ts";
import { composeReport, renderOutcome } from "./report.ts";
import { smokeTest } from "./run.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-smoke-"));
});
afterEach(() => rm(folder, { recursive: true }));

const goldenLine = JSON.stringify({
  request: { instances: [{ x: 1 }] },
  response: { predictions: [{ prediction: 2, scores: null }] },
  rows: 1,
});
const file = (path: string) => ({
  path,
  role: "golden" as const,
  bytes: 1,
  digest: `sha256:${"0".repeat(64)}`,
});
const history = memoryHistory({
  versions: [
    { manifest: someManifest({ version: "v1.0.0", files: [] }) },
    {
      manifest: someManifest({ version: "v1.1.0", files: [file("golden.jsonl")] }),
      files: { "golden.jsonl": `${goldenLine}\n` },
    },
  ],
  stages: [["production", "v1.1.0"]],
  write: (path, content) => writeFile(path, content),
});
const inputs = (extra: Record<string, string> = {}) =>
  parseInputs(rawInputs({ url: "http://127.0.0.1:9", ...extra }));
const expectation = (extra: Record<string, string>) =>
  expectVersion(inputs(extra), { history, workspace: folder, temporaryDirectory: folder });

describe("expectVersion", () => {
  it("finds a version by its stage, with its golden cases", async () => {
    expect(await expectation({ model: "weather", version: "production" })).toMatchObject({
      version: "v1.1.0",
      casesFrom: "1 of weather@v1.1.0",
    });
  });

  it("expects no version where none is named, and reads a file of one's own", async () => {
    await writeFile(join(folder, "cases.jsonl"), `${goldenLine}\n`);
    expect(await expectation({ model: "weather", cases: "cases.jsonl" })).toMatchObject({
      model: "weather",
      version: null,
      casesFrom: "1 from cases.jsonl",
    });
    await expect(expectation({ cases: "missing.jsonl" })).rejects.toMatchObject({
      message: "cases: missing.jsonl cannot be read.",
    });
  });

  it("names the newest version when there is no such one", async () => {
    await expect(expectation({ model: "weather", version: "v9.0.0" })).rejects.toThrow(
      "The newest is v1.1.0.",
    );
  });
});

describe("authoriseRequests", () => {
  const authorise = (extra: Record<string, string>) => {
    const masked: string[] = [];
    const headers = authoriseRequests(inputs(extra), {
      identityToken: (audience) => Promise.resolve(`token for ${audience}`),
      maskSecret: (value) => masked.push(value),
      signal: new AbortController().signal,
    });
    return { headers, masked };
  };

  it("sends the user's own header or token, and masks what it read", async () => {
    const { headers, masked } = authorise({ "auth-header": "X-Api-Key: hunter2" });
    expect(await headers).toEqual({ "x-api-key": "hunter2" });
    expect(masked).toEqual(["hunter2"]);
    expect(await authorise({ "id-token": "abc" }).headers).toEqual({ authorization: "Bearer abc" });
    expect(await authorise({ auth: "none" }).headers).toEqual({});
    await expect(authorise({ "auth-header": "nonsense" }).headers).rejects.toThrow(
      "Input auth-header is no header.",
    );
  });

  it("asks Google for a token of the URL's origin otherwise", async () => {
    const { headers, masked } = authorise({ auth: "google", url: "https://a.run.app/base/" });
    expect(await headers).toEqual({ authorization: "Bearer token for https://a.run.app" });
    expect(masked).toEqual(["token for https://a.run.app"]);
    expect(await authorise({ url: "http://127.0.0.1:9" }).headers).toEqual({});
  });
});

describe("smokeTest", () => {
  it("fails the step with the reason and leaves a report in which data can do nothing", async () => {
    const reports: SmokeOutcome[] = [];
    const outcome = await smokeTest(inputs({ model: "weather", "ready-timeout": "1ms" }), {
      clock: steppingClock(),
      log: rememberingLog(),
      signal: new AbortController().signal,
      expect: async () => ({
        model: "weather",
        version: null,
        cases: [],
        casesFrom: "<b>none</b> @all",
      }),
      authorise: async () => ({}),
      writeReport: async (report) => {
        reports.push(report);
        return "report.md";
      },
    });
    const rendered = renderOutcome(outcome);
    expect(rendered.outputs).toMatchObject({
      verdict: "fail",
      latency: "null",
      "report-path": "report.md",
    });
    expect(rendered.failure).toMatch(/^Smoke test of http:\/\/127\.0\.0\.1:9: .*was not ready/);
    const report = composeReport(reports[0] ?? outcome);
    expect(report).not.toContain("<b>");
    expect(report).not.toContain("@all");
  });
});

describe("the inputs of smoke-test", () => {
  it("report every fault at once", () => {
    const wrong = {
      url: "ftp://x",
      tolerance: "1e-5, much",
      thresholds: "p95_sm <= 3",
      requests: "-1",
      timeout: "1 hour",
    };
    expect(() => parseInputs(rawInputs(wrong))).toThrow(
      [
        '- Input url is "ftp://x": expected a URL that begins with https:// or http://.',
        '- Input tolerance is "1e-5, much": expected an absolute and a relative tolerance of at least 0, such as `1e-5, 1e-4`.',
        '- Input thresholds is "p95_sm <= 3": Threshold line 1, column 1: there is no metric "p95_sm". Did you mean p95_ms? A threshold is `metric >= bound`, for example `accuracy >= 0.9` or `f1_macro >= production - 0.01`.',
        '- Input requests is "-1": expected a whole number from 0 to 100000.',
        '- Input timeout is "1 hour": expected a duration such as 90s, 10m or 1h30m.',
      ].join("\n"),
    );
  });
});
