import { allNodes, declaredInputs, graphOf, producersOf } from "../onnx-graph.ts";
import type { ModelProto, NodeProto } from "../onnx-proto.ts";
import { readTreeNode, treeOperators } from "./onnx-tree-nodes.ts";
import type { FeatureSource, TreeView } from "./tree-view.ts";

/**
 * Sees an ONNX model as trees, where it is one tree ensemble that reads the model's inputs as
 * they are (cast or put side by side); `null` for any other model.
 */
export function viewOnnxTrees(model: ModelProto, fileName: string): TreeView | null {
  const nodes = allNodes(model).filter(({ domain }) => domain === "ai.onnx.ml");
  const [node, ...others] = nodes.filter(({ opType }) => opType.startsWith("TreeEnsemble"));
  const isKnown = node !== undefined && others.length === 0 && treeOperators.has(node.opType);
  if (!isKnown || !graphOf(model).node.includes(node)) return null;
  const ensemble = readTreeNode(node, fileName);
  const columns = ensemble === null ? null : traceColumns(model, node.input[0] ?? "");
  if (ensemble === null || columns === null || columns.length < ensemble.features) return null;
  return { ensemble: { ...ensemble, features: columns.length }, sources: columns };
}

/** Operators that leave each value where it is. */
const passing: ReadonlySet<string> = new Set(["Cast", "Identity"]);

/** The inputs' columns that make up a tensor, in order. */
function traceColumns(model: ModelProto, tensor: string): readonly FeatureSource[] | null {
  const producers = producersOf(graphOf(model));
  const inputs = new Map(declaredInputs(model).map((input) => [input.name, input]));
  const columns: FeatureSource[] = [];
  const pending = [tensor];
  // A valid graph has no cycle; the bound is for one that is not.
  for (let steps = 0; pending.length > 0; steps += 1) {
    const name = pending.pop() ?? "";
    const input = inputs.get(name);
    const width = input?.shape?.length === 2 ? input.shape[1] : 1;
    if (input !== undefined) {
      if (typeof width !== "number" || width > 100_000 || input.type === "string") return null;
      for (let index = 0; index < width; index += 1)
        columns.push({ input: name, index, codes: null });
      continue;
    }
    const sources = passedOn(producers.get(name));
    if (sources === null || steps > 200_000) return null;
    pending.push(...sources.toReversed());
  }
  return columns;
}

function passedOn(node: NodeProto | undefined): readonly string[] | null {
  if (node === undefined) return null;
  if (passing.has(node.opType)) return node.input.slice(0, 1);
  const axis = node.attribute.find(({ name }) => name === "axis")?.i;
  return node.opType === "Concat" && (axis === 1n || axis === -1n) ? node.input : null;
}
