import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { zipSync } from "fflate";
import { loadModel } from "./load-model.ts";
import { encodeOnnx } from "./onnx-proto.ts";
import type { ModelFileKind } from "./recognise-model.ts";
import { recogniseModelBytes, recogniseModelFile } from "./recognise-model.ts";
import { regressor, zipMapClassifier } from "./testing/sample-models.ts";

const ascii = (text: string): Uint8Array => Buffer.from(text, "latin1");
const zip = (...names: string[]): Uint8Array =>
  zipSync(Object.fromEntries(names.map((name) => [name, ascii("x")])));

function safetensors(): Uint8Array {
  const header = '{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, ascii(header), Buffer.alloc(4)]);
}

const samples: readonly (readonly [ModelFileKind, string, Uint8Array])[] = [
  ["onnx", "a regressor", encodeOnnx(regressor())],
  ["onnx", "a classifier cut in half", encodeOnnx(zipMapClassifier(["a", "b"])).subarray(0, 60)],
  [
    "tfjs-layers",
    "Keras' JSON",
    ascii('{"format": "layers-model", "modelTopology": {"class_name": "Sequential"}}'),
  ],
  [
    "tfjs-layers",
    "an older one",
    ascii('{"modelTopology": {"keras_version": "2.1", "model_config": {}}}'),
  ],
  [
    "tfjs-graph",
    "a graph's JSON",
    ascii('{"format": "graph-model", "modelTopology": {"node": []}}'),
  ],
  ["xgboost-json", "save_model's JSON", ascii('{"learner":{"attributes":{}},"version":[3,2,0]}')],
  ["xgboost-ubj", "save_model's UBJSON", ascii("{L\0\0\0\0\0\0\0\x07learner{L")],
  ["lightgbm-text", "save_model's text", ascii("tree\nversion=v4\nnum_class=1\n")],
  ["pickle", "protocol 4", ascii("\x80\x04\x95\x10\0\0\0\0\0\0\0\x8c\x07sklearn")],
  ["joblib", "a pickle with joblib's arrays", ascii("\x80\x04\x95\x8c\x13joblib.numpy_pickle")],
  ["joblib", "a compressed pickle", deflateSync(Buffer.from("x".repeat(100)))],
  ["safetensors", "weights", safetensors()],
  ["torchscript", "a scripted module", zip("m/data.pkl", "m/code/m.py", "m/constants.pkl")],
  ["pytorch-checkpoint", "a state dict", zip("m/data.pkl", "m/data/0", "m/version")],
  ["keras", "the Keras 3 archive", zip("metadata.json", "config.json", "model.weights.h5")],
  ["keras", "HDF5", ascii("\x89HDF\r\n\x1a\n\0\0")],
  [
    "git-lfs-pointer",
    "a pointer",
    ascii("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
  ],
  ["unknown", "nothing", new Uint8Array(0)],
  ["unknown", "plain text", ascii("hello, world: no model here")],
  ["unknown", "another JSON", ascii('{"hello": 1}')],
  ["unknown", "another zip", zip("readme.md")],
];

describe("telling a model file's kind by its content", () => {
  it.each(samples)("finds %s in %s", async (kind, _, bytes) => {
    expect(recogniseModelBytes(bytes)).toBe(kind);
    const folder = await mkdtemp(join(tmpdir(), "kinds-"));
    await writeFile(join(folder, "model"), bytes);
    expect(await recogniseModelFile(join(folder, "model"))).toBe(kind);
    await rm(folder, { recursive: true });
  });

  const others = samples.filter(
    ([kind]) => !["onnx", "tfjs-layers", "tfjs-graph", "unknown"].includes(kind),
  );
  it.each(others)("names the way out for %s (%s)", async (_, __, bytes) => {
    const error: unknown = await loadModel({ bytes, fileName: "m.bin" }).catch(
      (one: unknown) => one,
    );
    expect(error).toMatchObject({
      code: expect.stringMatching(/^MODEL_(KIND_NOT_SUPPORTED|IS_LFS_POINTER)$/),
      message: expect.stringContaining("m.bin is a"),
      hint: expect.stringMatching(/predict-command|git lfs pull/),
    });
  });
});
