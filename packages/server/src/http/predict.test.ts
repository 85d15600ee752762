import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { diabetesRows, weatherRows, type ReferenceRow } from "../testing/reference-cases.ts";
import { askTogether, exchangeRaw } from "../testing/raw-connection.ts";
import {
  diabetes,
  seattle,
  weather,
  writeVersion,
  type VersionFolder,
} from "../testing/some-version.ts";
import { startTestServer, type TestServer } from "../testing/start-test-server.ts";

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
let server: TestServer;
beforeAll(async () => {
  weatherVersion = await writeVersion(weather);
  server = await startTestServer(weatherVersion, { limits: { requestBytes: 1024 * 1024 } });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await weatherVersion[Symbol.asyncDispose]();
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
    await using version = await writeVersion(diabetes);
    await using regression = await startTestServer(version);
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
    const answers = await askTogether(
      small.url,
      Array.from({ length: 30 }, () => body),
    );
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

  it("refuses a date that does not exist with its path, and takes one that does", async () => {
    await using version = await writeVersion({ ...diabetes, dates: ["age"] });
    await using own = await startTestServer(version);
    const [row] = await diabetesRows();
    const ask = (age: string) => own.post("/predict", { instances: [{ ...row?.instance, age }] });
    expect((await ask("2024-02-29")).status).toBe(200);
    const answer = await ask("2024-02-30");
    expect(answer.status).toBe(422);
    expect(answer.json).toMatchObject({ error: { faults: [{ path: "instances[0].age" }] } });
    expect(answer.text).toContain("2024-02-30");
  });
});
