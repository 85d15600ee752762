import type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
} from "./onnx-proto.ts";
import { elementTypeOf } from "./onnx-proto.ts";
import { allNodes, declaredOutputs, findOrigin, graphOf, producersOf } from "./onnx-graph.ts";

const classifiers: ReadonlySet<string> = new Set([
  "LinearClassifier",
  "SVMClassifier",
  "TreeEnsembleClassifier",
]);

/**
 * A classifier's classes in the order of its scores, as text: from its `ZipMap`, else from
 * what makes its label output, else from its one classifier node; `null` where none tells.
 */
export function findClassNames(model: ModelProto): readonly string[] | null {
  const nodes = allNodes(model);
  const graph = graphOf(model);
  const fromZipMap = nodes.filter((node) => node.opType === "ZipMap").map(namesInAttributes);
  const fromLabels = declaredOutputs(model)
    .filter(({ type }) => type === "string" || type === "int64" || type === "int32")
    .map(({ name }) => namesBehindLabel(graph, name));
  const fromClassifiers = nodes
    .filter((node) => classifiers.has(node.opType))
    .map(namesInAttributes)
    .filter((names) => names !== null);
  const onlyClassifier = fromClassifiers.length === 1 ? fromClassifiers : [];
  return [...fromZipMap, ...fromLabels, ...onlyClassifier].find((names) => names !== null) ?? null;
}

function namesBehindLabel(graph: GraphProto, output: string): readonly string[] | null {
  const node = findOrigin(producersOf(graph), output)?.node;
  if (node === undefined) return null;
  if (classifiers.has(node.opType)) return namesInAttributes(node);
  if (node.opType === "ArrayFeatureExtractor" || node.opType === "Gather") {
    const constant = graph.initializer.find((tensor) => tensor.name === node.input[0]);
    return constant === undefined ? null : textsOfTensor(constant);
  }
  return null;
}

const decoder = new TextDecoder();

function namesInAttributes(node: NodeProto): readonly string[] | null {
  const find = (name: string): AttributeProto | undefined =>
    node.attribute.find((attribute) => attribute.name === name);
  const texts = find("classlabels_strings")?.strings ?? [];
  if (texts.length > 0) return texts.map((bytes) => decoder.decode(bytes));
  const integers = (find("classlabels_int64s") ?? find("classlabels_ints"))?.ints ?? [];
  return integers.length > 0 ? integers.map(String) : null;
}

function textsOfTensor(tensor: TensorProto): readonly string[] | null {
  const type = elementTypeOf(tensor.dataType);
  if (type === "string") return tensor.stringData.map((bytes) => decoder.decode(bytes));
  if (type !== "int64" && type !== "int32") return null;
  const held = type === "int64" ? tensor.int64Data : tensor.int32Data;
  if (held.length > 0) return Array.from(held, String);
  const view = viewOf(tensor.rawData);
  const size = type === "int64" ? 8 : 4;
  return Array.from({ length: view.byteLength / size }, (_, at) =>
    String(size === 8 ? view.getBigInt64(at * 8, true) : view.getInt32(at * 4, true)),
  );
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
