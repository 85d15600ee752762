import { allNodes, graphOf } from "./onnx-graph.ts";
import type { ModelProto, NodeProto, TensorProto } from "./onnx-proto.ts";

/** Longer lists are no shapes. */
const MAX_LIST = 64;

type Values = ReadonlyMap<string, readonly number[]>;

/**
 * The short lists of whole numbers that a graph's constants amount to, by tensor name: what a
 * runtime knows of shapes before any input is there. Follows the operators that shapes are
 * made with, in the nodes' order.
 */
export function foldIntegers(model: ModelProto): Values {
  const values = new Map<string, readonly number[]>();
  for (const tensor of graphOf(model).initializer) note(values, tensor.name, readList(tensor));
  for (const node of allNodes(model)) {
    note(values, node.output[0] ?? "", foldNode(node, values));
  }
  return values;
}

function note(
  values: Map<string, readonly number[]>,
  name: string,
  list: readonly number[] | undefined,
): void {
  if (list !== undefined && list.length <= MAX_LIST) values.set(name, list);
}

const arithmetic: Readonly<Record<string, (left: number, right: number) => number>> = {
  Add: (left, right) => left + right,
  Sub: (left, right) => left - right,
  Mul: (left, right) => left * right,
  Pow: (left, right) => left ** right,
  Max: Math.max,
};

const passing: ReadonlySet<string> = new Set([
  "Identity",
  "Cast",
  "Reshape",
  "Squeeze",
  "Unsqueeze",
  "Flatten",
  "Abs",
]);

function foldNode(node: NodeProto, values: Values): readonly number[] | undefined {
  const { opType, input } = node;
  if (opType === "Constant") return constantOf(node);
  const lists = input.map((name) => values.get(name));
  const [first, second] = lists;
  if (passing.has(opType)) return first;
  if (opType === "Concat") {
    return lists.every((list) => list !== undefined) ? lists.flat() : undefined;
  }
  const compute = arithmetic[opType];
  if (compute === undefined || first === undefined || second === undefined) return undefined;
  // One of two lists of different lengths is repeated.
  const length = Math.max(first.length, second.length);
  return Array.from({ length }, (_, at) =>
    compute(first[at % first.length] ?? 0, second[at % second.length] ?? 0),
  );
}

function constantOf(node: NodeProto): readonly number[] | undefined {
  for (const { name, t, ints, i, floats, f } of node.attribute) {
    if (name === "value" && t !== undefined) return readList(t);
    if (name === "value_ints") return ints.slice(0, MAX_LIST + 1).map(Number);
    if (name === "value_int") return [Number(i)];
    if (name === "value_floats") return floats.slice(0, MAX_LIST + 1);
    if (name === "value_float") return [f];
  }
  return undefined;
}

const readers: Readonly<Record<number, readonly [number, (view: DataView, at: number) => number]>> =
  {
    1: [4, (view, at) => view.getFloat32(at, true)],
    6: [4, (view, at) => view.getInt32(at, true)],
    7: [8, (view, at) => Number(view.getBigInt64(at, true))],
    11: [8, (view, at) => view.getFloat64(at, true)],
  };

function readList(tensor: TensorProto): readonly number[] | undefined {
  const { dataType, rawData, int64Data, int32Data, floatData, doubleData } = tensor;
  const reader = readers[dataType];
  if (reader === undefined) return undefined;
  const [size, read] = reader;
  if (rawData.length > 0) {
    if (rawData.length > MAX_LIST * size) return undefined;
    const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
    return Array.from({ length: Math.floor(rawData.length / size) }, (_, at) =>
      read(view, at * size),
    );
  }
  const listed = [int64Data, int32Data, floatData, doubleData].find((list) => list.length > 0);
  return listed === undefined || listed.length > MAX_LIST ? undefined : listed.map(Number);
}

/** The shape of the tensor that a node makes out of small ones, where the file tells; `null` else. */
export function filledShape(node: NodeProto, values: Values): readonly number[] | null {
  const at = (place: number): readonly number[] | undefined => values.get(node.input[place] ?? "");
  switch (node.opType) {
    case "ConstantOfShape":
      return at(0) ?? null;
    case "Expand":
    case "Tile":
    case "Upsample":
    case "OneHot":
      return at(1) ?? null;
    case "Resize":
      return at(3) ?? at(2) ?? null;
    case "Range": {
      const [start, limit, delta] = [at(0)?.[0], at(1)?.[0], at(2)?.[0]];
      if (start === undefined || limit === undefined || delta === undefined) return null;
      return [Math.max(0, Math.ceil((limit - start) / (delta === 0 ? 1e-300 : delta)))];
    }
    case "RandomNormal":
    case "RandomUniform":
      return node.attribute.find(({ name }) => name === "shape")?.ints.map(Number) ?? null;
    default:
      return null;
  }
}
