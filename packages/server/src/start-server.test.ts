import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { predictionLogLineSchema } from "#core";
import type { ObjectStore } from "#google";
import { startServer } from "./start-server.ts";
import { connectRaw } from "./testing/raw-connection.ts";
import {
  seattle,
  weather,
  weatherClasses,
  writeVersion,
  type VersionFolder,
} from "./testing/some-version.ts";
import { startTestServer, testOptions } from "./testing/start-test-server.ts";

let weatherVersion: VersionFolder;
beforeAll(async () => {
  weatherVersion = await writeVersion(weather);
});
afterAll(() => weatherVersion[Symbol.asyncDispose]());

describe("the prediction log", () => {
  it("has one line an instance, with the caller's ids and the trace", async () => {
    await using own = await startTestServer(weatherVersion);
    await own.post(
      "/predict",
      { instances: [seattle, { ...seattle, wind: null }], ids: ["row-1", 2] },
      {
        "x-request-id": "req-7",
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      },
    );
    const lines = own.lines.map((line) => predictionLogLineSchema.parse(JSON.parse(line)));
    expect(lines).toMatchObject([
      {
        id: "row-1",
        request_id: "req-7",
        model: "weather",
        version: "v1.0.0",
        inputs: seattle,
        prediction: "sun",
        trace: "0af7651916cd43dd8448eb211c80319c",
      },
      { id: "2", request_id: "req-7" },
    ]);
    expect(Object.keys(lines[0]?.scores ?? {})).toEqual(weatherClasses);
  });

  it("holds no refused request and no redacted column", async () => {
    await using own = await startTestServer(weatherVersion, { choice: { redact: ["location"] } });
    await own.post("/predict", { instances: [{}] });
    await own.post("/predict", { instances: [seattle] });
    expect(own.lines).toHaveLength(1);
    expect(own.lines[0]).not.toContain("Seattle");
  });

  it("holds nothing of a smoke test, whose rows are made up", async () => {
    await using own = await startTestServer(weatherVersion);
    const asked = { instances: [seattle] };
    const answer = await own.post("/predict", asked, { "prediction-log": "off" });
    expect(answer.status).toBe(200);
    expect(own.lines).toEqual([]);
    await own.post("/predict", asked, { "prediction-log": "on" });
    expect(own.lines).toHaveLength(1);
  });

  it("is not begun with a redacted column that does not exist", async () => {
    const options = { choice: { redact: ["locaton"] }, wait: false };
    await using own = await startTestServer(weatherVersion, options);
    await expect(own.running.ready).rejects.toMatchObject({
      code: "REDACTED_COLUMN_UNKNOWN",
      hint: "Did you mean location?",
    });
    expect((await own.get("/ready")).status).toBe(503);
  });
});

describe("readiness", () => {
  it("is 503 until the model is loaded, while the process is alive", async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const { store } = testOptions(weatherVersion, { lines: [], operations: [] });
    const slow: ObjectStore = {
      ...store,
      async *read(...given) {
        await held;
        yield* store.read(...given);
      },
    };
    await using own = await startTestServer(weatherVersion, { store: slow, wait: false });
    expect((await own.get("/health")).status).toBe(200);
    for (const path of ["/ready", "/v2/health/ready", "/metadata"]) {
      const answer = await own.get(path);
      expect([path, answer.status, answer.headers.get("retry-after")]).toEqual([path, 503, "1"]);
    }
    const early = await own.post("/predict", { instances: [seattle] });
    expect(early.status).toBe(503);
    expect(early.json).toMatchObject({ error: { code: "NOT_READY" } });
    release();
    await own.running.ready;
    expect((await own.get("/ready")).status).toBe(200);
  });

  it("never comes for a wrong digest, and the server does not listen where it must be ready first", async () => {
    const version = { uri: weatherVersion.uri, digest: `sha256:${"0".repeat(64)}` };
    const logs = { lines: [], operations: [] };
    const running = startServer(testOptions(weatherVersion, logs, { version, listen: "ready" }));
    await expect(running.ready).rejects.toMatchObject({ code: "MANIFEST_DIGEST_DIFFERS" });
    await expect(running.listening).rejects.toMatchObject({ code: "MANIFEST_DIGEST_DIFFERS" });
  });

  it("never comes when a file beside the manifest is not the one", async () => {
    await using other = await writeVersion(weather);
    const path = join(other.folder, "model.onnx");
    const bytes = await readFile(path);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(path, bytes);
    await using own = await startTestServer(other, { wait: false });
    await expect(own.running.ready).rejects.toMatchObject({ code: "FILE_DIGEST_DIFFERS" });
    expect((await own.get("/ready")).status).toBe(503);
    expect((await own.post("/predict", { instances: [seattle] })).status).toBe(503);
  });

  it("warms up with the first golden case and shows it as the example", async () => {
    const golden = [{ request: { instances: [seattle] }, response: { predictions: [] }, rows: 1 }];
    await using version = await writeVersion({ ...weather, golden });
    await using own = await startTestServer(version);
    expect((await own.running.ready).example).toEqual(seattle);
  });

  it("never comes when the golden case does not fit the model", async () => {
    const golden = [
      { request: { instances: [{ wind: 1 }] }, response: { predictions: [] }, rows: 1 },
    ];
    await using version = await writeVersion({ ...weather, golden });
    await using own = await startTestServer(version, { wait: false });
    await expect(own.running.ready).rejects.toMatchObject({ code: "VALUES_DO_NOT_FIT" });
  });
});

describe("draining", () => {
  it("answers what was accepted, closes its connections and accepts nothing new", async () => {
    const own = await startTestServer(weatherVersion);
    const body = JSON.stringify({ instances: [seattle] });
    const half = connectRaw(own.url);
    half.write(
      `POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 20)}`,
    );
    // The server has the head of the request and half of its body.
    await sleep(50);
    const drained = own.running.drain();
    await sleep(50);
    await expect(fetch(`${own.url}/health`)).rejects.toThrow("fetch failed");
    half.write(body.slice(20));
    const answer = await half.ended;
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toMatch(/\r\nConnection: close\r\n/);
    expect(answer).toContain('"prediction":"sun"');
    expect(await drained).toBe(true);
    expect(own.lines).toHaveLength(1);
  });

  it("cuts off who never finishes, and says that it had to", async () => {
    const own = await startTestServer(weatherVersion, { limits: { drainMs: 200 } });
    const half = connectRaw(own.url);
    half.write("POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
    await sleep(50);
    const startedMs = performance.now();
    expect(await own.running.drain()).toBe(false);
    expect(performance.now() - startedMs).toBeLessThan(1000);
    await half.ended;
  });
});
