import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { someRun } from "#core/testing";
import { openRunDirectory } from "#toolkit";
import { memoryRegistry, type MemoryRegistry } from "./testing/memory-registry.ts";
import type { Registry } from "./registry.ts";
import { registerVersion } from "./run.ts";
import {
  inputs,
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

describe("a registration that is run again", () => {
  it("finishes what a run began that was killed at any of its calls", async () => {
    await job.leaveRun();
    for (const call of ["history", "claimVersion", "release", "assignStage"] as const) {
      for (const when of ["before", "after"] as const) {
        const registry = memoryRegistry();
        const dying: Registry = {
          ...registry,
          [call]: async (...values: never[]) => {
            const work = registry[call] as (...values: never[]) => Promise<unknown>;
            if (when === "after") await work(...values);
            throw new Error("killed");
          },
        };
        await expect(job.register(dying, { stage: "staging" })).rejects.toThrow("killed");
        const outcome = await job.register(registry, { stage: "staging" });
        expect(versionOf(outcome)).toBe("v1.0.0");
        expect(tagNames(registry)).toEqual(["weather@v1.0.0", "weather#staging#1"]);
        expect([...registry.releases.keys()]).toEqual(["weather@v1.0.0"]);
      }
    }
  });
});

describe("after a run that was killed between its claim and its release", () => {
  /** Claims v1.0.0 and stops; then the same model is evaluated anew. @returns the first evaluation */
  async function claimAndEvaluateAnew(registry: MemoryRegistry): Promise<string> {
    const source = {
      ...someRun().source,
      run_url: "https://github.test/acme/weather/actions/runs/77",
    };
    await job.leaveRun({ source });
    const directory = openRunDirectory(join(job.folder, "slipway-run"));
    const first = await directory.readText("evaluation.json");
    const dying = { ...registry, release: () => Promise.reject(new Error("killed")) };
    await expect(job.register(dying)).rejects.toThrow("killed");
    await directory.writeText("evaluation.json", first.replace("2026-01-01", "2026-01-02"));
    return first;
  }

  it("releases the files that the first run left as artifacts, as its manifest names them", async () => {
    const registry = memoryRegistry();
    const first = await claimAndEvaluateAnew(registry);
    const asked: number[] = [];
    const outcome = await registerVersion(inputs(), {
      ...job.ports(registry),
      artifactsOf: (runId) => ({
        list: async () => {
          asked.push(runId);
          return [{ id: 5, name: "slipway-weather-evaluate-gate-1", createdAt: "" }];
        },
        download: (_, destination) =>
          openRunDirectory(destination).writeText("evaluation.json", first),
      }),
    });
    expect(outcome).toMatchObject({ created: false, tag: "weather@v1.0.0" });
    expect(asked).toEqual([77]);
    const released = registry.releases.get("weather@v1.0.0")?.files ?? [];
    for (const { path, digest } of released) {
      expect(sha256(await readFile(path, "utf8"))).toBe(digest);
    }
    expect(tagNames(registry)).toEqual(["weather@v1.0.0"]);
  });

  it("says what is missing and three ways out where they are gone", async () => {
    const registry = memoryRegistry();
    await claimAndEvaluateAnew(registry);
    await expect(job.register(registry)).rejects.toThrow(
      "weather@v1.0.0 was claimed by https://github.test/acme/weather/actions/runs/77, which ended before its release was made, and these files of it are not here: evaluation.json.",
    );
  });
});
