import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  cloudMonitoring,
  cloudRun,
  describeTraffic,
  googleCredentials,
  quantileOfBuckets,
  sumBuckets,
  revisionName,
  trafficTag,
  type CloudRun,
  type Environment,
  type GoogleCredentials,
  type Service,
  type ServiceFields,
} from "#google";
import {
  startCloudRun,
  type CloudRunService,
} from "../../packages/sandbox/src/run/cloud-run-service.ts";
import {
  deployer,
  project,
  quickRetries,
  startGoogleServices,
  type GoogleServices,
} from "./google-services.ts";

const region = "europe-west1";
const image = `europe-docker.pkg.dev/acme/server@sha256:${"a".repeat(64)}`;
const container = `
const http = require("node:http");
if (process.env.CRASH) process.exit(3);
http.createServer((request, response) => {
  response.end(process.env.K_REVISION + " " + (request.headers.authorization ?? "nobody"));
}).listen(Number(process.env.PORT), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
`;

let services: GoogleServices;
let local: CloudRunService;
let environment: Environment;
let credentials: GoogleCredentials;
let run: CloudRun;

beforeAll(async () => {
  services = await startGoogleServices([]);
  const script = join(services.folder, "container.cjs");
  await writeFile(script, container);
  local = await startCloudRun({
    stateDirectory: join(services.folder, "run"),
    identityUrl: services.identityUrl,
    projectPolicy: [
      "roles/run.admin",
      "roles/run.invoker",
      "roles/monitoring.viewer",
      "roles/iam.serviceAccountUser",
    ].map((role) => ({ role, members: [`serviceAccount:${deployer}`] })),
    images: { [image]: { command: [process.execPath, script] } },
    operationDelayMs: 50,
    startupTimeoutMs: 4_000,
    stopGraceMs: 500,
    samplePeriodMs: 200,
    seed: 7,
  });
  environment = {
    ...services.environment,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN: local.url,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING: local.url,
  };
  credentials = googleCredentials({ environment });
  run = cloudRun({ credentials, environment, project, region, retryPolicy: quickRetries });
});

afterAll(async () => {
  await local.close();
  await services[Symbol.asyncDispose]();
});

const nameOf = (service: string, version: string) =>
  revisionName({ service, version, configHash: "0123456789abcdef" });

function templateOf(service: string, version: string, env: Readonly<Record<string, string>> = {}) {
  return {
    revision: nameOf(service, version),
    containers: [{ image, env: Object.entries(env).map(([name, value]) => ({ name, value })) }],
  };
}

const byRevision = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION";

/** Version 1 with all traffic. */
async function deployFirst(service: string): Promise<Service> {
  const outcome = await run.patchService({
    service,
    fields: { template: templateOf(service, "v1.0.0") },
    updateMask: ["template"],
    allowMissing: true,
  });
  if (outcome.kind !== "started") throw new Error(outcome.kind);
  await run.waitOperation(outcome.operation);
  return await run.waitSettled(service, {});
}

/** Version 2 beside it, without traffic, with a tag. */
function secondAtZero(service: string, env: Readonly<Record<string, string>> = {}): ServiceFields {
  return {
    template: templateOf(service, "v2.0.0", env),
    traffic: [
      { type: byRevision, revision: nameOf(service, "v1.0.0"), percent: 100 },
      {
        type: byRevision,
        revision: nameOf(service, "v2.0.0"),
        percent: 0,
        tag: trafficTag(service, "v2.0.0"),
      },
    ],
  };
}

function shares(service: string, first: number, second: number) {
  return [
    { type: byRevision, revision: nameOf(service, "v1.0.0"), percent: first },
    { type: byRevision, revision: nameOf(service, "v2.0.0"), percent: second },
  ] as const;
}

describe("a rollout's calls", () => {
  const service = "weather";
  let settled: Service;

  beforeAll(async () => {
    await deployFirst(service);
    const fields = secondAtZero(service);
    const outcome = await run.patchService({
      service,
      fields,
      updateMask: ["template", "traffic"],
    });
    if (outcome.kind !== "started") throw new Error(outcome.kind);
    await run.waitOperation(outcome.operation);
    settled = await run.waitSettled(service, {
      traffic: fields.traffic ?? [],
      revision: nameOf(service, "v2.0.0"),
    });
  });

  it("put a new revision beside the stable one, without traffic, at a URL of its own", async () => {
    const tagged = settled.trafficStatuses?.find((each) => each.tag === "v2-0-0");
    expect(tagged?.uri).toMatch(/^http/);
    expect(describeTraffic(settled.traffic ?? [])).toBe(
      `0% to ${nameOf(service, "v2.0.0")} (tag v2-0-0) and 100% to ${nameOf(service, "v1.0.0")}`,
    );
    const revisions = await run.listRevisions(service);
    expect(revisions.map((each) => each.name.split("/").at(-1))).toEqual([
      nameOf(service, "v2.0.0"),
      nameOf(service, "v1.0.0"),
    ]);
  });

  it("reach the service with an identity token for its URL, and not without one", async () => {
    const url = settled.uri ?? "";
    expect((await fetch(url)).status).toBe(403);
    const token = await credentials.identityToken(url);
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    expect(await answer.text()).toContain(nameOf(service, "v1.0.0"));
  });

  it("refuse to shift traffic with a stale etag, and change nothing", async () => {
    const before = await run.getService(service);
    const shift = (first: number, second: number) =>
      run.patchService({
        service,
        fields: { traffic: shares(service, first, second) },
        updateMask: ["traffic"],
        etag: before?.etag,
      });
    const outcome = await shift(90, 10);
    if (outcome.kind === "started") await run.waitOperation(outcome.operation);
    await expect(shift(50, 50)).rejects.toMatchObject({ code: "SERVICE_CHANGED", status: 409 });
    await run.waitSettled(service, { traffic: shares(service, 90, 10) });
  });

  it("check a change without making it", async () => {
    const before = await run.getService(service);
    const outcome = await run.patchService({
      service,
      fields: { traffic: shares(service, 0, 100) },
      updateMask: ["traffic"],
      validateOnly: true,
    });
    expect(outcome.kind).toBe("validated");
    expect(await run.getService(service)).toEqual(before);
  });

  it("let in everybody, and shut them out again", async () => {
    await run.changeInvokers(service, { add: ["allUsers"] });
    expect((await fetch(settled.uri ?? "")).status).toBe(200);
    await run.changeInvokers(service, { remove: ["allUsers"] });
    expect((await fetch(settled.uri ?? "")).status).toBe(403);
    expect((await run.getIamPolicy(service)).bindings ?? []).toEqual([]);
  });

  it("read requests and latencies of one revision from Monitoring", async () => {
    const monitoring = cloudMonitoring({ credentials, environment, project, region });
    const revision = nameOf(service, "v2.0.0");
    const url = settled.trafficStatuses?.find((each) => each.tag === "v2-0-0")?.uri ?? "";
    const token = await credentials.identityToken(settled.uri ?? "");
    const outcome = await run.patchService({
      service,
      fields: { traffic: secondAtZero(service).traffic ?? [] },
      updateMask: ["traffic"],
    });
    if (outcome.kind === "started") await run.waitOperation(outcome.operation);
    await sleep(250);
    const start = new Date();
    // A sample that began before the look is none of it.
    await sleep(250);
    for (let sent = 0; sent < 20; sent += 1) {
      await (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).text();
    }
    await sleep(450);
    const figures = await monitoring.requestFigures({ service, revision, start, end: new Date() });
    if (figures.kind !== "figures") throw new Error(figures.why);
    expect(figures.requests).toEqual({ "2xx": 20 });
    const latencyMs = sumBuckets(figures.latencies.map((point) => point.latencyMs));
    expect(latencyMs?.counts.reduce((sum, count) => sum + count, 0)).toBe(20);
    const median = quantileOfBuckets(latencyMs ?? { bounds: [], counts: [] }, 0.5);
    expect(median).toBeGreaterThan(0);
    expect(median).toBeLessThan(1_000);
  });

  it("tell a Monitoring that is down from one that has nothing", async () => {
    const monitoring = cloudMonitoring({
      credentials,
      environment,
      project,
      retryPolicy: quickRetries,
    });
    const look = { service, revision: "weather-none", start: new Date(0), end: new Date() };
    expect(await monitoring.requestFigures(look)).toMatchObject({
      kind: "figures",
      requests: {},
      newestPointEnd: null,
    });
    await services.fault(local.url, {
      path: "timeSeries",
      times: 20,
      effect: { kind: "status", status: 503 },
    });
    expect(await monitoring.requestFigures(look)).toMatchObject({ kind: "unavailable" });
    await fetch(`${local.url}/_sandbox/faults`, { method: "DELETE" });
  });
});

describe("calls under faults", () => {
  let service = "";
  let count = 0;
  let before: Service;
  beforeEach(async () => {
    count += 1;
    service = `faulty-${count}`;
    await deployFirst(service);
    const fields = secondAtZero(service);
    const outcome = await run.patchService({
      service,
      fields,
      updateMask: ["template", "traffic"],
    });
    if (outcome.kind === "started") await run.waitOperation(outcome.operation);
    before = await run.waitSettled(service, { traffic: fields.traffic ?? [] });
  });

  const shift = () =>
    run.patchService({
      service,
      fields: {
        traffic: shares(service, 75, 25),
        annotations: { "slipway.dev/rollout": "r1" },
      },
      updateMask: ["traffic", "annotations"],
      etag: before.etag,
    });

  it("shift traffic once although the connection breaks before anything is done", async () => {
    await services.fault(local.url, {
      method: "PATCH",
      path: service,
      effect: { kind: "drop-before" },
    });
    expect((await shift()).kind).toBe("started");
    await run.waitSettled(service, { traffic: shares(service, 75, 25) });
  });

  it("find that a shift whose answer was lost has been made", async () => {
    await services.fault(local.url, {
      method: "PATCH",
      path: service,
      effect: { kind: "drop-after" },
    });
    expect((await shift()).kind).toBe("applied");
    await run.waitSettled(service, { traffic: shares(service, 75, 25) });
    const after = await run.getService(service);
    expect(Number(after?.generation)).toBe(Number(before.generation) + 1);
  });

  it("leave alone what somebody else has changed while the answer was lost", async () => {
    await services.fault(local.url, {
      method: "PATCH",
      path: `${service}.*annotations`,
      effect: { kind: "status", status: 503 },
    });
    const theirs = await run.patchService({
      service,
      fields: { traffic: shares(service, 0, 100) },
      updateMask: ["traffic"],
    });
    if (theirs.kind === "started") await run.waitOperation(theirs.operation);
    await expect(shift()).rejects.toMatchObject({ code: "SERVICE_CHANGED" });
    await run.waitSettled(service, { traffic: shares(service, 0, 100) });
  });
});

describe("what will never become ready", () => {
  const service = "broken";
  beforeAll(() => deployFirst(service));

  const deployBroken = async (version: string, template: ServiceFields["template"]) => {
    const revision = nameOf(service, version);
    const outcome = await run.patchService({
      service,
      fields: {
        template: { ...template, revision },
        traffic: [{ type: byRevision, revision: nameOf(service, "v1.0.0"), percent: 100 }],
      },
      updateMask: ["template", "traffic"],
    });
    if (outcome.kind !== "started") throw new Error(outcome.kind);
    return await run.waitOperation(outcome.operation, {
      revision: `projects/${project}/locations/${region}/services/${service}/revisions/${revision}`,
    });
  };

  it("is explained with the log and a remedy when the container does not start", async () => {
    await expect(
      deployBroken("v3.0.0", templateOf(service, "v3.0.0", { CRASH: "1" })),
    ).rejects.toMatchObject({
      code: "HEALTH_CHECK_CONTAINER_ERROR",
      message: expect.stringMatching(/Log: http/),
      hint: expect.stringContaining("$PORT"),
    });
  });

  it("is explained when there is no such image", async () => {
    const missing = `europe-docker.pkg.dev/acme/none@sha256:${"b".repeat(64)}`;
    await expect(
      deployBroken("v4.0.0", { containers: [{ image: missing }] }),
    ).rejects.toMatchObject({ code: "CONTAINER_MISSING" });
  });

  it("is told from a revision name that is taken by another configuration", async () => {
    await expect(
      deployBroken("v1.0.0", templateOf(service, "v1.0.0", { OTHER: "1" })),
    ).rejects.toMatchObject({ code: "REVISION_EXISTS" });
  });
});

describe("too few roles", () => {
  it("are named", async () => {
    const stranger = { accessToken: services.adminToken };
    const poor = cloudRun({ credentials: stranger, environment, project, region });
    await expect(poor.getService("weather")).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
      hint: expect.stringContaining("roles/run.developer (it lacks run.services.get)"),
    });
  });
});
