import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataError } from "#core";
import { StringStringEntryProtoSchema, TensorProto_DataLocation } from "./generated/onnx_pb.ts";
import { loadModel } from "./load-model.ts";
import { makeModel, makeNode, makeTensor, makeValueInfo, type ModelFacts } from "./onnx-builder.ts";
import { graphOf } from "./onnx-graph.ts";
import type { ModelProto, TensorProto } from "./onnx-proto.ts";
import { encodeOnnx, replaceFields } from "./onnx-proto.ts";
import { regressor } from "./testing/sample-models.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hostile-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** What a process of its own came to that opened a model within 1 GiB of heap. */
interface Ended {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** Whether the whole process stayed under 1.5 GiB. */
  readonly isWithinMemory: boolean;
}

const program = `
  const [modules, path, engine] = process.argv.slice(1);
  const { loadModel } = await import(modules);
  let ended = { name: "opened" };
  try {
    await (await loadModel({ path, engine })).close();
  } catch ({ name, code, message, hint }) {
    ended = { name, code, message, hint };
  }
  const isWithinMemory = process.resourceUsage().maxRSS * 1024 < 1.5 * 2 ** 30;
  console.log(JSON.stringify({ ...ended, isWithinMemory }));`;

/** A process that is killed by the memory limit, or that hangs, fails the test. */
async function openAlone(bytes: Uint8Array, engine = "wasm"): Promise<Ended> {
  const path = join(folder, "hostile.onnx");
  await writeFile(path, bytes);
  const modules = new URL("load-model.ts", import.meta.url).href;
  const flags = ["--max-old-space-size=1024", "--input-type=module", "--eval", program];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...flags, "--", modules, path, engine],
    { timeout: 60_000 },
  );
  return JSON.parse(stdout) as Ended;
}

/** What a refusal looks like that names the file and says what to do. */
function refusal(code: string, message: RegExp): object {
  return {
    name: "DataError",
    code,
    message: expect.stringMatching(message),
    hint: expect.stringMatching(/.{20}/),
    isWithinMemory: true,
  };
}

/** A field of bytes in protobuf's writing. */
function field(number: number, content: Uint8Array): Uint8Array {
  const head: number[] = [];
  for (let tag = number * 8 + 2; ; tag = Math.floor(tag / 128)) {
    head.push((tag % 128) + (tag >= 128 ? 128 : 0));
    if (tag < 128) break;
  }
  for (let length = content.length; ; length = Math.floor(length / 128)) {
    head.push((length % 128) + (length >= 128 ? 128 : 0));
    if (length < 128) break;
  }
  return Buffer.concat([Uint8Array.from(head), content]);
}

const GRAPH = 7;
const NODE = 1;
const ATTRIBUTE = 5;
const SUBGRAPH = 6;

/** A model around a graph's bytes, with its IR version first. */
const modelAround = (graph: Uint8Array): Uint8Array =>
  Buffer.concat([Uint8Array.of(8, 8), field(GRAPH, graph)]);

const repeated = (part: Uint8Array, times: number): Uint8Array =>
  Buffer.alloc(part.length * times, part);

describe("a file whose structure would fill the memory", { timeout: 90_000 }, () => {
  it("is refused for nodes by the million", async () => {
    const graph = repeated(field(NODE, new Uint8Array()), 4_000_000);
    expect(await openAlone(modelAround(graph))).toEqual(
      refusal(
        "MODEL_TOO_LARGE",
        /^hostile\.onnx: reading its structure would take more than 1\.5 GiB of memory; counted up to there: [\d,]+ nodes/,
      ),
    );
  });

  it("is refused for whole numbers by the million in an attribute", async () => {
    const ints = field(8, new Uint8Array(60_000_000).fill(1));
    const node = field(NODE, field(ATTRIBUTE, ints));
    expect(await openAlone(modelAround(node))).toEqual(
      refusal("MODEL_TOO_LARGE", /60,000,000 numbers in lists/),
    );
  });

  it("is refused for texts by the million", async () => {
    const inputs = repeated(field(1, Uint8Array.of(120)), 12_000_000);
    expect(await openAlone(modelAround(field(NODE, inputs)))).toEqual(
      refusal("MODEL_TOO_LARGE", /[\d,]+ texts/),
    );
  });

  it("is refused for a group, behind which nothing would be counted", async () => {
    const nodes = repeated(field(NODE, new Uint8Array()), 4_000_000);
    // Field 100 of the graph: a group that begins and ends at once.
    const group = Uint8Array.of(0xa3, 0x06, 0xa4, 0x06);
    expect(await openAlone(modelAround(Buffer.concat([group, nodes])))).toEqual(
      refusal("MODEL_NOT_ONNX", /its protobuf message ends or breaks/),
    );
  });

  it("is refused for graphs within graphs without end", async () => {
    let graph: Uint8Array = field(2, Buffer.from("innermost"));
    for (let level = 0; level < 3000; level += 1) {
      graph = field(NODE, field(ATTRIBUTE, field(SUBGRAPH, graph)));
    }
    expect(await openAlone(modelAround(graph))).toEqual(
      refusal("MODEL_TOO_DEEP", /more than 128 messages deep/),
    );
  });

  it("is refused, or opened, but not died of, for a chain of 100,000 nodes", async () => {
    const count = 100_000;
    const names = Array.from({ length: count + 1 }, (_, at) => (at === count ? "y" : `t${at}`));
    const nodes = names
      .slice(1)
      .map((name, at) =>
        makeNode({ op: "Identity", inputs: [at === 0 ? "x" : (names[at] ?? "")], outputs: [name] }),
      );
    const ended = await openAlone(encodeOnnx(around({ nodes })));
    expect(["opened", "DataError"]).toContain(ended.name);
    expect(ended.isWithinMemory).toBe(true);
  });
});

function around(facts: Partial<ModelFacts>): ModelProto {
  return makeModel({
    name: "hostile",
    nodes: [],
    inputs: [makeValueInfo({ name: "x", type: "float", shape: [null, 2] })],
    outputs: [makeValueInfo({ name: "y", type: "float", shape: [null, 2] })],
    opsets: { "": 17 },
    ...facts,
  });
}

const integers = (name: string, data: readonly number[]): TensorProto =>
  makeTensor({ name, type: "int64", shape: [data.length], data });

describe("a file that asks a runtime for terabytes", { timeout: 90_000 }, () => {
  const shapes: readonly (readonly [string, Partial<ModelFacts>, RegExp])[] = [
    [
      "a shape put together by other nodes",
      {
        nodes: [
          makeNode({ op: "Mul", inputs: ["million", "million"], outputs: ["product"] }),
          makeNode({ op: "Concat", inputs: ["million", "product"], outputs: ["shape"] }),
          makeNode({ op: "ConstantOfShape", inputs: ["shape"], outputs: ["y"], name: "fill" }),
        ],
        initializers: [integers("million", [1_000_000])],
      },
      /Node fill \(ConstantOfShape\) asks for a tensor with shape \[1000000, 1000000000000\]/,
    ],
    [
      "repetitions",
      {
        nodes: [makeNode({ op: "Tile", inputs: ["x", "times"], outputs: ["y"] })],
        initializers: [integers("times", [4_000_000, 4_000_000])],
      },
      /\(Tile\) .* \[4000000, 4000000\]/,
    ],
    [
      "a range",
      {
        nodes: [makeNode({ op: "Range", inputs: ["from", "to", "by"], outputs: ["y"] })],
        initializers: [integers("from", [0]), integers("to", [2 ** 50]), integers("by", [1])],
      },
      /\(Range\)/,
    ],
    [
      "random numbers",
      {
        nodes: [
          makeNode({
            op: "RandomUniform",
            inputs: [],
            outputs: ["y"],
            attributes: { shape: { kind: "ints", values: [2 ** 40, 2 ** 22] } },
          }),
        ],
      },
      /\(RandomUniform\)/,
    ],
    [
      "sizes whose product is past any number, one of them negative",
      {
        nodes: [makeNode({ op: "Expand", inputs: ["x", "shape"], outputs: ["y"] })],
        initializers: [integers("shape", [-1, 2 ** 52, 2 ** 52])],
      },
      /\(Expand\) asks/,
    ],
    [
      "an output's declaration",
      { outputs: [makeValueInfo({ name: "y", type: "float", shape: [2 ** 40, 2 ** 40] })] },
      /y is declared with shape/,
    ],
  ];
  it.each(shapes)("is refused for %s", async (_, facts, message) => {
    expect(await openAlone(encodeOnnx(around(facts)))).toEqual(
      refusal("MODEL_SHAPE_TOO_LARGE", message),
    );
  });

  const vector = (name: string, shape: readonly number[]): TensorProto =>
    makeTensor({ name, type: "float", shape, data: new Float32Array(2 ** 15) });
  const products: readonly (readonly [string, readonly ReturnType<typeof makeNode>[]])[] = [
    ["MatMul", [makeNode({ op: "MatMul", inputs: ["column", "row"], outputs: ["y"] })]],
    ["Add", [makeNode({ op: "Add", inputs: ["column", "row"], outputs: ["y"] })]],
    [
      "Mul",
      [
        makeNode({ op: "Transpose", inputs: ["column"], outputs: ["turned"] }),
        makeNode({ op: "Relu", inputs: ["turned"], outputs: ["kept"] }),
        makeNode({ op: "Mul", inputs: ["column", "kept"], outputs: ["y"] }),
      ],
    ],
  ];
  it.each(
    products.flatMap(([op, nodes]) =>
      (["wasm", "native"] as const).map((engine) => [op, engine, nodes] as const),
    ),
  )(
    "is refused for %s of two small constants, which %s would work out",
    async (op, engine, nodes) => {
      const initializers = [vector("column", [2 ** 15, 1]), vector("row", [1, 2 ** 15])];
      expect(await openAlone(encodeOnnx(around({ nodes, initializers })), engine)).toEqual(
        refusal(
          "MODEL_SHAPE_TOO_LARGE",
          new RegExp(`\\(${op}\\) makes a tensor of constants with shape \\[32768, 32768\\]`),
        ),
      );
    },
  );

  it("is told that there is no such memory where only the runtime can see it", async () => {
    const side = 2 ** 17;
    const vector = (name: string, shape: readonly number[]): TensorProto =>
      makeTensor({ name, type: "float", shape, data: new Float32Array(side) });
    const product = around({
      nodes: [makeNode({ op: "MatMul", inputs: ["column", "row"], outputs: ["y"] })],
      initializers: [vector("column", [side, 1]), vector("row", [1, side])],
    });
    const ended = await openAlone(encodeOnnx(product));
    expect(["opened", "DataError"]).toContain(ended.name);
    expect(ended.isWithinMemory).toBe(true);
  });
});

function withConstant(change: Partial<TensorProto>): ModelProto {
  const model = regressor();
  const graph = graphOf(model);
  const initializer = graph.initializer.map((tensor) =>
    tensor.name === "w" ? replaceFields(tensor, change) : tensor,
  );
  return replaceFields(model, { graph: replaceFields(graph, { initializer }) });
}

const refused = (model: ModelProto | Uint8Array): Promise<unknown> =>
  loadModel({
    bytes: model instanceof Uint8Array ? model : encodeOnnx(model),
    fileName: "hostile.onnx",
    engine: "wasm",
  }).catch((error: unknown) => error);

describe("a damaged file", () => {
  it.each([
    [[-1n, -2n], /constant w is declared as \[-1, -2\]; sizes are never negative/],
    [[2n ** 62n, 2n ** 62n], /declared as \[4611686018427388000, .* but holds 2/],
    [[0n, 2n ** 62n], /but holds 2/],
  ])("is refused for a constant of the shape %s", async (dims, message) => {
    expect(await refused(withConstant({ dims }))).toMatchObject({
      code: "MODEL_CONSTANT_SIZE",
      message: expect.stringMatching(message),
    });
  });

  it("is refused wherever it is cut off", async () => {
    const whole = encodeOnnx(regressor());
    for (let length = 0; length < whole.length; length += 1) {
      const error = await refused(whole.subarray(0, length));
      // Cut between two fields it may be a whole model, with less in it.
      if (error instanceof Error) {
        expect(error, `${length} bytes`).toBeInstanceOf(DataError);
        expect(error.message).toContain("hostile.onnx");
      } else {
        await (error as { close: () => Promise<void> }).close();
      }
    }
  });

  it("is refused for a graph that runs in a circle", async () => {
    const nodes = [
      makeNode({ op: "Add", inputs: ["x", "b"], outputs: ["a"] }),
      makeNode({ op: "Relu", inputs: ["a"], outputs: ["b"] }),
      makeNode({ op: "Identity", inputs: ["b"], outputs: ["y"] }),
    ];
    expect(await refused(around({ nodes }))).toMatchObject({
      name: "DataError",
      code: "MODEL_REFUSED",
      message: expect.stringMatching(/^Loading hostile\.onnx failed: onnxruntime says: .*/),
    });
  });

  it("is refused in a few words whatever length its names have", async () => {
    const name = "n".repeat(5_000_000);
    for (const model of [
      withConstant({ name, dims: [7n] }),
      around({ nodes: [makeNode({ op: name, inputs: ["x"], outputs: ["y"] })] }),
      around({ inputs: [makeValueInfo({ name, type: "float", shape: [2 ** 30] })] }),
    ]) {
      const error = await refused(model);
      expect(error).toBeInstanceOf(DataError);
      expect((error as DataError).message.length).toBeLessThan(2000);
    }
  });
});

describe("weights that are no plain file", () => {
  const outside = (location: string): ModelProto =>
    withConstant({
      rawData: new Uint8Array(),
      dataLocation: TensorProto_DataLocation.EXTERNAL,
      externalData: [create(StringStringEntryProtoSchema, { key: "location", value: location })],
    });
  const load = async (location: string): Promise<unknown> => {
    const path = join(folder, "outside.onnx");
    await writeFile(path, encodeOnnx(outside(location)));
    return loadModel({ path, engine: "wasm" }).catch((error: unknown) => error);
  };

  it("are refused: a folder, a name with a zero byte", async () => {
    await mkdir(join(folder, "inner"), { recursive: true });
    expect(await load("inner")).toMatchObject({
      code: "MODEL_EXTERNAL_DATA",
      message: expect.stringContaining("its weights inner are no file"),
    });
    expect(await load("a\0b")).toMatchObject({ code: "MODEL_EXTERNAL_DATA" });
  });

  it.skipIf(process.platform === "win32")(
    "are refused: a pipe, which is not waited for",
    async () => {
      await promisify(execFile)("mkfifo", [join(folder, "pipe.bin")]);
      expect(await load("pipe.bin")).toMatchObject({
        code: "MODEL_EXTERNAL_DATA",
        message: expect.stringContaining("pipe.bin are no file"),
      });
    },
  );
});
