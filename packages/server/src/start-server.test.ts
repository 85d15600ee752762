import { readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { predictionLogLineSchema } from "#core";
import type { ObjectStore } from "#google";
import { startServer } from "./start-server.ts";
import { diabetesRows, weatherRows, type ReferenceRow } from "./testing/reference-cases.ts";
import {
  diabetes,
  weather,
  weatherClasses,
  writeVersion,
  type VersionFolder,
} from "./testing/some-version.ts";
import { startTestServer, testOptions, type TestServer } from "./testing/start-test-server.ts";

const seattle = { precipitation: 0, temp_max: 12.2, temp_min: 3.1, wind: 2.2, location: "Seattle" };

interface Prediction {
  readonly prediction: string | number;
  readonly scores: Readonly<Record<string, number>> | null;
}

function predictionsOf(answer: { readonly json: Readonly<Record<string, unknown>> }): Prediction[] {
  return answer.json["predictions"] as Prediction[];
}

function expectReference(found: Prediction | undefined, { answer }: ReferenceRow): void {
  if (typeof answer.prediction === "number") {
    expect(found?.prediction).toBeCloseTo(answer.prediction, 3);
  } else expect(found?.prediction).toBe(answer.prediction);
  for (const [name, score] of Object.entries(answer.scores ?? {})) {
    expect(found?.scores?.[name]).toBeCloseTo(score, 5);
  }
}

let weatherVersion: VersionFolder;
let diabetesVersion: VersionFolder;
let server: TestServer;
beforeAll(async () => {
  weatherVersion = await writeVersion(weather);
  diabetesVersion = await writeVersion(diabetes);
  server = await startTestServer(weatherVersion, { limits: { requestBytes: 1024 * 1024 } });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await weatherVersion[Symbol.asyncDispose]();
  await diabetesVersion[Symbol.asyncDispose]();
});

describe("POST /predict", () => {
  it("answers a classifier's labels and scores as Python's onnxruntime does", async () => {
    const rows = await weatherRows();
    const answer = await server.post("/predict", {
      instances: rows.map(({ instance }) => instance),
    });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ model: "weather", version: "v1.0.0" });
    const found = predictionsOf(answer);
    expect(found).toHaveLength(31);
    rows.forEach((row, at) => expectReference(found[at], row));
  });

  it("answers a regressor's values as Python's onnxruntime does", async () => {
    await using regression = await startTestServer(diabetesVersion);
    const rows = await diabetesRows();
    const answer = await regression.post("/predict", {
      instances: rows.map(({ instance }) => instance),
    });
    const found = predictionsOf(answer);
    rows.forEach((row, at) => expectReference(found[at], row));
    expect(found[0]?.scores).toBeNull();
  });

  it("answers many requests at once exactly as one after the other, in fewer runs", async () => {
    const rows = await weatherRows();
    await using fresh = await startTestServer(weatherVersion);
    const ask = async ({ instance }: ReferenceRow) =>
      (await fresh.post("/predict", { instances: [instance] })).json;
    const one: unknown[] = [];
    for (const row of rows) one.push(await ask(row));
    const bodies = rows.map(({ instance }) => JSON.stringify({ instances: [instance] }));
    const together = await askTogether(fresh.url, [...bodies, ...bodies, ...bodies]);
    expect(together.map(({ json }) => json)).toEqual([...one, ...one, ...one]);
    const { text } = await fresh.get("/metrics");
    const runs = Number(/^slipway_batch_rows_count (\d+)$/m.exec(text)?.[1]);
    const ran = Number(/^slipway_batch_rows_sum (\d+)$/m.exec(text)?.[1]);
    expect(ran).toBe(4 * 31);
    expect(runs).toBeGreaterThanOrEqual(31 + 1);
    expect(runs).toBeLessThan(31 + 31);
  });

  it("names model, version and request in every answer's headers", async () => {
    for (const answer of [
      await server.post("/predict", { instances: [seattle] }, { "x-request-id": "abc-1" }),
      await server.post("/predict", "{", { "x-request-id": "abc-1" }),
      await server.post("/nowhere", "{}", { "x-request-id": "abc-1" }),
    ]) {
      expect(answer.headers.get("x-model")).toBe("weather");
      expect(answer.headers.get("x-model-version")).toBe("v1.0.0");
      expect(answer.headers.get("x-request-id")).toBe("abc-1");
    }
  });

  it("makes up a request id where the caller's could break a log line or a header", async () => {
    const { headers } = await server.post(
      "/predict",
      { instances: [seattle] },
      { "x-request-id": 'a"b' },
    );
    expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("refuses values with the path of each fault", async () => {
    const { temp_min, ...rest } = seattle;
    const answer = await server.post("/predict", {
      instances: [seattle, { ...rest, temp_max: "warm", "temp min": temp_min }],
    });
    expect(answer.status).toBe(422);
    expect(answer.json).toEqual({
      model: "weather",
      version: "v1.0.0",
      error: {
        code: "INVALID_INSTANCES",
        message: [
          'instances[1].temp_max: expected a number or null, found "warm"',
          "instances[1].temp_min: is missing: expected a number or null",
          'instances[1]["temp min"]: is no column of this model: did you mean temp_min?',
        ].join("\n"),
        faults: [
          {
            path: "instances[1].temp_max",
            message: 'expected a number or null, found "warm"',
          },
          {
            path: "instances[1].temp_min",
            message: "is missing: expected a number or null",
          },
          {
            path: 'instances[1]["temp min"]',
            message: "is no column of this model: did you mean temp_min?",
          },
        ],
      },
    });
  });

  it.each([
    ["no JSON", '{"instances": [{', "INVALID_REQUEST"],
    ["no body", "", "INVALID_REQUEST"],
    ["a list", "[]", "INVALID_REQUEST"],
    ["instances that are no list", '{"instances": "x"}', "INVALID_REQUEST"],
    ["no instances", '{"rows": []}', "INVALID_REQUEST"],
  ])("refuses %s with 400", async (_name, body, code) => {
    const answer = await server.post("/predict", body);
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ error: { code } });
    expect(answer.text).not.toMatch(/node:|\.ts|\.mjs|    at /);
  });

  it.each([
    ["an empty list", { instances: [] }, "instances"],
    ["too few ids", { instances: [seattle, seattle], ids: ["a"] }, "ids"],
    ["ids that are no ids", { instances: [seattle], ids: [1.5] }, "ids"],
  ])("refuses %s with 422", async (_name, body, path) => {
    const answer = await server.post("/predict", body);
    expect(answer.status).toBe(422);
    expect(answer.json).toMatchObject({ error: { faults: [{ path }] } });
  });

  it("refuses other content types and encodings with 415", async () => {
    const body = { instances: [seattle] };
    const types = [
      { "content-type": "text/csv" },
      { "content-type": "application/json", "content-encoding": "gzip" },
    ];
    for (const headers of types) {
      expect((await server.post("/predict", body, headers)).status).toBe(415);
    }
    const utf8 = { "content-type": "application/json; charset=utf-8" };
    expect((await server.post("/predict", body, utf8)).status).toBe(200);
  });

  it("refuses a body that is too large so that the client reads the 413", async () => {
    for (const times of [1, 3]) {
      const answer = await server.post("/predict", "x".repeat(times * 1024 * 1024 + 1));
      expect(answer.status).toBe(413);
      expect(answer.json).toMatchObject({ error: { code: "REQUEST_TOO_LARGE" } });
    }
  });

  it("refuses a body that is too large before it is sent, to a client that asks first", async () => {
    const head = `POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n`;
    expect(await exchangeRaw(server.url, head)).toMatch(/^HTTP\/1\.1 413 /);
  });

  it("refuses more instances than it answers at once with 413", async () => {
    await using small = await startTestServer(weatherVersion, { limits: { requestRows: 2 } });
    const answer = await small.post("/predict", { instances: [seattle, seattle, seattle] });
    expect(answer.status).toBe(413);
    expect(answer.json).toMatchObject({ error: { code: "TOO_MANY_INSTANCES" } });
  });

  it("answers 503 with Retry-After when the queue is full, and answers again afterwards", async () => {
    await using small = await startTestServer(weatherVersion, {
      limits: { queueRows: 1, batchRows: 1 },
    });
    const body = JSON.stringify({ instances: [seattle] });
    const answers = await askTogether(small.url, Array.from({ length: 30 }, () => body));
    const refused = answers.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(0);
    expect(answers.filter(({ status }) => status === 200).length).toBe(30 - refused.length);
    expect(refused.length).toBeLessThan(30);
    expect(refused[0]?.head).toMatch(/\r\nretry-after: 1\r\n/);
    expect(refused[0]?.json).toMatchObject({ error: { code: "QUEUE_FULL" } });
    expect((await small.post("/predict", body)).status).toBe(200);
  });

  it("answers 405 with Allow for another method", async () => {
    const answer = await server.get("/predict");
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("POST");
  });

  it("survives bodies made to break it", async () => {
    const nested = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    const bodies = [
      `{"instances":${nested}}`,
      `{"instances":[{"wind":${nested}}]}`,
      '{"instances":[{"__proto__":{"wind":1}}]}',
      '{"instances":[null]}',
    ];
    for (const body of bodies) expect((await server.post("/predict", body)).status).toBe(422);
    expect((await server.post("/v2/models/weather/infer", nested)).status).toBe(400);
    expect((await server.post("/predict", { instances: [seattle] })).status).toBe(200);
  });
});

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

describe("what the server says of itself", () => {
  it("is model, version, digest, signature, classes and task", async () => {
    const { json } = await server.get("/metadata");
    expect(json).toMatchObject({
      model: "weather",
      version: "v1.0.0",
      digest: weatherVersion.digest,
      task: "multiclass",
      classes: weatherClasses,
      signature: weatherVersion.manifest.signature,
    });
  });

  it("counts requests by route and status", async () => {
    await using own = await startTestServer(weatherVersion);
    await own.post("/predict", { instances: [seattle] });
    await own.post("/predict", "{");
    await own.get("/no/such/path");
    const { text } = await own.get("/metrics");
    expect(text).toContain('slipway_requests_total{route="/predict",status="200"} 1');
    expect(text).toContain('slipway_requests_total{route="/predict",status="400"} 1');
    expect(text).toContain('slipway_requests_total{route="other",status="404"} 1');
    expect(text).toContain('slipway_request_duration_seconds_count{route="/predict"} 2');
    expect(text).toContain("slipway_queue_rows 0");
    expect(text).toMatch(/slipway_model_info\{model="weather",version="v1.0.0",digest="sha256:/);
  });

  it("is a page that loads nothing and escapes names", async () => {
    await using version = await writeVersion({ ...weather, model: "a<b>&c" });
    await using own = await startTestServer(version);
    const { text, headers } = await own.get("/docs");
    expect(headers.get("content-type")).toContain("text/html");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(text).toContain("temp_max");
    expect(text).toContain("<h1>a&lt;b&gt;&amp;c v1.0.0</h1>");
  });
});

describe("the Open Inference Protocol", () => {
  const inputs = Object.entries(seattle).map(([name, value]) => ({
    name,
    shape: [2, 1],
    datatype: typeof value === "number" ? "FP64" : "BYTES",
    data: [[value], [value]],
  }));

  it("takes a tensor a column and answers labels and probabilities", async () => {
    const { status, json } = await server.post("/v2/models/weather/infer", { id: "7", inputs });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      model_name: "weather",
      model_version: "v1.0.0",
      id: "7",
      outputs: [
        { name: "label", datatype: "BYTES", shape: [2], data: ["sun", "sun"] },
        { name: "probabilities", datatype: "FP64", shape: [2, 5] },
      ],
    });
    const [, probabilities] = json["outputs"] as { data: number[] }[];
    const sum = probabilities?.data.slice(0, 5).reduce((total, value) => total + value, 0);
    expect(sum).toBeCloseTo(1, 5);
  });

  it("answers only the outputs that were asked for, under a version's path too", async () => {
    for (const version of ["v1.0.0", "1.0.0"]) {
      const path = `/v2/models/weather/versions/${version}/infer`;
      const { json } = await server.post(path, { inputs, outputs: [{ name: "label" }] });
      expect(json["outputs"]).toMatchObject([{ name: "label" }]);
    }
  });

  it("says what it takes and gives", async () => {
    expect((await server.get("/v2/models/weather")).json).toMatchObject({
      name: "weather",
      versions: ["v1.0.0"],
      inputs: [{ name: "precipitation", datatype: "FP64", shape: [-1, 1] }, {}, {}, {}, {}],
      outputs: [{ name: "label" }, { name: "probabilities", shape: [-1, 5] }],
    });
    expect((await server.get("/v2/models/weather/ready")).status).toBe(200);
    expect((await server.get("/v2/health/live")).status).toBe(200);
  });

  it("refuses in the protocol's form, naming the tensor", async () => {
    const wrong = inputs.map((input) =>
      input.name === "wind" ? { ...input, data: [1, "strong"] } : input,
    );
    const answer = await server.post("/v2/models/weather/infer", { inputs: wrong });
    expect(answer.status).toBe(422);
    expect(answer.json).toEqual({
      error: 'inputs[3] (wind).data[1]: expected a number or null, found "strong"',
    });
    const missing = await server.post("/v2/models/weather/infer", { inputs: inputs.slice(1) });
    expect(missing.json).toEqual({
      error: "inputs (precipitation): is missing: expected a number or null",
    });
    const shape = await server.post("/v2/models/weather/infer", {
      inputs: inputs.map((input) => ({ ...input, shape: [1, 2] })),
    });
    expect(shape.status).toBe(422);
    expect((await server.post("/v2/models/weather/infer", { inputs: 1 })).status).toBe(400);
  });

  it("answers 404 for another model or version, naming the one that is served", async () => {
    for (const path of ["/v2/models/churn/infer", "/v2/models/weather/versions/v2.0.0/infer"]) {
      const answer = await server.post(path, { inputs });
      expect(answer.status).toBe(404);
      expect(answer.text).toContain("weather v1.0.0");
    }
  });

  it("finds a model whose name has a slash, encoded or not", async () => {
    await using version = await writeVersion({ ...weather, model: "acme/weather" });
    await using own = await startTestServer(version);
    for (const path of ["/v2/models/acme/weather", "/v2/models/acme%2Fweather"]) {
      expect((await own.post(`${path}/infer`, { inputs })).status).toBe(200);
    }
  });
});

describe("Vertex AI's routes", () => {
  it("answer beside the server's own", async () => {
    await using own = await startTestServer(weatherVersion, {
      extraRoutes: { health: "/v1/alive", predict: "/v1/endpoints/1/deployedModels/2:predict" },
    });
    expect((await own.get("/v1/alive")).status).toBe(200);
    const path = "/v1/endpoints/1/deployedModels/2:predict";
    const answer = await own.post(path, { instances: [seattle], parameters: {} });
    expect(predictionsOf(answer)[0]?.prediction).toBe("sun");
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
    await expect(fetch(`${own.url}/health`)).rejects.toThrow();
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

function connectRaw(url: string) {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = "";
  socket.on("data", (chunk) => (text += chunk.toString()));
  const ended = new Promise<string>((resolve) => {
    socket.on("error", () => resolve(text));
    socket.on("close", () => resolve(text));
  });
  const connected = new Promise<void>((resolve) => socket.on("connect", () => resolve()));
  return { write: (part: string) => socket.write(part), connected, ended };
}

interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly json: unknown;
}

/** Sends each body on a connection of its own, all in one turn of the event loop. */
async function askTogether(url: string, bodies: readonly string[]): Promise<readonly RawAnswer[]> {
  const connections = bodies.map(() => connectRaw(url));
  await Promise.all(connections.map(({ connected }) => connected));
  await sleep(50);
  connections.forEach(({ write }, at) => {
    const body = bodies[at] ?? "";
    write(
      `POST /predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  });
  const texts = await Promise.all(connections.map(({ ended }) => ended));
  return texts.map((text) => {
    const split = text.indexOf("\r\n\r\n");
    const head = text.slice(0, split + 2);
    const json: unknown = JSON.parse(text.slice(split));
    return { status: Number(head.slice(9, 12)), head, json };
  });
}

async function exchangeRaw(url: string, head: string): Promise<string> {
  const raw = connectRaw(url);
  raw.write(head);
  return await raw.ended;
}
