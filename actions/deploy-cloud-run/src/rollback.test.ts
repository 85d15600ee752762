import { describe, expect, it } from "vitest";
import { describeTraffic } from "#google";
import type { Ports } from "./ports.ts";
import { someInputs } from "./testing/fake-ports.ts";
import {
  byRevision,
  killAfter,
  lastStatus,
  otherRun,
  rollOut,
  SERVICE,
  serving,
  stateOf,
  trafficOf,
  versionsOf,
} from "./testing/stories.ts";

const rollback = (extra: Readonly<Record<string, string>> = {}) =>
  someInputs({ mode: "rollback", reason: "wrong labels", ...extra });

describe("a rollback", () => {
  it("gives all traffic to the version before at once, asks it, and writes it down", async () => {
    const world = await serving();
    await rollOut(world, someInputs({ version: "v1.1.0" }));
    const startedMs = world.clock.now().getTime();
    const outcome = await rollOut(world, rollback());
    expect(outcome).toMatchObject({
      mode: "rollback",
      end: "deployed",
      version: "v1.0.0",
      previousVersion: "v1.1.0",
    });
    expect(world.clock.now().getTime() - startedMs).toBeLessThan(10_000);
    expect(trafficOf(world)).toMatch(/^100% to weather-api-v1-0-0-\w{8} \(tag v1-0-0\)$/);
    expect(world.stageTags.at(-1)).toEqual({
      stage: "production",
      version: "v1.0.0",
      reason: "rollback: wrong labels",
    });
    expect(lastStatus(world, outcome.deploymentId)).toBe("success");
    expect(world.probes.at(-1)?.expectation.version).toBe("v1.0.0");
    expect(versionsOf(world)).toEqual(["v1.0.0", "v1.1.0"]);
  });

  it("does not go back and forth when it is done twice", async () => {
    const world = await serving();
    await rollOut(world, someInputs({ version: "v1.1.0" }));
    await rollOut(world, someInputs({ version: "v1.2.0" }));
    expect((await rollOut(world, rollback())).version).toBe("v1.1.0");
    expect((await rollOut(world, rollback())).version).toBe("v1.0.0");
    await expect(rollOut(world, rollback())).rejects.toMatchObject({
      code: "VERSION_NOT_FOUND",
      message:
        "Model weather has no earlier version to go back to in stage production. The newest is v1.2.0.",
    });
  });

  it("wins over a rollout under way, which then changes nothing more", async () => {
    const world = await serving();
    const { clock } = world;
    let rolledBack: Promise<unknown> | undefined;
    const outcome = await rollOut(world, someInputs({ version: "v1.1.0" }), {
      clock: {
        now: () => clock.now(),
        wait: async (durationMs, signal) => {
          await clock.wait(durationMs, signal);
          if (rolledBack === undefined && trafficOf(world).startsWith("25%")) {
            rolledBack = rollOut(world, rollback(), { identity: otherRun });
            await rolledBack;
          }
        },
      },
    });
    expect(await rolledBack).toMatchObject({ end: "deployed", version: "v1.0.0" });
    expect(outcome).toMatchObject({ end: "interrupted", verdict: "fail" });
    expect(outcome.reason).toContain("Another run took the service over");
    expect(trafficOf(world)).toMatch(/^100% to weather-api-v1-0-0/);
    expect(world.stageTags.map(({ version }) => version)).toEqual(["v1.0.0"]);
  });

  it("writes again when somebody wrote between its reading and its change", async () => {
    const world = await serving();
    await rollOut(world, someInputs({ version: "v1.1.0" }));
    const names = world.cloud.revisions(SERVICE).map(({ name }) => name.split("/").at(-1) ?? "");
    let meddled = false;
    const { run } = world.ports();
    const outcome = await rollOut(world, rollback(), {
      run: {
        ...run,
        patchService: async (patch) => {
          if (!meddled)
            world.cloud.setTraffic(
              SERVICE,
              names.map((revision) => ({ type: byRevision, revision, percent: 50 })),
            );
          meddled = true;
          return await run.patchService(patch);
        },
      },
    });
    expect(outcome.end).toBe("deployed");
    expect(trafficOf(world)).toMatch(/^100% to weather-api-v1-0-0/);
  });

  it("deploys a version anew, all at once, when none of its revisions is left", async () => {
    const world = await serving();
    await rollOut(world, someInputs({ version: "v1.1.0" }));
    const { run } = world.ports();
    const without: Partial<Ports> = {
      run: {
        ...run,
        listRevisions: async (service, options) =>
          (await run.listRevisions(service, options)).filter(
            ({ name }) => !name.includes("v1-0-0"),
          ),
      },
    };
    const outcome = await rollOut(world, rollback(), without);
    expect(outcome).toMatchObject({ mode: "rollback", end: "deployed", strategy: "all-at-once" });
    expect(world.log.lines.join("\n")).toContain(
      "weather-api has no ready revision of v1.0.0 any more: it is deployed anew, all at once.",
    );
    expect(world.stageTags.at(-1)?.reason).toBe("rollback: wrong labels");
    expect(trafficOf(world)).toMatch(/^100% to weather-api-v1-0-0/);
  });

  it("stays with the version it went back to, and fails, when that one's smoke test fails", async () => {
    const world = await serving();
    await rollOut(world, someInputs({ version: "v1.1.0" }));
    world.broken.add("v1.0.0");
    const outcome = await rollOut(world, rollback());
    expect(outcome).toMatchObject({ end: "serves-unproven", verdict: "fail" });
    expect(lastStatus(world, outcome.deploymentId)).toBe("failure");
    expect(trafficOf(world)).toMatch(/^100% to weather-api-v1-0-0/);
  });

  it("replaces the state of a rollout that died", async () => {
    const world = await serving();
    await killAfter(world, 12);
    const outcome = await rollOut(world, rollback(), { identity: otherRun });
    expect(outcome).toMatchObject({ end: "deployed", version: "v1.0.0" });
    expect(stateOf(world)).toMatchObject({ phase: "done", version: "v1.0.0" });
    expect(lastStatus(world, 1)).toBe("failure");
  });
});

describe("a version that serves already", () => {
  it("is left alone", async () => {
    const world = await serving();
    const changes = world.cloud.changes();
    const outcome = await rollOut(world, someInputs({ version: "v1.0.0" }));
    expect(outcome).toMatchObject({ end: "already-deployed", verdict: "pass" });
    expect(world.cloud.changes()).toBe(changes);
    expect(world.stageTags).toHaveLength(1);
  });

  it("gets the stage tag that was refused before: a refusal never fails a deployment", async () => {
    const world = await serving();
    world.refuseTags = true;
    const outcome = await rollOut(world, someInputs({ version: "v1.1.0" }));
    expect(outcome).toMatchObject({ end: "deployed", verdict: "pass", stage: null });
    expect(outcome.journal.warnings).toEqual([
      "The stage tag of v1.1.0 for production: GitHub refused the tag.",
    ]);
    world.refuseTags = false;
    const again = await rollOut(world, someInputs({ version: "v1.1.0" }));
    expect(again.end).toBe("already-deployed");
    expect(world.stageTags.at(-1)?.version).toBe("v1.1.0");
  });

  it("is rolled out anew with other settings, and a service's own settings change in place", async () => {
    const world = await serving();
    const labelled = await rollOut(
      world,
      someInputs({ version: "v1.0.0", "service-labels": "team: weather" }),
    );
    expect(labelled.end).toBe("already-deployed");
    expect(world.cloud.service(SERVICE).labels).toEqual({ team: "weather" });
    const larger = await rollOut(world, someInputs({ version: "v1.0.0", memory: "2Gi" }));
    expect(larger.end).toBe("deployed");
    expect(larger.journal.steps).toHaveLength(4);
    expect(versionsOf(world)).toEqual(["v1.0.0", "v1.0.0"]);
  });

  it("after a rollback is left alone too", async () => {
    const world = await serving();
    world.broken.add("v1.1.0");
    await rollOut(world, someInputs({ version: "v1.1.0" }));
    expect((await rollOut(world, someInputs({ version: "v1.0.0" }))).end).toBe("already-deployed");
    expect(describeTraffic(world.cloud.service(SERVICE).traffic ?? [])).toMatch(/v1-0-0/);
  });
});
