import { DataError } from "#core";
import type { TensorDeclaration } from "./onnx-graph.ts";
import { allNodes, declaredInputs, declaredOutputs, graphOf } from "./onnx-graph.ts";
import type { ElementType, ModelProto, TensorProto } from "./onnx-proto.ts";
import { elementTypeOf } from "./onnx-proto.ts";

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
    refuseHuge(sizes, most, { what: `${declared.name} is declared`, fileName });
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
  const type = elementTypeOf(tensor.dataType);
  if (type === undefined) {
    refuseHuge(sizes, MAX_ELEMENTS, { what: `Constant ${tensor.name} is declared`, fileName });
    return;
  }
  const held = heldElements(tensor, type);
  if (held === elements) return;
  throw new DataError({
    code: "MODEL_CONSTANT_SIZE",
    message: `${fileName}: constant ${tensor.name} is declared as [${sizes.join(", ")}] (${elements} values) but holds ${held}.`,
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

/** Runtimes fold these while loading, so a few bytes of file can ask for all memory. */
const fillOperators: ReadonlyMap<string, number> = new Map([
  ["ConstantOfShape", 0],
  ["Expand", 1],
]);

function checkFills(model: ModelProto, fileName: string): void {
  const constants = new Map(graphOf(model).initializer.map((tensor) => [tensor.name, tensor]));
  for (const node of allNodes(model)) {
    const value =
      node.opType === "Constant"
        ? node.attribute.find(({ name }) => name === "value")?.t
        : undefined;
    if (value !== undefined && node.output[0] !== undefined) constants.set(node.output[0], value);
  }
  for (const node of allNodes(model)) {
    const place = fillOperators.get(node.opType);
    const shape = place === undefined ? undefined : constants.get(node.input[place] ?? "");
    if (shape === undefined) continue;
    const what = `Node ${node.name} (${node.opType}) asks for a tensor`;
    refuseHuge(readShape(shape), MAX_ELEMENTS, { what, fileName });
  }
}

function readShape(tensor: TensorProto): number[] {
  if (tensor.int64Data.length > 0) return tensor.int64Data.map(Number);
  const { buffer, byteOffset, byteLength } = tensor.rawData;
  const view = new DataView(buffer, byteOffset, byteLength);
  return Array.from({ length: Math.floor(byteLength / 8) }, (_, at) =>
    Number(view.getBigInt64(at * 8, true)),
  );
}

function refuseHuge(
  sizes: readonly number[],
  most: number,
  { what, fileName }: { readonly what: string; readonly fileName: string },
): void {
  const elements = sizes.reduce((product, size) => product * size, 1);
  if (elements <= most) return;
  throw new DataError({
    code: "MODEL_SHAPE_TOO_LARGE",
    message: `${fileName}: ${what} with shape [${sizes.join(", ")}], ${elements} values; at most ${most} are accepted there.`,
    hint: "Export the model with a free batch dimension and the shapes that it really needs.",
    place: { file: fileName },
  });
}
