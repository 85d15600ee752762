import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { placeholder, writeGraph, writeSaved, type GraphNode } from "./testing/saved-models.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hostile-tfjs-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** What a process of its own came to that opened a model and scored two rows within 1 GiB of heap. */
interface Ended {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly isWithinMemory: boolean;
}

const program = `
  const [modules, path] = process.argv.slice(1);
  const { loadModel, scoreTable } = await import(modules);
  const column = (name) => ({ kind: "number", name, values: new Float64Array(2), missing: null, integer: false });
  let ended = { name: "scored" };
  try {
    const model = await loadModel({ path, engine: "wasm" });
    await scoreTable(model, { rows: 2, columns: [column("a"), column("b")] }, { task: "regression" });
    await model.close();
  } catch ({ name, code, message }) {
    ended = { name, code, message };
  }
  const isWithinMemory = process.resourceUsage().maxRSS * 1024 < 1.5 * 2 ** 30;
  console.log(JSON.stringify({ ...ended, isWithinMemory }));`;

/** A process that is killed by the memory limit, or that hangs, fails the test. */
async function scoreAlone(path: string): Promise<Ended> {
  const modules = new URL("../index.ts", import.meta.url).href;
  const flags = ["--max-old-space-size=1024", "--input-type=module", "--eval", program];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, "--", modules, path], {
    timeout: 60_000,
  });
  return JSON.parse(stdout) as Ended;
}

type Whole = Readonly<Record<string, readonly number[]>>;

/** A graph of x (two columns) with constants of whole numbers. */
async function writeSized(nodes: readonly GraphNode[], constants: Whole): Promise<string> {
  const names = Object.entries(constants);
  const graph = writeGraph([], [{ name: "w", shape: [2, 1], values: [1, 1] }], {
    inputs: {},
    outputs: {},
  });
  const whole = names.map(([name, values]): GraphNode => {
    const tensorShape = { dim: values.length === 1 ? [] : [{ size: String(values.length) }] };
    const value = { tensor: { dtype: "DT_INT32", tensorShape } };
    return { name, op: "Const", attr: { dtype: { type: "DT_INT32" }, value } };
  });
  const { modelTopology, weightsManifest } = graph.document as {
    readonly modelTopology: { readonly node: readonly GraphNode[] };
    readonly weightsManifest: readonly object[];
  };
  const data = Int32Array.from(names.flatMap(([, values]) => values));
  return writeSaved(folder, {
    document: {
      ...graph.document,
      modelTopology: {
        ...modelTopology,
        node: [...modelTopology.node, ...whole, placeholder("x", 2), ...nodes],
      },
      weightsManifest: [
        ...weightsManifest,
        {
          paths: ["sizes.bin"],
          weights: names.map(([name, values]) => ({
            name,
            shape: values.length === 1 ? [] : [values.length],
            dtype: "int32",
          })),
        },
      ],
    },
    shards: new Map([...graph.shards, ["sizes.bin", new Uint8Array(data.buffer)]]),
  });
}

const float = { T: { type: "DT_FLOAT" } };
const product: GraphNode = { name: "y", op: "MatMul", input: ["x", "w"] };
/** Adds what was made to every answer. */
const added = (name: string): readonly GraphNode[] => [
  { name: "axis", op: "Identity", input: ["all"] },
  { name: "sum", op: "Sum", input: [name, "axis"], attr: { keep_dims: { b: false } } },
  { name: "out", op: "AddV2", input: ["y", "sum"], attr: float },
];

describe("a TensorFlow.js graph that would fill the memory", { timeout: 90_000 }, () => {
  it("is the control: small sizes are scored", async () => {
    const path = await writeSized(
      [product, { name: "big", op: "Fill", input: ["dims", "one"] }, ...added("big")],
      { dims: [2, 3], one: [1], all: [0, 1] },
    );
    expect(await scoreAlone(path)).toMatchObject({ name: "scored", isWithinMemory: true });
  });

  it.each([
    ["Fill", { name: "big", op: "Fill", input: ["dims", "one"] }],
    ["BroadcastTo", { name: "big", op: "BroadcastTo", input: ["one", "dims"] }],
    ["Tile", { name: "big", op: "Tile", input: ["w", "dims"] }],
  ])("is refused before it runs where a constant says the size: %s", async (_, big) => {
    const path = await writeSized([product, big, ...added("big")], {
      dims: [40_000, 30_000],
      one: [1],
      all: [0, 1],
    });
    expect(await scoreAlone(path)).toEqual({
      name: "DataError",
      code: "MODEL_SHAPE_TOO_LARGE",
      message:
        "model.json: node big asks for a tensor of the sizes 40000, 30000; at most 67108864 values are made room for.",
      isWithinMemory: true,
    });
  });

  it("is stopped where only the run tells the size", async () => {
    const path = await writeSized(
      [
        product,
        { name: "dims", op: "Mul", input: ["half", "two"] },
        { name: "big", op: "Fill", input: ["dims", "one"] },
        ...added("big"),
      ],
      { half: [20_000, 15_000], two: [2], one: [1], all: [0, 1] },
    );
    expect(await scoreAlone(path)).toMatchObject({
      name: "DataError",
      code: "MODEL_OUT_OF_MEMORY",
      isWithinMemory: true,
    });
  });

  it("is stopped where rows are multiplied with one another", async () => {
    const path = await writeSized(
      [
        product,
        { name: "line", op: "Range", input: ["from", "to", "one"] },
        { name: "tall", op: "Reshape", input: ["line", "column"] },
        { name: "wide", op: "Reshape", input: ["line", "row"] },
        { name: "big", op: "AddV2", input: ["tall", "wide"], attr: float },
        ...added("big"),
      ],
      { from: [0], to: [100_000], one: [1], column: [-1, 1], row: [1, -1], all: [0, 1] },
    );
    expect(await scoreAlone(path)).toMatchObject({
      name: "DataError",
      code: "MODEL_OUT_OF_MEMORY",
      isWithinMemory: true,
    });
  });

  it("is refused for an input of millions of columns or rows", async () => {
    const graph = writeGraph(
      [placeholder("x", 2 ** 30), { name: "y", op: "Identity", input: ["x"] }],
      [{ name: "w", shape: [1], values: [1] }],
      { inputs: {}, outputs: {} },
    );
    expect(await scoreAlone(await writeSaved(folder, graph))).toMatchObject({
      code: "MODEL_SHAPE_TOO_LARGE",
      message:
        "model.json: input x is declared as [1073741824]; a run is fed at most 16777216 values.",
      isWithinMemory: true,
    });
  });

  it("is refused where a constant has no weights", async () => {
    const nodes: readonly GraphNode[] = [
      placeholder("x", 2),
      { name: "gone", op: "Const", attr: { dtype: { type: "DT_FLOAT" } } },
      { name: "y", op: "MatMul", input: ["x", "gone"] },
    ];
    const graph = writeGraph(nodes, [{ name: "w", shape: [1], values: [1] }], {
      inputs: {},
      outputs: {},
    });
    expect(await scoreAlone(await writeSaved(folder, graph))).toMatchObject({
      name: "DataError",
      message: expect.stringContaining("model.json") as string,
      isWithinMemory: true,
    });
  });

  it("is refused, or scored, but not waited for, for a chain of 50,000 nodes", async () => {
    const chain = Array.from({ length: 50_000 }, (_, at): GraphNode => ({
      name: `n${at}`,
      op: "Identity",
      input: [at === 0 ? "x" : `n${at - 1}`],
    }));
    const graph = writeGraph([placeholder("x", 2), ...chain], [], { inputs: {}, outputs: {} });
    const ended = await scoreAlone(await writeSaved(folder, graph));
    expect(["scored", "DataError"]).toContain(ended.name);
    expect(ended.isWithinMemory).toBe(true);
  });

  it("is refused for a model.json that is all brackets", async () => {
    const path = join(folder, "model.json");
    const head = '{"format":"graph-model","weightsManifest":[],"modelTopology":{"node":[';
    await writeFile(path, `${head}${"[],".repeat(5_000_000)}[]]}}`);
    const ended = await scoreAlone(path);
    expect(ended).toMatchObject({ name: "DataError", isWithinMemory: true });
    await writeFile(path, `${head}${"[],".repeat(8_000_000)}[]]}}`);
    expect(await scoreAlone(path)).toMatchObject({ code: "MODEL_JSON_TOO_LARGE" });
  });
});

describe("layers of TensorFlow.js that would fill the memory", { timeout: 90_000 }, () => {
  const sequential = (config: object) => ({
    format: "layers-model",
    modelTopology: {
      class_name: "Sequential",
      config: {
        name: "s",
        layers: [
          { class_name: "Dense", config: { name: "d", batch_input_shape: [null, 2], ...config } },
        ],
      },
    },
    weightsManifest: [
      { paths: ["w.bin"], weights: [{ name: "d/kernel", shape: [2, 1], dtype: "float32" }] },
    ],
  });
  const write = (document: object): Promise<string> =>
    writeSaved(folder, {
      document: document as Readonly<Record<string, unknown>>,
      shards: new Map([["w.bin", new Uint8Array(8)]]),
    });

  it.each([[2_000_000_000], ["2000000000"]])("are refused for units: %j", async (units) => {
    expect(await scoreAlone(await write(sequential({ units })))).toMatchObject({
      name: "DataError",
      code: "MODEL_SHAPE_TOO_LARGE",
      isWithinMemory: true,
    });
  });

  it("are refused for a kernel of thousands in three directions", async () => {
    const convolution = {
      format: "layers-model",
      modelTopology: {
        class_name: "Sequential",
        config: {
          name: "s",
          layers: [
            {
              class_name: "Conv2D",
              config: {
                name: "d",
                batch_input_shape: [null, 4, 4, 64],
                filters: 4096,
                kernel_size: [4096, 4096],
              },
            },
          ],
        },
      },
      weightsManifest: sequential({}).weightsManifest,
    };
    expect(await scoreAlone(await write(convolution))).toMatchObject({
      name: "DataError",
      isWithinMemory: true,
    });
  });
});
