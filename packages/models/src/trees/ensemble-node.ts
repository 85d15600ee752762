import { makeNode, makeTensor } from "../onnx-builder.ts";
import type { NodeProto } from "../onnx-proto.ts";
import { LEAF, missingBits, splitTests, type Tree, type TreeEnsemble } from "./tree-ensemble.ts";

/** Which column of the node's input holds a feature as a split reads it. */
export type PlaceFeature = (feature: number, treatment: Treatment) => number;

/**
 * How a column is prepared before the trees read it: as it is; with 0 as missing; or as a whole
 * category code where what is negative or missing became a code of its own.
 */
export type Treatment = "as-is" | "zero-missing" | "code";

/** The codes that stand for a negative value and for a missing one in prepared categories. */
export const NEGATIVE_CODE = -1;
export const MISSING_CODE = -2;

/** What a split needs of its feature. */
export function treatmentOf(tree: Tree, node: number): Treatment {
  if (tree.test[node] === splitTests.member) return "code";
  return (tree.missing[node]! & missingBits.zero) === 0 ? "as-is" : "zero-missing";
}

/** The arrays of ONNX's `TreeEnsemble` (ai.onnx.ml 5), grown node by node. */
interface Arrays {
  readonly roots: number[];
  readonly features: number[];
  readonly modes: number[];
  readonly splits: number[];
  readonly missing: number[];
  readonly holds: number[];
  readonly holdsLeaf: number[];
  readonly fails: number[];
  readonly failsLeaf: number[];
  readonly members: number[];
  readonly leafOutputs: number[];
  readonly leafValues: number[];
}

/**
 * One `TreeEnsemble` node that adds up the leaves of all trees. What the sums start from is a
 * first tree of one leaf an output: the runtimes add tree by tree, so that 32-bit sums are
 * rounded at the same steps as XGBoost's.
 */
export function makeEnsembleNode(
  ensemble: TreeEnsemble,
  facts: { readonly input: string; readonly output: string; readonly place: PlaceFeature },
): NodeProto {
  const arrays: Arrays = {
    roots: [],
    features: [],
    modes: [],
    splits: [],
    missing: [],
    holds: [],
    holdsLeaf: [],
    fails: [],
    failsLeaf: [],
    members: [],
    leafOutputs: [],
    leafValues: [],
  };
  const { base, trees, precision } = ensemble;
  base.forEach((margin, output) => {
    if (margin !== 0) addLoneLeaf(arrays, output, margin);
  });
  for (const tree of trees) addTree(arrays, tree, facts.place);
  // A model without trees, and one whose trees say nothing of an output, still answer.
  if (arrays.roots.length === 0) addLoneLeaf(arrays, 0, 0);
  const tensor = (name: string, data: readonly number[]) => ({
    kind: "tensor" as const,
    value: makeTensor({ name, type: precision, shape: [data.length], data }),
  });
  const ints = (values: readonly number[]) => ({ kind: "ints" as const, values });
  const { modes } = arrays;
  return makeNode({
    op: "TreeEnsemble",
    domain: "ai.onnx.ml",
    inputs: [facts.input],
    outputs: [facts.output],
    attributes: {
      aggregate_function: { kind: "int", value: 1 },
      post_transform: { kind: "int", value: 0 },
      n_targets: { kind: "int", value: base.length },
      tree_roots: ints(arrays.roots),
      nodes_featureids: ints(arrays.features),
      nodes_modes: {
        kind: "tensor",
        value: makeTensor({ name: "modes", type: "uint8", shape: [modes.length], data: modes }),
      },
      nodes_splits: tensor("splits", arrays.splits),
      nodes_missing_value_tracks_true: ints(arrays.missing),
      nodes_truenodeids: ints(arrays.holds),
      nodes_trueleafs: ints(arrays.holdsLeaf),
      nodes_falsenodeids: ints(arrays.fails),
      nodes_falseleafs: ints(arrays.failsLeaf),
      leaf_targetids: ints(arrays.leafOutputs),
      leaf_weights: tensor("leaves", arrays.leafValues),
      ...(arrays.members.length > 0 && { membership_values: tensor("members", arrays.members) }),
    },
  });
}

/** A tree of one leaf is written as a split whose two ways end in that leaf. */
function addLoneLeaf(arrays: Arrays, output: number, value: number): void {
  const leaf = addLeaf(arrays, output, value);
  arrays.roots.push(arrays.features.length);
  arrays.features.push(0);
  arrays.modes.push(splitTests.atMost);
  arrays.splits.push(0);
  arrays.missing.push(0);
  arrays.holds.push(leaf);
  arrays.holdsLeaf.push(1);
  arrays.fails.push(leaf);
  arrays.failsLeaf.push(1);
}

function addLeaf(arrays: Arrays, output: number, value: number): number {
  arrays.leafValues.push(value);
  return arrays.leafOutputs.push(output) - 1;
}

/** Splits that are reached from the root, depth first, the way that holds first. */
function addTree(arrays: Arrays, tree: Tree, place: PlaceFeature): void {
  const output = tree.outputs[0] ?? 0;
  if (tree.feature[0] === LEAF) {
    addLoneLeaf(arrays, output, tree.values[0] ?? 0);
    return;
  }
  arrays.roots.push(arrays.features.length);
  const pending = [{ node: 0, parent: -1, holds: true }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, parent, holds } = next;
    const isLeaf = tree.feature[node] === LEAF;
    const target = isLeaf
      ? addLeaf(arrays, output, tree.values[node] ?? 0)
      : arrays.features.length;
    if (parent >= 0) {
      (holds ? arrays.holds : arrays.fails)[parent] = target;
      (holds ? arrays.holdsLeaf : arrays.failsLeaf)[parent] = isLeaf ? 1 : 0;
    }
    if (isLeaf) continue;
    addSplit(arrays, tree, { node, column: place(tree.feature[node]!, treatmentOf(tree, node)) });
    pending.push({ node: tree.fails[node]!, parent: target, holds: false });
    pending.push({ node: tree.holds[node]!, parent: target, holds: true });
  }
}

function addSplit(
  arrays: Arrays,
  tree: Tree,
  { node, column }: { readonly node: number; readonly column: number },
): void {
  const missingHolds = (tree.missing[node]! & missingBits.holds) !== 0;
  const members = tree.members.get(node);
  arrays.features.push(column);
  arrays.modes.push(tree.test[node]!);
  arrays.splits.push(members === undefined ? tree.threshold[node]! : 0);
  // Prepared codes are never NaN: the runtimes do not agree on NaN in a set.
  arrays.missing.push(members === undefined && missingHolds ? 1 : 0);
  arrays.holds.push(0);
  arrays.holdsLeaf.push(0);
  arrays.fails.push(0);
  arrays.failsLeaf.push(0);
  if (members === undefined) return;
  for (const member of members) arrays.members.push(member);
  if (missingHolds || members.size === 0)
    arrays.members.push(missingHolds ? MISSING_CODE : NO_CODE);
  arrays.members.push(Number.NaN);
}

/** A set must not be empty: this code never occurs. */
const NO_CODE = -3;
