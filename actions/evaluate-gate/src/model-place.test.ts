import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findModel, findPointer, listModelFiles } from "./model-place.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "slipway-place-"));
  mkdirSync(join(folder, "model/variables"), { recursive: true });
  writeFileSync(join(folder, "model/saved_model.pb"), "12345");
  writeFileSync(join(folder, "model/variables/data"), "123");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("a model's folder", () => {
  it.each(["model", "model/", "model/./"])(
    "written %s has its files and their size",
    async (name) => {
      const path = `${folder}/${name}`;
      expect(await listModelFiles(path)).toEqual(["saved_model.pb", "variables/data"]);
      expect(await findModel(path)).toMatchObject({ directory: path, file: null, bytes: 8 });
    },
  );
});

describe("findPointer", () => {
  it("knows what Git LFS and DVC leave in the place of a model", async () => {
    const lfs = join(folder, "a.onnx");
    writeFileSync(lfs, "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n");
    expect(await findPointer(lfs)).toEqual({ kind: "git-lfs" });
    const dvc = join(folder, "b.onnx");
    writeFileSync(`${dvc}.dvc`, "outs:\n");
    expect(await findPointer(dvc)).toEqual({ kind: "dvc", file: `${dvc}.dvc` });
    expect(await findPointer(join(folder, "model/saved_model.pb"))).toBeNull();
    expect(await findPointer(join(folder, "model"))).toBeNull();
  });
});
