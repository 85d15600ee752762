import { describe, expect, it } from "vitest";
import { describeTraffic } from "#google";
import type { Ports } from "./ports.ts";
import { makeWorld, someInputs, type World } from "./testing/fake-ports.ts";
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

describe("other hands on the service", () => {
  it("end the rollout, and nothing is restored over them", async () => {
    const world = await serving();
    const [stable] = world.cloud.revisions(SERVICE);
    const theirs = [
      { type: byRevision, revision: stable?.name.split("/").at(-1) ?? "", percent: 100 },
    ] as const;
    const { clock } = world;
    const meddling: Partial<Ports> = {
      clock: {
        now: () => clock.now(),
        wait: async (durationMs, signal) => {
          await clock.wait(durationMs, signal);
          if (trafficOf(world).startsWith("5%")) world.cloud.setTraffic(SERVICE, theirs);
        },
      },
    };
    const outcome = await rollOut(world, someInputs({ version: "v1.1.0" }), meddling);
    expect(outcome).toMatchObject({ end: "interrupted", verdict: "fail" });
    expect(outcome.reason).toMatch(/left: {2}5% to weather-api-v1-1-0.*\n- found: 100% to/);
    expect(trafficOf(world)).toBe(describeTraffic(theirs));
    expect(lastStatus(world, outcome.deploymentId)).toBe("failure");
  });

  it("are respected while another run's claim lasts, and not after it", async () => {
    const world = await serving();
    await killAfter(world, 12);
    expect(stateOf(world)).toMatchObject({ phase: "running" });
    const other = { identity: otherRun };
    await expect(rollOut(world, someInputs({ version: "v1.2.0" }), other)).rejects.toMatchObject({
      code: "ROLLOUT_RUNNING",
      message: expect.stringMatching(
        /^Service weather-api is in a rollout of v1\.1\.0 at \d+ %, begun 2026-.* by https:\/\/github\.test\/acme\/models\/actions\/runs\/1\.$/,
      ),
    });
    await world.clock.wait(3_600_000 * 2);
    const outcome = await rollOut(world, someInputs({ version: "v1.2.0" }), other);
    expect(outcome).toMatchObject({ end: "deployed", previousVersion: "v1.0.0" });
  });

  it("begin at the same time: one rollout goes on, the other changes nothing", async () => {
    const world = await serving();
    const ends = await Promise.allSettled([
      rollOut(world, someInputs({ version: "v1.1.0" })),
      rollOut(world, someInputs({ version: "v1.2.0" }), { identity: otherRun }),
    ]);
    const refused = ends.filter((end) => end.status === "rejected");
    expect(refused).toHaveLength(1);
    expect(String(refused[0]?.reason)).toContain("has begun a rollout of");
    const [done] = ends.filter((end) => end.status === "fulfilled");
    expect(done?.value.end).toBe("deployed");
    expect(versionsOf(world)).toHaveLength(2);
  });

  it("do not bring a dead rollout's stable traffic over their own", async () => {
    const world = await serving();
    await killAfter(world, 12);
    const [, candidate] = world.cloud.revisions(SERVICE);
    world.cloud.setTraffic(SERVICE, [
      { type: byRevision, revision: candidate?.name.split("/").at(-1) ?? "", percent: 100 },
    ]);
    const outcome = await rollOut(world, someInputs({ version: "v1.1.0" }));
    expect(outcome.end).toBe("already-deployed");
    expect(outcome.journal.warnings[0]).toContain("Somebody else changed the traffic");
  });
});

describe("a cancelled step", () => {
  it("puts the stable traffic back", async () => {
    const world = await serving();
    const before = trafficOf(world);
    const controller = new AbortController();
    const { clock } = world;
    const outcome = await rollOut(world, someInputs({ version: "v1.1.0" }), {
      signal: controller.signal,
      clock: {
        now: () => clock.now(),
        wait: async (durationMs, signal) => {
          if (trafficOf(world).startsWith("25%")) controller.abort(new Error("cancelled"));
          await clock.wait(durationMs, signal);
        },
      },
    });
    expect(outcome).toMatchObject({ end: "rolled-back", verdict: "fail" });
    expect(outcome.reason).toBe(
      "The step was cancelled. The stable traffic serves again, as it was.",
    );
    expect(trafficOf(world)).toBe(before);
    expect(stateOf(world)?.phase).toBe("restored");
  });
});

describe("a restoration", () => {
  const failing = (world: World, until: () => boolean): Partial<Ports> => {
    const { run } = world.ports();
    return {
      run: {
        ...run,
        waitSettled: (service, expected, waiting) =>
          stateOf(world)?.phase === "restored" && until()
            ? Promise.reject(new Error("the service is not ready"))
            : run.waitSettled(service, expected, waiting),
        patchService: (patch) =>
          patch.fields.annotations?.["slipway.dev/rollout"]?.includes('"restored"') === true &&
          !until()
            ? Promise.reject(new Error("Cloud Run is down"))
            : run.patchService(patch),
      },
    };
  };

  it("is judged by the traffic that is served, not by a service that calls itself not ready", async () => {
    const world = await serving();
    const before = trafficOf(world);
    world.broken.add("v1.1.0");
    const ports = failing(world, () => true);
    const outcome = await rollOut(world, someInputs({ version: "v1.1.0" }), ports);
    expect(outcome.end).toBe("rolled-back");
    expect(trafficOf(world)).toBe(before);
  });

  it("that does not succeed says so with the way to do it by hand, and the next run does it", async () => {
    const world = await serving();
    const stable = world.cloud.revisions(SERVICE)[0]?.name.split("/").at(-1);
    world.cloud.options.behaviours["v1.1.0"] = { errorRate: 0.1 };
    const ports = failing(world, () => false);
    await expect(rollOut(world, someInputs({ version: "v1.1.0" }), ports)).rejects.toMatchObject({
      code: "NOT_RESTORED",
      message: expect.stringMatching(
        /^1 of 2 thresholds failed: .*\nThe stable traffic could NOT be restored: Cloud Run is down\n/,
      ),
      hint: expect.stringContaining(
        `gcloud run services update-traffic weather-api --to-revisions=${stable}=100`,
      ),
    });
    expect(lastStatus(world, 1)).toBe("failure");
    world.cloud.options.behaviours["v1.1.0"] = {};
    const again = await rollOut(world, someInputs({ version: "v1.1.0" }));
    expect(again).toMatchObject({ end: "deployed", previousVersion: "v1.0.0" });
  });
});

describe("a run that was killed", () => {
  it("at any call leaves a rollout that the next run finishes: one revision, one tag", async () => {
    let calls = 0;
    for (; calls < 400; calls += 1) {
      const world = await serving(undefined, { requestsPerSecond: 50 });
      const stable = trafficOf(world);
      const finished = await killAfter(world, calls, { steps: "50,100", "bake-time": "20s" });
      if (!finished) {
        expect(trafficOf(world), `after ${calls} calls`).toMatch(
          /100% to weather-api-v1-0-0|50% to weather-api-v1-0-0|100% to weather-api-v1-1-0/,
        );
      } else expect(trafficOf(world)).not.toBe(stable);
      const again = await rollOut(
        world,
        someInputs({ version: "v1.1.0", steps: "50,100", "bake-time": "20s" }),
      );
      expect(["deployed", "already-deployed"], `after ${calls} calls`).toContain(again.end);
      expect(trafficOf(world)).toMatch(/^100% to weather-api-v1-1-0-\w{8} \(tag v1-1-0\)$/);
      expect(versionsOf(world), `after ${calls} calls`).toEqual(["v1.0.0", "v1.1.0"]);
      expect(world.stageTags.map(({ version }) => version)).toEqual(["v1.0.0", "v1.1.0"]);
      expect(stateOf(world)?.phase).toBe("done");
      if (finished) break;
    }
    expect(calls).toBeGreaterThan(30);
    expect(calls).toBeLessThan(400);
  });

  it("at any call of a first deployment leaves one that the next run finishes", async () => {
    for (let calls = 0; ; calls += 1) {
      const world = makeWorld();
      const inputs = { version: "v1.0.0", "allow-unauthenticated": "true" };
      const finished = await killAfter(world, calls, inputs);
      await rollOut(world, someInputs(inputs));
      expect(versionsOf(world), `after ${calls} calls`).toEqual(["v1.0.0"]);
      expect(world.stageTags).toHaveLength(1);
      expect(world.cloud.policy(SERVICE).bindings?.[0]?.members).toEqual(["allUsers"]);
      if (finished) break;
    }
  });
});
