import type { Matrix } from "../matrix.ts";

/** One regression tree as parallel arrays; node 0 is the root, `left` is -1 at a leaf. */
export interface Tree {
  readonly feature: Int32Array;
  /** A row goes left when its value is at most this float32. */
  readonly threshold: Float32Array;
  readonly missingLeft: Uint8Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** Loss saved by the split, 0 at a leaf. */
  readonly gain: Float64Array;
  /** What a leaf adds to its output, learning rate included. */
  readonly value: Float32Array;
}

/** A sum of trees: tree t adds to output t mod `outputs`. */
export interface TreesModel {
  readonly kind: "trees";
  readonly features: number;
  readonly outputs: number;
  readonly base: Float32Array;
  readonly trees: readonly Tree[];
}

/** Raw outputs of a sum of trees, row-major. */
export function predictTrees(model: TreesModel, matrix: Matrix): Float64Array {
  const outputs = new Float64Array(matrix.rows * model.outputs);
  for (let place = 0; place < outputs.length; place += 1) {
    outputs[place] = model.base[place % model.outputs]!;
  }
  model.trees.forEach((tree, index) => {
    addTree(tree, matrix, { into: outputs, width: model.outputs, at: index % model.outputs });
  });
  return outputs;
}

/** Adds one tree's leaf values to every `width`-th place of `into`, from `at` on. */
export function addTree(
  tree: Tree,
  matrix: Matrix,
  { into, width, at }: { readonly into: Float64Array; readonly width: number; readonly at: number },
): void {
  for (let row = 0; row < matrix.rows; row += 1) {
    into[row * width + at]! += tree.value[findLeaf(tree, matrix, row)]!;
  }
}

/** The leaf that a row of the matrix falls into. */
export function findLeaf(tree: Tree, matrix: Matrix, row: number): number {
  const start = row * matrix.columns;
  let node = 0;
  for (let left = tree.left[0]!; left >= 0; left = tree.left[node]!) {
    const value = matrix.values[start + tree.feature[node]!]!;
    const goesLeft = Number.isNaN(value)
      ? tree.missingLeft[node] === 1
      : value <= tree.threshold[node]!;
    node = goesLeft ? left : tree.right[node]!;
  }
  return node;
}
