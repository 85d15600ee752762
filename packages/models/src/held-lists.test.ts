import { equals, fromBinary, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ModelProtoSchema } from "./generated/onnx_pb.ts";
import { floatsOf, integersOf, textsOf } from "./held-lists.ts";
import { makeModel, makeNode, makeValueInfo, type Attribute } from "./onnx-builder.ts";
import { graphOf } from "./onnx-graph.ts";
import type { AttributeProto, ModelProto } from "./onnx-proto.ts";
import { decodeOnnx, encodeOnnx } from "./onnx-proto.ts";

const count = 20_000;

/** Lists as a tree ensemble has them: enough of them for a node that is not decoded whole. */
const lists: Readonly<Record<string, Attribute>> = {
  nodes_nodeids: { kind: "ints", values: Array.from({ length: count }, (_, at) => at) },
  nodes_truenodeids: { kind: "ints", values: Array.from({ length: count }, (_, at) => -at) },
  nodes_values: { kind: "floats", values: Array.from({ length: count }, (_, at) => at / 4) },
  nodes_modes: {
    kind: "strings",
    values: Array.from({ length: count }, (_, at) => (at % 3 === 0 ? "LEAF" : "BRANCH_LEQ")),
  },
  classlabels_strings: {
    kind: "strings",
    values: Array.from({ length: count }, (_, at) => `class ${at}`),
  },
  class_ids: { kind: "ints", values: [0, 1] },
};

function around(attributes: Readonly<Record<string, Attribute>>): ModelProto {
  const trees = makeNode({
    op: "TreeEnsembleClassifier",
    domain: "ai.onnx.ml",
    inputs: ["x"],
    outputs: ["y"],
    attributes,
  });
  const cast = (output: string) => makeNode({ op: "Cast", inputs: ["y"], outputs: [output] });
  const info = makeValueInfo({ name: "x", type: "float", shape: [null, 2] });
  return makeModel({
    name: "trees",
    nodes: [cast("before"), trees, cast("after")],
    inputs: [info],
    outputs: [info],
    opsets: { "ai.onnx.ml": 3 },
    metadata: { note: "kept" },
  });
}

const attributesOf = (model: ModelProto): ReadonlyMap<string, AttributeProto> =>
  new Map(graphOf(model).node[1]?.attribute.map((one) => [one.name, one]));

const whole = (bytes: Uint8Array): ModelProto => fromBinary(ModelProtoSchema, bytes);

describe("a model with the lists of a large tree ensemble", () => {
  const bytes = encodeOnnx(around(lists));
  const decoded = decodeOnnx(bytes, "trees.onnx");
  const attributes = attributesOf(decoded);

  it("keeps lists of nodes as bytes, and nothing else", () => {
    expect(attributes.get("nodes_nodeids")?.ints).toEqual([]);
    expect(attributes.get("nodes_modes")?.strings).toEqual([]);
    expect(attributes.get("classlabels_strings")?.strings).toHaveLength(count);
    expect(attributes.get("class_ids")?.ints).toEqual([0n, 1n]);
    expect(graphOf(decoded).node.map(({ output }) => output[0])).toEqual(["before", "y", "after"]);
  });

  it("reads them as the decoder would", () => {
    const read = (model: ModelProto) =>
      [...attributesOf(model)].map(([name, one]) => ({
        name,
        integers: integersOf(one),
        floats: floatsOf(one),
        texts: textsOf(one),
      }));
    expect(read(decoded)).toEqual(read(whole(bytes)));
  });

  it("is the same when it is written again", () => {
    expect(equals(ModelProtoSchema, whole(encodeOnnx(decoded)), whole(bytes))).toBe(true);
  });

  it("is refused where an element does not end", () => {
    const broken = Uint8Array.from(bytes);
    const at = Buffer.from(bytes).indexOf("nodes_nodeids");
    // Every byte of the ids that follow says that one more is to come.
    broken.fill(0xc0, at + 100, at + 20_000);
    expect(() => decodeOnnx(broken, "trees.onnx")).toThrow(
      expect.objectContaining({ code: "MODEL_NOT_ONNX" }),
    );
  });
});

/** An attribute whose list stands before its name, in parts, each packed or not. */
function writeNode(parts: readonly { packed: boolean; values: readonly bigint[] }[]): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(7, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).fork();
  writer.tag(5, WireType.LengthDelimited).fork();
  for (const { packed, values } of parts) {
    if (packed) writer.tag(8, WireType.LengthDelimited).fork();
    for (const value of values) {
      if (!packed) writer.tag(8, WireType.Varint);
      writer.int64(value);
    }
    if (packed) writer.join();
  }
  writer.tag(1, WireType.LengthDelimited).string("nodes_featureids");
  // An unknown field makes node and attribute long enough.
  writer.tag(1000, WireType.LengthDelimited).bytes(new Uint8Array(70_000));
  return writer.join().join().join().finish();
}

describe("a list of whole numbers", () => {
  it("reads as the decoder would, packed or not, negative or large", () => {
    const part = fc.record({
      packed: fc.boolean(),
      values: fc.array(fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n }), { maxLength: 20 }),
    });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        const bytes = writeNode(parts);
        const decoded = decodeOnnx(bytes);
        const [attribute] = graphOf(decoded).node[0]?.attribute ?? [];
        const [expected] = graphOf(whole(bytes)).node[0]?.attribute ?? [];
        if (attribute === undefined) throw new Error("the attribute is lost");
        expect(integersOf(attribute)).toEqual(expected?.ints.map(Number));
        expect(
          equals(ModelProtoSchema, whole(toBinary(ModelProtoSchema, decoded)), whole(bytes)),
        ).toBe(true);
      }),
    );
  });
});
