import { LEAF, testHolds, type Tree, type TreeEnsemble } from "../trees/tree-ensemble.ts";
import { gaussLegendre, type QuadratureRule } from "./quadrature.ts";

/** What trees add to a row's margins, feature by feature. */
export interface TreeContributions {
  /** The margins' average over the cover, one an output. */
  readonly base: Float64Array;
  /** `values[output][feature][at]` for the row at place `at`. */
  readonly values: readonly (readonly Float64Array[])[];
}

/** How often the work looks whether it shall stop, and lets others run. */
const ROWS_BETWEEN_PAUSES = 64;

/**
 * Exact Shapley values of the margins, path-dependent: where a feature does not take part, a
 * row goes both ways, in shares of the training data's cover (the values of TreeSHAP, algorithm 2
 * of Lundberg et al., "Consistent individualized feature attribution for tree ensembles", 2018).
 *
 * A leaf counts for a set of features by a product of one factor a feature of its path, so its
 * Shapley values are integrals over t in 0..1 of products of linear functions of t, which a
 * Gauss–Legendre rule gives exactly. One walk down and up a tree is O(nodes × depth).
 *
 * Every tree must have its cover. `rows[at]` holds a row's features.
 */
export async function explainTrees(
  ensemble: TreeEnsemble,
  rows: readonly ArrayLike<number>[],
  signal?: AbortSignal,
): Promise<TreeContributions> {
  const { trees, base, features, divisor, categoryRounding, precision } = ensemble;
  const outputs = base.length;
  const values = Array.from({ length: outputs }, () =>
    Array.from({ length: features }, () => new Float64Array(rows.length)),
  );
  const walkers = trees.map((tree) => createWalker(tree, categoryRounding));
  const average = base.slice();
  trees.forEach((tree, at) => {
    const own = walkers[at]!.expectation;
    tree.outputs.forEach((output, k) => (average[output] = average[output]! + own[k]!));
  });
  const rounded = new Float64Array(features);
  const phi = new Float64Array(outputs * features);
  const state: WalkState = {
    row: rounded,
    zero: new Float64Array(features).fill(1),
    one: new Float64Array(features).fill(1),
    phi,
    features,
  };
  for (const [at, row] of rows.entries()) {
    if (at % ROWS_BETWEEN_PAUSES === 0) await pause(signal);
    for (let feature = 0; feature < features; feature += 1) {
      const value = row[feature] ?? Number.NaN;
      rounded[feature] = precision === "float" ? Math.fround(value) : value;
    }
    phi.fill(0);
    for (const walker of walkers) walker.walk(state);
    values.forEach((ofOutput, output) => {
      for (let feature = 0; feature < features; feature += 1) {
        ofOutput[feature]![at] = phi[output * features + feature]! / divisor;
      }
    });
  }
  return { base: average.map((value) => value / divisor), values };
}

async function pause(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}

/** What a walk reads and writes: the path's factors by feature, and the values so far. */
interface WalkState {
  readonly row: Float64Array;
  /** By feature, the share of the cover on the path through its splits: 1 off the path. */
  readonly zero: Float64Array;
  /** By feature, 1 where the row itself goes the path through its splits, else 0. */
  readonly one: Float64Array;
  /** `phi[output * features + feature]`. */
  readonly phi: Float64Array;
  readonly features: number;
}

const noState: WalkState = {
  row: new Float64Array(0),
  zero: new Float64Array(0),
  one: new Float64Array(0),
  phi: new Float64Array(0),
  features: 0,
};

interface Walker {
  readonly expectation: Float64Array;
  readonly walk: (state: WalkState) => void;
}

interface Shape {
  readonly depth: number;
  /** The most features that stand on one path. */
  readonly widest: number;
  /** The share of its parent's cover that a node has. */
  readonly share: Float64Array;
  readonly expectation: Float64Array;
}

const rules = new Map<number, QuadratureRule>();

function ruleFor(widest: number): QuadratureRule {
  const count = Math.max(1, Math.ceil(widest / 2));
  const rule = rules.get(count) ?? gaussLegendre(count);
  rules.set(count, rule);
  return rule;
}

function createWalker(tree: Tree, rounding: TreeEnsemble["categoryRounding"]): Walker {
  const { depth, widest, share, expectation } = measureTree(tree);
  const { points, weights } = ruleFor(widest);
  const count = points.length;
  const width = tree.outputs.length;
  // One part a depth: the product of the path's factors at each point, and the sums over leaves.
  const products = new Float64Array((depth + 2) * count);
  const sums = new Float64Array((depth + 2) * count * width);

  // By depth, the child that the row itself goes to.
  const hot = new Int32Array(depth + 1);
  let state = noState;

  function visit(node: number, level: number): void {
    const atProducts = level * count;
    const atSums = level * count * width;
    const feature = tree.feature[node]!;
    if (feature === LEAF) {
      for (let p = 0; p < count; p += 1) {
        const product = products[atProducts + p]! * weights[p]!;
        for (let k = 0; k < width; k += 1) {
          sums[atSums + p * width + k] = product * tree.values[node * width + k]!;
        }
      }
      return;
    }
    sums.fill(0, atSums, atSums + count * width);
    const value = state.row[feature]!;
    const [holds, fails] = [tree.holds[node]!, tree.fails[node]!];
    hot[level] = testHolds(tree, node, { value, rounding }) ? holds : fails;
    descend(feature, holds, level);
    descend(feature, fails, level);
  }

  function descend(feature: number, child: number, level: number): void {
    const zeroBefore = state.zero[feature]!;
    const oneBefore = state.one[feature]!;
    const zero = zeroBefore * share[child]!;
    const one = hot[level] === child ? oneBefore : 0;
    // No row of any set of features comes here.
    if (zero === 0 && one === 0) return;
    const here = level * count;
    for (let p = 0; p < count; p += 1) {
      const t = points[p]!;
      const before = zeroBefore + (oneBefore - zeroBefore) * t;
      products[here + count + p] = (products[here + p]! / before) * (zero + (one - zero) * t);
    }
    state.zero[feature] = zero;
    state.one[feature] = one;
    visit(child, level + 1);
    state.zero[feature] = zeroBefore;
    state.one[feature] = oneBefore;
    const own = here * width;
    const below = own + count * width;
    const slope = one - zero;
    const slopeBefore = oneBefore - zeroBefore;
    for (let k = 0; k < width; k += 1) {
      let moved = 0;
      for (let p = 0; p < count; p += 1) {
        const t = points[p]!;
        const sum = sums[below + p * width + k]!;
        sums[own + p * width + k] = sums[own + p * width + k]! + sum;
        moved += sum * (slope / (zero + slope * t) - slopeBefore / (zeroBefore + slopeBefore * t));
      }
      const place = tree.outputs[k]! * state.features + feature;
      state.phi[place] = state.phi[place]! + moved;
    }
  }

  return {
    expectation,
    walk: (given) => {
      state = given;
      products.fill(1, 0, count);
      visit(0, 0);
    },
  };
}

function measureTree(tree: Tree): Shape {
  const cover = tree.cover ?? new Float64Array(0);
  const width = tree.outputs.length;
  const share = new Float64Array(tree.feature.length);
  const expectation = new Float64Array(width);
  const onPath = new Map<number, number>();
  let deepest = 0;
  let widest = 0;

  function visit(node: number, level: number, reached: number): void {
    deepest = Math.max(deepest, level);
    const feature = tree.feature[node]!;
    if (feature === LEAF) {
      widest = Math.max(widest, onPath.size);
      for (let k = 0; k < width; k += 1) {
        expectation[k] = expectation[k]! + reached * tree.values[node * width + k]!;
      }
      return;
    }
    const times = onPath.get(feature) ?? 0;
    onPath.set(feature, times + 1);
    for (const child of [tree.holds[node]!, tree.fails[node]!]) {
      const whole = cover[node] ?? 0;
      // Where nothing came through there are no shares to tell: half each way.
      share[child] = whole > 0 ? (cover[child] ?? 0) / whole : 0.5;
      visit(child, level + 1, reached * share[child]);
    }
    if (times === 0) onPath.delete(feature);
    else onPath.set(feature, times);
  }

  visit(0, 0, 1);
  return { depth: deepest, widest, share, expectation };
}
