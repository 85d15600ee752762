import type { TypeProto } from "./generated/onnx_pb.ts";
import type { Dimension } from "./onnx-builder.ts";
import type {
  ElementType,
  GraphProto,
  ModelProto,
  NodeProto,
  ValueInfoProto,
} from "./onnx-proto.ts";
import { elementTypeOf } from "./onnx-proto.ts";

/** An input or output as the file declares it. Declared shapes are hints: files in the wild lie. */
export interface TensorDeclaration {
  readonly name: string;
  /** `null` where it is no tensor, or one of a type that Slipway cannot feed. */
  readonly type: ElementType | null;
  /** The declared type for messages, e.g. `tensor(float)` or `seq(map(int64,tensor(float)))`. */
  readonly typeName: string;
  /** `null` where no shape is declared at all. */
  readonly shape: readonly Dimension[] | null;
}

/** The graph of a decoded model; {@link decodeOnnx} has made sure that there is one. */
export function graphOf(model: ModelProto): GraphProto {
  if (model.graph === undefined) throw new TypeError("The model holds no graph.");
  return model.graph;
}

/** The inputs that a caller has to feed: constants that old exporters list as inputs are left out. */
export function declaredInputs(model: ModelProto): TensorDeclaration[] {
  const graph = graphOf(model);
  const constants = new Set([
    ...graph.initializer.map((tensor) => tensor.name),
    ...graph.sparseInitializer.map((tensor) => tensor.values?.name ?? ""),
  ]);
  return graph.input.filter((input) => !constants.has(input.name)).map(declarationOf);
}

/** The outputs that a graph declares. */
export function declaredOutputs(model: ModelProto): TensorDeclaration[] {
  return graphOf(model).output.map(declarationOf);
}

function declarationOf(info: ValueInfoProto): TensorDeclaration {
  const value = info.type?.value;
  const tensor = value?.case === "tensorType" ? value.value : undefined;
  return {
    name: info.name,
    type: (tensor && elementTypeOf(tensor.elemType)) ?? null,
    typeName: nameOfType(info.type),
    shape: tensor?.shape?.dim.map((dim) => dimensionOf(dim.value)) ?? null,
  };
}

function dimensionOf(
  value:
    | { case: "dimValue"; value: bigint }
    | { case: "dimParam"; value: string }
    | { case: undefined; value?: undefined },
): Dimension {
  if (value.case === "dimParam") return value.value === "" ? null : value.value;
  // A declared 0 or -1 is how some exporters write "any".
  if (value.case === "dimValue") return value.value > 0n ? Number(value.value) : null;
  return null;
}

function nameOfType(type: TypeProto | undefined): string {
  const value = type?.value;
  switch (value?.case) {
    case "tensorType":
      return `tensor(${nameOfElement(value.value.elemType)})`;
    case "sparseTensorType":
      return `sparse_tensor(${nameOfElement(value.value.elemType)})`;
    case "sequenceType":
      return `seq(${nameOfType(value.value.elemType)})`;
    case "mapType":
      return `map(${nameOfElement(value.value.keyType)},${nameOfType(value.value.valueType)})`;
    case "optionalType":
      return `optional(${nameOfType(value.value.elemType)})`;
    case "opaqueType":
      return `opaque(${value.value.domain}.${value.value.name})`;
    case undefined:
      return "undeclared";
  }
}

function nameOfElement(dataType: number): string {
  return elementTypeOf(dataType) ?? `type ${dataType}`;
}

/** Every node: the graph's, those of its subgraphs (`If`, `Loop`, `Scan`) and of the model's own functions. */
export function allNodes(model: ModelProto): NodeProto[] {
  const found: NodeProto[] = [];
  const pending = [graphOf(model).node, ...model.functions.map((one) => one.node)];
  for (let nodes = pending.pop(); nodes !== undefined; nodes = pending.pop()) {
    for (const node of nodes) {
      found.push(node);
      for (const attribute of node.attribute) {
        if (attribute.g !== undefined) pending.push(attribute.g.node);
        for (const graph of attribute.graphs) pending.push(graph.node);
      }
    }
  }
  return found;
}

/** Which node makes each tensor of the main graph. */
export function producersOf(graph: GraphProto): ReadonlyMap<string, NodeProto> {
  const producers = new Map<string, NodeProto>();
  for (const node of graph.node) for (const output of node.output) producers.set(output, node);
  return producers;
}

/** Operators that pass their first input on, at most in another shape or type. */
const passingOperators: ReadonlySet<string> = new Set([
  "Cast",
  "Flatten",
  "Identity",
  "Reshape",
  "Squeeze",
  "Unsqueeze",
]);

/** The node that really computes a tensor, looking through casts and reshapes. */
export function findOrigin(
  producers: ReadonlyMap<string, NodeProto>,
  tensorName: string,
): { readonly node: NodeProto; readonly output: string } | undefined {
  let output = tensorName;
  // A valid graph has no cycle, and no chain of casts this long; the bound is for others.
  for (let step = 0; step <= Math.min(producers.size, 1000); step += 1) {
    const node = producers.get(output);
    if (node === undefined) return undefined;
    const source = node.input[0];
    if (!passingOperators.has(node.opType) || source === undefined) return { node, output };
    output = source;
  }
  return undefined;
}
