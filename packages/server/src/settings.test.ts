import { describe, expect, it } from "vitest";
import { readSettings } from "./settings.ts";

const base = { MODEL_URI: "gs://acme-models/weather/v1.4.0/manifest.json" };

describe("readSettings", () => {
  it("needs only the manifest's address", () => {
    expect(readSettings(base)).toMatchObject({
      uri: base.MODEL_URI,
      port: 8080,
      listen: "start",
      engine: "auto",
      threads: 1,
      predictionLog: { kind: "stdout" },
      sample: 1,
      redact: [],
      limits: { requestBytes: 10_485_760, timeoutMs: 30_000 },
    });
  });

  it("lists every fault at once", () => {
    const read = () =>
      readSettings({
        PORT: "http",
        MODEL_VERSION: "latest",
        MODEL_DIGEST: "abc",
        LOG_SAMPLE: "2",
        MAX_REQUEST_ROWS: "0",
        ENGINE: "cuda",
        PREDICTION_LOG: "s3://bucket/",
      });
    expect(read).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(
          /MODEL_URI is not set[\s\S]*MODEL_VERSION is "latest"[\s\S]*MODEL_DIGEST is "abc"[\s\S]*PORT is "http"[\s\S]*MAX_REQUEST_ROWS is "0"[\s\S]*ENGINE is "cuda", expected one of auto, native, wasm[\s\S]*PREDICTION_LOG is "s3:[\s\S]*LOG_SAMPLE is "2"/,
        ) as string,
      }),
    );
  });

  it("takes Vertex AI's names for the port, the routes and the model's folder", () => {
    expect(
      readSettings({
        PORT: "1",
        AIP_HTTP_PORT: "7080",
        AIP_HEALTH_ROUTE: "/alive",
        AIP_PREDICT_ROUTE: "/v1/endpoints/1:predict",
        AIP_STORAGE_URI: "gs://bucket/folder/",
      }),
    ).toMatchObject({
      uri: "gs://bucket/folder/manifest.json",
      port: 7080,
      extraRoutes: { health: "/alive", predict: "/v1/endpoints/1:predict" },
    });
  });

  it("opens its port on Cloud Run only when it can answer", () => {
    expect(readSettings({ ...base, K_SERVICE: "weather" }).listen).toBe("ready");
    expect(readSettings({ ...base, K_SERVICE: "weather", LISTEN: "start" }).listen).toBe("start");
  });

  it("reads where and what to log", () => {
    expect(
      readSettings({
        ...base,
        PREDICTION_LOG: "gs://acme-logs/weather/{date}/",
        PREDICTION_LOG_INTERVAL: "0.5",
        LOG_SAMPLE: "0.1",
        REDACT: "name, email,",
      }),
    ).toMatchObject({
      predictionLog: { kind: "objects", uri: "gs://acme-logs/weather/{date}/", intervalMs: 500 },
      sample: 0.1,
      redact: ["name", "email"],
    });
  });
});
