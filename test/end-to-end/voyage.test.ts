import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  dispatch,
  openPull,
  pushParams,
  readComments,
  runOf,
  startBranch,
} from "../../packages/sandbox/src/demo/actions-of-people.ts";
import { startDemoTraffic } from "../../packages/sandbox/src/demo/demo-traffic.ts";
import {
  describeTraffic,
  outputOf,
  readModel,
  readService,
} from "../../packages/sandbox/src/demo/findings.ts";
import { params } from "../../packages/sandbox/src/demo/project.ts";
import type { World } from "../../packages/sandbox/src/demo/world.ts";
import { endOf, openSomeDemo, type SomeDemo } from "./some-demo.ts";

/** The gate's own checks of a branch's newest commit. */
async function gateChecks(
  { github, repository }: World,
  branch: string,
): Promise<readonly { readonly name: string; readonly conclusion: string }[]> {
  const { check_runs: found } = await github.json<{
    readonly check_runs: readonly { readonly name: string; readonly conclusion: string }[];
  }>(`/repos/${repository}/commits/${branch}/check-runs`);
  return found.filter(({ name }) => name.startsWith("evaluate-gate"));
}

describe("a model's voyage on the built bundles and the example workflows", () => {
  let demo: SomeDemo;
  let world: World;
  beforeAll(async () => {
    demo = await openSomeDemo();
    ({ world } = demo);
  });
  afterAll(() => demo?.close());

  it("trains, judges, registers, pushes, deploys and smoke-tests on a push", async () => {
    await pushParams(world, { params: params.first, message: "Begin" });
    expect(endOf(await runOf(world, "train-and-release.yml", "push"))).toBe("success");
    const model = await readModel(world);
    expect(model?.versions.map(({ version }) => version)).toEqual(["v1.0.0"]);
    expect(model?.stages).toEqual({ production: "v1.0.0" });
    expect(describeTraffic(await readService(world))).toBe("v1.0.0 100 %");
    await startDemoTraffic(world);
  });

  it("fails a pull request that makes the model worse, in one comment, and releases nothing", async () => {
    await startBranch(world, "worse");
    await pushParams(world, { params: params.worse, message: "One tree" });
    const number = await openPull(world, { branch: "worse", title: "One tree" });
    const run = await runOf(world, "pull-request.yml", "pull_request");
    expect(run.conclusion).toBe("failure");
    expect(outputOf(run, "Judge", "verdict")).toBe("fail");
    const comments = await readComments(world, number);
    expect(comments).toHaveLength(1);
    expect(comments[0]).toMatch(/weather: fail/);
    expect(await gateChecks(world, "worse")).toMatchObject([
      {
        name: "evaluate-gate weather",
        conclusion: "failure",
        output: { annotations_count: expect.any(Number) as number },
      },
    ]);
    expect((await readModel(world))?.versions).toHaveLength(1);
  });

  it("takes a better model up step by step under traffic, and back again by hand", async () => {
    const { traffic } = world;
    const mark = traffic?.mark() ?? 0;
    await world.git("checkout", "--quiet", "main");
    await pushParams(world, { params: params.better, message: "Many small trees" });
    expect(endOf(await runOf(world, "train-and-release.yml", "push"))).toBe("success");
    expect(describeTraffic(await readService(world))).toBe("v1.1.0 100 %");
    await dispatch(world, "rollback.yml", { reason: "a person wants it" });
    expect(endOf(await runOf(world, "rollback.yml", "workflow_dispatch"))).toBe("success");
    expect(describeTraffic(await readService(world))).toBe("v1.0.0 100 %");
    const model = await readModel(world);
    expect(model?.events.map(({ version }) => version)).toEqual(["v1.0.0", "v1.1.0", "v1.0.0"]);
    expect(model?.events.at(-1)?.reason).toBe("rollback: a person wants it");
    const during = traffic?.since(mark);
    expect(during?.errors).toBe(0);
    expect(during?.byVersion["v1.0.0"]).toBeGreaterThan(0);
    expect(during?.byVersion["v1.1.0"]).toBeGreaterThan(0);
  });
});
