import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inTemporaryFolder } from "./temporary-folder.ts";

let parent: string;
beforeEach(async () => {
  parent = join(await mkdtemp(join(tmpdir(), "slipway-folder-")), "not-there-yet");
});
afterEach(() => rm(join(parent, ".."), { recursive: true }));

describe("inTemporaryFolder", () => {
  it("gives each work a folder of its own and leaves none", async () => {
    const use = () =>
      inTemporaryFolder(parent, "slipway-x-", async (folder) => {
        await writeFile(join(folder, "rows.csv"), "a\n1\n");
        return folder;
      });
    const folders = await Promise.all([use(), use()]);
    expect(new Set(folders).size).toBe(2);
    for (const folder of folders) expect(folder.startsWith(join(parent, "slipway-x-"))).toBe(true);
    expect(await readdir(parent)).toEqual([]);
  });

  it("leaves none of work that fails", async () => {
    const failing = inTemporaryFolder(parent, "slipway-x-", () => Promise.reject(new Error("no")));
    await expect(failing).rejects.toThrow("no");
    expect(await readdir(parent)).toEqual([]);
  });
});
