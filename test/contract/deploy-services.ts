import { createHash, randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GoldenCase } from "#core";
import { memoryHistory, rememberingLog, someManifest } from "#core/testing";
import type { DeploymentProgress } from "#github";
import { cloudMonitoring, cloudRun, googleCredentials, type Environment } from "#google";
import { authoriseCaller, smokeDeployment } from "#probe";
import { rawInputs } from "#toolkit";
import { parseInputs, type Inputs } from "../../actions/deploy-cloud-run/src/inputs.ts";
import type { RolloutOutcome } from "../../actions/deploy-cloud-run/src/outcome.ts";
import type { Ports } from "../../actions/deploy-cloud-run/src/ports.ts";
import { deployCloudRun } from "../../actions/deploy-cloud-run/src/run.ts";
import {
  startCloudRun,
  type CloudRunService,
} from "../../packages/sandbox/src/run/cloud-run-service.ts";
import {
  clock,
  deployer,
  project,
  quickRetries,
  startGoogleServices,
  type GoogleServices,
} from "./google-services.ts";

/** A model server: says who it is, predicts, and refuses what it must. */
const server = `
const http = require("node:http");
if (process.env.CRASH) { console.error("cannot find the model"); process.exit(3); }
http.createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const reply = (status, body) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    if (request.url === "/ready") return reply(200, { status: "ready" });
    if (request.url === "/metadata")
      return reply(200, { model: "weather", version: process.env.MODEL_VERSION, uri: process.env.MODEL_URI });
    if (request.url !== "/predict") return reply(404, {});
    const text = Buffer.concat(chunks).toString();
    let body;
    try { body = JSON.parse(text); } catch { return reply(400, { error: "not JSON" }); }
    if (text.length > 1e6 || !Array.isArray(body.instances)) return reply(400, { error: "no instances" });
    if (body.instances.some((instance) => typeof instance.wind !== "number"))
      return reply(400, { error: "wind" });
    reply(200, { predictions: body.instances.map(({ wind }) => ({ prediction: wind > 3 ? "rain" : "sun", scores: null })) });
  });
}).listen(Number(process.env.PORT), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
`;
const image = `europe-docker.pkg.dev/acme/server@sha256:${createHash("sha256").update(server).digest("hex")}`;
const cases: readonly GoldenCase[] = [
  {
    request: { instances: [{ wind: 4 }] },
    response: { predictions: [{ prediction: "rain", scores: null }] },
    rows: 1,
  },
];

/** Cloud Run, Monitoring and Google's identity on this machine, with a model to deploy. */
export interface DeployWorld extends AsyncDisposable {
  readonly local: CloudRunService;
  readonly google: GoogleServices;
  /** As a step of the job sees it. */
  readonly environment: Environment;
  readonly stageTags: readonly string[];
  readonly deployments: readonly (readonly DeploymentProgress["state"][])[];
  ports(overrides?: Partial<Ports>): Ports;
  inputs(extra: Readonly<Record<string, string>>): Inputs;
  deploy(
    extra: Readonly<Record<string, string>>,
    overrides?: Partial<Ports>,
  ): Promise<RolloutOutcome>;
  /** Sends requests to a service's URL until the returned function is called. */
  load(url: string, perSecond: number): () => Promise<void>;
}

/** Starts a {@link DeployWorld} with versions v1.0.0 to v1.2.0 of `weather`. */
export async function startDeployWorld(): Promise<DeployWorld> {
  const google = await startGoogleServices([]);
  const script = join(google.folder, "server.cjs");
  await writeFile(script, server);
  const local = await startCloudRun({
    stateDirectory: join(google.folder, "run"),
    identityUrl: google.identityUrl,
    projectPolicy: [
      "roles/run.admin",
      "roles/run.invoker",
      "roles/monitoring.viewer",
      "roles/iam.serviceAccountUser",
    ].map((role) => ({ role, members: [`serviceAccount:${deployer}`] })),
    images: { [image]: { command: [process.execPath, script] } },
    operationDelayMs: 50,
    startupTimeoutMs: 8_000,
    stopGraceMs: 500,
    samplePeriodMs: 200,
    seed: 11,
  });
  const environment = {
    ...google.environment,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN: local.url,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING: local.url,
  };
  const region = "europe-west1";
  const credentials = googleCredentials({ environment });
  const place = { credentials, environment, project, region, retryPolicy: quickRetries };
  const stageTags: string[] = [];
  const deployments: DeploymentProgress["state"][][] = [];
  const history = memoryHistory({
    versions: (["v1.0.0", "v1.1.0", "v1.2.0"] as const).map((version) => ({
      manifest: someManifest({
        version,
        home: `gs://acme-models/weather/${version}`,
        files: [
          ...someManifest().files,
          { path: "golden.jsonl", role: "golden", bytes: 1, digest: `sha256:${"2".repeat(64)}` },
        ],
      }),
    })),
  });
  const log = rememberingLog();
  const world: DeployWorld = {
    local,
    google,
    environment,
    stageTags,
    deployments,
    ports: (overrides = {}) => {
      const signal = overrides.signal ?? new AbortController().signal;
      return {
        run: cloudRun(place),
        monitoring: cloudMonitoring(place),
        history,
        records: {
          startDeployment: () => Promise.resolve(deployments.push([]) - 1),
          reportDeployment: (id, { state }) => {
            deployments[id]?.push(state);
            return Promise.resolve();
          },
          assignStage: ({ stage, version }) => {
            stageTags.push(`weather#${stage}: ${version}`);
            return Promise.resolve({
              kind: "assigned",
              tag: "weather#production#1",
              previous: null,
            });
          },
        },
        project,
        identity: { id: "1/deploy", url: null },
        clock,
        log,
        signal,
        newRolloutId: () => randomUUID(),
        probe: (plan) => smokeDeployment(plan, { clock, log, signal }),
        authorise: (url, audience) =>
          authoriseCaller(
            { url, audience },
            {
              identityToken: (wanted) => credentials.identityToken(wanted),
              maskSecret: () => {},
              signal,
            },
          ),
        expect: ({ model, version }, asked) =>
          Promise.resolve({
            model,
            version,
            cases: asked === "none" ? [] : cases,
            casesFrom: "the test's own",
          }),
        writeDeployment: () => Promise.resolve(),
        ...overrides,
      };
    },
    inputs: (extra) =>
      parseInputs(
        rawInputs({
          model: "weather",
          service: "weather-api",
          region,
          image,
          steps: "50,100",
          "bake-time": "1500ms",
          "min-requests": "30",
          "metrics-timeout": "5s",
          smoke: "requests: 10\nwarmup: 0\n",
          "allow-unauthenticated": "true",
          "startup-probe": "/ready",
          ...extra,
        }),
      ),
    deploy: async (extra, overrides) => {
      const outcome = await deployCloudRun(world.inputs(extra), world.ports(overrides));
      if (outcome.kind !== "rollout") throw new Error(outcome.kind);
      return outcome;
    },
    load: startLoad,
    async [Symbol.asyncDispose]() {
      await local.close();
      await google[Symbol.asyncDispose]();
    },
  };
  return world;
}

/** As many requests a second, on time, whatever becomes of them; at most for a minute. */
function startLoad(url: string, perSecond: number): () => Promise<void> {
  const body = JSON.stringify({ instances: [{ wind: 4 }] });
  const pending = new Set<Promise<unknown>>();
  let sent = 0;
  const timer = setInterval(() => {
    if (++sent > perSecond * 60) return clearInterval(timer);
    const request: Promise<unknown> = fetch(`${url}/predict`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    })
      .then((response) => response.arrayBuffer())
      .catch(() => undefined)
      .finally(() => pending.delete(request));
    pending.add(request);
  }, 1000 / perSecond);
  return async () => {
    clearInterval(timer);
    await Promise.all(pending);
  };
}
