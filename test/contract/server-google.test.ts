import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { predictionLogLineSchema } from "#core";
import { objectStore, type ObjectStore } from "#google";
import {
  seattle,
  weather,
  writeVersion,
  type VersionFolder,
} from "../../packages/server/src/testing/some-version.ts";
import { makeBucket, startGoogleServices, type GoogleServices } from "./google-services.ts";

const home = "gs://acme-models/weather/v1.0.0";

/** A metadata server that hands out one account's tokens, as Cloud Run's does. */
async function startMetadataServer(token: () => Promise<string>) {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const isAsked = request.headers["metadata-flavor"] === "Google";
    response.writeHead(isAsked ? 200 : 403, { "metadata-flavor": "Google" });
    const body = { access_token: await token(), expires_in: 3600, token_type: "Bearer" };
    response.end(isAsked ? JSON.stringify(body) : "");
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((closed) => server.close(closed)),
  };
}

describe("the server on Google Cloud", () => {
  let google: GoogleServices;
  let version: VersionFolder;
  let metadata: Awaited<ReturnType<typeof startMetadataServer>>;
  let store: ObjectStore;
  beforeAll(async () => {
    google = await startGoogleServices([]);
    version = await writeVersion(weather);
    metadata = await startMetadataServer(google.adminToken);
    await makeBucket(google, "acme-models");
    await makeBucket(google, "acme-logs");
    store = objectStore({
      environment: google.environment,
      credentials: { accessToken: google.adminToken },
    });
    for (const name of ["manifest.json", "model.onnx"]) {
      await store.createOnly(`${home}/${name}`, {
        bytes: await readFile(join(version.folder, name)),
      });
    }
  });
  afterAll(async () => {
    await metadata.close();
    await version[Symbol.asyncDispose]();
    await google[Symbol.asyncDispose]();
  });

  function start(environment: Readonly<Record<string, string>>) {
    const child = spawn(process.execPath, [resolve("packages/server/src/main.ts")], {
      env: {
        PATH: process.env["PATH"] ?? "",
        HOST: "127.0.0.1",
        PORT: "0",
        ENGINE: "wasm",
        K_SERVICE: "weather",
        GCE_METADATA_HOST: metadata.host,
        CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: google.storageUrl,
        MODEL_URI: `${home}/manifest.json`,
        MODEL_VERSION: "v1.0.0",
        MODEL_DIGEST: version.digest,
        ...environment,
      },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let errors = "";
    child.stderr.on("data", (chunk) => (errors += String(chunk)));
    const exit = once(child, "close").then(([code]) => code as number | null);
    return { child, exit, errors: () => errors };
  }

  async function listening({ errors, child }: ReturnType<typeof start>): Promise<string> {
    for (let turn = 0; turn < 400 && child.exitCode === null; turn += 1) {
      const found = /Listening on (http:\/\/\S+?)\."/.exec(errors());
      if (found?.[1] !== undefined) return found[1];
      await new Promise((wake) => setTimeout(wake, 25));
    }
    throw new Error(errors());
  }

  it("reads a version and stores its log by the service's own identity", async () => {
    const started = start({ PREDICTION_LOG: "gs://acme-logs/weather/{date}/" });
    const url = await listening(started);
    const response = await fetch(`${url}/predict`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ instances: [seattle, seattle], ids: ["a", "b"] }),
    });
    expect(response.status).toBe(200);
    await response.text();
    started.child.kill("SIGTERM");
    expect([await started.exit, started.errors()]).toEqual([0, expect.any(String)]);
    const lines: unknown[] = [];
    for await (const { uri } of store.list("gs://acme-logs/weather/")) {
      expect(uri).toMatch(/^gs:\/\/acme-logs\/weather\/\d{4}-\d\d-\d\d\/.+\.jsonl$/);
      for (const line of (await store.readText(uri)).trim().split("\n")) {
        lines.push(predictionLogLineSchema.parse(JSON.parse(line)));
      }
    }
    expect(lines).toMatchObject([
      { id: "a", prediction: "sun", inputs: seattle },
      { id: "b", prediction: "sun", inputs: seattle },
    ]);
  });

  it("ends with 1 when the bucket's manifest is not the one that was deployed", async () => {
    const started = start({ MODEL_DIGEST: `sha256:${"0".repeat(64)}` });
    expect(await started.exit).toBe(1);
    expect(started.errors()).toContain("MANIFEST_DIGEST_DIFFERS");
  });
});
