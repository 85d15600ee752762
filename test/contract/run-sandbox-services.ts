import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromProto3JSON, toProto3JSON } from "proto3-json-serializer";
import protobuf, { type INamespace } from "protobufjs";
import { expect } from "vitest";
import {
  startCloudRun,
  type CloudRunService,
} from "../../packages/sandbox/src/run/cloud-run-service.ts";

/** A container for tests: answers who it is, and fails or logs on demand. */
const containerScript = `
const http = require("node:http");
if (process.env.CRASH) { console.error("cannot find the model"); process.exit(3); }
const server = http.createServer((request, response) => {
  if (request.url === "/ready") { response.statusCode = 200; response.end("ready"); return; }
  if (request.url === "/fail") { response.statusCode = 500; response.end("failed"); return; }
  console.log(JSON.stringify({ path: request.url, revision: process.env.K_REVISION }));
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({
    revision: process.env.K_REVISION, service: process.env.K_SERVICE, color: process.env.COLOR,
    metadata: process.env.GCE_METADATA_HOST, authorization: request.headers.authorization,
    hostVariables: "HOME" in process.env,
  }));
});
if (!process.env.DEAF) server.listen(Number(process.env.PORT), "127.0.0.1");
else setInterval(() => undefined, 1000);
process.on("SIGTERM", () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
`;

/** A temporary folder with a container script in it. */
export async function createWorkspace(): Promise<{
  readonly folder: string;
  readonly image: string;
  readonly images: Record<string, { command: string[]; environment?: Record<string, string> }>;
  readonly remove: () => Promise<void>;
}> {
  const folder = await mkdtemp(join(tmpdir(), "run-sandbox-"));
  const script = join(folder, "container.cjs");
  await writeFile(script, containerScript);
  const digest = createHash("sha256").update(containerScript).digest("hex");
  const image = `registry.example/slipway/server@sha256:${digest}`;
  return {
    folder,
    image,
    images: { [image]: { command: [process.execPath, script], environment: { COLOR: "plain" } } },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

const protos = protobuf.Root.fromJSON(
  createRequire(import.meta.url)("@google-cloud/run/build/protos/protos.json") as INamespace,
);

/**
 * Checks JSON against Google's published message: every field is known and of its type, so that
 * nothing gets lost on the way into the message and back.
 */
export function expectMessage(typeName: string, json: unknown): void {
  const type = protos.lookupType(typeName);
  const message = fromProto3JSON(type, json as never);
  if (message === null) throw new Error(`${typeName} is null`);
  expect(type.verify(message)).toBeNull();
  expect(withoutEmpty(toProto3JSON(message))).toEqual(withoutEmpty(json));
}

// The serializer writes maps without entries, which JSON of Google's leaves out.
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, item]): [string, unknown] => [name, withoutEmpty(item)])
      .filter(([, item]) => JSON.stringify(item) !== "{}"),
  );
}

/** Where the tests' services are. */
export const parent = "projects/acme/locations/europe-west1";
export const latest = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST";
export const byRevision = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION";

type Body = Record<string, unknown> & {
  error?: { code: number; message: string; status: string };
};
type TestService = Record<string, unknown> & { uri: string; etag: string };
interface Operation {
  readonly name: string;
  readonly error?: { readonly code: number; readonly message: string };
}

/** A local Cloud Run and the calls that tests make of it; every answer is checked by its message. */
export interface TestRun {
  url(): string;
  template(revision: string | undefined, env?: Record<string, string>): object;
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: Body }>;
  /** A change; resolves to its operation once that is done. */
  change(method: string, path: string, body?: unknown): Promise<Operation>;
  createOpenService(id: string): Promise<void>;
  getService(id: string): Promise<TestService>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a {@link TestRun} without authentication. */
export async function startTestRun(): Promise<TestRun> {
  const workspace = await createWorkspace();
  const start = (): Promise<CloudRunService> =>
    startCloudRun({
      stateDirectory: join(workspace.folder, "state"),
      images: workspace.images,
      operationDelayMs: 100,
      startupTimeoutMs: 4000,
      stopGraceMs: 1000,
      samplePeriodMs: 250,
      seed: 7,
    });
  let cloudRun = await start();

  const run: TestRun = {
    url: () => cloudRun.url,
    template: (revision, env = {}) => ({
      ...(revision === undefined ? {} : { revision }),
      labels: { version: "v1-4-0" },
      annotations: { "slipway.dev/version": "v1.4.0" },
      containers: [
        {
          image: workspace.image,
          env: Object.entries(env).map(([name, value]) => ({ name, value })),
          startupProbe: { httpGet: { path: "/ready" }, periodSeconds: 1, failureThreshold: 4 },
        },
      ],
    }),
    call: async (method, path, body) => {
      const response = await fetch(`${cloudRun.url}${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as Body };
    },
    change: async (method, path, body) => {
      const started = await run.call(method, path, body);
      expect(started.status).toBe(200);
      expectMessage("google.longrunning.Operation", started.body);
      expect(started.body["done"]).toBeUndefined();
      const wait = `/v2/${String(started.body["name"])}:wait`;
      const waited = await run.call("POST", wait, { timeout: "20s" });
      expectMessage("google.longrunning.Operation", waited.body);
      return waited.body as unknown as Operation;
    },
    createOpenService: async (id) => {
      const done = await run.change("POST", `/v2/${parent}/services?serviceId=${id}`, {
        template: run.template(`${id}-one`),
        invokerIamDisabled: true,
      });
      expect(done.error).toBeUndefined();
    },
    getService: async (id) => {
      const { body } = await run.call("GET", `/v2/${parent}/services/${id}`);
      expectMessage("google.cloud.run.v2.Service", body);
      return body as TestService;
    },
    restart: async () => {
      await cloudRun.close();
      cloudRun = await start();
    },
    close: async () => {
      await cloudRun.close();
      await workspace.remove();
    },
  };
  return run;
}
