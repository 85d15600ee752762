import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runRecordSchema } from "#core";
import { someRun } from "#core/testing";
import { artifactName } from "./artifact-names.ts";
import type { ArtifactStore } from "./artifacts.ts";
import { cutToBytes } from "./limits.ts";
import { fetchRunDirectory, openRunDirectory } from "./run-directory.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-run-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("a run directory", () => {
  it("reads back the documents that it writes, and measures files", async () => {
    const directory = openRunDirectory(join(folder, "run"));
    await directory.writeDocument("run.json", someRun());
    expect(await directory.readDocument(runRecordSchema, "run.json")).toEqual(someRun());
    await directory.writeText("a/b.txt", "hello");
    expect(await directory.measure("a/b.txt")).toEqual({
      bytes: 5,
      digest: "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    });
    expect(await directory.list()).toEqual(["a/b.txt", "run.json"]);
  });

  it("leaves no half-written file behind a name", async () => {
    const directory = openRunDirectory(folder);
    await directory.writeText("x", "one");
    await directory.writeText("x", "two");
    expect(await directory.readText("x")).toBe("two");
    expect(await readdir(folder)).toEqual(["x"]);
  });

  it("takes a write that failed away again", async () => {
    const directory = openRunDirectory(folder);
    await mkdir(join(folder, "taken"));
    await expect(directory.writeText("taken", "x")).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    expect(await readdir(folder)).toEqual(["taken"]);
  });

  it("writes parts as they come, and nothing where they end in a fault", async () => {
    const directory = openRunDirectory(folder);
    async function* parts(fault: boolean) {
      yield Buffer.from("one, ");
      yield Buffer.from("two");
      if (fault) throw new Error("no third part");
    }
    await directory.writeParts("x", parts(false));
    await expect(directory.writeParts("y", parts(true))).rejects.toThrow("no third part");
    expect(await directory.readText("x")).toBe("one, two");
    expect(await readdir(folder)).toEqual(["x"]);
  });

  it("shows no file that a killed write left", async () => {
    await writeFile(join(folder, "run.json.abc.part"), "{");
    expect(await openRunDirectory(folder).list()).toEqual([]);
  });

  it.each(["../outside", "/etc/passwd", "a/../../b"])("refuses %s", (name) => {
    expect(() => openRunDirectory(folder).resolve(name)).toThrow(/lies outside the run directory/);
  });
});

/** Artifacts in memory: each is a map of files. */
function memoryArtifacts(
  artifacts: readonly { name: string; createdAt: string; files: Record<string, string> }[],
) {
  const downloaded: string[] = [];
  const store: ArtifactStore = {
    upload: async () => 1,
    list: async () => artifacts.map(({ name, createdAt }, id) => ({ id, name, createdAt })),
    download: async (id, destination) => {
      downloaded.push(artifacts[id]?.name ?? "");
      for (const [name, content] of Object.entries(artifacts[id]?.files ?? {})) {
        await mkdir(dirname(join(destination, name)), { recursive: true });
        await writeFile(join(destination, name), content);
      }
    },
  };
  return { store, downloaded };
}

describe("fetchRunDirectory", () => {
  it("downloads the newest attempt of each action of this model", async () => {
    const { store, downloaded } = memoryArtifacts([
      { name: "slipway-weather-train-model-1", createdAt: "1", files: { "run.json": "old" } },
      {
        name: "slipway-weather-evaluate-gate-1",
        createdAt: "2",
        files: { "evaluation.json": "{}" },
      },
      { name: "slipway-weather-train-model-2", createdAt: "3", files: { "run.json": "new" } },
      { name: "slipway-churn-train-model-9", createdAt: "4", files: { "run.json": "other" } },
    ]);
    const directory = openRunDirectory(join(folder, "run"));
    await fetchRunDirectory(directory, { model: "weather", artifacts: store, needs: "run.json" });
    expect(await directory.readText("run.json")).toBe("new");
    expect(downloaded).toEqual([
      "slipway-weather-evaluate-gate-1",
      "slipway-weather-train-model-2",
    ]);
  });

  it("leaves what a model of a longer name left", async () => {
    const { store, downloaded } = memoryArtifacts([
      { name: "slipway-churn-train-model-1", createdAt: "1", files: { "run.json": "churn" } },
      { name: "slipway-churn-eu-train-model-2", createdAt: "2", files: { "run.json": "churn-eu" } },
      { name: "slipway-churn-1-train-model-1", createdAt: "3", files: { "run.json": "churn-1" } },
    ]);
    const directory = openRunDirectory(join(folder, "run"));
    await fetchRunDirectory(directory, { model: "churn", artifacts: store, needs: "run.json" });
    expect(downloaded).toEqual(["slipway-churn-train-model-1"]);
    expect(await directory.readText("run.json")).toBe("churn");
  });

  it("takes every shard's newest attempt", async () => {
    const { store, downloaded } = memoryArtifacts([
      { name: "slipway-a-train-model-1-1-of-2", createdAt: "1", files: {} },
      { name: "slipway-a-train-model-1-2-of-2", createdAt: "2", files: {} },
      { name: "slipway-a-train-model-2-1-of-2", createdAt: "3", files: { "run.json": "{}" } },
    ]);
    const directory = openRunDirectory(join(folder, "run"));
    await fetchRunDirectory(directory, { model: "a", artifacts: store, needs: "run.json" });
    expect(downloaded).toEqual([
      "slipway-a-train-model-1-2-of-2",
      "slipway-a-train-model-2-1-of-2",
    ]);
  });

  it("says why artifacts could not be listed", async () => {
    const { store } = memoryArtifacts([]);
    const refusing = { ...store, list: () => Promise.reject(new Error("403: no access.")) };
    const fetching = fetchRunDirectory(openRunDirectory(folder), {
      model: "churn",
      artifacts: refusing,
      needs: "run.json",
    });
    await expect(fetching).rejects.toMatchObject({
      code: "RUN_NOT_FOUND",
      message: `There is no run.json in ${folder}, and the artifacts of this workflow run cannot be listed: 403: no access.`,
    });
  });

  it("downloads nothing when the file is here", async () => {
    const directory = openRunDirectory(folder);
    await directory.writeText("run.json", "here");
    const { store, downloaded } = memoryArtifacts([
      { name: "slipway-weather-train-model-1", createdAt: "1", files: { "run.json": "there" } },
    ]);
    await fetchRunDirectory(directory, { model: "weather", artifacts: store, needs: "run.json" });
    expect(downloaded).toEqual([]);
  });

  it("says where a run should come from", async () => {
    const { store } = memoryArtifacts([]);
    const fetching = fetchRunDirectory(openRunDirectory(folder), {
      model: "team/churn",
      artifacts: store,
      needs: "run.json",
    });
    await expect(fetching).rejects.toMatchObject({
      code: "RUN_NOT_FOUND",
      message: `There is no run.json in ${folder}, and no artifact slipway-team--churn-* of this workflow run holds one.`,
    });
  });
});

describe("names and limits", () => {
  it("makes names that artifacts take", () => {
    expect(artifactName({ model: "team/churn", action: "train-model", attempt: 2 })).toBe(
      "slipway-team--churn-train-model-2",
    );
    expect(artifactName({ model: "a", action: "train-model", attempt: 1, shard: "2/8" })).toBe(
      "slipway-a-train-model-1-2-of-8",
    );
  });

  it("cuts text to bytes at a line's end and says so", () => {
    const lines = Array.from({ length: 100 }, (_, index) => `line ${index} ä`).join("\n");
    const cut = cutToBytes(lines, 500);
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(500);
    expect(cut).toMatch(/line \d+ ä\n\n_Cut: \d+ bytes more/);
    expect(cutToBytes("short", 500)).toBe("short");
  });
});
