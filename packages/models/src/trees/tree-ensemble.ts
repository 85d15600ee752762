/** What a node asks of its feature's value, by the number that stands in `Tree.test`. */
export const splitTests = {
  atMost: 0,
  less: 1,
  atLeast: 2,
  greater: 3,
  equal: 4,
  unequal: 5,
  member: 6,
} as const;

/** Where a missing value goes, as bits of `Tree.missing`. */
export const missingBits = {
  /** A missing value goes the way of a test that holds. */
  holds: 1,
  /** 0 counts as missing. */
  zero: 2,
} as const;

/** The feature of a node that is a leaf. */
export const LEAF = -1;

/** One tree as arrays over its nodes; node 0 is the root, every other node has one parent. */
export interface Tree {
  /** The outputs that its leaves add to. */
  readonly outputs: Int32Array;
  /** {@link LEAF} at a leaf. */
  readonly feature: Int32Array;
  readonly test: Uint8Array;
  readonly threshold: Float64Array;
  /** The child where the test holds, and the other. */
  readonly holds: Int32Array;
  readonly fails: Int32Array;
  readonly missing: Uint8Array;
  /** Categories of the nodes whose test is `member`. */
  readonly members: ReadonlyMap<number, ReadonlySet<number>>;
  /** A leaf's values, `outputs.length` a node. */
  readonly values: Float64Array;
  /** How much of the training data came through each node; `null` where the file does not tell. */
  readonly cover: Float64Array | null;
}

/**
 * How sums of leaves (margins) become what the library predicts. `slope` stands before the margin
 * in a sigmoid; the leaves of a forest may add up to the probability itself.
 */
export type EnsembleHead =
  | {
      readonly kind: "value";
      readonly link: "identity" | "exp" | "logistic" | "log1p-exp" | "signed-square";
      readonly slope: number;
    }
  | {
      readonly kind: "binary";
      readonly link: "logistic" | "probability" | "margin" | "hinge";
      readonly slope: number;
    }
  | {
      readonly kind: "multiclass";
      readonly link: "softmax" | "logistic" | "probability" | "identity";
      readonly slope: number;
    };

/** Trees whose leaves are added up, with all that is needed to predict as the library does that wrote them. */
export interface TreeEnsemble {
  /** Who wrote it, e.g. `XGBoost 3.2.0`. */
  readonly producer: string;
  readonly objective: string;
  readonly features: number;
  /** In the features' order; `null` where the file names none. */
  readonly featureNames: readonly string[] | null;
  /** Categories by code, for the features whose file tells them. */
  readonly categories: ReadonlyMap<number, readonly (string | number)[]>;
  /** Inputs and sums are of this precision. */
  readonly precision: "float" | "double";
  /** How a code between whole numbers is read: downwards, towards 0, or as itself. */
  readonly categoryRounding: "floor" | "truncate" | "none";
  readonly trees: readonly Tree[];
  /** What each output starts from. */
  readonly base: Float64Array;
  /** What the sums are divided by: 1, or the number of trees of a forest. */
  readonly divisor: number;
  readonly head: EnsembleHead;
  /** What a reader of its predictions should know. */
  readonly notes: readonly string[];
}

/** Whether a value goes the way of a test that holds. */
export function testHolds(
  tree: Tree,
  node: number,
  facts: { readonly value: number; readonly rounding: TreeEnsemble["categoryRounding"] },
): boolean {
  const { value, rounding } = facts;
  const missing = tree.missing[node]!;
  if (
    Number.isNaN(value) ||
    ((missing & missingBits.zero) !== 0 && Math.abs(value) <= NEXT_TO_ZERO)
  ) {
    return (missing & missingBits.holds) !== 0;
  }
  const threshold = tree.threshold[node]!;
  switch (tree.test[node]!) {
    case splitTests.atMost:
      return value <= threshold;
    case splitTests.less:
      return value < threshold;
    case splitTests.atLeast:
      return value >= threshold;
    case splitTests.greater:
      return value > threshold;
    case splitTests.equal:
      return value === threshold;
    case splitTests.unequal:
      return value !== threshold;
    default:
      return tree.members.get(node)?.has(roundCode(value, rounding)) === true;
  }
}

/** LightGBM takes what is no further from 0 than this for 0. */
export const NEXT_TO_ZERO = Math.fround(1e-35);

function roundCode(value: number, rounding: TreeEnsemble["categoryRounding"]): number {
  if (rounding === "none") return value;
  return rounding === "floor" ? Math.floor(value) : Math.trunc(value);
}

/** The leaf that a row of feature values ends in. */
export function findLeaf(
  tree: Tree,
  row: ArrayLike<number>,
  rounding: TreeEnsemble["categoryRounding"],
): number {
  let node = 0;
  for (let feature = tree.feature[0]!; feature !== LEAF; feature = tree.feature[node]!) {
    const value = row[feature] ?? Number.NaN;
    node = testHolds(tree, node, { value, rounding }) ? tree.holds[node]! : tree.fails[node]!;
  }
  return node;
}

/**
 * The margins of a row, one an output: base and leaves added up in the trees' order, rounded to
 * the ensemble's precision at each step as the library does.
 */
export function computeMargins(ensemble: TreeEnsemble, row: ArrayLike<number>): Float64Array {
  const { precision, base, trees, divisor, categoryRounding } = ensemble;
  const round = precision === "float" ? Math.fround : (value: number): number => value;
  const margins = base.slice();
  const values = Float64Array.from(row, round);
  for (const tree of trees) {
    const leaf = findLeaf(tree, values, categoryRounding);
    const width = tree.outputs.length;
    for (let at = 0; at < width; at += 1) {
      const output = tree.outputs[at]!;
      margins[output] = round(margins[output]! + tree.values[leaf * width + at]!);
    }
  }
  return divisor === 1 ? margins : margins.map((margin) => margin / divisor);
}

/** What the library predicts of margins: a value, the probability of the second class, or one score a class. */
export function applyHead(head: EnsembleHead, margins: Float64Array): Float64Array {
  switch (head.link) {
    case "identity":
    case "margin":
    case "probability":
      return margins;
    case "exp":
      return margins.map(Math.exp);
    case "logistic":
      return margins.map((margin) => 1 / (1 + Math.exp(-head.slope * margin)));
    case "log1p-exp":
      return margins.map((margin) => Math.log1p(Math.exp(margin)));
    case "signed-square":
      return margins.map((margin) => margin * Math.abs(margin));
    case "hinge":
      return margins.map((margin) => (margin > 0 ? 1 : 0));
    case "softmax": {
      const largest = margins.reduce((most, margin) => Math.max(most, margin), -Infinity);
      const powers = margins.map((margin) => Math.exp(margin - largest));
      const sum = powers.reduce((total, power) => total + power, 0);
      return powers.map((power) => power / sum);
    }
  }
}
