import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { predictionLogLineSchema } from "#core";
import { seattle, weather, writeVersion, type VersionFolder } from "./testing/some-version.ts";

const main = resolve(import.meta.dirname, "main.ts");

interface Started {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly errors: () => readonly Readonly<Record<string, unknown>>[];
  readonly exit: Promise<number | null>;
}

function start(
  environment: Readonly<Record<string, string>>,
  argv: readonly string[] = [],
): Started {
  const child = spawn(process.execPath, [main, ...argv], {
    env: {
      PATH: process.env["PATH"] ?? "",
      HOST: "127.0.0.1",
      PORT: "0",
      ENGINE: "wasm",
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => (output += String(chunk)));
  child.stderr.on("data", (chunk) => (errors += String(chunk)));
  return {
    child,
    output: () => output,
    errors: () =>
      errors
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>),
    exit: once(child, "close").then(([code]) => code as number | null),
  };
}

/** The address from the line that says it. */
async function listening({ errors, child }: Started): Promise<string> {
  for (let turn = 0; turn < 400 && child.exitCode === null; turn += 1) {
    const line = errors().find(({ message }) => String(message).startsWith("Listening on "));
    if (line !== undefined) return String(line["message"]).slice("Listening on ".length, -1);
    await new Promise((wake) => setTimeout(wake, 25));
  }
  throw new Error(`The server does not listen: ${JSON.stringify(errors())}`);
}

function predict(url: string): Promise<Response> {
  return fetch(`${url}/predict`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ instances: [seattle] }),
  });
}

let version: VersionFolder;
beforeAll(async () => {
  version = await writeVersion(weather);
});
afterAll(() => version[Symbol.asyncDispose]());

describe("the server's process", () => {
  it("prints Slipway's version", async () => {
    const about = JSON.parse(await readFile(resolve("package.json"), "utf8")) as {
      version: string;
    };
    const started = start({}, ["--version"]);
    expect(await started.exit).toBe(0);
    expect(started.output()).toBe(`${about.version}\n`);
  });

  it("answers, logs to standard output, and ends with 0 on SIGTERM", async () => {
    const started = start({
      MODEL_URI: version.uri,
      MODEL_VERSION: "v1.0.0",
      MODEL_DIGEST: version.digest,
    });
    const url = await listening(started);
    expect((await predict(url)).status).toBe(200);
    started.child.kill("SIGTERM");
    expect(await started.exit).toBe(0);
    const lines = started.output().trim().split("\n");
    expect(lines.map((line) => predictionLogLineSchema.parse(JSON.parse(line)))).toMatchObject([
      { model: "weather", version: "v1.0.0", prediction: "sun", inputs: seattle },
    ]);
  });

  it("stores the log as objects when it ends", async () => {
    const folder = await mkdtemp(join(tmpdir(), "slipway-log-test-"));
    try {
      const started = start({
        MODEL_URI: version.uri,
        MODEL_DIGEST: version.digest,
        PREDICTION_LOG: `${pathToFileURL(folder).href}/{date}/`,
      });
      expect((await predict(await listening(started))).status).toBe(200);
      started.child.kill("SIGTERM");
      expect(await started.exit).toBe(0);
      expect(started.output()).toBe("");
      const files = await readdir(folder, { recursive: true });
      const objects = files.filter((name) => /^\d{4}-\d\d-\d\d\/.+\.jsonl$/.test(name));
      expect(objects).toHaveLength(1);
      const text = await readFile(join(folder, objects[0] ?? ""), "utf8");
      expect(predictionLogLineSchema.parse(JSON.parse(text))).toMatchObject({ prediction: "sun" });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it.each([
    ["another digest", { MODEL_DIGEST: `sha256:${"0".repeat(64)}` }, "MANIFEST_DIGEST_DIFFERS"],
    ["another version", { MODEL_VERSION: "v9.9.9" }, "VERSION_DIFFERS"],
    ["no such manifest", { MODEL_URI: "file:///no/such/manifest.json" }, "OBJECT_NOT_FOUND"],
    ["a wrong environment", { PORT: "http" }, "INVALID_SETTING"],
  ])("ends with 1 and one line that says why for %s", async (_name, environment, code) => {
    const started = start({ MODEL_URI: version.uri, MODEL_DIGEST: version.digest, ...environment });
    expect(await started.exit).toBe(1);
    const errors = started.errors().filter(({ severity }) => severity === "ERROR");
    expect(errors).toMatchObject([{ code }]);
    expect(errors[0]).not.toHaveProperty("stack");
  });
});
