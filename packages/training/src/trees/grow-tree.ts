import type { BinnedFeatures } from "./bin-features.ts";
import type { Histogram, NodeSums, Split, SplitLimits } from "./find-split.ts";
import { fillHistogram, findBestSplit } from "./find-split.ts";
import type { Tree } from "./tree-model.ts";

/** Shape and regularisation of one tree. */
export interface TreeLimits extends SplitLimits {
  readonly maxLeaves: number;
  /** 0 for no limit. */
  readonly maxDepth: number;
  readonly learningRate: number;
}

/** What one tree is grown from. */
export interface TreeRows {
  readonly binned: BinnedFeatures;
  readonly rows: Int32Array;
  readonly features: Int32Array;
  readonly gradients: Float64Array;
  readonly hessians: Float64Array;
}

/** A tree, and the leaf that each of its rows ended in. */
export interface GrownTree {
  readonly tree: Tree;
  /** Rows by leaf. */
  readonly leaves: readonly { readonly node: number; readonly rows: Int32Array }[];
}

/** Lends histograms, so that growing a tree allocates none that an earlier one gave back. */
export interface HistogramPool {
  take(): Histogram;
  give(histogram: Histogram): void;
}

/** A pool of histograms of one size. */
export function createHistogramPool(binned: BinnedFeatures): HistogramPool {
  const free: Histogram[] = [];
  const size = (binned.offsets[binned.features] ?? 0) * 3;
  return {
    take: () => free.pop() ?? new Float64Array(size),
    give: (histogram) => {
      free.push(histogram);
    },
  };
}

interface Leaf {
  readonly node: number;
  readonly depth: number;
  readonly rows: Int32Array;
  readonly sums: NodeSums;
  readonly histogram: Histogram;
  readonly split: Split | null;
}

interface NodeRecord {
  feature: number;
  threshold: number;
  missingLeft: number;
  left: number;
  right: number;
  gain: number;
  value: number;
}

/**
 * Grows one tree leaf by leaf: always the leaf whose best split saves most loss, until
 * `maxLeaves` or no split is left. Its leaf values are the Newton step times the learning rate.
 */
export function growTree(source: TreeRows, limits: TreeLimits, pool: HistogramPool): GrownTree {
  const nodes: NodeRecord[] = [];
  const open: Leaf[] = [];
  const closed: Leaf[] = [];
  const settle = (leaf: Leaf): void => {
    if (leaf.split !== null) {
      open.push(leaf);
      return;
    }
    pool.give(leaf.histogram);
    closed.push(leaf);
  };
  settle(openRoot(source, limits, { nodes, pool }));
  while (open.length > 0 && open.length + closed.length < limits.maxLeaves) {
    const leaf = takeBest(open);
    for (const child of divide(leaf, source, { limits, nodes, pool })) settle(child);
  }
  for (const leaf of open) pool.give(leaf.histogram);
  const leaves = [...closed, ...open].map(({ node, rows }) => ({ node, rows }));
  return { tree: packNodes(nodes), leaves };
}

function takeBest(open: Leaf[]): Leaf {
  let best = 0;
  open.forEach((leaf, index) => {
    if ((leaf.split?.gain ?? 0) > (open[best]?.split?.gain ?? 0)) best = index;
  });
  return open.splice(best, 1)[0]!;
}

interface Workspace {
  readonly nodes: NodeRecord[];
  readonly pool: HistogramPool;
}

function openRoot(source: TreeRows, limits: TreeLimits, { nodes, pool }: Workspace): Leaf {
  let gradient = 0;
  let hessian = 0;
  for (const row of source.rows) {
    gradient += source.gradients[row]!;
    hessian += source.hessians[row]!;
  }
  const histogram = pool.take();
  fillHistogram(histogram, source.binned, source);
  const sums = { gradient, hessian, rows: source.rows.length };
  return openLeaf({ rows: source.rows, sums, histogram, depth: 0 }, source, { limits, nodes });
}

function openLeaf(
  facts: Pick<Leaf, "rows" | "sums" | "histogram" | "depth">,
  source: TreeRows,
  { limits, nodes }: { readonly limits: TreeLimits; readonly nodes: NodeRecord[] },
): Leaf {
  const { sums, depth } = facts;
  const value = (-limits.learningRate * sums.gradient) / (sums.hessian + limits.l2);
  const node = nodes.length;
  nodes.push({
    feature: 0,
    threshold: 0,
    missingLeft: 0,
    left: -1,
    right: -1,
    gain: 0,
    value: Number.isFinite(value) ? value : 0,
  });
  const mayDivide =
    (limits.maxDepth === 0 || depth < limits.maxDepth) && sums.rows >= 2 * limits.minChildRows;
  const split = mayDivide
    ? findBestSplit(facts.histogram, sums, {
        binned: source.binned,
        features: source.features,
        limits,
      })
    : null;
  return { ...facts, node, split };
}

function divide(
  leaf: Leaf,
  source: TreeRows,
  { limits, nodes, pool }: Workspace & { readonly limits: TreeLimits },
): readonly Leaf[] {
  const { split } = leaf;
  if (split === null) return [leaf];
  const [leftRows, rightRows] = partition(leaf.rows, split, source.binned);
  const rightSums = {
    gradient: leaf.sums.gradient - split.left.gradient,
    hessian: leaf.sums.hessian - split.left.hessian,
    rows: rightRows.length,
  };
  const leftIsSmaller = leftRows.length <= rightRows.length;
  const smaller = pool.take();
  fillHistogram(smaller, source.binned, { ...source, rows: leftIsSmaller ? leftRows : rightRows });
  // The sibling's histogram is the parent's less the smaller child's: half the rows need no visit.
  const larger = leaf.histogram;
  for (let at = 0; at < larger.length; at += 1) larger[at]! -= smaller[at]!;
  const depth = leaf.depth + 1;
  const left = openLeaf(
    { rows: leftRows, sums: split.left, histogram: leftIsSmaller ? smaller : larger, depth },
    source,
    { limits, nodes },
  );
  const right = openLeaf(
    { rows: rightRows, sums: rightSums, histogram: leftIsSmaller ? larger : smaller, depth },
    source,
    { limits, nodes },
  );
  const record = nodes[leaf.node]!;
  record.feature = split.feature;
  record.threshold = source.binned.bounds[split.feature]![split.bin]!;
  record.missingLeft = split.missingLeft ? 1 : 0;
  record.left = left.node;
  record.right = right.node;
  record.gain = split.gain;
  record.value = 0;
  return [left, right];
}

function partition(
  rows: Int32Array,
  split: Split,
  binned: BinnedFeatures,
): readonly [Int32Array, Int32Array] {
  const left = new Int32Array(split.left.rows);
  const right = new Int32Array(rows.length - split.left.rows);
  const column = split.feature * binned.rows;
  const missingCode = binned.bounds[split.feature]!.length;
  let leftCount = 0;
  let rightCount = 0;
  for (const row of rows) {
    const code = binned.codes[column + row]!;
    const goesLeft = code === missingCode ? split.missingLeft : code <= split.bin;
    if (goesLeft) left[leftCount++] = row;
    else right[rightCount++] = row;
  }
  return [left, right];
}

function packNodes(nodes: readonly NodeRecord[]): Tree {
  return {
    feature: Int32Array.from(nodes, (node) => node.feature),
    threshold: Float32Array.from(nodes, (node) => node.threshold),
    missingLeft: Uint8Array.from(nodes, (node) => node.missingLeft),
    left: Int32Array.from(nodes, (node) => node.left),
    right: Int32Array.from(nodes, (node) => node.right),
    gain: Float64Array.from(nodes, (node) => node.gain),
    value: Float32Array.from(nodes, (node) => node.value),
  };
}
