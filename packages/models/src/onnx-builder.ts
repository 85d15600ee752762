import { create } from "@bufbuild/protobuf";
import { InputError } from "#core";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from "./generated/onnx_pb.ts";
import type {
  AttributeProto,
  ElementType,
  ModelProto,
  NodeProto,
  TensorProto,
  ValueInfoProto,
} from "./onnx-proto.ts";
import { elementTypeNumbers } from "./onnx-proto.ts";

/** A node's attribute with its ONNX type said outright: 1 could be an int or a float. */
export type Attribute =
  | { readonly kind: "int"; readonly value: number | bigint }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "tensor"; readonly value: TensorProto }
  | { readonly kind: "ints"; readonly values: ArrayLike<number | bigint> }
  | { readonly kind: "floats"; readonly values: ArrayLike<number> }
  | { readonly kind: "strings"; readonly values: readonly string[] };

/** What a graph's node is made of. `domain` is empty for ai.onnx, or e.g. `ai.onnx.ml`. */
export interface NodeFacts {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly domain?: string;
  readonly name?: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

/** One operator of a graph, as a `NodeProto`. */
export function makeNode({ op, inputs, outputs, domain, name, attributes }: NodeFacts): NodeProto {
  return create(NodeProtoSchema, {
    opType: op,
    input: [...inputs],
    output: [...outputs],
    name: name ?? outputs[0] ?? op,
    domain: domain ?? "",
    attribute: Object.entries(attributes ?? {}).map(([key, value]) => makeAttribute(key, value)),
  });
}

const text = new TextEncoder();

function makeAttribute(name: string, attribute: Attribute): AttributeProto {
  const types = AttributeProto_AttributeType;
  switch (attribute.kind) {
    case "int":
      return create(AttributeProtoSchema, { name, type: types.INT, i: BigInt(attribute.value) });
    case "float":
      return create(AttributeProtoSchema, { name, type: types.FLOAT, f: attribute.value });
    case "string":
      return create(AttributeProtoSchema, {
        name,
        type: types.STRING,
        s: text.encode(attribute.value),
      });
    case "tensor":
      return create(AttributeProtoSchema, { name, type: types.TENSOR, t: attribute.value });
    case "ints":
      return create(AttributeProtoSchema, {
        name,
        type: types.INTS,
        ints: Array.from(attribute.values, BigInt),
      });
    case "floats":
      return create(AttributeProtoSchema, {
        name,
        type: types.FLOATS,
        floats: Array.from(attribute.values),
      });
    case "strings":
      return create(AttributeProtoSchema, {
        name,
        type: types.STRINGS,
        strings: attribute.values.map((value) => text.encode(value)),
      });
  }
}

/** A constant's name, shape and data, row-major. Strings for `string`, 0 and 1 (or booleans) for `bool`, numbers or bigints else. */
export interface TensorFacts {
  readonly name: string;
  readonly type: "float" | "double" | "int32" | "int64" | "uint8" | "int8" | "bool" | "string";
  readonly shape: readonly number[];
  readonly data: ArrayLike<number | bigint | boolean> | readonly string[];
}

/** A constant, as a `TensorProto`. Throws an {@link InputError} when shape and data disagree. */
export function makeTensor({ name, type, shape, data }: TensorFacts): TensorProto {
  const expected = shape.reduce((product, size) => product * size, 1);
  if (data.length !== expected) {
    throw new InputError({
      code: "TENSOR_SHAPE",
      message: `Tensor ${name} has shape [${shape.join(", ")}], so ${expected} values, but ${data.length} were given.`,
    });
  }
  const shared = { name, dataType: elementTypeNumbers[type], dims: shape.map(BigInt) };
  if (type === "string") {
    const stringData = Array.from(data as readonly string[], (value) => text.encode(value));
    return create(TensorProtoSchema, { ...shared, stringData });
  }
  const values = data as ArrayLike<number | bigint | boolean>;
  return create(TensorProtoSchema, { ...shared, rawData: packLittleEndian(type, values) });
}

const elementSizes = {
  float: 4,
  double: 8,
  int32: 4,
  int64: 8,
  uint8: 1,
  int8: 1,
  bool: 1,
} as const;

/** ONNX's raw data is little-endian whatever the machine. */
function packLittleEndian(
  type: keyof typeof elementSizes,
  values: ArrayLike<number | bigint | boolean>,
): Uint8Array {
  const size = elementSizes[type];
  const bytes = new Uint8Array(values.length * size);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? 0;
    const at = index * size;
    if (type === "int64") view.setBigInt64(at, BigInt(value), true);
    else if (type === "float") view.setFloat32(at, Number(value), true);
    else if (type === "double") view.setFloat64(at, Number(value), true);
    else if (type === "int32") view.setInt32(at, Number(value), true);
    else view.setInt8(at, Number(value));
  }
  return bytes;
}

/** A declared dimension: a size, a name for one that is free, or `null` for one that is free and nameless. */
export type Dimension = number | string | null;

/** An input's or output's declaration. */
export interface ValueInfoFacts {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly Dimension[];
}

/** The declaration of a graph's input or output, as a `ValueInfoProto`. */
export function makeValueInfo({ name, type, shape }: ValueInfoFacts): ValueInfoProto {
  const dim = shape.map((size) =>
    create(TensorShapeProto_DimensionSchema, {
      value:
        typeof size === "number"
          ? { case: "dimValue", value: BigInt(size) }
          : typeof size === "string"
            ? { case: "dimParam", value: size }
            : { case: undefined },
    }),
  );
  const tensor = create(TypeProto_TensorSchema, {
    elemType: elementTypeNumbers[type],
    shape: create(TensorShapeProtoSchema, { dim }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: "tensorType", value: tensor } }),
  });
}

/** What a model file is made of. `opsets` maps a domain (empty for ai.onnx) to its version. */
export interface ModelFacts {
  readonly name: string;
  readonly nodes: readonly NodeProto[];
  readonly inputs: readonly ValueInfoProto[];
  readonly outputs: readonly ValueInfoProto[];
  readonly initializers?: readonly TensorProto[];
  readonly opsets: Readonly<Record<string, number>>;
  readonly irVersion?: number;
  readonly producerName?: string;
  readonly producerVersion?: string;
  /** Free key-value pairs, kept in `metadata_props`. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly docString?: string;
}

/** A whole model. The IR version is 8 unless said otherwise, which onnxruntime reads since 1.10. */
export function makeModel(facts: ModelFacts): ModelProto {
  return create(ModelProtoSchema, {
    irVersion: BigInt(facts.irVersion ?? 8),
    opsetImport: Object.entries(facts.opsets).map(([domain, version]) =>
      create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }),
    ),
    producerName: facts.producerName ?? "slipway",
    producerVersion: facts.producerVersion ?? "",
    docString: facts.docString ?? "",
    metadataProps: Object.entries(facts.metadata ?? {}).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    ),
    graph: create(GraphProtoSchema, {
      name: facts.name,
      node: [...facts.nodes],
      input: [...facts.inputs],
      output: [...facts.outputs],
      initializer: [...(facts.initializers ?? [])],
    }),
  });
}
