import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as TfCore from "@tensorflow/tfjs-core";
import type * as TfLayers from "@tensorflow/tfjs-layers";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { loadModel, type EngineOptions, type Model } from "../load-model.ts";
import { scoreRows, scoreTable } from "../score.ts";
import { signatureOf } from "../signature.ts";
import { numberColumn, tableOf } from "../testing/sample-models.ts";
import {
  placeholder,
  saveLayers,
  writeGraph,
  writeSaved,
  type GraphNode,
  type SavedModel,
} from "./testing/saved-models.ts";

const require = createRequire(import.meta.url);
const tf = require("@tensorflow/tfjs-core") as typeof TfCore;
const layers = require("@tensorflow/tfjs-layers") as typeof TfLayers;

let folder = "";
beforeAll(async () => {
  await import("@tensorflow/tfjs-backend-cpu");
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tfjs-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function load(saved: SavedModel, options: EngineOptions = {}): Promise<Model> {
  return loadModel({ path: await writeSaved(folder, saved), ...options });
}

/** a, b → three logits by W = [[1, 0, -1], [0, 1, 1]] and b = [0, 0.5, -0.5]. */
const weights = { kernel: [1, 0, -1, 0, 1, 1], bias: [0, 0.5, -0.5] };

function softmaxLayers() {
  const dense = layers.layers.dense({ units: 3, activation: "softmax", inputShape: [2] });
  const model = layers.sequential({ layers: [dense] });
  dense.setWeights([tf.tensor2d(weights.kernel, [2, 3]), tf.tensor1d(weights.bias)]);
  return model;
}

/** Two inputs of one column, joined, then one sigmoid of 2 · width − height + 0.25. */
function sigmoidOfTwoInputs() {
  const width = layers.input({ shape: [1], name: "width" });
  const height = layers.input({ shape: [1], name: "height" });
  const joined = layers.layers.concatenate().apply([width, height]);
  const dense = layers.layers.dense({ units: 1, activation: "sigmoid" });
  const output = dense.apply(joined) as typeof width;
  const model = layers.model({ inputs: [width, height], outputs: output });
  dense.setWeights([tf.tensor2d([2, -1], [2, 1]), tf.tensor1d([0.25])]);
  return model;
}

/** y = relu(x · [[1, -1], [2, 0]] + [0, 1]) · [[3], [10]] − 4. */
function hiddenRelu(batch?: number) {
  const hidden = layers.layers.dense({
    units: 2,
    activation: "relu",
    ...(batch === undefined ? { inputShape: [2] } : { batchInputShape: [batch, 2] }),
  });
  const last = layers.layers.dense({ units: 1 });
  const model = layers.sequential({ layers: [hidden, last] });
  hidden.setWeights([tf.tensor2d([1, -1, 2, 0], [2, 2]), tf.tensor1d([0, 1])]);
  last.setWeights([tf.tensor2d([3, 10], [2, 1]), tf.tensor1d([-4])]);
  return model;
}

const graphWeights = [
  { name: "w", shape: [2, 3], values: weights.kernel },
  { name: "b", shape: [3], values: weights.bias },
];
const graphNodes: readonly GraphNode[] = [
  placeholder("serving_default_x", 2),
  { name: "product", op: "MatMul", input: ["serving_default_x", "w"] },
  { name: "logits", op: "BiasAdd", input: ["product", "b"] },
  { name: "Softmax", op: "Softmax", input: ["logits"] },
  { name: "Identity", op: "Identity", input: ["Softmax"] },
];
const graphSignature = {
  inputs: { x: { name: "serving_default_x:0" } },
  outputs: { probabilities: { name: "Identity:0" } },
};
const softmaxGraph = () => writeGraph(graphNodes, graphWeights, graphSignature);

const rows = tableOf(numberColumn("a", [1, 0]), numberColumn("b", [2, -1]));

/** Row (1, 2): logits 1, 2.5, 0.5; row (0, -1): 0, -0.5, -1.5. */
function expectSoftmax(scores: readonly Float64Array[]): void {
  [
    [1, 2.5, 0.5],
    [0, -0.5, -1.5],
  ].forEach((logits, row) => {
    const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
    logits.forEach((logit, at) => {
      expect(scores[at]?.[row]).toBeCloseTo(Math.exp(logit) / sum, 6);
    });
  });
}

describe("a model of layers", () => {
  it("gives the softmax of the products worked by hand, from several weight files", async () => {
    const saved = await saveLayers(softmaxLayers());
    expect(saved.shards.size).toBe(3);
    const model = await load(saved);
    expect([model.engine, model.inputs[0]?.shape]).toEqual(["tfjs", [null, 2]]);
    const predictions = await scoreTable(model, rows);
    if (predictions.kind !== "classification") throw new Error("it classifies");
    expectSoftmax(predictions.scores);
    expect([...predictions.labels]).toEqual([1, 0]);
    expect(predictions.classes).toEqual(["0", "1", "2"]);
    await model.close();
  });

  it("takes one input a column by name and reads a sigmoid as the positive class's probability", async () => {
    const saved = await saveLayers(sigmoidOfTwoInputs(), { metadata: { classes: ["no", "yes"] } });
    const model = await load(saved);
    const predictions = await scoreRows(model, [
      { height: 3, width: 1 },
      { height: 0, width: 0 },
    ]);
    if (predictions.kind !== "classification") throw new Error("it classifies");
    // 2 · 1 − 3 + 0.25 = −0.75, and 0.25.
    expect(predictions.scores[1]?.[0]).toBeCloseTo(1 / (1 + Math.exp(0.75)), 6);
    expect(predictions.scores[1]?.[1]).toBeCloseTo(1 / (1 + Math.exp(-0.25)), 6);
    expect(predictions.classes).toEqual(["no", "yes"]);
    expect([...predictions.labels]).toEqual([0, 1]);
    await model.close();
  });

  it("gives a regression's values, and its signature", async () => {
    const model = await load(await saveLayers(hiddenRelu()));
    const predictions = await scoreTable(model, rows);
    if (predictions.kind !== "regression") throw new Error("it regresses");
    // (1, 2): relu(5, 0) → 15 − 4; (0, −1): relu(−2, 1) → 10 − 4.
    expect([...predictions.values]).toEqual([11, 6]);
    const { columns, outputs } = signatureOf(model, ["a", "b"]);
    expect(columns.map(({ name, kind, index }) => [name, kind, index])).toEqual([
      ["a", "number", 0],
      ["b", "number", 1],
    ]);
    expect(outputs).toEqual([
      { name: expect.stringMatching(/^dense/), type: "float", shape: [null, 1] },
    ]);
    await model.close();
  });

  it("is run in chunks of the batch that it was made for", async () => {
    const model = await load(await saveLayers(hiddenRelu(4)));
    expect(model.runSize).toMatchObject({ rows: 4, paddedTo: 4 });
    const many = tableOf(numberColumn("a", [1, 0, 1, 0, 1]), numberColumn("b", [2, -1, 2, -1, 2]));
    const predictions = await scoreTable(model, many);
    expect(predictions.kind === "regression" && [...predictions.values]).toEqual([
      11, 6, 11, 6, 11,
    ]);
    await model.close();
  });

  it("is named by its layer where that is not known", async () => {
    const saved = await saveLayers(softmaxLayers());
    const text = JSON.stringify(saved.document).replace('"Dense"', '"Mystery"');
    const path = await writeSaved(folder, { ...saved, document: JSON.parse(text) });
    await expect(loadModel({ path })).rejects.toMatchObject({
      code: "MODEL_UNKNOWN_OPERATOR",
      message: expect.stringMatching(/^Loading model\.json failed: it uses the layer Mystery,/),
    });
  });

  it("is refused where its layers ask for room that its weights do not fill", async () => {
    const saved = await saveLayers(softmaxLayers());
    const text = JSON.stringify(saved.document).replace('"units":3', '"units":3000000000');
    const path = await writeSaved(folder, { ...saved, document: JSON.parse(text) });
    await expect(loadModel({ path })).rejects.toMatchObject({
      code: "MODEL_SHAPE_TOO_LARGE",
      message: expect.stringMatching(/sizes of 3000000000 and 2, but its weights hold 9 values/),
    });
  });
});

describe("a graph model", () => {
  it("gives the softmax of the products worked by hand, by the names of its signature", async () => {
    const model = await load(softmaxGraph());
    expect(model.inputs.map(({ name, type, shape }) => [name, type, shape])).toEqual([
      ["x", "float", [null, 2]],
    ]);
    expect([...model.probabilityOutputs]).toEqual(["probabilities"]);
    const predictions = await scoreTable(model, rows);
    if (predictions.kind !== "classification") throw new Error("it classifies");
    expectSoftmax(predictions.scores);
    await model.close();
  });

  it("goes by its nodes' names without a signature", async () => {
    const { document, shards } = softmaxGraph();
    const { signature: _, ...rest } = document;
    const model = await load({ document: rest, shards });
    expect(model.inputs.map(({ name }) => name)).toEqual(["serving_default_x"]);
    expect(model.outputs.map(({ name }) => name)).toEqual(["Identity"]);
    await model.close();
  });

  it("undoes the quantisation of its weights: stored 0, 5, 10 with scale 0.5 less 1", async () => {
    const nodes = [
      placeholder("x", 3),
      { name: "y", op: "MatMul", input: ["x", "w"] },
    ] satisfies GraphNode[];
    const graph = writeGraph(nodes, [{ name: "w", shape: [3, 1], values: [0, 0, 0] }], {
      inputs: {},
      outputs: {},
    });
    const quantization = { dtype: "uint8", scale: 0.5, min: -1 };
    const model = await load({
      document: {
        ...graph.document,
        weightsManifest: [
          {
            paths: ["w.bin"],
            weights: [{ name: "w", shape: [3, 1], dtype: "float32", quantization }],
          },
        ],
      },
      shards: new Map([["w.bin", Uint8Array.of(0, 5, 10)]]),
    });
    const one = tableOf(numberColumn("a", [1]), numberColumn("b", [10]), numberColumn("c", [100]));
    const predictions = await scoreTable(model, one, { task: "regression" });
    // −1 · 1 + 1.5 · 10 + 4 · 100.
    expect(predictions.kind === "regression" && predictions.values[0]).toBe(414);
    await model.close();
  });

  it("runs a branch that only the values decide", async () => {
    const nodes = [
      placeholder("x", 1),
      { name: "sum", op: "Sum", input: ["x", "axis"], attr: { keep_dims: { b: false } } },
      { name: "isLarge", op: "Greater", input: ["sum", "limit"] },
      { name: "switch", op: "Switch", input: ["x", "isLarge"] },
      { name: "double", op: "Add", input: ["switch:1", "switch:1"] },
      { name: "y", op: "Merge", input: ["switch", "double"] },
    ] satisfies GraphNode[];
    const axis = [{ name: "limit", shape: [], values: [10] }];
    const graph = writeGraph(nodes, axis, { inputs: {}, outputs: {} });
    const { modelTopology, weightsManifest } = graph.document as {
      readonly modelTopology: { readonly node: readonly GraphNode[] };
      readonly weightsManifest: readonly { readonly weights: readonly object[] }[];
    };
    const constant = { name: "axis", op: "Const", attr: { dtype: { type: "DT_INT32" } } };
    const model = await load({
      document: {
        ...graph.document,
        modelTopology: { ...modelTopology, node: [constant, ...modelTopology.node] },
        weightsManifest: [
          ...weightsManifest,
          { paths: ["axis.bin"], weights: [{ name: "axis", shape: [2], dtype: "int32" }] },
        ],
      },
      shards: new Map([...graph.shards, ["axis.bin", new Uint8Array(Int32Array.of(0, 1).buffer)]]),
    });
    const score = async (values: readonly number[]) => {
      const predictions = await scoreTable(model, tableOf(numberColumn("x", values)), {
        task: "regression",
      });
      return predictions.kind === "regression" ? [...predictions.values] : [];
    };
    expect(await score([1, 2])).toEqual([1, 2]);
    expect(await score([7, 8])).toEqual([14, 16]);
    await model.close();
  });

  it("is named by its operator where that is not known", async () => {
    const nodes = graphNodes.map((node) =>
      node.op === "Softmax" ? { ...node, op: "Mystery" } : node,
    );
    const model = load(writeGraph(nodes, graphWeights, graphSignature));
    await expect(model.then((one) => scoreTable(one, rows))).rejects.toMatchObject({
      code: "MODEL_UNKNOWN_OPERATOR",
      message: expect.stringMatching(/it uses the operator Mystery,/),
    });
  });

  it("is refused where its nodes run in a circle", async () => {
    const nodes = graphNodes.map((node) =>
      node.name === "product" ? { ...node, input: ["Identity", "w"] } : node,
    );
    const model = load(writeGraph(nodes, graphWeights, graphSignature));
    await expect(model.then((one) => scoreTable(one, rows))).rejects.toMatchObject({
      name: "DataError",
      message: expect.stringContaining("model.json"),
    });
  });
});

describe("weight files", () => {
  it("that are cut off are named", async () => {
    const saved = await saveLayers(softmaxLayers());
    const names = [...saved.shards.keys()];
    for (const [at, name] of names.entries()) {
      const path = await writeSaved(folder, saved);
      await truncate(join(folder, name), 3);
      await expect(loadModel({ path }), `${at}`).rejects.toMatchObject({
        code: "MODEL_WEIGHT_FILES",
        message: expect.stringMatching(
          `^model\\.json cannot be loaded: the weights' shapes add up to 36 bytes, but there are \\d+: ${name} \\(3 bytes\\) is too short\\.$`,
        ),
      });
    }
  });

  it("that hold more than the shapes say are refused", async () => {
    const path = await writeSaved(folder, softmaxGraph());
    await writeFile(join(folder, "group1-shard1of1.bin"), new Uint8Array(40));
    await expect(loadModel({ path })).rejects.toThrow(/add up to 36 bytes, but there are 40/);
  });

  const withPath = (path: string): SavedModel => {
    const { document, shards } = softmaxGraph();
    const text = JSON.stringify(document).replace("group1-shard1of1.bin", path);
    return { document: JSON.parse(text), shards };
  };

  it.each([
    ["../outside.bin", /names weights outside its own folder \(\.\.\/outside\.bin\)/],
    ["/etc/hostname", /outside its own folder/],
    ["C:/weights.bin", /outside its own folder/],
    ["https://weights.example/w.bin", /outside its own folder/],
    ["a/../../outside.bin", /outside its own folder/],
    ["absent.bin", /its weight file absent\.bin is not beside it/],
    [".", /its weight file \. is no file/],
  ])("at %s are refused", async (path, message) => {
    await expect(load(withPath(path))).rejects.toThrow(message);
  });

  it("behind a link that leaves the folder are refused", async () => {
    await writeFile(join(folder, "outside.bin"), new Uint8Array(36));
    await mkdir(join(folder, "model"));
    await symlink(join(folder, "outside.bin"), join(folder, "model/link.bin"));
    const path = await writeSaved(join(folder, "model"), withPath("link.bin"));
    await expect(loadModel({ path })).rejects.toThrow(/link\.bin is a link that leaves/);
  });

  it("are needed: a model.json's bytes alone say so", async () => {
    const bytes = Buffer.from(JSON.stringify(softmaxGraph().document));
    await expect(loadModel({ bytes, fileName: "model.json" })).rejects.toThrow(
      /only model\.json's bytes were given/,
    );
  });

  it.each([
    ['{"format": "layers-model", "modelTopology": {}', "INVALID_JSON"],
    ['{"format": "layers-model", "modelTopology": {}}', "INVALID_DOCUMENT"],
    [
      '{"format": "graph-model", "modelTopology": {}, "weightsManifest": [{"paths": ["w"], "weights": [{"name": "w", "shape": [-1], "dtype": "float32"}]}]}',
      "INVALID_DOCUMENT",
    ],
  ])("of a broken model.json are not looked for: %s", async (text, code) => {
    const path = join(folder, "model.json");
    await writeFile(path, text);
    await expect(loadModel({ path })).rejects.toMatchObject({ code });
  });
});

/** A module in the place of tfjs-node: it notes that it was loaded, and passes on to plain TensorFlow.js. */
async function installStandIn(body: string): Promise<string> {
  const place = join(folder, "project/node_modules/@tensorflow/tfjs-node");
  await mkdir(place, { recursive: true });
  const main = JSON.stringify({ name: "@tensorflow/tfjs-node", main: "index.js" });
  await writeFile(join(place, "package.json"), main);
  await writeFile(join(place, "index.js"), body);
  return join(folder, "project");
}

const standIn = `
  const { createRequire } = require("node:module");
  const own = createRequire(${JSON.stringify(import.meta.url)});
  const calls = (globalThis.tfjsStandInCalls = []);
  if (!require("util").isNullOrUndefined(undefined)) throw new Error("not restored");
  calls.push("loaded");
  exports.tensor = own("@tensorflow/tfjs-core").tensor;
  exports.loadLayersModel = (handler) => {
    calls.push("loadLayersModel");
    return own("@tensorflow/tfjs-layers").loadLayersModel(handler);
  };
  exports.loadGraphModel = () => { throw new Error("not used here"); };`;

describe("tfjs-node", () => {
  it("of the user's project is taken, with what Node took away put back", async () => {
    const projectFolder = await installStandIn(standIn);
    const model = await load(await saveLayers(hiddenRelu()), { projectFolder });
    expect(model.engine).toBe("tfjs-node");
    const predictions = await scoreTable(model, rows);
    expect(predictions.kind === "regression" && [...predictions.values]).toEqual([11, 6]);
    expect(Reflect.get(globalThis, "tfjsStandInCalls")).toEqual(["loaded", "loadLayersModel"]);
    await model.close();
  });

  it("is left alone with engine: wasm", async () => {
    const projectFolder = await installStandIn("throw new Error('not to be loaded');");
    const model = await load(softmaxGraph(), { projectFolder, engine: "wasm" });
    expect([model.engine, model.notes]).toEqual(["tfjs", []]);
    await model.close();
  });

  it("that does not load is told of, and does not stop auto", async () => {
    const projectFolder = await installStandIn("throw new Error('libtensorflow is missing');");
    const model = await load(softmaxGraph(), { projectFolder });
    expect(model.engine).toBe("tfjs");
    expect(model.notes).toEqual([
      "The project's tfjs-node cannot be loaded and is not used: libtensorflow is missing",
    ]);
    await model.close();
    await expect(load(softmaxGraph(), { projectFolder, engine: "native" })).rejects.toMatchObject({
      code: "TFJS_NODE_MISSING",
      message: expect.stringContaining("libtensorflow is missing"),
    });
  });

  it("that was asked for and is not there is an error that says what to do", async () => {
    const options = { projectFolder: folder, engine: "native" } as const;
    await expect(load(softmaxGraph(), options)).rejects.toMatchObject({
      code: "TFJS_NODE_MISSING",
      hint: expect.stringContaining("engine: auto"),
    });
  });
});
