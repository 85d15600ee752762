import { makeValueInfo, type ValueInfoProto } from "#models";
import type { DenseModel } from "../dense/dense-model.ts";
import type { Tree, TreesModel } from "../trees/tree-model.ts";
import type { GraphBuilder } from "./graph-builder.ts";

/** Writes layers of weights; returns raw outputs (float, rows × outputs). */
export function writeDense(graph: GraphBuilder, model: DenseModel, features: string): string {
  return model.layers.reduce((values, layer, index) => {
    const weights = graph.constant({
      type: "float",
      shape: [layer.inputs, layer.outputs],
      data: layer.weights,
    });
    const bias = graph.constant({ type: "float", shape: [layer.outputs], data: layer.bias });
    const sums = graph.apply("Add", [graph.apply("MatMul", [values, weights]), bias]);
    return index < model.layers.length - 1 ? graph.apply("Relu", [sums]) : sums;
  }, features);
}

/** Writes a sum of trees; returns raw outputs (float, rows × outputs). */
export function writeTrees(graph: GraphBuilder, model: TreesModel, features: string): string {
  const nodes = model.trees.map(listNodes);
  const all = <T>(read: (tree: TreeNodes) => readonly T[]): T[] => nodes.flatMap(read);
  const leaves = model.trees.map((tree) => listLeaves(tree));
  const ints = (values: readonly number[]) => ({ kind: "ints", values }) as const;
  const floats = (values: readonly number[]) => ({ kind: "floats", values }) as const;
  return graph.applyMl("TreeEnsembleRegressor", [features], {
    aggregate_function: { kind: "string", value: "SUM" },
    base_values: { kind: "floats", values: model.base },
    n_targets: { kind: "int", value: model.outputs },
    nodes_falsenodeids: ints(all(({ right }) => right)),
    nodes_featureids: ints(all(({ feature }) => feature)),
    nodes_missing_value_tracks_true: ints(all(({ missingLeft }) => missingLeft)),
    nodes_modes: { kind: "strings", values: all(({ mode }) => mode) },
    nodes_nodeids: ints(all(({ left }) => [...left.keys()])),
    nodes_treeids: ints(nodes.flatMap(({ left }, tree) => left.map(() => tree))),
    nodes_truenodeids: ints(all(({ left }) => left)),
    nodes_values: floats(all(({ threshold }) => threshold)),
    post_transform: { kind: "string", value: "NONE" },
    target_ids: ints(leaves.flatMap((nodes, tree) => nodes.map(() => tree % model.outputs))),
    target_nodeids: ints(leaves.flat()),
    target_treeids: ints(leaves.flatMap((nodes, tree) => nodes.map(() => tree))),
    target_weights: floats(
      leaves.flatMap((nodes, tree) => nodes.map((node) => model.trees[tree]?.value[node] ?? 0)),
    ),
  });
}

interface TreeNodes {
  readonly left: number[];
  readonly right: number[];
  readonly feature: number[];
  readonly threshold: number[];
  readonly missingLeft: number[];
  readonly mode: string[];
}

function listNodes(tree: Tree): TreeNodes {
  return {
    left: Array.from(tree.left, (node) => Math.max(node, 0)),
    right: Array.from(tree.right, (node) => Math.max(node, 0)),
    feature: [...tree.feature],
    threshold: [...tree.threshold],
    missingLeft: [...tree.missingLeft],
    mode: Array.from(tree.left, (node) => (node < 0 ? "LEAF" : "BRANCH_LEQ")),
  };
}

function listLeaves(tree: Tree): number[] {
  return [...tree.left.keys()].filter((node) => (tree.left[node] ?? -1) < 0);
}

/** An output of the model, as the signature tells it. */
export interface ModelOutput {
  readonly name: string;
  readonly type: "float32" | "int64" | "string";
  readonly shape: readonly (number | null)[];
}

/** Whether labels can be written as whole numbers: every class is one, in plain decimal. */
export function areWholeNumbers(classes: readonly string[]): boolean {
  return classes.every((name) => /^(?:0|-?[1-9]\d{0,14})$/.test(name));
}

/** Writes `label` (rows) and `probabilities` (rows × classes, the classes in order). */
export function writeClassOutputs(
  graph: GraphBuilder,
  raw: string,
  classes: readonly string[],
): readonly ModelOutput[] {
  const logits = classes.length === 2 ? writeBothLogits(graph, raw) : raw;
  const probabilities = graph.apply("Softmax", [logits], { axis: { kind: "int", value: 1 } });
  const place = graph.apply("ArgMax", [probabilities], {
    axis: { kind: "int", value: 1 },
    keepdims: { kind: "int", value: 0 },
  });
  const whole = areWholeNumbers(classes);
  const names = whole
    ? graph.constant({ type: "int64", shape: [classes.length], data: classes.map(BigInt) })
    : graph.constant({ type: "string", shape: [classes.length], data: classes });
  graph.rename(graph.apply("Gather", [names, place]), outputNames.label);
  graph.rename(probabilities, outputNames.probabilities);
  return [
    { name: outputNames.label, type: whole ? "int64" : "string", shape: [null] },
    { name: outputNames.probabilities, type: "float32", shape: [null, classes.length] },
  ];
}

/** Logit z as the pair (0, z), whose softmax is the logistic of z and its complement. */
function writeBothLogits(graph: GraphBuilder, raw: string): string {
  const spread = graph.constant({ type: "float", shape: [1, 2], data: [0, 1] });
  return graph.apply("MatMul", [raw, spread]);
}

/** Writes `prediction` (rows × 1). */
export function writeValueOutput(graph: GraphBuilder, raw: string): readonly ModelOutput[] {
  graph.rename(raw, outputNames.prediction);
  return [{ name: outputNames.prediction, type: "float32", shape: [null, 1] }];
}

/** The names that the model's outputs have. */
export const outputNames = {
  label: "label",
  probabilities: "probabilities",
  prediction: "prediction",
} as const;

/** The declarations of the outputs. */
export function declareOutputs(outputs: readonly ModelOutput[]): ValueInfoProto[] {
  return outputs.map(({ name, type, shape }) =>
    makeValueInfo({
      name,
      type: type === "float32" ? "float" : type,
      shape: shape.map((size) => size ?? "rows"),
    }),
  );
}
