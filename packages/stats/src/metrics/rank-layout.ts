import { sortedOrder } from "../sorting.ts";
import { forEachBlock } from "../row-blocks.ts";
import type { Codes } from "./evaluation.ts";

/** Rows by ascending score, and where each group of equal scores ends. */
export interface RankLayout {
  readonly order: Uint32Array;
  readonly ends: Uint32Array;
  readonly hasNan: boolean;
}

const layouts = new WeakMap<Float64Array, RankLayout>();

/** The layout of a column of scores, kept for as long as it lives; the column must not change. */
export function layoutOf(scores: Float64Array): RankLayout {
  const known = layouts.get(scores);
  if (known !== undefined) return known;
  const from = origins.get(scores);
  return keepLayout(scores, from === undefined ? sortedOrder(scores) : orderFrom(from));
}

/** Rows by ascending score, NaN last: sorted once for a column's areas, curves and charts. */
export function orderOfScores(scores: Float64Array): Uint32Array {
  return layoutOf(scores).order;
}

/** Columns of scores whose order follows from others'. */
type Origin =
  | { readonly kind: "falling"; readonly of: Float64Array }
  | { readonly kind: "joined"; readonly parts: readonly Float64Array[] };

const origins = new WeakMap<Float64Array, Origin>();

/** Says that `scores` never rise where another column rises, so that it need not be sorted again. */
export function orderFallsWith(scores: Float64Array, of: Float64Array): void {
  origins.set(scores, { kind: "falling", of });
}

/** Says that `scores` are two columns one after the other, whose orders are merged. */
export function orderJoins(scores: Float64Array, parts: readonly Float64Array[]): void {
  if (parts.length === 2) origins.set(scores, { kind: "joined", parts });
}

function orderFrom(origin: Origin): Uint32Array {
  if (origin.kind === "joined") return mergeOrders(origin.parts);
  const { order, hasNan } = layoutOf(origin.of);
  return hasNan ? sortedOrder(origin.of.map((score) => -score)) : order.toReversed();
}

function mergeOrders([first, second]: readonly Float64Array[]): Uint32Array {
  const [left, right] = [layoutOf(first!).order, layoutOf(second!).order];
  const order = new Uint32Array(left.length + right.length);
  let l = 0;
  let r = 0;
  for (let k = 0; k < order.length; k++) {
    // NaN is after every number, as in a column of its own.
    const takesRight =
      l === left.length ||
      (r < right.length &&
        (second![right[r]!]! < first![left[l]!]! || Number.isNaN(first![left[l]!]!)));
    order[k] = takesRight ? left.length + right[r++]! : left[l++]!;
  }
  return order;
}

function keepLayout(scores: Float64Array, order: Uint32Array): RankLayout {
  const count = order.length;
  const walk = { scores, order, ends: new Uint32Array(count), groups: 0 };
  forEachBlock(count - 1, (from, to) => findEnds(walk, from, to));
  if (count > 0) walk.ends[walk.groups++] = count;
  const made = {
    order,
    ends: walk.ends.subarray(0, walk.groups),
    hasNan: count > 0 && Number.isNaN(scores[order[count - 1]!]),
  };
  layouts.set(scores, made);
  return made;
}

/** Finds where scores change between the places `from` to `to` and those after them. */
function findEnds(
  walk: {
    readonly scores: Float64Array;
    readonly order: Uint32Array;
    readonly ends: Uint32Array;
    groups: number;
  },
  from: number,
  to: number,
): void {
  const { scores, order, ends } = walk;
  let { groups } = walk;
  let previous = scores[order[from]!]!;
  for (let k = from + 1; k <= to; k++) {
    const score = scores[order[k]!]!;
    ends[groups] = k;
    // By addition: whether scores differ is settled without a jump.
    groups += Number(score !== previous);
    previous = score;
  }
  walk.groups = groups;
}

/** Which rows are positive, by ascending score: 1 or 0. */
interface Hits extends HitsInput {
  readonly hits: Uint8Array;
  readonly count: number;
}

interface HitsInput {
  readonly truth: Codes;
  readonly positive: number;
}

const latestHits = new WeakMap<Float64Array, Hits>();

/** Whether each row is positive, by ascending score; the latest truth of a column is kept. */
export function hitsInOrder(input: HitsInput & { readonly scores: Float64Array }): Uint8Array {
  return findHits(input).hits;
}

/** How many rows are positive. */
export function countHits(input: HitsInput & { readonly scores: Float64Array }): number {
  return findHits(input).count;
}

function findHits(input: HitsInput & { readonly scores: Float64Array }): Hits {
  const { scores, truth, positive } = input;
  const known = latestHits.get(scores);
  if (known !== undefined && known.truth === truth && known.positive === positive) return known;
  const { order } = layoutOf(scores);
  const hits = new Uint8Array(order.length);
  let count = 0;
  for (let k = 0; k < hits.length; k++) {
    const hit = truth[order[k]!] === positive ? 1 : 0;
    hits[k] = hit;
    count += hit;
  }
  const made = { truth, positive, hits, count };
  latestHits.set(scores, made);
  return made;
}
