import { integersOf } from "../held-lists.ts";
import { allNodes, graphOf } from "../onnx-graph.ts";
import type { ModelProto, NodeProto } from "../onnx-proto.ts";

/** What one row costs at least, counted in the file alone. */
export interface RowWork {
  /** Multiply-adds of dense layers: the weights in tensors of two or more dimensions. */
  readonly multiplyAdds: number;
  /** Splits that a row passes in all trees, taking each tree for a balanced one. */
  readonly splits: number;
}

/** Counts what a row costs in a model. Layers that use their weights more than once a row (convolutions, loops) count once: a lower bound. */
export function countRowWork(model: ModelProto): RowWork {
  const multiplyAdds = graphOf(model)
    .initializer.filter(({ dims }) => dims.length >= 2)
    .reduce((sum, { dims }) => sum + dims.reduce((product, size) => product * Number(size), 1), 0);
  const splits = allNodes(model).reduce((sum, node) => sum + countSplits(node), 0);
  return { multiplyAdds, splits };
}

function countSplits(node: NodeProto): number {
  const sizes = treeSizes(node);
  const nodes = sizes.reduce((sum, size) => sum + size, 0);
  return sizes.length === 0 ? 0 : sizes.length * Math.log2(nodes / sizes.length + 1);
}

/** How many nodes each tree of an ensemble has. */
function treeSizes(node: NodeProto): readonly number[] {
  const attribute = node.attribute.find(({ name }) => name === "nodes_treeids");
  const sizes = new Map<number, number>();
  for (const tree of attribute === undefined ? [] : integersOf(attribute))
    sizes.set(tree, (sizes.get(tree) ?? 0) + 1);
  return [...sizes.values()];
}

/*
 * Rates from an early run of `npm run bench -- scoring`, whose load was not noted: 100,000 rows through
 * a perceptron of 40,576 weights took WebAssembly 0.43 s and the native engine 0.09 s, through a forest
 * of 1,100 splits a row (as counted here) 0.67 s and 0.42 s, on 2 cores. Runs on a busy machine, as
 * bench/RESULTS.md has them, give two to three times as much a unit. Only the order of magnitude
 * matters here; the lower rates download more rarely.
 */
/** Seconds that the native engine saves over WebAssembly for each multiply-add of a dense layer. */
const SAVED_SECONDS_PER_MULTIPLY_ADD = 8e-11;
/** Seconds that it saves for each split of a tree. */
const SAVED_SECONDS_PER_SPLIT = 2e-9;
/** Seconds to be saved before a download is worth it: twice the 113 MB at 100 Mbit/s, unpacked. */
const WORTH_SECONDS = 20;

/** Seconds that the native engine would save over WebAssembly on so many rows, by measured rates. */
export function estimateSavedSeconds({ multiplyAdds, splits }: RowWork, rows: number): number {
  return rows * (multiplyAdds * SAVED_SECONDS_PER_MULTIPLY_ADD + splits * SAVED_SECONDS_PER_SPLIT);
}

/**
 * Seconds that it saves for each pair of nodes of one tree while a model is opened: on WebAssembly
 * onnxruntime finds a node by a hash of which 32 bits are left, the tree's number, so it walks past all
 * others of the tree. 203,000 nodes took 0.3 CPU seconds as 1,600 trees, 0.8 as 100 and 2.4 as 25.
 */
const SAVED_SECONDS_PER_PAIR = 1.2e-9;

/** Seconds that the native engine would save over WebAssembly on opening a model of trees, by measured rates. */
export function estimateSavedOpening(model: ModelProto): number {
  const pairs = allNodes(model)
    .flatMap(treeSizes)
    .reduce((sum, size) => sum + size ** 2, 0);
  return pairs * SAVED_SECONDS_PER_PAIR;
}

/** Whether work on so many rows, opening included, is worth downloading the native engine for. */
export function isWorthDownload(model: ModelProto, rows: number): boolean {
  const saved = estimateSavedSeconds(countRowWork(model), rows) + estimateSavedOpening(model);
  return saved >= WORTH_SECONDS;
}
