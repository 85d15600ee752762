import { sortedOrder } from "../sorting.ts";
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
  const ends = new Uint32Array(order.length);
  let groups = 0;
  let previous = order.length > 0 ? scores[order[0]!]! : 0;
  for (let k = 1; k < order.length; k++) {
    const score = scores[order[k]!]!;
    if (score !== previous) ends[groups++] = k;
    previous = score;
  }
  if (order.length > 0) ends[groups++] = order.length;
  const made = { order, ends: ends.subarray(0, groups), hasNan: Number.isNaN(previous) };
  layouts.set(scores, made);
  return made;
}

/** Which rows are positive, by ascending score: 1 or 0. */
interface Hits {
  readonly truth: Codes;
  readonly positive: number;
  readonly hits: Uint8Array;
}

const latestHits = new WeakMap<Float64Array, Hits>();

/** Whether each row is positive, by ascending score; the latest truth of a column is kept. */
export function hitsInOrder(input: {
  readonly scores: Float64Array;
  readonly truth: Codes;
  readonly positive: number;
}): Uint8Array {
  const { scores, truth, positive } = input;
  const known = latestHits.get(scores);
  if (known !== undefined && known.truth === truth && known.positive === positive)
    return known.hits;
  const { order } = layoutOf(scores);
  const hits = new Uint8Array(order.length);
  for (let k = 0; k < hits.length; k++) hits[k] = truth[order[k]!] === positive ? 1 : 0;
  latestHits.set(scores, { truth, positive, hits });
  return hits;
}
