import { describe, expect, it } from "vitest";
import { takeBackUnfinished } from "./cancel-check.ts";
import { deployCloudRun } from "./run.ts";
import { renderOutcome } from "./report.ts";
import { makeWorld, someInputs } from "./testing/fake-ports.ts";
import { killAfter, rollOut, SERVICE, serving, stateOf, trafficOf } from "./testing/stories.ts";

describe("a dry run", () => {
  it("says what would change and changes nothing, on GitHub neither", async () => {
    const world = await serving();
    const before = structuredClone(world.cloud.service(SERVICE));
    const [deployments, changes] = [world.deployments.length, world.cloud.changes()];
    const outcome = await deployCloudRun(
      someInputs({ version: "v1.1.0", "dry-run": "true", memory: "2Gi", ingress: "internal" }),
      world.ports(),
    );
    if (outcome.kind !== "dry-run") throw new Error(outcome.kind);
    expect(outcome.changes).toEqual([
      "annotations.slipway.dev/version: v1.0.0 → v1.1.0",
      "containers[0].env.MODEL_URI.value: gs://acme-models/weather/v1.0.0/manifest.json → gs://acme-models/weather/v1.1.0/manifest.json",
      "containers[0].env.MODEL_VERSION.value: v1.0.0 → v1.1.0",
      "containers[0].resources.limits.memory: not set → 2Gi",
      "labels.slipway-version: v1-0-0 → v1-1-0",
      'ingress: "INGRESS_TRAFFIC_INTERNAL_ONLY"',
      expect.stringMatching(/^traffic: 100% to weather-api-v1-0-0.* → 0% to weather-api-v1-1-0/),
      "then 5 %, 25 %, 50 %, 100 %",
    ]);
    expect(world.cloud.service(SERVICE)).toEqual(before);
    expect(world.cloud.changes()).toBe(changes);
    expect(world.deployments).toHaveLength(deployments);
    expect(world.documents).toHaveLength(1);
    expect(renderOutcome(outcome).summary).toContain("Nothing was changed.");
  });

  it("of a first deployment makes no service", async () => {
    const world = makeWorld();
    const outcome = await deployCloudRun(someInputs({ "dry-run": "true" }), world.ports());
    expect(outcome).toMatchObject({ kind: "dry-run", version: "v1.2.0" });
    expect(() => world.cloud.service(SERVICE)).toThrow("there is no service");
  });

  it("of a version that serves already has nothing to say", async () => {
    const world = await serving();
    const inputs = someInputs({ version: "v1.0.0", "dry-run": "true" });
    expect(await deployCloudRun(inputs, world.ports())).toMatchObject({ changes: [] });
  });

  it("of a rollback names the revision", async () => {
    const world = await serving();
    await rollOut(world, someInputs({ version: "v1.1.0" }));
    const before = trafficOf(world);
    const inputs = someInputs({ mode: "rollback", "dry-run": "true" });
    const outcome = await deployCloudRun(inputs, world.ports());
    expect(outcome).toMatchObject({
      mode: "rollback",
      version: "v1.0.0",
      revision: expect.stringMatching(/^weather-api-v1-0-0-/),
    });
    expect(trafficOf(world)).toBe(before);
  });
});

describe("status", () => {
  it("tells versions, revisions, traffic and the rollout, and changes nothing", async () => {
    const world = await serving(undefined, { requestsPerSecond: 0.1 });
    await rollOut(world, someInputs({ version: "v1.1.0" }));
    const changes = world.cloud.changes();
    const outcome = await deployCloudRun(someInputs({ mode: "status" }), world.ports());
    if (outcome.kind !== "status") throw new Error(outcome.kind);
    expect(outcome.revisions).toMatchObject([
      { version: "v1.1.0", percent: 5, tags: ["v1-1-0"], ready: true },
      { version: "v1.0.0", percent: 95, tags: [], ready: true },
    ]);
    expect(outcome.rollout).toMatch(/^v1\.1\.0 is held at 5 % since 2026-/);
    expect(outcome.stages).toEqual({ production: "v1.0.0" });
    expect(world.cloud.changes()).toBe(changes);
    expect(renderOutcome(outcome).outputs["model-version"]).toBe("v1.0.0");
  });

  it("says so when there is no such service", async () => {
    const outcome = await deployCloudRun(someInputs({ mode: "status" }), makeWorld().ports());
    expect(outcome).toMatchObject({ traffic: [], rollout: "There is no such service." });
  });
});

describe("the step's post", () => {
  const mark = { service: SERVICE, region: "europe-west1", project: "acme-prod", run: "1/deploy" };

  it("takes back what the step left under way, once", async () => {
    const world = await serving();
    const before = trafficOf(world);
    await killAfter(world, 20);
    const ports = world.ports();
    expect(trafficOf(world)).not.toBe(before);
    expect(await takeBackUnfinished({ ...mark, run: "9/deploy" }, ports)).toBeNull();
    expect(await takeBackUnfinished(mark, ports)).toMatchObject({ kind: "restored" });
    expect(trafficOf(world)).toBe(before);
    expect(stateOf(world)?.phase).toBe("restored");
    expect(await takeBackUnfinished(mark, ports)).toBeNull();
  });

  it("leaves a finished or held rollout alone", async () => {
    const world = await serving(undefined, { requestsPerSecond: 0.1 });
    expect(await takeBackUnfinished(mark, world.ports())).toBeNull();
    await rollOut(world, someInputs({ version: "v1.1.0" }));
    expect(await takeBackUnfinished(mark, world.ports())).toBeNull();
    expect(stateOf(world)?.phase).toBe("holding");
  });
});
