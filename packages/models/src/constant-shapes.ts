import { allNodes, graphOf } from "./onnx-graph.ts";
import type { ModelProto, NodeProto } from "./onnx-proto.ts";

type Shape = readonly number[];

/** Operators whose answer has the shape that their inputs are spread to together. */
const spreading: ReadonlySet<string> = new Set([
  "Add",
  "And",
  "Div",
  "Equal",
  "Greater",
  "GreaterOrEqual",
  "Less",
  "LessOrEqual",
  "Max",
  "Mean",
  "Min",
  "Mod",
  "Mul",
  "Or",
  "PRelu",
  "Pow",
  "Sub",
  "Sum",
  "Where",
  "Xor",
]);

/** Operators whose answer has the shape of their only input. */
const keeping: ReadonlySet<string> = new Set([
  "Abs",
  "Cast",
  "Erf",
  "Exp",
  "Identity",
  "Log",
  "Neg",
  "Not",
  "Reciprocal",
  "Relu",
  "Sigmoid",
  "Softmax",
  "Sqrt",
  "Tanh",
]);

/**
 * The shapes of what nodes make of constants alone, which a runtime computes while it opens the model:
 * products and sums of small constants may be large. Follows the nodes' order.
 */
export function shapesOfConstants(
  model: ModelProto,
): readonly { readonly node: NodeProto; readonly shape: Shape }[] {
  const shapes = new Map<string, Shape>();
  for (const { name, dims } of graphOf(model).initializer) shapes.set(name, dims.map(Number));
  const found: { readonly node: NodeProto; readonly shape: Shape }[] = [];
  for (const node of allNodes(model)) {
    const shape = shapeOf(node, shapes);
    if (shape === undefined) continue;
    shapes.set(node.output[0] ?? "", shape);
    found.push({ node, shape });
  }
  return found;
}

function shapeOf(node: NodeProto, shapes: ReadonlyMap<string, Shape>): Shape | undefined {
  const { opType, input } = node;
  if (opType === "Constant")
    return node.attribute.find(({ t }) => t !== undefined)?.t?.dims.map(Number);
  const given = input.map((name) => shapes.get(name));
  const [first, second] = given;
  if (first === undefined) return undefined;
  if (keeping.has(opType)) return first;
  if (opType === "Transpose") return transpose(node, first);
  if (second === undefined) return undefined;
  if (opType === "MatMul") return multiply(first, second);
  if (opType === "Gemm") return multiplyTurned(node, first, second);
  const known = given.filter((shape) => shape !== undefined);
  return spreading.has(opType) && known.length === given.length ? spread(known) : undefined;
}

function transpose(node: NodeProto, shape: Shape): Shape {
  const order = node.attribute.find(({ name }) => name === "perm")?.ints.map(Number);
  return order === undefined ? shape.toReversed() : order.map((place) => shape[place] ?? 1);
}

function multiply(left: Shape, right: Shape): Shape | undefined {
  if (left.length === 0 || right.length === 0) return undefined;
  const stacked = spread([left.slice(0, -2), right.slice(0, -2)]);
  return [
    ...stacked,
    ...(left.length > 1 ? [left.at(-2) ?? 1] : []),
    ...(right.length > 1 ? [right.at(-1) ?? 1] : []),
  ];
}

function multiplyTurned(node: NodeProto, left: Shape, right: Shape): Shape {
  const isTurned = (which: string): boolean =>
    Number(node.attribute.find(({ name }) => name === which)?.i ?? 0) !== 0;
  return [
    (isTurned("transA") ? left.at(-1) : left.at(-2)) ?? 1,
    (isTurned("transB") ? right.at(-2) : right.at(-1)) ?? 1,
  ];
}

/** Sizes from the last on, the larger of each place. */
function spread(shapes: readonly Shape[]): Shape {
  const places = Math.max(0, ...shapes.map(({ length }) => length));
  return Array.from({ length: places }, (_, at) =>
    Math.max(1, ...shapes.map((shape) => shape[shape.length - places + at] ?? 1)),
  );
}
