import { floatsOf, integersOf, textsOf } from "../held-lists.ts";
import type { AttributeProto, NodeProto, TensorProto } from "../onnx-proto.ts";
import { checkTree } from "./check-tree.ts";
import type { EnsembleHead, Tree, TreeEnsemble } from "./tree-ensemble.ts";
import { LEAF, missingBits, splitTests } from "./tree-ensemble.ts";

/** Operators of ai.onnx.ml that are tree ensembles in the form that exporters write. */
export const treeOperators: ReadonlySet<string> = new Set([
  "TreeEnsembleClassifier",
  "TreeEnsembleRegressor",
]);

/**
 * Reads the trees of a `TreeEnsembleClassifier` or `TreeEnsembleRegressor`; without cover, which
 * exporters do not write.
 *
 * @returns `null` where it adds up otherwise than by a sum
 * @throws DataError `TREE_MODEL_INVALID`
 */
export function readTreeNode(node: NodeProto, fileName: string): TreeEnsemble | null {
  const read = createAttributeReader(node);
  const aggregate = read.text("aggregate_function") || "SUM";
  if (aggregate !== "SUM" && aggregate !== "AVERAGE") return null;
  const isClassifier = node.opType === "TreeEnsembleClassifier";
  const weights = readWeights(read, isClassifier ? "class" : "target");
  const classes = Math.max(
    read.strings("classlabels_strings").length,
    read.integers("classlabels_int64s").length,
  );
  const targets = isClassifier ? classes : Math.max(1, read.integer("n_targets"));
  // Two classes and weights of one of them: the runtimes take the sum for the second class's.
  const isOneOfTwo = isClassifier && classes === 2 && new Set(weights.outputs).size <= 1;
  const outputs = isOneOfTwo ? 1 : targets;
  const head = headOf(read.text("post_transform") || "NONE", {
    kind: !isClassifier ? "value" : isOneOfTwo ? "binary" : "multiclass",
    arePositive: weights.values.every((value) => value >= 0),
  });
  if (head === null) return null;
  const trees = readTrees(read, weights, { outputs, isOneOfTwo });
  const features =
    1 + trees.reduce((most, tree) => tree.feature.reduce((a, b) => Math.max(a, b), most), 0);
  trees.forEach((tree, at) => checkTree(tree, { features, fileName, at }));
  const base = read.numbers("base_values");
  return {
    producer: "ONNX",
    objective: "",
    features,
    featureNames: null,
    categories: new Map(),
    precision: "float",
    categoryRounding: "none",
    trees,
    base: Float64Array.from({ length: outputs }, (_, at) => base[at] ?? 0),
    divisor: aggregate === "AVERAGE" ? Math.max(1, trees.length) : 1,
    head,
    notes: [],
  };
}

function headOf(
  transform: string,
  facts: { readonly kind: EnsembleHead["kind"]; readonly arePositive: boolean },
): EnsembleHead | null {
  const { kind, arePositive } = facts;
  if (kind === "value") {
    const link = transform === "NONE" ? "identity" : transform === "LOGISTIC" ? "logistic" : null;
    return link === null ? null : { kind, link, slope: 1 };
  }
  const plain = arePositive ? ("probability" as const) : null;
  if (kind === "binary") {
    const link =
      transform === "LOGISTIC" ? "logistic" : transform === "NONE" ? (plain ?? "margin") : null;
    return link === null ? null : { kind, link, slope: 1 };
  }
  const links = {
    NONE: plain ?? ("identity" as const),
    LOGISTIC: "logistic",
    SOFTMAX: "softmax",
  } as const;
  const link = Object.hasOwn(links, transform) ? links[transform as keyof typeof links] : null;
  return link === null ? null : { kind, link, slope: 1 };
}

interface LeafWeights {
  readonly trees: readonly number[];
  readonly nodes: readonly number[];
  readonly outputs: readonly number[];
  readonly values: ArrayLike<number> & { every: (test: (value: number) => boolean) => boolean };
}

function readWeights(read: AttributeReader, prefix: "class" | "target"): LeafWeights {
  return {
    trees: read.integers(`${prefix}_treeids`),
    nodes: read.integers(`${prefix}_nodeids`),
    outputs: read.integers(`${prefix}_ids`),
    values: read.numbers(`${prefix}_weights`),
  };
}

const modes: Readonly<Record<string, number>> = {
  BRANCH_LEQ: splitTests.atMost,
  BRANCH_LT: splitTests.less,
  BRANCH_GTE: splitTests.atLeast,
  BRANCH_GT: splitTests.greater,
  BRANCH_EQ: splitTests.equal,
  BRANCH_NEQ: splitTests.unequal,
};

/** Splits the arrays over all nodes by their tree; a tree's root is the node that it names first. */
function readTrees(
  read: AttributeReader,
  weights: LeafWeights,
  { outputs, isOneOfTwo }: { readonly outputs: number; readonly isOneOfTwo: boolean },
): readonly Tree[] {
  const treeIds = read.integers("nodes_treeids");
  const nodeIds = read.integers("nodes_nodeids");
  const kinds = read.strings("nodes_modes");
  const features = read.integers("nodes_featureids");
  const holds = read.integers("nodes_truenodeids");
  const fails = read.integers("nodes_falsenodeids");
  const missing = read.integers("nodes_missing_value_tracks_true");
  const thresholds = read.numbers("nodes_values");
  const placesByTree = new Map<number, number[]>();
  treeIds.forEach((tree, at) => {
    const places = placesByTree.get(tree);
    if (places === undefined) placesByTree.set(tree, [at]);
    else places.push(at);
  });
  const nodeAt = new Map<string, number>();
  for (const [tree, places] of placesByTree) {
    places.forEach((place, node) => nodeAt.set(`${tree} ${nodeIds[place]}`, node));
  }
  const values = new Map<number, Float64Array>();
  for (const [tree, places] of placesByTree)
    values.set(tree, new Float64Array(places.length * outputs));
  weights.trees.forEach((tree, at) => {
    const node = nodeAt.get(`${tree} ${weights.nodes[at]}`) ?? -1;
    const output = isOneOfTwo ? 0 : (weights.outputs[at] ?? 0);
    const own = values.get(tree);
    const place = node * outputs + output;
    if (own !== undefined && node >= 0) own[place] = (own[place] ?? 0) + (weights.values[at] ?? 0);
  });
  return [...placesByTree].map(([tree, places]) => {
    const isLeaf = (place: number): boolean => kinds[place] === "LEAF";
    const child = (ids: readonly number[], place: number): number =>
      isLeaf(place) ? 0 : (nodeAt.get(`${tree} ${ids[place]}`) ?? -1);
    return {
      outputs: Int32Array.from({ length: outputs }, (_, output) => output),
      feature: Int32Array.from(places, (place) =>
        isLeaf(place) ? LEAF : (features[place] ?? LEAF - 1),
      ),
      test: Uint8Array.from(places, (place) => modes[kinds[place] ?? ""] ?? splitTests.member),
      threshold: Float64Array.from(places, (place) => thresholds[place] ?? Number.NaN),
      holds: Int32Array.from(places, (place) => child(holds, place)),
      fails: Int32Array.from(places, (place) => child(fails, place)),
      missing: Uint8Array.from(places, (place) => (missing[place] === 1 ? missingBits.holds : 0)),
      members: new Map(),
      values: values.get(tree) ?? new Float64Array(0),
      cover: null,
    };
  });
}

interface AttributeReader {
  readonly text: (name: string) => string;
  readonly integer: (name: string) => number;
  readonly integers: (name: string) => readonly number[];
  readonly strings: (name: string) => readonly string[];
  /** Of 32-bit numbers, or of the tensor of 64-bit ones that may stand instead (`…_as_tensor`). */
  readonly numbers: (name: string) => Float64Array;
}

const decoder = new TextDecoder();

function createAttributeReader(node: NodeProto): AttributeReader {
  const byName = new Map(node.attribute.map((one): [string, AttributeProto] => [one.name, one]));
  const listOf = <T>(name: string, read: (one: AttributeProto) => readonly T[]): readonly T[] => {
    const attribute = byName.get(name);
    return attribute === undefined ? [] : read(attribute);
  };
  return {
    text: (name) => decoder.decode(byName.get(name)?.s ?? new Uint8Array(0)),
    integer: (name) => Number(byName.get(name)?.i ?? 0n),
    integers: (name) => listOf(name, integersOf),
    strings: (name) => listOf(name, textsOf),
    numbers: (name) => {
      const tensor = byName.get(`${name}_as_tensor`)?.t;
      return tensor === undefined ? Float64Array.from(listOf(name, floatsOf)) : doublesOf(tensor);
    },
  };
}

function doublesOf(tensor: TensorProto): Float64Array {
  if (tensor.doubleData.length > 0) return Float64Array.from(tensor.doubleData);
  const { buffer, byteOffset, byteLength } = tensor.rawData;
  const view = new DataView(buffer, byteOffset, byteLength);
  return Float64Array.from({ length: Math.floor(byteLength / 8) }, (_, at) =>
    view.getFloat64(at * 8, true),
  );
}
