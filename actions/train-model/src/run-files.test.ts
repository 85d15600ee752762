import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRunDirectory, type RunDirectory } from "#toolkit";
import { readMlflowSignature } from "./mlflow-signature.ts";
import { digestModel, listRunFiles, takeSnapshot } from "./run-files.ts";
import { canonicalJson } from "./run-identity.ts";

let folder: string;
let directory: RunDirectory;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-files-"));
  directory = openRunDirectory(folder);
});
afterEach(() => rm(folder, { recursive: true }));

const pickle = Buffer.from("\x80\x04K\x01.", "latin1");
async function leave(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}
async function meanings(): Promise<Readonly<Record<string, string>>> {
  const { files } = await listRunFiles(directory, new Map());
  return Object.fromEntries(
    files.map(({ path, role, format }) => [
      path,
      format === undefined ? role : `${role} ${format}`,
    ]),
  );
}

describe("the files that a training leaves", () => {
  it("are told apart by content first, then by name", async () => {
    await leave({
      "model.bin": pickle,
      "scaler.pkl": pickle,
      "predictions.csv": "id,prediction\n",
      "metrics.json": '{"learner": 1}',
      "booster.txt": "tree\nversion=v4\n",
      "notes.md": "hello",
    });
    expect(await meanings()).toEqual({
      "model.bin": "model pickle",
      "scaler.pkl": "preprocessing pickle",
      "predictions.csv": "predictions",
      "metrics.json": "metrics",
      "booster.txt": "model lightgbm-text",
      "notes.md": "other",
    });
  });

  it("include the weights that a model keeps beside it", async () => {
    await leave({
      "tfjs/model.json": '{"format": "layers-model", "modelTopology": {}}',
      "tfjs/group1-shard1of1.bin": "\x01\x02",
      "other/data.bin": "\x01\x02",
    });
    expect(await meanings()).toEqual({
      "tfjs/model.json": "model tfjs-layers",
      "tfjs/group1-shard1of1.bin": "model weights",
      "other/data.bin": "other",
    });
  });

  it("are only those that are new or changed", async () => {
    await leave({ "old.pkl": pickle, "changed.pkl": pickle });
    const before = await takeSnapshot(directory);
    await leave({ "changed.pkl": Buffer.concat([pickle, pickle]), "new.pkl": pickle });
    const { files, notes } = await listRunFiles(directory, before);
    expect(files.map(({ path }) => path)).toEqual(["changed.pkl", "new.pkl"]);
    expect(notes).toEqual([
      "1 file in the run directory was there before and is not part of this run: old.pkl.",
    ]);
  });

  it("have one digest over several model files, and one file's own", async () => {
    await leave({ "a.pkl": pickle });
    const { files } = await listRunFiles(directory, new Map());
    expect(digestModel(files)).toBe(files[0]?.digest);
    const [first] = files;
    if (first === undefined) throw new Error("no file");
    const both = [first, { ...first, path: "b.pkl" }];
    expect(digestModel(both)).toBe(digestModel(both.toReversed()));
    expect(digestModel(both)).not.toBe(first.digest);
  });
});

describe("an MLflow model", () => {
  const mlmodel = (inputs: string) =>
    `flavors: {}\nsignature:\n  inputs: '${inputs}'\n  outputs: '[{"type": "double"}]'\n`;

  it("tells its columns' names and kinds", async () => {
    const columns = ["double", "long", "string", "boolean", "datetime"].map(
      (type, i) => `{"name": "c${i}", "type": "${type}"}`,
    );
    await leave({ "m/MLmodel": mlmodel(`[${columns.join(", ")}]`), "m/model.pkl": pickle });
    const { files } = await listRunFiles(directory, new Map());
    const signature = await readMlflowSignature(files, directory);
    expect(signature?.columns.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      "c0 number",
      "c1 integer",
      "c2 text",
      "c3 boolean",
      "c4 date",
    ]);
    expect(signature?.outputs).toEqual([{ name: "prediction", type: "double", shape: [null] }]);
  });

  it.each(['[{"type": "tensor"}]', "nonsense"])(
    "without columns tells none: %s",
    async (inputs) => {
      await leave({ MLmodel: mlmodel(inputs), "model.pkl": pickle });
      const { files } = await listRunFiles(directory, new Map());
      expect(await readMlflowSignature(files, directory)).toBeNull();
    },
  );
});

describe("canonical JSON", () => {
  it("does not depend on the order of keys and leaves out what is undefined", () => {
    expect(canonicalJson({ b: [1, { d: null, c: "x" }], a: undefined, A: 0.1 })).toBe(
      '{"A":0.1,"b":[1,{"c":"x","d":null}]}',
    );
  });
});
