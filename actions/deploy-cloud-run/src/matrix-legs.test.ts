import { describe, expect, it } from "vitest";
import { runIdentity } from "./google-services.ts";
import { readRolloutState } from "./rollout-state.ts";
import { takeBackUnfinished } from "./cancel-check.ts";
import { makeWorld, someInputs } from "./testing/fake-ports.ts";
import { killAfter, rollOut, serving, SERVICE, stateOf, trafficOf } from "./testing/stories.ts";

const job = { runId: 7, job: "deploy" };
const legOf = (model: string) => ({ identity: runIdentity(job, { model, url: null }) });

describe("legs of one job's matrix", () => {
  it("are known by their model, and each by a re-run of itself", () => {
    expect(legOf("weather").identity.id).toBe("7/deploy/weather");
    expect(legOf("weather")).toEqual(legOf("weather"));
    expect(legOf("churn").identity.id).not.toBe(legOf("weather").identity.id);
    expect(runIdentity({ ...job, runId: 0 }, { model: "churn", url: null }).id).toMatch(
      /^local\/.+\/churn$/,
    );
  });

  it("do not take each other's rollout of one service", async () => {
    const world = await serving();
    await killAfter(world, 12, {}, legOf("weather"));
    const before = trafficOf(world);
    expect(stateOf(world)).toMatchObject({ phase: "running", run: "7/deploy/weather" });
    const other = rollOut(world, someInputs({ model: "churn", version: "v1.2.0" }), legOf("churn"));
    await expect(other).rejects.toMatchObject({ code: "ROLLOUT_RUNNING" });
    expect(trafficOf(world)).toBe(before);
    const again = await rollOut(world, someInputs({ version: "v1.1.0" }), legOf("weather"));
    expect(again.end).toBe("deployed");
  });

  it("take back only their own after they were killed", async () => {
    const world = await serving();
    await killAfter(world, 12, {}, legOf("weather"));
    const takeBackAs = (model: string) =>
      takeBackUnfinished(
        {
          service: SERVICE,
          region: "europe-west1",
          project: "acme-prod",
          run: legOf(model).identity.id,
        },
        { run: world.cloud.run, clock: world.clock, signal: new AbortController().signal },
      );
    expect(await takeBackAs("churn")).toBeNull();
    expect(stateOf(world)?.phase).toBe("running");
    expect(await takeBackAs("weather")).toMatchObject({ kind: "restored" });
  });

  it("bring one model to two services at once", async () => {
    const world = makeWorld();
    const services = ["weather-eu", "weather-us"];
    const ends = await Promise.all(
      services.map((service) =>
        rollOut(world, someInputs({ service, version: "v1.0.0" }), legOf("weather")),
      ),
    );
    expect(ends.map(({ end }) => end)).toEqual(["deployed", "deployed"]);
    for (const service of services)
      expect(readRolloutState(world.cloud.service(service))?.phase).toBe("done");
  });
});
