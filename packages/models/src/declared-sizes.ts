import { DataError } from "#core";
import { shapesOfConstants } from "./constant-shapes.ts";
import type { TensorDeclaration } from "./onnx-graph.ts";
import { allNodes, declaredInputs, declaredOutputs, graphOf } from "./onnx-graph.ts";
import type { ElementType, ModelProto, TensorProto } from "./onnx-proto.ts";
import { elementTypeOf } from "./onnx-proto.ts";
import { filledShape, foldIntegers } from "./folded-shapes.ts";
import { shorten } from "./shorten.ts";

/** More elements than any one tensor of a model needs: 1 GiB of floats. */
const MAX_ELEMENTS = 2 ** 28;

/** More than one run of a model for tables is fed: 64 MiB of floats, with a fixed batch. */
const MAX_INPUT_ELEMENTS = 2 ** 24;

const elementBytes: Readonly<Record<Exclude<ElementType, "string">, number>> = {
  float: 4,
  double: 8,
  float16: 2,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  bool: 1,
};

/**
 * Refuses a model whose declarations would make a runtime allocate without end: inputs of
 * more than 2^24 elements a run, outputs or constant fills of more than 2^28, and constants
 * whose shape and data disagree. Throws a {@link DataError}.
 */
export function checkDeclaredSizes(model: ModelProto, fileName: string): void {
  const check = (declared: TensorDeclaration, most: number): void => {
    const sizes = (declared.shape ?? []).filter((size) => typeof size === "number");
    refuseHuge(sizes, most, { what: `${shorten(declared.name)} is declared`, fileName });
  };
  for (const input of declaredInputs(model)) check(input, MAX_INPUT_ELEMENTS);
  for (const output of declaredOutputs(model)) check(output, MAX_ELEMENTS);
  for (const tensor of constantsOf(model)) checkConstant(tensor, fileName);
  checkFills(model, fileName);
}

function constantsOf(model: ModelProto): TensorProto[] {
  const inNodes = allNodes(model).flatMap((node) =>
    node.attribute.flatMap(({ t, tensors }) => (t === undefined ? tensors : [t, ...tensors])),
  );
  return [...graphOf(model).initializer, ...inNodes];
}

function checkConstant(tensor: TensorProto, fileName: string): void {
  const sizes = tensor.dims.map(Number);
  const elements = sizes.reduce((product, size) => product * size, 1);
  if (sizes.some((size) => size < 0)) throw negativeSize(tensor, sizes, fileName);
  const type = elementTypeOf(tensor.dataType);
  if (type === undefined) {
    refuseHuge(sizes, MAX_ELEMENTS, {
      what: `Constant ${shorten(tensor.name)} is declared`,
      fileName,
    });
    return;
  }
  const held = heldElements(tensor, type);
  if (held === elements) return;
  throw new DataError({
    code: "MODEL_CONSTANT_SIZE",
    message: `${fileName}: constant ${shorten(tensor.name)} is declared as [${listSizes(sizes)}] (${elements} values) but holds ${held}.`,
    hint: "The file is damaged: export the model again.",
    place: { file: fileName },
  });
}

function heldElements(tensor: TensorProto, type: ElementType): number {
  if (type === "string") return tensor.stringData.length;
  if (tensor.rawData.length > 0) return tensor.rawData.length / elementBytes[type];
  return (
    tensor.floatData.length +
    tensor.doubleData.length +
    tensor.int32Data.length +
    tensor.int64Data.length +
    tensor.uint64Data.length
  );
}

function negativeSize(tensor: TensorProto, sizes: readonly number[], fileName: string): DataError {
  return new DataError({
    code: "MODEL_CONSTANT_SIZE",
    message: `${fileName}: constant ${shorten(tensor.name)} is declared as [${listSizes(sizes)}]; sizes are never negative.`,
    hint: "The file is damaged: export the model again.",
    place: { file: fileName },
  });
}

function checkFills(model: ModelProto, fileName: string): void {
  const values = foldIntegers(model);
  for (const node of allNodes(model)) {
    const shape = filledShape(node, values);
    if (shape === null) continue;
    const what = `Node ${shorten(node.name)} (${node.opType}) asks for a tensor`;
    refuseHuge(shape, MAX_ELEMENTS, { what, fileName });
  }
  for (const { node, shape } of shapesOfConstants(model)) {
    const what = `Node ${shorten(node.name)} (${node.opType}) makes a tensor of constants`;
    refuseHuge(shape, MAX_ELEMENTS, { what, fileName });
  }
}

function refuseHuge(
  sizes: readonly number[],
  most: number,
  { what, fileName }: { readonly what: string; readonly fileName: string },
): void {
  // A negative size stands for "any" or is wrong; what stands beside it counts all the same.
  const elements = sizes.reduce((product, size) => product * Math.abs(size), 1);
  if (elements <= most) return;
  throw new DataError({
    code: "MODEL_SHAPE_TOO_LARGE",
    message: `${fileName}: ${what} with shape [${listSizes(sizes)}], ${elements} values; at most ${most} are accepted there.`,
    hint: "Export the model with a free batch dimension and the shapes that it really needs.",
    place: { file: fileName },
  });
}

function listSizes(sizes: readonly number[]): string {
  return sizes.length > 16 ? `${sizes.slice(0, 16).join(", ")}, …` : sizes.join(", ");
}
