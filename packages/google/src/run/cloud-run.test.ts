import { describe, expect, it } from "vitest";
import {
  countingCredentials,
  instantClock,
  scriptedServer,
  threeAttempts,
  type ScriptedAnswer,
  type ScriptedServer,
} from "../testing/scripted-server.ts";
import { cloudRun } from "./cloud-run.ts";
import { policyAfter } from "./invokers.ts";
import { carriesUpdate } from "./patch.ts";
import type { Operation, Service } from "./types.ts";

const name = "projects/p/locations/r/services/weather";

function runOn(server: ScriptedServer, clock = instantClock()) {
  return cloudRun({
    credentials: countingCredentials(),
    environment: { CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN: `${server.url}/` },
    project: "p",
    region: "r",
    clock,
    random: () => 1,
    retryPolicy: threeAttempts,
  });
}

const ok = (json: unknown): ScriptedAnswer => ({ status: 200, json });
const refusal = (code: number, status: string, message: string): ScriptedAnswer => ({
  status: code,
  json: { error: { code, status, message } },
});
const operation: Operation<Service> = { name: "projects/p/locations/r/operations/1" };
const shift = {
  service: "weather",
  fields: { traffic: [{ revision: "weather-v2", percent: 100 }] },
  updateMask: ["traffic"],
  etag: "e1",
} as const;
const before: Service = { name, etag: "e1", traffic: [{ revision: "weather-v1", percent: 100 }] };
const after: Service = { name, etag: "e2", traffic: [...shift.fields.traffic] };

describe("patchService", () => {
  it("sends mask, etag and switches as Cloud Run wants them", async () => {
    await using server = await scriptedServer([ok(operation)]);
    const outcome = await runOn(server).patchService({ ...shift, allowMissing: true });
    expect(outcome).toEqual({ kind: "started", operation });
    expect(server.seen[0]?.path).toBe(`/v2/${name}?updateMask=traffic&allowMissing=true`);
    expect(JSON.parse(String(server.seen[0]?.body))).toEqual({
      ...shift.fields,
      name,
      etag: "e1",
    });
  });

  it("tells a validation from a change", async () => {
    await using server = await scriptedServer([ok({ ...operation, done: true, response: after })]);
    expect(await runOn(server).patchService({ ...shift, validateOnly: true })).toEqual({
      kind: "validated",
      service: after,
    });
    expect(server.seen[0]?.path).toContain("validateOnly=true");
  });

  it("reads before it repeats after a 503, and repeats what has not arrived", async () => {
    await using server = await scriptedServer([
      refusal(503, "UNAVAILABLE", "later"),
      ok(before),
      ok(operation),
    ]);
    expect((await runOn(server).patchService(shift)).kind).toBe("started");
    expect(server.seen.map((each) => each.method)).toEqual(["PATCH", "GET", "PATCH"]);
  });

  it("does not repeat a change whose answer was lost but which arrived", async () => {
    await using server = await scriptedServer(["drop", ok(after)]);
    expect(await runOn(server).patchService(shift)).toEqual({ kind: "applied", service: after });
  });

  it("waits as long as a 429 asks", async () => {
    const clock = instantClock();
    await using server = await scriptedServer([
      { status: 429, headers: { "retry-after": "9" } },
      ok(before),
      ok(operation),
    ]);
    await runOn(server, clock).patchService(shift);
    expect(clock.waitsMs).toEqual([9000]);
  });

  it("stops when somebody else changed the service meanwhile", async () => {
    const theirs = { ...before, etag: "e9", traffic: [{ revision: "weather-v0", percent: 100 }] };
    await using server = await scriptedServer(["drop", ok(theirs)]);
    await expect(runOn(server).patchService(shift)).rejects.toMatchObject({
      code: "SERVICE_CHANGED",
      message: expect.stringContaining("100% to weather-v0"),
    });
    expect(server.seen).toHaveLength(2);
  });

  it("reports a stale etag without repeating anything", async () => {
    await using server = await scriptedServer([refusal(409, "ABORTED", "Conflict for resource")]);
    await expect(runOn(server).patchService(shift)).rejects.toMatchObject({
      code: "SERVICE_CHANGED",
      status: 409,
      retryable: false,
    });
    expect(server.seen).toHaveLength(1);
  });

  it("takes a 409 against its own lost attempt for success", async () => {
    await using server = await scriptedServer([
      "drop",
      ok(before),
      refusal(409, "ABORTED", "Conflict for resource"),
      ok(after),
    ]);
    expect((await runOn(server).patchService(shift)).kind).toBe("applied");
  });

  it("says that a revision of that name has another configuration", async () => {
    await using server = await scriptedServer([
      refusal(
        409,
        "ALREADY_EXISTS",
        "Revision named 'weather-v2' with different configuration already exists.",
      ),
    ]);
    await expect(
      runOn(server).patchService({
        service: "weather",
        fields: { template: { revision: "weather-v2" } },
        updateMask: ["template"],
      }),
    ).rejects.toMatchObject({
      code: "REVISION_EXISTS",
      hint: expect.stringContaining("another revision name"),
    });
  });

  it("repeats the creation of a service that is still missing", async () => {
    await using server = await scriptedServer([
      "drop",
      refusal(404, "NOT_FOUND", "no such service"),
      ok(operation),
    ]);
    const create = { ...shift, etag: undefined, allowMissing: true };
    expect((await runOn(server).patchService(create)).kind).toBe("started");
  });
});

describe("waiting", () => {
  it("looks ever more slowly until the operation has ended", async () => {
    const clock = instantClock();
    const running = ok(operation);
    await using server = await scriptedServer([
      running,
      running,
      running,
      ok({ ...operation, done: true, response: after }),
    ]);
    expect(await runOn(server, clock).waitOperation(operation)).toEqual(after);
    expect(clock.waitsMs).toEqual([250, 375, 562.5]);
    expect(server.seen[0]?.path).toBe(`/v2/${operation.name}`);
  });

  it("ends at its deadline with what was still missing", async () => {
    await using server = await scriptedServer(Array.from({ length: 50 }, () => ok(operation)));
    await expect(
      runOn(server).waitOperation(operation, { timeoutMs: 3_000 }),
    ).rejects.toMatchObject({
      code: "DEADLINE_EXCEEDED",
      message: expect.stringContaining("after 3 seconds: the operation is still running"),
    });
  });

  it("ends when it is cancelled", async () => {
    const controller = new AbortController();
    const reason = new Error("SIGINT");
    await using server = await scriptedServer([
      () => {
        controller.abort(reason);
        return ok(operation);
      },
    ]);
    await expect(
      runOn(server).waitOperation(operation, { signal: controller.signal }),
    ).rejects.toBe(reason);
  });

  it("explains a failed operation by the conditions of its revision", async () => {
    const revision = `${name}/revisions/weather-v2`;
    await using server = await scriptedServer([
      ok({ ...operation, done: true, error: { code: 9, message: "Revision is not ready" } }),
      ok({
        name: revision,
        conditions: [
          {
            type: "Ready",
            state: "CONDITION_FAILED",
            reason: "CONTAINER_MISSING",
            message: "Image not found.",
          },
        ],
      }),
    ]);
    await expect(runOn(server).waitOperation(operation, { revision })).rejects.toMatchObject({
      code: "CONTAINER_MISSING",
      hint: expect.stringContaining("the input image"),
    });
  });

  it("explains a failed operation by its own words where there is no revision", async () => {
    await using server = await scriptedServer([]);
    await expect(
      runOn(server).waitOperation({
        ...operation,
        done: true,
        error: {
          code: 9,
          message:
            "The user-provided container failed to start and listen on the port. Logs: https://console.cloud.google.com/logs/viewer?x",
        },
      }),
    ).rejects.toMatchObject({
      code: "HEALTH_CHECK_CONTAINER_ERROR",
      message: expect.stringContaining("Log: https://console.cloud.google.com/logs/viewer?x"),
    });
  });

  it("waits until a service reports the traffic that was asked for", async () => {
    const ready = {
      generation: "2",
      observedGeneration: "2",
      terminalCondition: { type: "Ready", state: "CONDITION_SUCCEEDED" },
    };
    await using server = await scriptedServer([
      ok({ ...after, ...ready, reconciling: true }),
      ok({ ...after, ...ready, trafficStatuses: before.traffic }),
      ok({ ...after, ...ready, trafficStatuses: after.traffic }),
    ]);
    await runOn(server).waitSettled("weather", { traffic: shift.fields.traffic });
    expect(server.seen).toHaveLength(3);
  });
});

describe("reading", () => {
  it("gives null for what does not exist", async () => {
    const missing = refusal(404, "NOT_FOUND", "no");
    await using server = await scriptedServer([missing, missing]);
    expect(await runOn(server).getService("weather")).toBeNull();
    expect(await runOn(server).getRevision("weather", "weather-v1")).toBeNull();
  });

  it("lists revisions of all pages, the newest first", async () => {
    await using server = await scriptedServer([
      ok({ revisions: [{ name: "old", createTime: "2026-01-01T00:00:00Z" }], nextPageToken: "2" }),
      ok({ revisions: [{ name: "new", createTime: "2026-01-02T00:00:00Z" }] }),
    ]);
    const revisions = await runOn(server).listRevisions("weather");
    expect(revisions.map((each) => each.name)).toEqual(["new", "old"]);
    expect(server.seen[1]?.path).toBe(`/v2/${name}/revisions?pageToken=2`);
  });
});

describe("invokers", () => {
  const others = { role: "roles/run.admin", members: ["user:a"] };
  const conditional = {
    role: "roles/run.invoker",
    members: ["user:c"],
    condition: { expression: "x" },
  };

  it("adds and removes callers and keeps every other binding", () => {
    const policy = { etag: "e", bindings: [others, conditional] };
    const opened = policyAfter(policy, { add: ["allUsers"] });
    expect(opened.bindings).toEqual([
      others,
      conditional,
      { role: "roles/run.invoker", members: ["allUsers"] },
    ]);
    expect(policyAfter(opened, { remove: ["allUsers"] })).toEqual(policy);
  });

  it("reads the policy again when somebody else has written in between", async () => {
    const withCaller = {
      etag: "e2",
      bindings: [{ role: "roles/run.invoker", members: ["user:b"] }],
    };
    await using server = await scriptedServer([
      ok({ etag: "e1" }),
      refusal(409, "ABORTED", "There were concurrent policy changes."),
      ok(withCaller),
      ok({ etag: "e3" }),
    ]);
    await runOn(server).changeInvokers("weather", { add: ["allUsers"] });
    expect(JSON.parse(String(server.seen[3]?.body))).toEqual({
      policy: {
        etag: "e2",
        bindings: [{ role: "roles/run.invoker", members: ["allUsers", "user:b"] }],
      },
    });
  });

  it("writes nothing when nothing changes", async () => {
    const bindings = [{ role: "roles/run.invoker", members: ["allUsers"] }];
    await using server = await scriptedServer([ok({ etag: "e1", bindings })]);
    await runOn(server).changeInvokers("weather", { add: ["allUsers"] });
    expect(server.seen).toHaveLength(1);
  });
});

describe("carriesUpdate", () => {
  const current: Service = {
    name,
    annotations: { "slipway.dev/rollout": "7", other: "x" },
    template: { revision: "weather-v2", timeout: "300s" },
    traffic: [{ revision: "weather-v1", percent: 100 }],
  };

  it("looks only at the keys that were sent", () => {
    expect(
      carriesUpdate(current, { annotations: { "slipway.dev/rollout": "7" } }, ["annotations"]),
    ).toBe(true);
    expect(
      carriesUpdate(current, { annotations: { "slipway.dev/rollout": "8" } }, ["annotations"]),
    ).toBe(false);
  });

  it("knows a template by its revision, and wants every field of the mask", () => {
    const fields = {
      template: { revision: "weather-v2" },
      traffic: [{ revision: "weather-v2", percent: 100 }],
    };
    expect(carriesUpdate(current, fields, ["template"])).toBe(true);
    expect(carriesUpdate(current, fields, ["template", "traffic"])).toBe(false);
  });
});
