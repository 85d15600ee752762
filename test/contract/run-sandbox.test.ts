import { setTimeout as sleep } from "node:timers/promises";
import { RevisionsClient, ServicesClient, type protos } from "@google-cloud/run";
import { OAuth2Client } from "google-auth-library";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  byRevision,
  expectMessage,
  latest,
  parent,
  startTestRun,
  type TestRun,
} from "./run-sandbox-services.ts";

type V2 = typeof protos.google.cloud.run.v2;
type IService = InstanceType<V2["Service"]>;

const v2 = "google.cloud.run.v2";
let run: TestRun;
let services: ServicesClient;
let revisions: RevisionsClient;

function clientOptions(url: string): ConstructorParameters<typeof ServicesClient>[0] {
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: "none-needed" });
  const { hostname, port } = new URL(url);
  return {
    fallback: true,
    protocol: "http",
    apiEndpoint: hostname,
    port: Number(port),
    projectId: "acme",
    authClient,
  };
}

beforeAll(async () => {
  run = await startTestRun();
  services = new ServicesClient(clientOptions(run.url()));
  revisions = new RevisionsClient(clientOptions(run.url()));
});

afterAll(() => run.close());

describe("the official client", () => {
  it("creates, splits, tags, lists and deletes", async () => {
    const [creation] = await services.createService({
      parent,
      serviceId: "client",
      service: { template: run.template("client-one"), invokerIamDisabled: true },
    });
    const [created] = await creation.promise();
    expect(created).toMatchObject({
      name: `${parent}/services/client`,
      reconciling: false,
      latestReadyRevision: `${parent}/services/client/revisions/client-one`,
      // CONDITION_SUCCEEDED and TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST: this client asks for numbers.
      terminalCondition: { type: "Ready", state: 4 },
      trafficStatuses: [{ type: 1, percent: 100 }],
    });
    expect([String(created.generation), String(created.observedGeneration)]).toEqual(["1", "1"]);
    const [update] = await services.updateService({
      service: {
        ...created,
        template: run.template("client-two", { COLOR: "blue" }),
        traffic: [
          { type: byRevision, revision: "client-one", percent: 100 },
          { type: byRevision, revision: "client-two", percent: 0, tag: "next" },
        ],
      } as never,
      updateMask: { paths: ["template", "traffic"] },
    });
    const [changed] = (await update.promise()) as [IService, unknown, unknown];
    const tagged = changed.trafficStatuses?.find(({ tag }) => tag === "next");
    expect(tagged?.uri).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await (await fetch(`${tagged?.uri}/`)).json()).toMatchObject({
      revision: "client-two",
      color: "blue",
      hostVariables: false,
    });
    expect(await (await fetch(`${changed.uri}/`)).json()).toMatchObject({ revision: "client-one" });
    const [listed] = await services.listServices({ parent });
    expect(listed.map(({ name }) => name)).toContain(`${parent}/services/client`);
    const [made] = await revisions.listRevisions({ parent: `${parent}/services/client` });
    expect(made.map(({ name }) => name?.split("/").at(-1))).toEqual(["client-two", "client-one"]);
    const [one] = await revisions.getRevision({ name: made[1]?.name ?? "" });
    expect(one).toMatchObject({ service: "client", serviceAccount: expect.any(String) });
    const [policy] = await services.setIamPolicy({
      resource: `${parent}/services/client`,
      policy: { bindings: [{ role: "roles/run.invoker", members: ["allUsers"] }] },
    });
    expect(policy.bindings).toHaveLength(1);
    const [deletion] = await services.deleteService({ name: `${parent}/services/client` });
    await deletion.promise();
    await expect(services.getService({ name: `${parent}/services/client` })).rejects.toMatchObject({
      code: 5,
    });
  });

  it("is told of a failed container by the operation", async () => {
    const [creation] = await services.createService({
      parent,
      serviceId: "crash",
      service: { template: run.template("crash-one", { CRASH: "1" }) },
    });
    await expect(creation.promise()).rejects.toMatchObject({
      code: 9,
      message: expect.stringContaining("cannot find the model"),
    });
  });
});

describe("an update", () => {
  it("takes time, shows that it is under way, and counts generations", async () => {
    await run.createOpenService("steps");
    const started = await run.call("PATCH", `/v2/${parent}/services/steps?updateMask=annotations`, {
      annotations: { "slipway.dev/rollout": "1" },
    });
    const under = await run.getService("steps");
    expect(under).toMatchObject({ reconciling: true, generation: "2", observedGeneration: "1" });
    await run.call("POST", `/v2/${String(started.body["name"])}:wait`, {});
    const after = await run.getService("steps");
    expect(after).toMatchObject({ generation: "2", observedGeneration: "2" });
    expect(after["reconciling"]).toBeUndefined();
    expect(after["template"]).toMatchObject({ revision: "steps-one" });
    const operations = await run.call("GET", `/v2/${parent}/operations?pageSize=2`);
    expectMessage("google.longrunning.ListOperationsResponse", operations.body);
  });

  it("with an etag that is not current is refused, with the current one taken", async () => {
    await run.createOpenService("etags");
    const { etag } = await run.getService("etags");
    const body = { annotations: { a: "1" }, etag };
    const path = `/v2/${parent}/services/etags?updateMask=annotations`;
    expect((await run.change("PATCH", path, body)).error).toBeUndefined();
    const stale = await run.call("PATCH", path, body);
    expect(stale.body.error).toMatchObject({ code: 409, status: "ABORTED" });
  });

  it("that only validates changes nothing", async () => {
    const path = `/v2/${parent}/services?serviceId=dry&validateOnly=true`;
    const { status, body } = await run.call("POST", path, { template: run.template("dry-one") });
    expect([status, body["done"]]).toEqual([200, true]);
    expectMessage("google.longrunning.Operation", body);
    expect((await run.call("GET", `/v2/${parent}/services/dry`)).status).toBe(404);
    const missing = await run.change("PATCH", `/v2/${parent}/services/dry?allowMissing=true`, {
      template: run.template("dry-one"),
    });
    expect(missing.error).toBeUndefined();
  });

  it("of a revision that exists with another configuration is refused", async () => {
    await run.createOpenService("conflict");
    const same = await run.change("PATCH", `/v2/${parent}/services/conflict?updateMask=template`, {
      template: run.template("conflict-one"),
    });
    expect(same.error).toBeUndefined();
    const other = await run.call("PATCH", `/v2/${parent}/services/conflict?updateMask=template`, {
      template: run.template("conflict-one", { COLOR: "red" }),
    });
    expect(other.body.error).toMatchObject({
      code: 409,
      message: "Revision named 'conflict-one' with different configuration already exists.",
    });
  });

  it("without traffic sends all to the newest ready revision, and keeps the old one when it fails", async () => {
    await run.createOpenService("latest");
    const path = `/v2/${parent}/services/latest?updateMask=template`;
    expect(
      (await run.change("PATCH", path, { template: run.template("latest-two") })).error,
    ).toBeUndefined();
    const { uri } = await run.getService("latest");
    const who = async (): Promise<unknown> =>
      ((await (await fetch(uri)).json()) as { revision: string }).revision;
    expect(await who()).toBe("latest-two");
    const failed = await run.change("PATCH", path, {
      template: run.template("latest-three", { DEAF: "1" }),
    });
    expect(failed.error).toMatchObject({ code: 9 });
    expect(await who()).toBe("latest-two");
    expect(await run.getService("latest")).toMatchObject({
      latestReadyRevision: expect.stringMatching(/latest-two$/),
      latestCreatedRevision: expect.stringMatching(/latest-three$/),
      terminalCondition: {
        state: "CONDITION_FAILED",
        revisionReason: "HEALTH_CHECK_CONTAINER_ERROR",
      },
    });
    const { body } = await run.call("GET", `/v2/${parent}/services/latest/revisions/latest-three`);
    expectMessage(`${v2}.Revision`, body);
    const unknown = await run.change("PATCH", `/v2/${parent}/services/latest?updateMask=template`, {
      template: { containers: [{ image: "registry.example/somebody/else@sha256:00" }] },
    });
    expect(unknown.error).toMatchObject({ code: 5, message: expect.stringContaining("not found") });
  });
});

describe("requests that Cloud Run refuses", () => {
  const bodies: readonly (readonly [string, string, object | (() => object), string])[] = [
    [
      "a long name",
      "?serviceId=" + "a".repeat(50),
      () => ({ template: run.template(undefined) }),
      "must be less than 50 characters",
    ],
    [
      "a dot in a revision",
      "?serviceId=dots",
      () => ({ template: run.template("dots-v1.4.0") }),
      "only lowercase, digits, and hyphens",
    ],
    [
      "a revision of another prefix",
      "?serviceId=dots",
      () => ({ template: run.template("other-v1") }),
      "must be prefixed",
    ],
    [
      "a dot in a label",
      "?serviceId=dots",
      () => ({ template: run.template(undefined), labels: { v: "v1.4" } }),
      "label value",
    ],
    [
      "a long tag",
      "?serviceId=dots",
      () => ({
        template: run.template("dots-a"),
        traffic: [{ type: latest, percent: 100, tag: "t".repeat(43) }],
      }),
      "at most 46",
    ],
    [
      "no traffic at first",
      "?serviceId=dots",
      () => ({
        template: run.template("dots-a"),
        traffic: [{ type: byRevision, revision: "dots-a", percent: 0, tag: "x" }],
      }),
      "sum to 100",
    ],
    [
      "a reserved variable",
      "?serviceId=dots",
      () => ({ template: run.template(undefined, { PORT: "1" }) }),
      "reserved env names",
    ],
    [
      "an unknown field",
      "?serviceId=dots",
      () => ({ template: { ...run.template(undefined), nonsense: 1 } }),
      "Unknown name \"nonsense\" at 'service.template'",
    ],
    [
      "a wrong type",
      "?serviceId=dots",
      () => ({ template: run.template(undefined), traffic: [{ percent: "ten" }] }),
      "TYPE_INT32",
    ],
    [
      "an unknown parameter",
      "?serviceId=dots&dryRun=1",
      () => ({ template: run.template(undefined) }),
      "dryRun",
    ],
  ];
  it.each(bodies)("%s", async (_, query, body, message) => {
    const answer = await run.call(
      "POST",
      `/v2/${parent}/services${query}`,
      typeof body === "function" ? body() : body,
    );
    expect(answer.body.error).toMatchObject({ code: 400, status: "INVALID_ARGUMENT" });
    expect(answer.body.error?.message).toContain(message);
  });

  it("what Cloud Run has and this one does not", async () => {
    const vpc = await run.call("POST", `/v2/${parent}/services?serviceId=vpc`, {
      template: { ...run.template(undefined), vpcAccess: { connector: "c" } },
    });
    expect(vpc.body.error).toMatchObject({
      code: 501,
      status: "UNIMPLEMENTED",
      message: expect.stringContaining("template.vpcAccess"),
    });
    expect((await run.call("GET", `/v2/${parent}/jobs`)).status).toBe(501);
  });
});

describe("containers", () => {
  it("are ended with the sandbox and when nothing is routed to them any more", async () => {
    await run.createOpenService("ended");
    const path = `/v2/${parent}/services/ended?updateMask=template`;
    await run.change("PATCH", path, { template: run.template("ended-two") });
    const running = async (): Promise<string[]> => {
      const { body } = await run.call("GET", "/_sandbox/state");
      const found = body["services"] as { revisions: { name: string; running: boolean }[] }[];
      return found.flatMap((service) =>
        service.revisions
          .filter((each) => each.running)
          .map((each) => each.name.split("/").at(-1) ?? ""),
      );
    };
    for (let waited = 0; (await running()).includes("ended-one") && waited < 50; waited += 1)
      await sleep(50);
    expect(await running()).toContain("ended-two");
    expect(await running()).not.toContain("ended-one");
  });
});
