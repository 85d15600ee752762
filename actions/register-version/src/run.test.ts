import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { someRun } from "#core/testing";
import { openRunDirectory } from "#toolkit";
import { memoryRegistry, trailersOf } from "./testing/memory-registry.ts";
import type { Registry } from "./registry.ts";
import { renderOutcome } from "./report.ts";
import {
  openRegistration,
  sha256,
  tagNames,
  versionOf,
  type Registration,
} from "./testing/some-registration.ts";

let job: Registration;
beforeEach(async () => {
  job = await openRegistration();
});
afterEach(() => job.remove());

describe("registerVersion", () => {
  it("makes the first run v1.0.0, with its release and trailers", async () => {
    await job.leaveRun();
    const registry = memoryRegistry();
    const outcome = await job.register(registry, { destination: "gs://acme-models/" });
    expect(outcome).toMatchObject({ kind: "registered", created: true, tag: "weather@v1.0.0" });
    expect(trailersOf(registry, "weather@v1.0.0")).toMatchObject({
      "Slipway-Model": "weather",
      "Slipway-Version": "v1.0.0",
      "Slipway-Source": "a".repeat(40),
      "Slipway-Actor": "ann",
      "Slipway-Content": expect.stringMatching(/^sha256:/) as string,
    });
    const release = registry.releases.get("weather@v1.0.0");
    expect(release?.files.map(({ name }) => name)).toEqual([
      "evaluation.json",
      "model.onnx",
      "run.json",
    ]);
    expect(release?.prerelease).toBe(true);
    expect(outcome.kind === "registered" && outcome.manifest.home).toBe(
      "gs://acme-models/weather/v1.0.0",
    );
  });

  it("gives the same content the same version, however often it is registered", async () => {
    await job.leaveRun();
    const registry = memoryRegistry();
    await job.register(registry);
    const again = await job.register(registry);
    expect(again).toMatchObject({ created: false, tag: "weather@v1.0.0" });
    expect(tagNames(registry)).toEqual(["weather@v1.0.0"]);
    expect(renderOutcome(again).outputs["created"]).toBe("false");
  });

  it("follows the bump rule: data is a patch, a parameter a minor", async () => {
    const registry = memoryRegistry();
    await job.leaveRun();
    await job.register(registry);
    await job.leaveRun(
      { id: "two", data: [{ ...someRun().data[0]!, digest: sha256("more") }] },
      { model: "second" },
    );
    expect(versionOf(await job.register(registry))).toBe("v1.0.1");
    await job.leaveRun(
      {
        id: "three",
        data: [{ ...someRun().data[0]!, digest: sha256("more") }],
        params: { depth: 3 },
      },
      { model: "third" },
    );
    const third = await job.register(registry);
    expect(versionOf(third)).toBe("v1.1.0");
    expect(renderOutcome(third).outputs).toMatchObject({
      bump: "minor",
      "previous-version": "v1.0.1",
    });
  });

  it("takes the next version when another run claimed it first", async () => {
    await job.leaveRun();
    const registry = memoryRegistry();
    let raced = false;
    const racing: Registry = {
      ...registry,
      claimVersion: async (claim) => {
        if (!raced) {
          raced = true;
          const message = claim.message.replace(
            /Slipway-Content: .*/,
            `Slipway-Content: ${sha256("other")}`,
          );
          await registry.claimVersion({
            ...claim,
            message,
            manifest: { ...claim.manifest, run: { ...claim.manifest.run, id: "other" } },
          });
        }
        return registry.claimVersion(claim);
      },
    };
    const outcome = await job.register(racing);
    expect(versionOf(outcome)).toBe("v1.0.1");
    expect(tagNames(registry)).toEqual(["weather@v1.0.0", "weather@v1.0.1"]);
  });

  it("refuses a failed evaluation, and with pass anything but a passed one", async () => {
    await job.leaveRun({}, { verdict: "fail" });
    const registry = memoryRegistry();
    await expect(job.register(registry)).rejects.toMatchObject({
      code: "VERDICT_REFUSED",
      message:
        "The run's evaluation ended fail: It ended fail. require-verdict: not-fail refuses it.",
    });
    expect(registry.tags).toEqual([]);
    await job.leaveRun({}, { verdict: "inconclusive" });
    await expect(job.register(registry, { "require-verdict": "pass" })).rejects.toMatchObject({
      code: "VERDICT_REFUSED",
    });
    expect(versionOf(await job.register(registry))).toBe("v1.0.0");
    await job.leaveRun({}, { verdict: null });
    await rm(join(job.folder, "slipway-run/evaluation.json"));
    await expect(job.register(registry, { "require-verdict": "pass" })).rejects.toMatchObject({
      code: "NOT_EVALUATED",
    });
  });

  it("refuses a file that changed after the run, one that is gone, and another model's run", async () => {
    await job.leaveRun();
    const directory = openRunDirectory(join(job.folder, "slipway-run"));
    await directory.writeText("model.onnx", "tampered");
    await expect(job.register(memoryRegistry())).rejects.toMatchObject({
      code: "FILE_CHANGED",
      message: `model.onnx changed after the run: ${sha256("tampered")} now, ${sha256("the model")} in run.json.`,
    });
    await rm(directory.resolve("model.onnx"));
    await expect(job.register(memoryRegistry())).rejects.toMatchObject({ code: "FILE_MISSING" });
    await job.leaveRun();
    await expect(job.register(memoryRegistry(), { model: "other" })).rejects.toMatchObject({
      message: "The run in slipway-run is of model weather, not other.",
    });
  });

  it("says where a run should come from when there is none", async () => {
    await expect(job.register(memoryRegistry())).rejects.toMatchObject({
      code: "RUN_NOT_FOUND",
      hint: expect.stringContaining("Run train-model before this step") as string,
    });
  });

  it("never puts splits or predictions into a release unless asked", async () => {
    const split = {
      path: "splits/test.csv",
      role: "split" as const,
      bytes: 1,
      digest: sha256("s"),
    };
    const model = {
      path: "model.onnx",
      role: "model" as const,
      bytes: 9,
      digest: sha256("the model"),
    };
    await job.leaveRun({ files: [model, split] });
    await openRunDirectory(join(job.folder, "slipway-run")).writeText("splits/test.csv", "s");
    const registry = memoryRegistry();
    await job.register(registry);
    expect(registry.releases.get("weather@v1.0.0")?.files.map(({ name }) => name)).not.toContain(
      "splits--test.csv",
    );
  });

  it("writes a card in which data's names can do nothing", async () => {
    await job.leaveRun({
      target: "|<img src=x>|",
      params: { "@everyone": 1 },
      source: { ...someRun().source, run_url: "[here](https://evil.test) <img src=y> @everyone" },
    });
    const registry = memoryRegistry();
    await job.register(registry, { notes: "Mind the fog." });
    const body = registry.releases.get("weather@v1.0.0")?.text.body ?? "";
    expect(body).toMatch(/^Mind the fog\.\n/);
    const outside = body.replaceAll(/```[\s\S]*?```/g, "");
    expect(outside).not.toContain("<img");
    expect(outside).not.toContain("@everyone");
    expect(outside).not.toContain("](https://evil.test)");
  });
});
