import { describe, expect, it } from "vitest";
import type { VersionHistory } from "#core";
import { memoryHistory, rememberingLog, someManifest } from "#core/testing";
import { readPastVersions, rememberHistory } from "./version-history.ts";

const log = rememberingLog();

function evaluated(version: `v${string}`, accuracy: number) {
  return {
    manifest: someManifest({
      version,
      evaluation: {
        verdict: "pass",
        reason: "The threshold passed.",
        rows: 100,
        baseline: null,
        metrics: { accuracy: { value: accuracy } },
      },
    }),
  };
}

describe("readPastVersions", () => {
  it("reads the newest twenty, oldest first, without those that were never evaluated", async () => {
    const versions = Array.from({ length: 25 }, (_, at) => evaluated(`v1.${at}.0`, at / 100));
    const bare = { manifest: someManifest({ version: "v1.25.0" }) };
    const history = memoryHistory({ versions: [...versions, bare] });
    const past = await readPastVersions("weather", { history, log });
    expect(past.map(({ version }) => version)).toEqual(
      Array.from({ length: 19 }, (_, at) => `v1.${at + 6}.0`),
    );
    expect(past[0]).toEqual({
      version: "v1.6.0",
      rows: 100,
      metrics: { accuracy: { value: 0.06 } },
    });
  });

  it("leaves out what cannot be read, and is empty where nothing can", async () => {
    const history = memoryHistory({
      versions: [evaluated("v1.0.0", 0.7), evaluated("v1.1.0", 0.8)],
    });
    const broken: VersionHistory = {
      ...history,
      manifest: (entry) =>
        entry.version === "v1.0.0" ? Promise.reject(new Error("gone")) : history.manifest(entry),
    };
    const past = await readPastVersions("weather", { history: broken, log });
    expect(past.map(({ version }) => version)).toEqual(["v1.1.0"]);
    const refused: VersionHistory = { ...history, read: () => Promise.reject(new Error("403")) };
    expect(await readPastVersions("weather", { history: refused, log })).toEqual([]);
    expect(await readPastVersions("weather", { history: null, log })).toEqual([]);
  });

  it("asks for at most five manifests at once", async () => {
    const versions = Array.from({ length: 12 }, (_, at) => evaluated(`v1.${at}.0`, 0.5));
    const history = memoryHistory({ versions });
    let now = 0;
    let most = 0;
    const counted: VersionHistory = {
      ...history,
      manifest: async (entry) => {
        now += 1;
        most = Math.max(most, now);
        await Promise.resolve();
        now -= 1;
        return history.manifest(entry);
      },
    };
    expect(await readPastVersions("weather", { history: counted, log })).toHaveLength(12);
    expect(most).toBe(5);
  });
});

describe("a report that does not wait any longer", () => {
  it("has what was there in time, and asks for nothing more", async () => {
    const versions = Array.from({ length: 12 }, (_, at) => evaluated(`v1.${at}.0`, 0.5));
    const history = memoryHistory({ versions });
    const asked: string[] = [];
    const answers: (() => void)[] = [];
    const slow: VersionHistory = {
      ...history,
      manifest: async (entry) => {
        asked.push(entry.version);
        if (entry.version !== "v1.0.0") await new Promise<void>((answer) => answers.push(answer));
        return history.manifest(entry);
      },
    };
    const past = await readPastVersions("weather", { history: slow, log }, 20);
    expect(past.map(({ version }) => version)).toEqual(["v1.0.0"]);
    expect(asked).toHaveLength(6);
    for (const answer of answers) answer();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(asked).toHaveLength(6);
  });
});

describe("rememberHistory", () => {
  it("asks for a model's tags and for each manifest once", async () => {
    const history = memoryHistory({ versions: [evaluated("v1.0.0", 0.7)] });
    const asked: string[] = [];
    const remembering = rememberHistory({
      ...history,
      read: (model) => {
        asked.push(model);
        return history.read(model);
      },
      manifest: (entry) => {
        asked.push(entry.tag);
        return history.manifest(entry);
      },
    });
    await readPastVersions("weather", { history: remembering, log });
    await readPastVersions("weather", { history: remembering, log });
    expect(asked).toEqual(["weather", "weather@v1.0.0"]);
  });
});
