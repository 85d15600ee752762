import type { Message } from "@bufbuild/protobuf";
import { toBinary } from "@bufbuild/protobuf";
import { DataError } from "#core";
import type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
  ValueInfoProto,
} from "./generated/onnx_pb.ts";
import { ModelProtoSchema, TensorProto_DataType } from "./generated/onnx_pb.ts";
import { decodeHoldingLists } from "./held-lists.ts";
import { scanOnnx } from "./onnx-scan.ts";

export type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto };

/** Types of tensor elements that Slipway can feed, read or write, by their names in ONNX. */
export type ElementType =
  | "float"
  | "double"
  | "float16"
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64"
  | "bool"
  | "string";

/** Number of each element type in `TensorProto.DataType`. */
export const elementTypeNumbers = {
  float: TensorProto_DataType.FLOAT,
  double: TensorProto_DataType.DOUBLE,
  float16: TensorProto_DataType.FLOAT16,
  int8: TensorProto_DataType.INT8,
  int16: TensorProto_DataType.INT16,
  int32: TensorProto_DataType.INT32,
  int64: TensorProto_DataType.INT64,
  uint8: TensorProto_DataType.UINT8,
  uint16: TensorProto_DataType.UINT16,
  uint32: TensorProto_DataType.UINT32,
  uint64: TensorProto_DataType.UINT64,
  bool: TensorProto_DataType.BOOL,
  string: TensorProto_DataType.STRING,
} as const satisfies Record<ElementType, TensorProto_DataType>;

const elementTypesByNumber: ReadonlyMap<number, ElementType> = new Map(
  Object.entries(elementTypeNumbers).map(([name, number]) => [number, name as ElementType]),
);

/** The name of a `TensorProto.DataType`, or `undefined` for one that Slipway cannot feed (complex, 4-bit, 8-bit floats). */
export function elementTypeOf(dataType: number): ElementType | undefined {
  return elementTypesByNumber.get(dataType);
}

/**
 * Reads a serialized ONNX `ModelProto`; fields that the schema does not know are kept, and the
 * long lists of tree ensembles stay the bytes that they are ({@link decodeHoldingLists}).
 * Throws a {@link DataError} when the bytes are no protobuf message or hold no graph.
 */
export function decodeOnnx(bytes: Uint8Array, fileName = "model.onnx"): ModelProto {
  if (bytes.length === 0) {
    throw new DataError({
      code: "MODEL_EMPTY",
      message: `${fileName} is empty (0 bytes); an ONNX model was expected.`,
      hint: "The export or the upload did not finish: write the model again and check its size.",
      place: { file: fileName },
    });
  }
  const isProtobuf = scanOnnx(bytes, fileName);
  let model: ModelProto;
  try {
    if (!isProtobuf) throw new RangeError("a field does not end, or begins a group");
    model = decodeHoldingLists(bytes);
  } catch (cause) {
    throw notOnnx(fileName, bytes.length, cause);
  }
  if (model.graph === undefined) throw notOnnx(fileName, bytes.length, undefined);
  return model;
}

/** Writes an ONNX model as bytes, also the fields that were unknown when it was read. */
export function encodeOnnx(model: ModelProto): Uint8Array {
  return toBinary(ModelProtoSchema, model);
}

/** A copy of a message with some fields replaced; the rest, also what the schema does not know, is shared. */
export function replaceFields<T extends Message>(message: T, fields: Partial<T>): T {
  // Defaults of unset fields live on the prototype, so a spread would lose them.
  const copy = Object.create(Object.getPrototypeOf(message) as object | null) as T;
  return Object.assign(copy, message, fields);
}

function notOnnx(fileName: string, sizeBytes: number, cause: unknown): DataError {
  const found = cause === undefined ? "it holds no graph" : "its protobuf message ends or breaks";
  return new DataError({
    code: "MODEL_NOT_ONNX",
    message: `${fileName} (${sizeBytes} bytes) is not a whole ONNX model: ${found}.`,
    hint: "Compare its size with the file that was exported; a truncated copy, a Git LFS pointer or another format looks like this.",
    place: { file: fileName },
    ...(cause === undefined ? {} : { cause }),
  });
}
