import { expect } from "vitest";
import { describeTraffic } from "#google";
import type { Inputs } from "../inputs.ts";
import type { RolloutOutcome } from "../outcome.ts";
import type { Ports } from "../ports.ts";
import { readRolloutState } from "../rollout-state.ts";
import { deployCloudRun } from "../run.ts";
import { makeWorld, someInputs, type World } from "./fake-ports.ts";

/** The service of all stories. */
export const SERVICE = "weather-api";
/** The type of a target that names its revision. */
export const byRevision = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION";

/** Deploys or rolls back. */
export async function rollOut(
  world: World,
  inputs: Inputs,
  overrides: Partial<Ports> = {},
): Promise<RolloutOutcome> {
  const outcome = await deployCloudRun(inputs, world.ports(overrides));
  if (outcome.kind !== "rollout") throw new Error(outcome.kind);
  return outcome;
}

/** A world in which v1.0.0 serves everything. */
export async function serving(...options: Parameters<typeof makeWorld>): Promise<World> {
  const world = makeWorld(...options);
  const outcome = await rollOut(world, someInputs({ version: "v1.0.0" }));
  expect(outcome.end).toBe("deployed");
  return world;
}

/** The service's traffic in one line. */
export const trafficOf = (world: World) =>
  describeTraffic(world.cloud.service(SERVICE).traffic ?? []);
/** Versions of its revisions, the oldest first. */
export const versionsOf = (world: World) =>
  world.cloud
    .revisions(SERVICE)
    .map((revision) => revision.annotations?.["slipway.dev/version"] ?? "none");
/** Its rollout. */
export const stateOf = (world: World) => readRolloutState(world.cloud.service(SERVICE));
/** A Deployment's last status. */
export const lastStatus = (world: World, id: number | null) =>
  world.deployments[id ?? -1]?.at(-1)?.state;
/** Another workflow run than the world's own. */
export const otherRun = { id: "2/deploy", url: "https://github.test/acme/models/actions/runs/2" };

/** Lets a deployment make so many calls and then nothing more, as a killed process would. */
export async function killAfter(
  world: World,
  calls: number,
  inputs: Readonly<Record<string, string>> = {},
  given: Partial<Ports> = {},
): Promise<boolean> {
  let left = calls;
  const dying = <T extends object>(port: T): T =>
    new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return (...given: unknown[]): unknown => {
          if (left-- <= 0) return Promise.reject(new Error("killed"));
          return Reflect.apply(value, target, given);
        };
      },
    });
  const ports = world.ports();
  const overrides: Partial<Ports> = {
    ...given,
    run: dying(ports.run),
    monitoring: dying(ports.monitoring),
    history: dying(ports.history),
    records: dying(ports.records),
    ...(({ probe, authorise, expect, writeDeployment }) =>
      dying({ probe, authorise, expect, writeDeployment }))(ports),
  };
  try {
    await rollOut(world, someInputs({ version: "v1.1.0", ...inputs }), overrides);
    return left >= 0;
  } catch (error) {
    expect(String(error)).toContain("killed");
    return false;
  }
}
