import { describe, expect, it } from "vitest";
import { someInputs } from "./testing/fake-ports.ts";
import {
  byRevision,
  lastStatus,
  otherRun,
  rollOut,
  SERVICE,
  serving,
  stateOf,
  trafficOf,
  versionsOf,
} from "./testing/stories.ts";

describe("a look that cannot tell", () => {
  const quiet = { requestsPerSecond: 0.2 };

  it("holds the rollout, and the next run goes on at the held step with all that came since", async () => {
    const world = await serving(undefined, quiet);
    const held = await rollOut(world, someInputs({ version: "v1.1.0" }));
    expect(held).toMatchObject({ end: "held", verdict: "inconclusive" });
    expect(held.reason).toContain("18 requests reached the candidate, min-requests is 50");
    expect(stateOf(world)).toMatchObject({ phase: "holding", percent: 5 });
    expect(trafficOf(world)).toContain("5% to weather-api-v1-1-0");
    expect(lastStatus(world, held.deploymentId)).toBe("in_progress");
    await world.clock.wait(3_600_000 * 2);
    const next = await rollOut(world, someInputs({ version: "v1.1.0" }), { identity: otherRun });
    expect(next.deploymentId).toBe(held.deploymentId);
    expect(next.rolloutId).toBe(held.rolloutId);
    expect(next.journal.steps[0]).toMatchObject({ percent: 5, verdict: "pass" });
    expect(versionsOf(world)).toEqual(["v1.0.0", "v1.1.0"]);
  });

  it("is taken back when it was held for longer than max-hold", async () => {
    const world = await serving(undefined, quiet);
    const before = trafficOf(world);
    await rollOut(world, someInputs({ version: "v1.1.0" }));
    await world.clock.wait(3_600_000 * 25);
    const expired = await rollOut(world, someInputs({ version: "v1.1.0" }));
    expect(expired).toMatchObject({ end: "rolled-back", verdict: "fail" });
    expect(expired.reason).toContain("longer than max-hold (24 h)");
    expect(trafficOf(world)).toBe(before);
  });

  it("begins anew from a person's traffic when one has moved it meanwhile", async () => {
    const world = await serving(undefined, quiet);
    await rollOut(world, someInputs({ version: "v1.1.0" }));
    const [stable] = world.cloud.revisions(SERVICE);
    world.cloud.setTraffic(SERVICE, [
      { type: byRevision, revision: stable?.name.split("/").at(-1) ?? "", percent: 100 },
    ]);
    world.cloud.options.requestsPerSecond = 20;
    const outcome = await rollOut(world, someInputs({ version: "v1.1.0" }));
    expect(outcome.end).toBe("deployed");
    expect(outcome.journal.marks.map(({ percent }) => percent)).toEqual([0, 5, 25, 50, 100]);
    expect(outcome.journal.warnings[0]).toContain("The traffic stays as it is now.");
    expect(versionsOf(world)).toEqual(["v1.0.0", "v1.1.0"]);
  });

  it("gives way to another version: the stable traffic comes back first", async () => {
    const world = await serving(undefined, quiet);
    const held = await rollOut(world, someInputs({ version: "v1.1.0" }));
    world.cloud.options.requestsPerSecond = 20;
    const outcome = await rollOut(world, someInputs({ version: "v1.2.0" }));
    expect(outcome).toMatchObject({ end: "deployed", previousVersion: "v1.0.0" });
    expect(lastStatus(world, held.deploymentId)).toBe("failure");
  });

  it("goes on, promotes or rolls back where the step says so", async () => {
    const end = async (policy: string) => {
      const world = await serving(undefined, quiet);
      const outcome = await rollOut(
        world,
        someInputs({ version: "v1.1.0", "on-inconclusive": policy }),
      );
      return [outcome.end, outcome.journal.marks.map(({ percent }) => percent)];
    };
    expect(await end("advance")).toEqual(["deployed", [0, 5, 25, 50, 100]]);
    expect(await end("pass")).toEqual(["deployed", [0, 5, 100]]);
    expect(await end("fail")).toEqual(["rolled-back", [0, 5, 0]]);
  });

  it("is never a pass when Monitoring is down", async () => {
    const world = await serving(undefined, { metricsDown: true });
    const outcome = await rollOut(world, someInputs({ version: "v1.1.0" }));
    expect(outcome).toMatchObject({ end: "held", verdict: "inconclusive" });
    expect(outcome.reason).toContain("Monitoring answered 503.");
  });
});
