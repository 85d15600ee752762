import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Fault, KillStep, RunOutcome } from "#sandbox";
import {
  dispatch,
  letScheduleComeDue,
  pushParams,
  runOf,
} from "../../packages/sandbox/src/demo/actions-of-people.ts";
import { startDemoTraffic, waitForRounds } from "../../packages/sandbox/src/demo/demo-traffic.ts";
import {
  describeTraffic,
  readModel,
  readService,
} from "../../packages/sandbox/src/demo/findings.ts";
import { names, params } from "../../packages/sandbox/src/demo/project.ts";
import type { World } from "../../packages/sandbox/src/demo/world.ts";
import { endOf, openSomeDemo, type SomeDemo } from "./some-demo.ts";

const action = (name: string): string => `slipway-ml/slipway/actions/${name}`;

/** The steps whose program was killed; where there is none, what went wrong instead. */
function killedSteps(run: RunOutcome): readonly string[] {
  const killed = run.jobs
    .flatMap(({ steps }) => steps)
    .filter(({ exitSignal }) => exitSignal === "SIGKILL")
    .map(({ name }) => name);
  return killed.length === 0 ? [`nothing was killed: ${endOf(run)}`] : killed;
}

describe("an action that is killed in its middle and run again", () => {
  let demo: SomeDemo;
  let world: World;
  beforeAll(async () => {
    demo = await openSomeDemo();
    ({ world } = demo);
  });
  afterAll(() => demo?.close());

  /** Aborts when a service has come to the asked-for request. */
  async function whenRequested(
    serviceUrl: string,
    fault: Omit<Fault, "effect">,
  ): Promise<AbortSignal> {
    const reached = new AbortController();
    const url = `${serviceUrl}/_sandbox/faults`;
    const headers = { authorization: `Bearer ${world.sandbox.github.adminToken}` };
    const body = JSON.stringify({ ...fault, effect: { kind: "delay", delayMs: 1000 } });
    const asked = await fetch(url, {
      method: "POST",
      body,
      headers: { ...headers, "content-type": "application/json" },
    });
    if (!asked.ok) throw new Error(await asked.text());
    const watch = async () => {
      for (let tries = 0; tries < 4000; tries += 1) {
        const open = (await (await fetch(url, { headers })).json()) as readonly unknown[];
        if (open.length === 0) return reached.abort();
        await sleep(10);
      }
    };
    // When the services end first, the test has failed already.
    watch().catch(() => {});
    return reached.signal;
  }

  async function runKilled(
    killStep: Omit<KillStep, "signal">,
    start: () => Promise<void>,
    event: string,
  ) {
    world.sandbox.dispatcher.configure({ killStep: { ...killStep, signal: "SIGKILL" } });
    await start();
    const run = await runOf(world, "train-and-release.yml", event);
    // Nobody is killed from here on.
    world.sandbox.dispatcher.configure({ killStep: { step: "nobody", signal: "SIGKILL" } });
    return run;
  }

  const again = () => dispatch(world, "train-and-release.yml", {});
  const storedGenerations = async () =>
    new Map(
      (await world.storage.list(names.bucket, "models/")).map(({ name, generation }) => [
        name,
        generation,
      ]),
    );

  it("train-model: leaves nothing that looks finished", async () => {
    const push = () => pushParams(world, { params: params.first, message: "Begin" });
    const run = await runKilled(
      { step: action("train-model"), afterOutput: /Fitting/ },
      push,
      "push",
    );
    expect(killedSteps(run)).toEqual(["Train"]);
    expect(await readModel(world)).toBeUndefined();
  });

  it("evaluate-gate: registers nothing", async () => {
    const run = await runKilled(
      { step: action("evaluate-gate"), afterOutput: /Scored/ },
      again,
      "workflow_dispatch",
    );
    expect(killedSteps(run)).toEqual(["Judge"]);
    expect(await readModel(world)).toBeUndefined();
  });

  it("register-version: between the tag and the release", async () => {
    const when = await whenRequested(world.sandbox.urls.github, {
      method: "POST",
      path: "/releases$",
    });
    const run = await runKilled(
      { step: action("register-version"), when },
      again,
      "workflow_dispatch",
    );
    expect(killedSteps(run)).toEqual(["Register"]);
    expect((await readModel(world))?.versions.map(({ version }) => version)).toEqual(["v1.0.0"]);
  });

  it("push-artifact: with some files stored and others not", async () => {
    const when = await whenRequested(world.sandbox.urls.storage, {
      method: "POST",
      path: "/upload/",
      skip: 2,
    });
    const run = await runKilled(
      { step: action("push-artifact"), when },
      again,
      "workflow_dispatch",
    );
    expect(killedSteps(run)).toEqual(["Push"]);
    expect(
      [...(await storedGenerations()).keys()].filter((name) => name.endsWith("push.json")),
    ).toEqual([]);
  });

  it("deploy-cloud-run: with the revision made and no traffic on it", async () => {
    const stored = await storedGenerations();
    const when = await whenRequested(world.sandbox.urls.run, {
      method: "GET",
      path: "/operations/",
    });
    const run = await runKilled(
      { step: action("deploy-cloud-run"), when },
      again,
      "workflow_dispatch",
    );
    expect(killedSteps(run)).toEqual(["Deploy"]);
    expect(stored.size).toBeGreaterThan(0);
    const now = await storedGenerations();
    for (const [name, generation] of stored) expect(now.get(name)).toBe(generation);
  });

  it("smoke-test: leaves the traffic where it is", async () => {
    const stored = await storedGenerations();
    const run = await runKilled(
      { step: action("smoke-test"), afterMs: 100 },
      again,
      "workflow_dispatch",
    );
    expect(killedSteps(run)).toEqual(["Smoke test"]);
    expect(describeTraffic(await readService(world))).toBe("v1.0.0 100 %");
    expect(await storedGenerations()).toEqual(stored);
  });

  it("ends, run once more, with one version, one release and every file as it was first stored", async () => {
    const stored = await storedGenerations();
    await again();
    expect(endOf(await runOf(world, "train-and-release.yml", "workflow_dispatch"))).toBe("success");
    const { repositories } = await world.state();
    const [repository] = repositories;
    expect(repository?.releases.map(({ tag_name: tag, draft }) => [tag, draft])).toEqual([
      ["weather@v1.0.0", false],
    ]);
    const [model] = repository?.models ?? [];
    expect(model?.versions.map(({ version }) => version)).toEqual(["v1.0.0"]);
    expect(model?.stages).toEqual({ production: "v1.0.0" });
    expect(describeTraffic(await readService(world))).toBe("v1.0.0 100 %");
    expect(await storedGenerations()).toEqual(stored);
  });

  it("drift-check: opens one issue in all", async () => {
    await startDemoTraffic(world);
    await waitForRounds(world, { city: "New York", years: [2012, 2013] });
    const issues = async () => (await world.state()).repositories[0]?.issues ?? [];
    const when = await whenRequested(world.sandbox.urls.github, {
      method: "POST",
      path: "/issues$",
    });
    world.sandbox.dispatcher.configure({
      killStep: { step: action("drift-check"), when, signal: "SIGKILL" },
    });
    await letScheduleComeDue(world, "17 5 * * *");
    expect(killedSteps(await runOf(world, "drift-check.yml", "schedule"))).toEqual(["Check"]);
    world.sandbox.dispatcher.configure({ killStep: { step: "nobody", signal: "SIGKILL" } });
    await sleep(1100);
    await letScheduleComeDue(world, "17 5 * * *");
    expect(endOf(await runOf(world, "drift-check.yml", "schedule"))).toBe("success");
    expect(await issues()).toHaveLength(1);
  });
});
