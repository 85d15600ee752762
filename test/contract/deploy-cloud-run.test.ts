import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeTraffic, type Service } from "#google";
import { takeBackUnfinished } from "../../actions/deploy-cloud-run/src/cancel-check.ts";
import { readRolloutState } from "../../actions/deploy-cloud-run/src/rollout-state.ts";
import { deployCloudRun } from "../../actions/deploy-cloud-run/src/run.ts";
import { clock, project } from "./google-services.ts";
import { startDeployWorld, type DeployWorld } from "./deploy-services.ts";

let world: DeployWorld;
let stopLoad: (() => Promise<void>) | undefined;

beforeAll(async () => {
  world = await startDeployWorld();
});
afterAll(async () => {
  await stopLoad?.();
  await world[Symbol.asyncDispose]();
});

const service = async (): Promise<Service> => {
  const found = await world.ports().run.getService("weather-api");
  if (found === null) throw new Error("there is no service");
  return found;
};
const served = async () => describeTraffic((await service()).trafficStatuses ?? []);

describe("on the local Cloud Run", () => {
  it("a first deployment is private until its smoke test has passed, then open", async () => {
    const tokens: boolean[] = [];
    const { authorise } = world.ports();
    const outcome = await world.deploy(
      { version: "v1.0.0" },
      {
        authorise: async (url, audience) => {
          const headers = await authorise(url, audience);
          tokens.push("authorization" in headers);
          return headers;
        },
      },
    );
    expect(outcome).toMatchObject({ end: "deployed", verdict: "pass" });
    expect(tokens).toEqual([true]);
    expect(outcome.journal.smoke?.measures["mismatches"]?.value).toBe(0);
    const answer = await fetch(`${outcome.url}/metadata`);
    expect(await answer.json()).toEqual({
      model: "weather",
      version: "v1.0.0",
      uri: "gs://acme-models/weather/v1.0.0/manifest.json",
    });
    stopLoad = world.load(outcome.url ?? "", 120);
  });

  it("a canary of an equal version passes on what the front counted", async () => {
    const outcome = await world.deploy({ version: "v1.1.0" });
    expect(outcome.reason).not.toBe("");
    expect(outcome).toMatchObject({ end: "deployed", previousVersion: "v1.0.0" });
    expect(outcome.journal.steps.map(({ percent, verdict }) => [percent, verdict])).toEqual([
      [50, "pass"],
      [100, "pass"],
    ]);
    expect(outcome.journal.steps[0]?.candidate.requests).toBeGreaterThan(30);
    expect(await served()).toMatch(/^100% to weather-api-v1-1-0-\w{8} \(tag v1-1-0\)$/);
    expect(world.stageTags.at(-1)).toBe("weather#production: v1.1.0");
    expect((await fetch(outcome.tagUrl ?? "")).status).toBe(404);
  });

  it("is left alone when it serves already", async () => {
    const before = await service();
    const outcome = await world.deploy({ version: "v1.1.0" });
    expect(outcome.end).toBe("already-deployed");
    expect((await service()).generation).toBe(before.generation);
  });

  it("a dry run is checked by Cloud Run and changes nothing", async () => {
    const before = await service();
    const inputs = world.inputs({ version: "v1.2.0", "dry-run": "true" });
    const outcome = await deployCloudRun(inputs, world.ports());
    expect(outcome).toMatchObject({ kind: "dry-run", version: "v1.2.0" });
    expect(await service()).toEqual(before);
  });

  it("a canary whose revision answers with errors is rolled back", async () => {
    const before = await served();
    world.local.addRevisionFault({
      service: "weather-api",
      revisionPattern: ".*-v1-2-0-.*",
      // Few requests come to a machine that is busy with other things: they must do.
      errorRate: 0.3,
      extraLatencyMs: 0,
    });
    // The smoke test would see the errors too: this one is only asked whether it is the one.
    const outcome = await world.deploy({
      version: "v1.2.0",
      smoke: "{ requests: 0, cases: none, bad-requests: false, thresholds: mismatches == 0 }",
      "bake-time": "6s",
    });
    world.local.clearRevisionFaults();
    expect(outcome).toMatchObject({ end: "rolled-back", verdict: "fail" });
    // So many errors end it at once, in the middle of the first look; no later step was begun.
    expect(outcome.journal.steps.filter(({ percent }) => percent !== 50)).toEqual([]);
    expect(await served()).toBe(before);
    expect(world.deployments.at(-1)?.at(-1)).toBe("failure");
    expect(readRolloutState(await service())?.phase).toBe("restored");
  });

  it("a revision that cannot start is taken back, with its log and what to do", async () => {
    const before = await served();
    const outcome = await world.deploy({ version: "v1.2.0", env: "CRASH: 1" });
    expect(outcome).toMatchObject({ end: "rolled-back", verdict: "fail" });
    expect(outcome.reason).toMatch(/Log: http/);
    expect(outcome.reason).toContain("The stable traffic serves again");
    expect(await served()).toBe(before);
    expect((await fetch(`${outcome.url}/metadata`)).status).toBe(200);
  });

  it("goes on after calls that broke off, and deploys once", async () => {
    for (const effect of ["drop-before", "drop-after"] as const) {
      await world.google.fault(world.local.url, {
        method: "PATCH",
        path: "weather-api",
        times: 1,
        effect: { kind: effect },
      });
    }
    const outcome = await world.deploy({ version: "v1.2.0" });
    expect(outcome).toMatchObject({ end: "deployed", version: "v1.2.0" });
    const revisions = await world.ports().run.listRevisions("weather-api");
    const named = revisions.filter(({ name }) => name.endsWith(outcome.revision ?? "none"));
    expect(named).toHaveLength(1);
  });

  it("a cancelled step restores within its seconds", async () => {
    const before = await served();
    const controller = new AbortController();
    const running = world.deploy(
      { version: "v1.0.0", memory: "1Gi", "bake-time": "60s" },
      { signal: controller.signal },
    );
    for (let tries = 0; tries < 200 && !(await served()).includes("50%"); tries += 1)
      await clock.wait(50);
    const startedMs = performance.now();
    controller.abort(new Error("The step was cancelled."));
    expect(await running).toMatchObject({ end: "rolled-back", verdict: "fail" });
    expect(performance.now() - startedMs).toBeLessThan(5000);
    expect(await served()).toBe(before);
    const mark = { service: "weather-api", region: "europe-west1", project, run: "1/deploy" };
    const { run, signal } = world.ports();
    expect(await takeBackUnfinished(mark, { run, clock, signal })).toBeNull();
  });

  it("the step's post takes back what a killed step left, as a process of its own", async () => {
    const before = await served();
    const dead = () => Promise.reject(new Error("killed"));
    const ports = world.ports();
    const dying = {
      run: { ...ports.run },
      monitoring: {
        requestFigures: () => {
          Object.assign(dying.run, { patchService: dead, getService: dead });
          return dead();
        },
      },
    };
    await expect(world.deploy({ version: "v1.0.0", memory: "2Gi" }, dying)).rejects.toThrow(
      "killed",
    );
    expect(await served()).toContain("50%");
    const mark = { service: "weather-api", region: "europe-west1", project, run: "1/deploy" };
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(import.meta.dirname, "../../actions/deploy-cloud-run/src/post.ts")],
      { env: { ...world.environment, STATE_rollout: JSON.stringify(mark) }, timeout: 30_000 },
    );
    expect(stdout).toContain("The step ended in the middle of its rollout: restored");
    expect(await served()).toBe(before);
  });

  it("a rollback serves within seconds, from the revision that is still there", async () => {
    const startedMs = performance.now();
    const outcome = await world.deploy({ mode: "rollback", version: "v1.1.0", reason: "test" });
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    expect(outcome).toMatchObject({ end: "deployed", previousVersion: "v1.2.0" });
    const metadata = (await (await fetch(`${outcome.url}/metadata`)).json()) as object;
    expect(metadata).toMatchObject({ version: "v1.1.0" });
  });
});
