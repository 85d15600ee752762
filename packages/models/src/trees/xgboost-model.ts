import { checkTree } from "./check-tree.ts";
import type { DocumentPart } from "./document-reader.ts";
import {
  countIn,
  listIn,
  numbersIn,
  partFault,
  partOf,
  textIn,
  textsIn,
} from "./document-reader.ts";
import { LEAF, missingBits, splitTests, type Tree, type TreeEnsemble } from "./tree-ensemble.ts";
import { treeFault, treeNotSupported } from "./tree-faults.ts";
import { noteOnCodes, readXgboostCategories } from "./xgboost-categories.ts";
import { xgboostObjectives, type XgboostObjective } from "./xgboost-objectives.ts";

/** More features than any table has columns. */
const MOST_FEATURES = 1_000_000;

/**
 * Reads what `Booster.save_model` writes, once its JSON or UBJSON is parsed. All trees count,
 * as for a `Booster` loaded from the file; where scikit-learn's interface saved it after early
 * stopping, those up to the best iteration, as for that interface.
 *
 * @throws DataError `TREE_MODEL_INVALID`, `TREE_MODEL_NOT_SUPPORTED`
 */
export function readXgboostModel(document: unknown, fileName: string): TreeEnsemble {
  const root: DocumentPart = { value: document, path: "", fileName };
  const version = readVersion(root);
  const learner = partOf(root, "learner");
  const parameters = partOf(learner, "learner_model_param");
  const features = countIn(partOf(parameters, "num_feature"));
  if (features > MOST_FEATURES)
    throw partFault(partOf(parameters, "num_feature"), `at most ${MOST_FEATURES}`);
  const outputs = Math.max(
    1,
    countIn(partOf(parameters, "num_class"), 0),
    countIn(partOf(parameters, "num_target"), 1),
  );
  const objective = textIn(partOf(partOf(learner, "objective"), "name"));
  const known = xgboostObjectives.get(objective);
  if (known === undefined)
    throw treeNotSupported(fileName, `XGBoost's objective ${JSON.stringify(objective)}`);
  if (outputs > 1 && known.head.kind !== "multiclass")
    throw treeNotSupported(fileName, `a model of ${outputs} targets at once (${objective})`);
  const model = findTrees(partOf(learner, "gradient_booster"));
  const trees = readTrees(model, { features, outputs });
  // XGBoost itself is not at one with its files here: it takes the base score for a margin.
  if (trees.length === 0) throw treeNotSupported(fileName, "a model without trees");
  const used = countUsedTrees(learner, model, trees.length);
  const names = readFeatureNames(partOf(learner, "feature_names"), features);
  return {
    producer: `XGBoost ${version.join(".")}`.trim(),
    objective,
    features,
    featureNames: names,
    categories: readXgboostCategories(partOf(model.part, "cats"), { features, version }),
    precision: "float",
    categoryRounding: "floor",
    trees: trees.slice(0, used),
    base: readBase(partOf(parameters, "base_score"), outputs, known),
    divisor: 1,
    head: known.head,
    notes: [...noteOnCodes(learner, { names, version }), ...noteOnStopping(used, trees.length)],
  };
}

function noteOnStopping(used: number, all: number): readonly string[] {
  if (used === all) return [];
  return [
    `Early stopping: the first ${used} of ${all} trees count, as in scikit-learn's interface, which saved the model.`,
  ];
}

interface Booster {
  readonly part: DocumentPart;
  /** DART's weights of the trees; `null` for other boosters. */
  readonly weights: ArrayLike<number> | null;
}

function findTrees(booster: DocumentPart): Booster {
  const name = textIn(partOf(booster, "name"));
  const holder = name === "dart" ? partOf(booster, "gbtree") : booster;
  if (name !== "gbtree" && name !== "dart") {
    throw treeNotSupported(booster.fileName, `XGBoost's booster ${JSON.stringify(name)}`);
  }
  const part = partOf(holder, "model");
  const weights = [partOf(booster, "weight_drop"), partOf(part, "weight_drop")].find(
    ({ value }) => value !== undefined,
  );
  return { part, weights: weights === undefined ? null : numbersIn(weights) };
}

function readVersion(root: DocumentPart): readonly number[] {
  const { value } = partOf(root, "version");
  const isList = Array.isArray(value) || ArrayBuffer.isView(value);
  const numbers = isList ? Array.from(value as unknown as ArrayLike<number>) : [];
  return numbers.every(Number.isInteger) ? numbers.slice(0, 3) : [];
}

function readFeatureNames(part: DocumentPart, features: number): readonly string[] | null {
  const names = part.value === undefined ? [] : textsIn(part);
  if (names.length === 0) return null;
  if (names.length !== features) throw partFault(part, `a list of ${features}`);
  return names;
}

/** One number, or since XGBoost 3.1 a list of them in a text: `[5E-1,2E-1]`. */
function readBase(part: DocumentPart, outputs: number, objective: XgboostObjective): Float64Array {
  const scores = textIn(part)
    .replace(/^\[|\]$/g, "")
    .split(",")
    .map((text) => (text.trim() === "" ? Number.NaN : Math.fround(Number(text))));
  const margins = scores.map((score) => Math.fround(objective.toMargin(score)));
  if (margins.some((margin) => !Number.isFinite(margin)))
    throw partFault(part, "a score that has a margin");
  if (margins.length !== 1 && margins.length !== outputs)
    throw partFault(part, `1 or ${outputs} numbers`);
  return Float64Array.from(
    { length: outputs },
    (_, at) => margins[margins.length === 1 ? 0 : at] ?? 0,
  );
}

function countUsedTrees(learner: DocumentPart, { part }: Booster, all: number): number {
  const attributes = partOf(learner, "attributes");
  const { value: best } = partOf(attributes, "best_iteration");
  if (partOf(attributes, "scikit_learn").value === undefined || best === undefined) return all;
  const iterations = countIn(partOf(attributes, "best_iteration")) + 1;
  const ends = partOf(part, "iteration_indptr");
  if (ends.value !== undefined) return Math.min(all, numbersIn(ends)[iterations] ?? all);
  const parallel = countIn(partOf(partOf(part, "gbtree_model_param"), "num_parallel_tree"), 1);
  const outputs = new Set(Array.from(numbersIn(partOf(part, "tree_info")))).size;
  return Math.min(all, iterations * Math.max(1, parallel) * outputs);
}

function readTrees(
  { part, weights }: Booster,
  facts: { readonly features: number; readonly outputs: number },
): readonly Tree[] {
  const { features, outputs } = facts;
  const { fileName } = part;
  const trees = listIn(partOf(part, "trees"));
  const outputOf = numbersIn(partOf(part, "tree_info"), trees.length);
  if (weights !== null && weights.length !== trees.length) {
    throw treeFault(fileName, `${weights.length} tree weights stand beside ${trees.length} trees`);
  }
  return trees.map((one, at) => {
    const output = outputOf[at] ?? 0;
    if (!(output >= 0 && output < outputs)) {
      throw treeFault(fileName, `tree ${at} adds to output ${output} of ${outputs}`);
    }
    const tree = readTree(one, output, weights?.[at] ?? 1);
    checkTree(tree, { features, fileName, at });
    return tree;
  });
}

function readTree(part: DocumentPart, output: number, weight: number): Tree {
  const parameters = partOf(part, "tree_param");
  const vector = countIn(partOf(parameters, "size_leaf_vector"), 0);
  if (vector > 1)
    throw treeNotSupported(part.fileName, "a tree with a vector at each leaf (multi_output_tree)");
  const left = numbersIn(partOf(part, "left_children"));
  const nodes = left.length;
  const right = numbersIn(partOf(part, "right_children"), nodes);
  const indices = numbersIn(partOf(part, "split_indices"), nodes);
  const conditions = Float64Array.from(
    numbersIn(partOf(part, "split_conditions"), nodes),
    Math.fround,
  );
  const defaultLeft = numbersIn(partOf(part, "default_left"), nodes);
  const cover = partOf(part, "sum_hessian");
  const members = readMembers(part, nodes);
  // A category that was chosen goes right, so the two children of such a node change places.
  const isLeaf = (node: number): boolean => left[node] === -1;
  const pick = (node: number, holds: boolean): number =>
    (members.has(node) === holds ? right[node] : left[node]) ?? -1;
  const places = Int32Array.from({ length: nodes }, (_, node) => node);
  return {
    outputs: Int32Array.of(output),
    feature: places.map((node) => (isLeaf(node) ? LEAF : (indices[node] ?? LEAF - 1))),
    test: Uint8Array.from(places, (node) =>
      members.has(node) ? splitTests.member : splitTests.less,
    ),
    threshold: conditions.map((value, node) => (isLeaf(node) || members.has(node) ? 0 : value)),
    holds: places.map((node) => pick(node, true)),
    fails: places.map((node) => pick(node, false)),
    missing: Uint8Array.from(places, (node) =>
      Boolean(defaultLeft[node]) === members.has(node) ? 0 : missingBits.holds,
    ),
    members,
    values: conditions.map((value, node) => (isLeaf(node) ? Math.fround(value * weight) : 0)),
    cover: cover.value === undefined ? null : Float64Array.from(numbersIn(cover, nodes)),
  };
}

function readMembers(part: DocumentPart, nodes: number): ReadonlyMap<number, ReadonlySet<number>> {
  const members = new Map<number, ReadonlySet<number>>();
  if (partOf(part, "categories_nodes").value === undefined) return members;
  const categories = numbersIn(partOf(part, "categories"));
  const owners = numbersIn(partOf(part, "categories_nodes"));
  const starts = numbersIn(partOf(part, "categories_segments"), owners.length);
  const sizes = numbersIn(partOf(part, "categories_sizes"), owners.length);
  for (let at = 0; at < owners.length; at += 1) {
    const [node = -1, start = -1, size = -1] = [owners[at], starts[at], sizes[at]];
    if (
      !(node >= 0 && node < nodes && start >= 0 && size >= 0 && start + size <= categories.length)
    ) {
      throw partFault(
        partOf(part, "categories_segments"),
        `parts of ${categories.length} categories`,
      );
    }
    members.set(node, new Set(Array.from({ length: size }, (_, k) => categories[start + k] ?? 0)));
  }
  return members;
}
