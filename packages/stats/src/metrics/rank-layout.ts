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
  const order = sortedOrder(scores);
  const ends = new Uint32Array(order.length);
  let groups = 0;
  for (let k = 1; k <= order.length; k++)
    if (k === order.length || scores[order[k]!] !== scores[order[k - 1]!]) ends[groups++] = k;
  const last = order[order.length - 1];
  const hasNan = last !== undefined && Number.isNaN(scores[last]);
  const made = { order, ends: ends.slice(0, groups), hasNan };
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
