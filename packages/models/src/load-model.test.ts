import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { StringStringEntryProtoSchema, TensorProto_DataLocation } from "./generated/onnx_pb.ts";
import { loadModel } from "./load-model.ts";
import { makeModel, makeNode, makeTensor, makeValueInfo } from "./onnx-builder.ts";
import { graphOf } from "./onnx-graph.ts";
import type { ModelProto } from "./onnx-proto.ts";
import { encodeOnnx, replaceFields } from "./onnx-proto.ts";
import { openModel, regressor, zipMapClassifier } from "./testing/sample-models.ts";
import { locateWasm } from "./wasm-engine.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "models-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const entry = (key: string, value: string): ReturnType<typeof makeEntry> => makeEntry(key, value);
function makeEntry(key: string, value: string) {
  return create(StringStringEntryProtoSchema, { key, value });
}

/** The regressor with its weights `w` moved to a file of that name. */
function withWeightsIn(location: string, facts: Readonly<Record<string, string>> = {}): ModelProto {
  const model = regressor();
  const graph = graphOf(model);
  const initializer = graph.initializer.map((tensor) =>
    tensor.name === "w"
      ? replaceFields(tensor, {
          rawData: new Uint8Array(0),
          dataLocation: TensorProto_DataLocation.EXTERNAL,
          externalData: Object.entries({ location, ...facts }).map(([key, value]) =>
            entry(key, value),
          ),
        })
      : tensor,
  );
  return replaceFields(model, { graph: replaceFields(graph, { initializer }) });
}

async function loadFrom(model: ModelProto): Promise<number> {
  const path = join(folder, "outside-weights.onnx");
  await writeFile(path, encodeOnnx(model));
  const loaded = await loadModel({ path, engine: "wasm" });
  const data = Float32Array.of(1, 2);
  const { y } = await loaded.run({ x: { type: "float", dims: [1, 2], data } });
  await loaded.close();
  return Number(y?.data[0]);
}

describe("weights kept beside the model", () => {
  it("are read from the model's folder, at their offset", async () => {
    const bytes = Buffer.from(Float32Array.of(99, 2, -1).buffer);
    await writeFile(join(folder, "weights.bin"), bytes);
    const model = withWeightsIn("weights.bin", { offset: "4", length: "8" });
    expect(await loadFrom(model)).toBe(0.5);
  });

  it.each([
    ["../weights.bin", /outside its own folder/],
    ["/etc/hostname", /outside its own folder/],
    ["C:\\weights.bin", /outside its own folder/],
    ["absent.bin", /absent\.bin are not beside it/],
  ])("are refused at %s", async (location, message) => {
    await expect(loadFrom(withWeightsIn(location))).rejects.toThrow(message);
  });

  it("are refused behind a link that leaves the folder", async () => {
    await symlink(locateWasm(), join(folder, "link.bin"));
    await expect(loadFrom(withWeightsIn("link.bin"))).rejects.toThrow(/leaves the model's folder/);
  });

  it("are refused when the file is shorter than it should be", async () => {
    await writeFile(join(folder, "short.bin"), Buffer.alloc(4));
    const short = withWeightsIn("short.bin", { offset: "0", length: "8" });
    await expect(loadFrom(short)).rejects.toThrow(/bytes 0 to 8 of short\.bin \(4 bytes\)/);
    await expect(loadFrom(withWeightsIn("short.bin"))).rejects.toThrow(/declared as \[2, 1\]/);
  });

  it("are refused when only the model's bytes are given", async () => {
    await expect(openModel(withWeightsIn("weights.bin"))).rejects.toThrow(/only the model's bytes/);
  });
});

describe("a model that asks for too much", () => {
  const fill = (shape: readonly number[]): ModelProto =>
    makeModel({
      name: "fill",
      nodes: [makeNode({ op: "ConstantOfShape", inputs: ["shape"], outputs: ["y"] })],
      inputs: [],
      outputs: [makeValueInfo({ name: "y", type: "float", shape: [null] })],
      initializers: [
        makeTensor({ name: "shape", type: "int64", shape: [shape.length], data: shape }),
      ],
      opsets: { "": 17 },
    });

  it("is refused for a fill of terabytes, not run", async () => {
    await expect(openModel(fill([1_000_000, 1_000_000]))).rejects.toMatchObject({
      code: "MODEL_SHAPE_TOO_LARGE",
    });
  });

  it("is refused for a declared input larger than any table", async () => {
    await expect(openModel(regressor(1_000_000_000))).rejects.toThrow(/\[1000000000, 2\]/);
  });

  it("is refused when a constant holds less than it declares", async () => {
    const model = regressor();
    const graph = graphOf(model);
    const initializer = graph.initializer.map((one) => replaceFields(one, { dims: [2n ** 40n] }));
    const damaged = replaceFields(model, { graph: replaceFields(graph, { initializer }) });
    await expect(openModel(damaged)).rejects.toMatchObject({ code: "MODEL_CONSTANT_SIZE" });
  });
});

describe.each(["wasm", "native"] as const)("what the %s engine cannot run", (engine) => {
  const withNode = (op: string, domain = ""): ModelProto =>
    makeModel({
      name: "odd",
      nodes: [makeNode({ op, domain, inputs: ["x"], outputs: ["y"] })],
      inputs: [makeValueInfo({ name: "x", type: "float", shape: [null, 2] })],
      outputs: [makeValueInfo({ name: "y", type: "float", shape: [null, 2] })],
      opsets: { "": 17, ...(domain === "" ? {} : { [domain]: 1 }) },
    });

  it.each([
    [
      "an operator that ONNX does not have",
      withNode("Mystery"),
      "MODEL_UNKNOWN_OPERATOR",
      /Mystery/,
    ],
    [
      "an operator of an unknown domain",
      withNode("Mystery", "com.example"),
      "MODEL_UNKNOWN_OPERATOR",
      /com\.example:Mystery/,
    ],
    [
      "a newer file format",
      replaceFields(regressor(), { irVersion: 99n }),
      "MODEL_IR_TOO_NEW",
      /IR version is 99, and this runtime knows versions up to \d+/,
    ],
    [
      "a graph whose types disagree",
      replaceFields(regressor(), { opsetImport: [] }),
      "MODEL_REFUSED",
      /^Loading sample\.onnx failed: onnxruntime says: (?!\/)/,
    ],
  ])("is named: %s", async (_, model, code, message) => {
    await expect(openModel(model, { engine })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/.{20}/),
    });
  });
});

describe("what a loaded model tells", () => {
  it("cuts ZipMap, keeps its output's name and the class names", async () => {
    const model = await openModel(zipMapClassifier(["no", "yes"]));
    expect(model.classNames).toEqual(["no", "yes"]);
    const { label, probabilities } = await model.run({
      x: { type: "float", dims: [2, 2], data: Float32Array.of(3, 0, 0, 3) },
    });
    expect(label?.data).toEqual(["yes", "no"]);
    expect(probabilities?.dims).toEqual([2, 2]);
    await model.close();
  });

  it("warns of paths and stack traces that the exporter left, wherever they stand", async () => {
    const clean = await openModel(regressor());
    expect(clean.notes).toEqual([]);
    const model = regressor();
    const graph = graphOf(model);
    const node = graph.node.map((one) =>
      replaceFields(one, {
        metadataProps: [
          entry("pkg.torch.onnx.stack_trace", 'File "/home/ada/train.py", line 7, in forward'),
        ],
      }),
    );
    const leaking = await openModel(
      replaceFields(model, { graph: replaceFields(graph, { node }) }),
    );
    expect(leaking.notes.join()).toMatch(/^2 doc strings .*\/home\/ada\/train\.py/);
    await Promise.all([clean.close(), leaking.close()]);
  });

  it("says in words why a file of rows it cannot take was refused", async () => {
    const model = await openModel(regressor(1));
    const data = new Float32Array(6);
    await expect(model.run({ x: { type: "float", dims: [3, 2], data } })).rejects.toThrow(
      /^Scoring with sample\.onnx failed: onnxruntime says: Got invalid dimensions/,
    );
    await model.close();
  });
});

describe("choosing an engine", () => {
  const nowhere = { native: { find: () => Promise.resolve(null), fetch: null } };

  it("takes WebAssembly where the native runtime is not installed", async () => {
    const model = await openModel(regressor(), { engine: "auto", ...nowhere });
    expect(model.engine).toBe("wasm");
    await model.close();
  });

  it("takes the native runtime where it is installed", async () => {
    const model = await openModel(regressor(), { engine: "auto" });
    expect(model.engine).toBe("native");
    await model.close();
  });

  it("says so when the native runtime was asked for and is not there, or does not load", async () => {
    await expect(openModel(regressor(), { engine: "native", ...nowhere })).rejects.toMatchObject({
      code: "NATIVE_RUNTIME_MISSING",
    });
    const broken = {
      native: { find: () => Promise.resolve(join(folder, "absent.js")), fetch: null },
    };
    await expect(openModel(regressor(), { engine: "native", ...broken })).rejects.toThrow(
      /cannot be loaded/,
    );
  });

  it("finds the wasm file in the installed package, and says where it looked when it is nowhere", () => {
    expect(locateWasm()).toMatch(/onnxruntime-web.*ort-wasm-simd-threaded\.wasm$/);
    expect(() => locateWasm("file:///nowhere/dist/chunk.mjs")).toThrow(/\/nowhere\/dist\/ort-wasm/);
  });

  it("says that a file is not there", async () => {
    await expect(loadModel({ path: join(folder, "absent.onnx") })).rejects.toMatchObject({
      code: "MODEL_NOT_READABLE",
    });
  });
});
