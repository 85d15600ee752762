import { LEAF, testHolds, type Tree, type TreeEnsemble } from "../trees/tree-ensemble.ts";

/** The ensemble with the cover that rows give it: how many of them come through each node. */
export function coverByRows(
  ensemble: TreeEnsemble,
  rows: readonly ArrayLike<number>[],
): TreeEnsemble {
  const { categoryRounding, precision } = ensemble;
  const round = precision === "float" ? Math.fround : (value: number): number => value;
  const rounded = rows.map((row) => Float64Array.from(row, round));
  const trees = ensemble.trees.map((tree) => ({
    ...tree,
    cover: countRows(tree, rounded, categoryRounding),
  }));
  return { ...ensemble, trees };
}

function countRows(
  tree: Tree,
  rows: readonly Float64Array[],
  rounding: TreeEnsemble["categoryRounding"],
): Float64Array {
  const cover = new Float64Array(tree.feature.length);
  for (const row of rows) {
    let node = 0;
    for (;;) {
      cover[node] = cover[node]! + 1;
      const feature = tree.feature[node]!;
      if (feature === LEAF) break;
      const value = row[feature] ?? Number.NaN;
      node = testHolds(tree, node, { value, rounding }) ? tree.holds[node]! : tree.fails[node]!;
    }
  }
  return cover;
}
