import { checkTree } from "./check-tree.ts";
import { lightgbmHead } from "./lightgbm-objective.ts";
import type { LightgbmText, Section } from "./lightgbm-sections.ts";
import { countOf, numbersOf, splitLightgbmText, textOf } from "./lightgbm-sections.ts";
import { LEAF, missingBits, splitTests, type Tree, type TreeEnsemble } from "./tree-ensemble.ts";
import { treeFault, treeNotSupported } from "./tree-faults.ts";

const MOST_FEATURES = 1_000_000;
const MOST_OUTPUTS = 100_000;

/**
 * Reads the text that LightGBM's `save_model` writes. After early stopping the file holds the
 * best iterations only (unless `save_model` was told otherwise), and all that it holds count.
 *
 * @throws DataError `TREE_MODEL_INVALID`, `TREE_MODEL_NOT_SUPPORTED`
 */
export function readLightgbmModel(text: string, fileName: string): TreeEnsemble {
  const parts = splitLightgbmText(text, fileName);
  const { header } = parts;
  const features = countOf(header, "max_feature_idx", { most: MOST_FEATURES }) + 1;
  const outputs = countOf(header, "num_tree_per_iteration", { most: MOST_OUTPUTS });
  if (outputs === 0) throw treeFault(fileName, "num_tree_per_iteration is 0");
  refuseMissingTrees(parts, outputs);
  const objective = textOf(header, "objective", "");
  const head = lightgbmHead(objective, outputs);
  if (head === null) {
    throw treeNotSupported(fileName, `LightGBM's objective ${JSON.stringify(objective)}`);
  }
  const trees = parts.trees.map((section, at) => {
    const tree = readTree(section, at % outputs);
    checkTree(tree, { features, fileName, at });
    return tree;
  });
  const names = readNames(header, features);
  const { categories, notes } = readCategories(parts, features);
  return {
    producer: `LightGBM ${textOf(header, "version", "")}`.trim(),
    objective,
    features,
    featureNames: names,
    categories,
    precision: "double",
    categoryRounding: "truncate",
    trees,
    base: new Float64Array(outputs),
    divisor: header.values.has("average_output") ? Math.max(1, trees.length / outputs) : 1,
    head,
    notes,
  };
}

/** `tree_sizes` says how many trees there were: a file that was joined or cut has another number. */
function refuseMissingTrees({ header, trees }: LightgbmText, outputs: number): void {
  const sizes = textOf(header, "tree_sizes", "")
    .split(" ")
    .filter((one) => one !== "").length;
  if ((sizes > 0 && sizes !== trees.length) || trees.length % outputs !== 0) {
    throw treeFault(
      header.fileName,
      `it holds ${trees.length} trees where its header tells of ${sizes} in groups of ${outputs}`,
    );
  }
}

/** LightGBM calls the columns of an array Column_0, Column_1, …: no names. */
function readNames(header: Section, features: number): readonly string[] | null {
  const names = textOf(header, "feature_names").split(" ");
  if (names.length !== features) {
    throw treeFault(header.fileName, `it names ${names.length} features and takes ${features}`);
  }
  return names.every((name, at) => name === `Column_${at}`) ? null : names;
}

/** Decision types: bit 0 categorical, bit 1 missing goes left, bits 2 and 3 what is missing. */
const CATEGORICAL = 1;
const DEFAULT_LEFT = 2;
const ZERO_IS_MISSING = 1;
const NAN_IS_MISSING = 2;

function readTree(section: Section, output: number): Tree {
  if (textOf(section, "is_linear", "0") !== "0") {
    throw treeNotSupported(section.fileName, "a linear tree (linear_tree)");
  }
  const leaves = countOf(section, "num_leaves", { most: 100_000_000 });
  if (leaves === 0) throw treeFault(section.fileName, `${section.name} has no leaves`);
  const leafValues = numbersOf(section, "leaf_value", leaves);
  const splits = leaves - 1;
  const features = numbersOf(section, "split_feature", splits);
  const thresholds = numbersOf(section, "threshold", splits);
  const types = numbersOf(section, "decision_type", splits);
  const isCategorical = (node: number): boolean => ((types[node] ?? 0) & CATEGORICAL) !== 0;
  const sets = readSets(section);
  const members = new Map<number, ReadonlySet<number>>();
  for (let node = 0; node < splits; node += 1) {
    if (!isCategorical(node)) continue;
    const set = sets[thresholds[node] ?? -1];
    if (set === undefined)
      throw treeFault(section.fileName, `${section.name} lacks the categories of node ${node}`);
    members.set(node, set);
  }
  // Splits come first, then the leaves: leaf k is the child -(k + 1) in the file.
  const places = Int32Array.from({ length: splits + leaves }, (_, node) => node);
  const place = (child: number): number => (child < 0 ? splits - 1 - child : child);
  const children = (key: string): Int32Array => {
    const own = Int32Array.from(numbersOf(section, key, splits), place);
    return places.map((node) => own[node] ?? 0);
  };
  return {
    outputs: Int32Array.of(output),
    feature: places.map((node) => (node < splits ? (features[node] ?? LEAF - 1) : LEAF)),
    test: Uint8Array.from(places, (node) =>
      isCategorical(node) ? splitTests.member : splitTests.atMost,
    ),
    threshold: Float64Array.from(places, (node) =>
      isCategorical(node) ? 0 : (thresholds[node] ?? 0),
    ),
    holds: children("left_child"),
    fails: children("right_child"),
    missing: Uint8Array.from(places, (node) =>
      node >= splits || isCategorical(node)
        ? 0
        : missingOf(types[node] ?? 0, thresholds[node] ?? 0),
    ),
    members,
    values: Float64Array.from(places, (node) =>
      node < splits ? 0 : (leafValues[node - splits] ?? 0),
    ),
    cover: readCover(section, splits),
  };
}

/** Where NaN is not what is missing it is read as 0. */
function missingOf(type: number, threshold: number): number {
  const kind = (type >> 2) & 3;
  const defaultHolds = (type & DEFAULT_LEFT) === 0 ? 0 : missingBits.holds;
  if (kind === NAN_IS_MISSING) return defaultHolds;
  if (kind === ZERO_IS_MISSING) return defaultHolds | missingBits.zero;
  return threshold >= 0 ? missingBits.holds : 0;
}

/** The categories of each categorical split, from bits in words of 32. */
function readSets(section: Section): readonly ReadonlySet<number>[] {
  const count = countOf(section, "num_cat", { most: 100_000_000, fallback: "0" });
  if (count === 0) return [];
  const bounds = numbersOf(section, "cat_boundaries", count + 1);
  const last = bounds[count] ?? 0;
  const rises = bounds.every(
    (bound, at) => Number.isInteger(bound) && bound >= (bounds[at - 1] ?? 0),
  );
  if (!rises || last > 100_000_000)
    throw treeFault(section.fileName, `${section.name} has no rising cat_boundaries`);
  const words = numbersOf(section, "cat_threshold", last);
  return Array.from({ length: count }, (_, at) => {
    const start = bounds[at] ?? 0;
    const own = words.subarray(start, bounds[at + 1]);
    const set = new Set<number>();
    own.forEach((word, index) => {
      for (let bit = 0; bit < 32; bit += 1)
        if (((word >>> bit) & 1) === 1) set.add(index * 32 + bit);
    });
    return set;
  });
}

function readCover(section: Section, splits: number): Float64Array | null {
  if (splits === 0) return Float64Array.of(1);
  if (!section.values.has("leaf_count") || !section.values.has("internal_count")) return null;
  const ofLeaves = numbersOf(section, "leaf_count", splits + 1);
  const ofSplits = numbersOf(section, "internal_count", splits);
  return Float64Array.from([...ofSplits, ...ofLeaves]);
}

/** pandas' categories, in the order of the categorical columns; which those are, the parameters tell. */
function readCategories(
  { header, parameters, pandasCategories }: LightgbmText,
  features: number,
): Pick<TreeEnsemble, "categories" | "notes"> {
  const lists = parseCategories(pandasCategories, header.fileName);
  if (lists.length === 0) return { categories: new Map(), notes: [] };
  const places = (parameters.get("categorical_feature") ?? "")
    .split(",")
    .filter((text) => /^\d{1,9}$/.test(text))
    .map(Number)
    .filter((place) => place < features)
    .toSorted((left, right) => left - right);
  if (places.length !== lists.length) {
    return {
      categories: new Map(),
      notes: [
        `The file names the categories of ${lists.length} columns and ${places.length} categorical features: which belongs to which is not known, so the columns must hold codes.`,
      ],
    };
  }
  return { categories: new Map(lists.map((list, at) => [places[at] ?? 0, list])), notes: [] };
}

function parseCategories(
  json: string | null,
  fileName: string,
): readonly (readonly (string | number)[])[] {
  if (json === null) return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    throw treeFault(fileName, "its line pandas_categorical is no JSON");
  }
  if (parsed === null) return [];
  const isList = Array.isArray(parsed) && parsed.every((one) => Array.isArray(one));
  if (!isList) throw treeFault(fileName, "its line pandas_categorical holds no lists");
  return (parsed as readonly (readonly unknown[])[]).map((list) =>
    list.map((value) =>
      typeof value === "string" || typeof value === "number" ? value : Number(value === true),
    ),
  );
}
