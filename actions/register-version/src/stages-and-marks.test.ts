import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { memoryRegistry, trailersOf } from "./testing/memory-registry.ts";
import { tagNames, openRegistration, type Registration } from "./testing/some-registration.ts";

let job: Registration;
beforeEach(async () => {
  job = await openRegistration();
});
afterEach(() => job.remove());

describe("stages", () => {
  it("are assigned to a version that exists, without a run", async () => {
    await job.leaveRun();
    const registry = memoryRegistry();
    await job.register(registry);
    await rm(join(job.folder, "slipway-run"), { recursive: true });
    const outcome = await job.register(registry, { version: "v1.0.0", stage: "production" });
    expect(outcome).toMatchObject({
      kind: "assigned",
      version: "v1.0.0",
      stage: { tag: "weather#production#1", changed: true },
    });
    expect(registry.releases.get("weather@v1.0.0")?.prerelease).toBe(false);
    const again = await job.register(registry, { version: "latest", stage: "production" });
    expect(again).toMatchObject({ stage: { tag: "weather#production#1", changed: false } });
  });

  it("go back with previous, marked as a rollback", async () => {
    const registry = memoryRegistry();
    for (const id of ["one", "two"]) {
      await job.leaveRun({ id, params: { id } }, { model: id });
      await job.register(registry, { stage: "production" });
    }
    const outcome = await job.register(registry, {
      version: "previous",
      stage: "production",
      reason: "it was slow",
    });
    expect(outcome).toMatchObject({
      kind: "assigned",
      version: "v1.0.0",
      stage: { previous: "v1.1.0" },
    });
    expect(trailersOf(registry, "weather#production#3")["Slipway-Reason"]).toBe(
      "rollback: it was slow",
    );
  });

  it("refuse a version that does not exist", async () => {
    const registry = memoryRegistry();
    await job.leaveRun();
    await job.register(registry);
    await rm(join(job.folder, "slipway-run"), { recursive: true });
    await expect(
      job.register(registry, { version: "v9.0.0", stage: "production" }),
    ).rejects.toMatchObject({
      message: "Model weather has no version v9.0.0. The newest is v1.0.0.",
    });
  });
});

describe("marks", () => {
  it("deregister a version and deprecate a model, deleting nothing", async () => {
    await job.leaveRun();
    const registry = memoryRegistry();
    await job.register(registry);
    expect(await job.register(registry, { deprecate: "true" })).toMatchObject({
      kind: "marked",
      tag: "weather@deprecated",
      created: true,
    });
    expect(await job.register(registry, { deregister: "v1.0.0" })).toMatchObject({
      kind: "marked",
      tag: "weather@v1.0.0!",
    });
    expect(tagNames(registry)).toEqual(["weather@v1.0.0", "weather@deprecated", "weather@v1.0.0!"]);
  });
});
