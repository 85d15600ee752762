import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  seattle,
  weather,
  weatherClasses,
  writeVersion,
  type VersionFolder,
} from "../testing/some-version.ts";
import { startTestServer, type TestServer } from "../testing/start-test-server.ts";

let weatherVersion: VersionFolder;
let server: TestServer;
beforeAll(async () => {
  weatherVersion = await writeVersion(weather);
  server = await startTestServer(weatherVersion);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await weatherVersion[Symbol.asyncDispose]();
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
    expect(answer.json).toMatchObject({ predictions: [{ prediction: "sun" }] });
  });
});
