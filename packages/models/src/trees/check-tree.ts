import { LEAF, type Tree } from "./tree-ensemble.ts";
import { treeFault } from "./tree-faults.ts";

/** Longer chains of splits are no model; the runtimes walk trees by recursion when they load them. */
const DEEPEST = 1500;

/**
 * Makes sure that a tree is one: every node that is reached from the root is reached once, its
 * children and its feature exist, and what it holds are numbers. Throws a DataError that names
 * the file, the tree and the node.
 */
export function checkTree(
  tree: Tree,
  facts: { readonly features: number; readonly fileName: string; readonly at: number },
): void {
  const { features, fileName, at } = facts;
  const nodes = tree.feature.length;
  const width = tree.outputs.length;
  const fail = (found: string) => treeFault(fileName, `tree ${at} ${found}`);
  if (nodes === 0) throw fail("has no nodes");
  const depths = new Int32Array(nodes).fill(-1);
  depths[0] = 0;
  const pending = [0];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const feature = tree.feature[node]!;
    if (feature === LEAF) {
      const values = tree.values.subarray(node * width, (node + 1) * width);
      if (values.some((value) => !Number.isFinite(value)))
        throw fail(`has the value ${values.join(", ")} at leaf ${node}`);
      continue;
    }
    if (!(feature >= 0 && feature < features))
      throw fail(`splits on feature ${feature} of ${features} at node ${node}`);
    if (Number.isNaN(tree.threshold[node]!)) throw fail(`splits at NaN at node ${node}`);
    for (const child of [tree.holds[node]!, tree.fails[node]!]) {
      if (!(child > 0 && child < nodes)) throw fail(`names the child ${child} of ${nodes} nodes`);
      if (depths[child] !== -1) throw fail(`reaches node ${child} twice, so it is no tree`);
      const depth = depths[node]! + 1;
      depths[child] = depth;
      if (depth > DEEPEST) throw fail(`is deeper than ${DEEPEST} splits`);
      pending.push(child);
    }
  }
}
