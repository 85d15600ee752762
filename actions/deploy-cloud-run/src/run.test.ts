import { describe, expect, it } from "vitest";
import { InputError } from "#core";
import type { TrafficTarget } from "#google";
import { makeWorld, someInputs } from "./testing/fake-ports.ts";
import {
  byRevision,
  lastStatus,
  rollOut,
  SERVICE,
  serving,
  stateOf,
  trafficOf,
  versionsOf,
} from "./testing/stories.ts";

describe("a first deployment", () => {
  it("is made private, smoke-tested, opened as asked, and recorded", async () => {
    const world = makeWorld();
    let openWhenAsked: number | undefined;
    const outcome = await rollOut(
      world,
      someInputs({ version: "v1.0.0", "allow-unauthenticated": "true", "min-instances": "1" }),
      {
        authorise: () => {
          openWhenAsked = world.cloud.policy(SERVICE).bindings?.length ?? 0;
          return Promise.resolve({ authorization: "Bearer token" });
        },
      },
    );
    expect(outcome).toMatchObject({ end: "deployed", verdict: "pass", previousRevision: null });
    expect(openWhenAsked).toBe(0);
    expect(world.cloud.policy(SERVICE).bindings).toEqual([
      { role: "roles/run.invoker", members: ["allUsers"] },
    ]);
    expect(trafficOf(world)).toMatch(/^100% to weather-api-v1-0-0-[0-9a-f]{8} \(tag v1-0-0\)$/);
    expect(world.cloud.service(SERVICE).scaling).toEqual({ minInstanceCount: 1 });
    expect(world.stageTags).toEqual([
      { stage: "production", version: "v1.0.0", reason: "deployed by a workflow" },
    ]);
    expect(world.deployments).toMatchObject([[{ state: "in_progress" }, { state: "success" }]]);
    expect(world.probes[0]).toMatchObject({ headers: { authorization: "Bearer token" } });
  });

  it("gives the revision its model, its labels and what the step asks for", async () => {
    const world = makeWorld();
    await rollOut(
      world,
      someInputs({
        version: "v1.0.0",
        cpu: "2",
        memory: "1Gi",
        timeout: "1m",
        env: "LOG_LEVEL: info\nWORKERS: 2",
        secrets: "API_KEY: key:3",
        "startup-probe": "/ready",
      }),
    );
    const [revision] = world.cloud.revisions(SERVICE);
    expect(revision).toMatchObject({
      labels: { "slipway-model": "weather", "slipway-version": "v1-0-0" },
      annotations: { "slipway.dev/model": "weather", "slipway.dev/version": "v1.0.0" },
      timeout: "60s",
    });
    expect(revision?.containers?.[0]).toMatchObject({
      resources: { limits: { cpu: "2", memory: "1Gi" } },
      startupProbe: { httpGet: { path: "/ready" } },
      env: [
        { name: "MODEL_URI", value: "gs://acme-models/weather/v1.0.0/manifest.json" },
        { name: "MODEL_VERSION", value: "v1.0.0" },
        { name: "MODEL_DIGEST", value: `sha256:${"d".repeat(64)}` },
        { name: "LOG_LEVEL", value: "info" },
        { name: "WORKERS", value: "2" },
        { name: "API_KEY", valueSource: { secretKeyRef: { secret: "key", version: "3" } } },
      ],
    });
  });

  it("stays private when its smoke test fails, and the next version is a first one again", async () => {
    const world = makeWorld();
    world.broken.add("v1.0.0");
    const open = { "allow-unauthenticated": "true" };
    const failed = await rollOut(world, someInputs({ version: "v1.0.0", ...open }));
    expect(failed).toMatchObject({ end: "left-private", verdict: "fail" });
    expect(failed.reason).toContain("the service stays private");
    expect(world.cloud.policy(SERVICE)).toEqual({});
    expect(world.stageTags).toEqual([]);
    expect(lastStatus(world, failed.deploymentId)).toBe("failure");
    const mended = await rollOut(world, someInputs({ version: "v1.1.0", ...open }));
    expect(mended).toMatchObject({ end: "deployed", previousRevision: null });
    expect(mended.journal.steps).toEqual([]);
    expect(world.cloud.policy(SERVICE).bindings?.[0]?.members).toEqual(["allUsers"]);
  });
});

describe("a canary", () => {
  it("goes up by its steps, is judged at each and serves everything in the end", async () => {
    const world = await serving();
    const outcome = await rollOut(world, someInputs({ version: "v1.1.0" }));
    expect(outcome).toMatchObject({
      end: "deployed",
      verdict: "pass",
      previousVersion: "v1.0.0",
      tagUrl: "https://v1-1-0---weather-api.example",
    });
    expect(outcome.journal.marks.map(({ percent }) => percent)).toEqual([0, 5, 25, 50, 100]);
    expect(outcome.journal.steps.map(({ percent, verdict }) => [percent, verdict])).toEqual([
      [5, "pass"],
      [25, "pass"],
      [50, "pass"],
      [100, "pass"],
    ]);
    const last = outcome.journal.steps.at(-1);
    // 20 a second: 30 minutes at 95, 75 and 50 %, give or take the seconds of shifting.
    expect(last?.stable?.requests).toBeGreaterThan(0.99 * 20 * 600 * 2.2);
    expect(last?.stable?.requests).toBeLessThan(1.01 * 20 * 600 * 2.2);
    expect(trafficOf(world)).toMatch(/^100% to weather-api-v1-1-0-\w{8} \(tag v1-1-0\)$/);
    expect(world.stageTags.map(({ version }) => version)).toEqual(["v1.0.0", "v1.1.0"]);
    expect(stateOf(world)).toMatchObject({ phase: "done", version: "v1.1.0" });
  });

  it("asks the candidate at 0 % and gives one that fails no traffic at all", async () => {
    const world = await serving();
    const before = trafficOf(world);
    world.broken.add("v1.1.0");
    const outcome = await rollOut(world, someInputs({ version: "v1.1.0" }));
    expect(outcome).toMatchObject({ end: "rolled-back", verdict: "fail" });
    expect(outcome.journal.marks.map(({ percent }) => percent)).toEqual([0, 0]);
    expect(world.probes.at(-1)?.url).toBe("https://v1-1-0---weather-api.example");
    expect(trafficOf(world)).toBe(before);
  });

  it("is rolled back to the very traffic that it found when it answers with errors", async () => {
    const world = await serving(undefined, { behaviours: { "v1.1.0": { errorRate: 0.1 } } });
    const [stable] = world.cloud.revisions(SERVICE);
    const found: readonly TrafficTarget[] = [
      { type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 100 },
      { type: byRevision, revision: stable?.name.split("/").at(-1) ?? "", tag: "theirs" },
    ];
    world.cloud.setTraffic(SERVICE, found);
    const outcome = await rollOut(world, someInputs({ version: "v1.1.0" }));
    expect(outcome).toMatchObject({ end: "rolled-back", verdict: "fail" });
    expect(outcome.reason).toContain("error_rate <= stable + 0.005");
    expect(outcome.journal.steps).toHaveLength(1);
    const name = stable?.name.split("/").at(-1);
    expect(trafficOf(world)).toBe(`0% to ${name} (tag theirs) and 100% to ${name}`);
    expect(world.stageTags.map(({ version }) => version)).toEqual(["v1.0.0"]);
    expect(lastStatus(world, outcome.deploymentId)).toBe("failure");
    expect(stateOf(world)?.phase).toBe("restored");
    expect(world.documents.at(-1)).toMatchObject({ rolled_back: true, verdict: "fail" });
  });

  it("keeps tags that are not its own while it goes on", async () => {
    const world = await serving();
    const [stable] = world.cloud.revisions(SERVICE);
    const name = stable?.name.split("/").at(-1) ?? "";
    world.cloud.setTraffic(SERVICE, [
      { type: byRevision, revision: name, percent: 100, tag: "theirs" },
    ]);
    await rollOut(world, someInputs({ version: "v1.1.0" }));
    expect(trafficOf(world)).toContain(`0% to ${name} (tag theirs)`);
  });

  it("is rolled back when it is twice as slow", async () => {
    const world = await serving(undefined, { behaviours: { "v1.1.0": { latencyMs: 80 } } });
    const outcome = await rollOut(world, someInputs({ version: "v1.1.0" }));
    expect(outcome.end).toBe("rolled-back");
    expect(outcome.reason).toContain("p95_ms <= stable + 50%");
  });

  it("is taken back in the middle of its bake when a fifth of the answers are errors", async () => {
    const world = await serving(undefined, { behaviours: { "v1.1.0": { errorRate: 0.3 } } });
    const outcome = await rollOut(world, someInputs({ version: "v1.1.0" }));
    const [step] = outcome.journal.steps;
    expect(outcome.end).toBe("rolled-back");
    expect(outcome.reason).toContain("no look is waited for");
    const watchedMs = (step?.finished.getTime() ?? 0) - (step?.started.getTime() ?? 0);
    // 5 % of 20 a second are 50 requests after 50 seconds.
    expect(watchedMs).toBeLessThanOrEqual(60_000);
  });

  it("does not confuse a container that cannot start with one that can, and tries anew", async () => {
    const world = await serving(undefined, { behaviours: { "v1.1.0": { startFails: true } } });
    const before = trafficOf(world);
    const outcome = await rollOut(world, someInputs({ version: "v1.1.0" }));
    expect(outcome).toMatchObject({ end: "rolled-back", verdict: "fail" });
    expect(outcome.reason).toContain("Log: https://console.example/logs");
    expect(trafficOf(world)).toBe(before);
    world.cloud.options.behaviours["v1.1.0"] = {};
    const again = await rollOut(world, someInputs({ version: "v1.1.0" }));
    expect(again.end).toBe("deployed");
    expect(again.revision).not.toBe(outcome.revision);
    expect(versionsOf(world)).toEqual(["v1.0.0", "v1.1.0", "v1.1.0"]);
  });

  it("inherits the settings of what serves, not of an attempt that failed", async () => {
    const world = await serving();
    world.broken.add("v1.1.0");
    await rollOut(world, someInputs({ version: "v1.1.0", memory: "8Gi", env: "DEBUG: 1" }));
    await rollOut(world, someInputs({ version: "v1.2.0" }));
    const [container] = world.cloud.revisions(SERVICE).at(-1)?.containers ?? [];
    expect(container?.resources).toBeUndefined();
    expect(container?.env?.map(({ name }) => name)).not.toContain("DEBUG");
  });

  it("waits for points that come late", async () => {
    const world = await serving(undefined, { metricsLagMs: 180_000 });
    const outcome = await rollOut(world, someInputs({ version: "v1.1.0", steps: "50,100" }));
    expect(outcome.end).toBe("deployed");
    const [step] = outcome.journal.steps;
    const watchedMs = (step?.finished.getTime() ?? 0) - (step?.started.getTime() ?? 0);
    expect(watchedMs).toBeGreaterThanOrEqual(780_000);
  });
});

describe("a candidate's revision", () => {
  it("takes another name when its own belongs to another configuration", async () => {
    const world = await serving();
    const { run } = world.ports();
    let refused: string | undefined;
    const outcome = await rollOut(world, someInputs({ version: "v1.1.0" }), {
      run: {
        ...run,
        patchService: (patch) => {
          const name = patch.fields.template?.revision;
          refused ??= name;
          return name !== undefined && name === refused
            ? Promise.reject(new InputError({ code: "REVISION_EXISTS", message: "taken" }))
            : run.patchService(patch);
        },
      },
    });
    expect(outcome.end).toBe("deployed");
    expect(outcome.revision).toMatch(/^weather-api-v1-1-0-/);
    expect(outcome.revision).not.toBe(refused);
  });

  it("shares what several revisions served, and comes back to them in their proportions", async () => {
    const world = await serving();
    await rollOut(world, someInputs({ version: "v1.1.0" }));
    const [first, second] = world.cloud
      .revisions(SERVICE)
      .map(({ name }) => name.split("/").at(-1) ?? "");
    world.cloud.setTraffic(SERVICE, [
      { type: byRevision, revision: first ?? "", percent: 40 },
      { type: byRevision, revision: second ?? "", percent: 60 },
    ]);
    const before = trafficOf(world);
    world.cloud.options.behaviours["v1.2.0"] = { errorRate: 0.1 };
    const inputs = someInputs({ version: "v1.2.0", steps: "50,100" });
    const outcome = await rollOut(world, inputs);
    expect(outcome.end).toBe("rolled-back");
    // Stable's figures are those of both: half of 20 a second in ten minutes.
    expect(outcome.journal.steps[0]?.stable?.requests).toBe(6000);
    expect(trafficOf(world)).toBe(before);
  });
});

describe("what cannot be deployed", () => {
  it("is refused before anything is changed", async () => {
    const world = makeWorld();
    await expect(rollOut(world, someInputs({ version: "v9.0.0" }))).rejects.toMatchObject({
      message: "Model weather has no version v9.0.0. The newest is v1.2.0.",
    });
    await expect(rollOut(world, someInputs({ image: "" }))).rejects.toMatchObject({
      message: "Input image is required to deploy weather@v1.2.0.",
    });
    const homeless = world.ports();
    const ports = {
      history: {
        ...homeless.history,
        manifest: async (entry: Parameters<typeof homeless.history.manifest>[0]) => ({
          ...(await homeless.history.manifest(entry)),
          home: null,
        }),
      },
    };
    await expect(rollOut(world, someInputs(), ports)).rejects.toMatchObject({
      code: "NO_HOME",
      message:
        "weather@v1.2.0 was registered without a destination, and the step gives none: the server could not find its files.",
    });
    expect(world.cloud.changes()).toBe(0);
    const given = await rollOut(world, someInputs({ destination: "gs://elsewhere/" }), ports);
    expect(given.end).toBe("deployed");
    expect(world.cloud.revisions(SERVICE)[0]?.containers?.[0]?.env?.[0]?.value).toBe(
      "gs://elsewhere/weather/v1.2.0/manifest.json",
    );
  });
});

describe("the other strategies", () => {
  it("blue-green switches after the smoke test and compares with the time before", async () => {
    const world = await serving();
    await world.clock.wait(3_600_000);
    const outcome = await rollOut(world, someInputs({ version: "v1.1.0", strategy: "blue-green" }));
    expect(outcome.end).toBe("deployed");
    expect(outcome.journal.marks.map(({ percent }) => percent)).toEqual([0, 100]);
    expect(outcome.journal.steps[0]?.stable?.requests).toBe(12_000);
  });

  it("blue-green goes back when the candidate is worse", async () => {
    const world = await serving(undefined, { behaviours: { "v1.1.0": { errorRate: 0.05 } } });
    await world.clock.wait(3_600_000);
    const before = trafficOf(world);
    const outcome = await rollOut(world, someInputs({ version: "v1.1.0", strategy: "blue-green" }));
    expect(outcome.end).toBe("rolled-back");
    expect(trafficOf(world)).toBe(before);
  });

  it("all-at-once watches nothing", async () => {
    const world = await serving();
    const outcome = await rollOut(
      world,
      someInputs({ version: "v1.1.0", strategy: "all-at-once" }),
    );
    expect(outcome.end).toBe("deployed");
    expect(outcome.journal.steps).toEqual([]);
    expect(outcome.journal.marks.map(({ percent }) => percent)).toEqual([0, 100]);
  });
});
