import { hitsInOrder, layoutOf } from "./rank-layout.ts";
import type { RankingInput } from "./ranking.ts";
import { forEachBlock } from "../row-blocks.ts";

/** Unweighted rows of a ranking by falling score, laid side by side so that walks along them are fast. */
export interface FallingScores {
  readonly scores: Float64Array<ArrayBuffer>;
  /** 1 where the row is positive. */
  readonly hits: Uint8Array<ArrayBuffer>;
}

/** Gives the memory of falling scores back at once: the collector sees little reason to hurry for a few small objects. */
export function releaseScores({ scores, hits }: FallingScores): void {
  scores.buffer.transfer(0);
  hits.buffer.transfer(0);
}

/** The rows of a ranking by falling score; `null` where a score is NaN or rows are weighted. */
export function fallingScores(input: RankingInput): FallingScores | null {
  const { order, hasNan } = layoutOf(input.scores);
  if (hasNan || input.weights !== undefined) return null;
  const hits = hitsInOrder(input).toReversed();
  const scores = new Float64Array(order.length);
  const last = order.length - 1;
  for (let k = 0; k <= last; k++) scores[k] = input.scores[order[last - k]!]!;
  return { scores, hits };
}

/** The other of two classes, whose scores are 1 less these: its rows fall as these rise. */
export function fallingComplement({ scores, hits }: FallingScores): FallingScores {
  const last = scores.length - 1;
  const complement = new Float64Array(scores.length);
  const misses = new Uint8Array(scores.length);
  for (let k = 0; k <= last; k++) {
    complement[k] = 1 - scores[last - k]!;
    misses[k] = 1 - hits[last - k]!;
  }
  return { scores: complement, hits: misses };
}

/**
 * Average precision of two rankings as if they were one, in one walk down both; `null` where no row
 * is positive.
 */
export function pooledAveragePrecision(first: FallingScores, second: FallingScores): number | null {
  const walk: PooledWalk = { first, second, a: 0, b: 0, truePositives: 0, precisions: 0 };
  forEachBlock(first.scores.length + second.scores.length, (from, to) =>
    walkThresholds(walk, to - from),
  );
  const { truePositives, precisions } = walk;
  return truePositives > 0 ? Math.min(1, precisions / truePositives) : null;
}

/** How far a walk down two rankings has come. */
interface PooledWalk {
  readonly first: FallingScores;
  readonly second: FallingScores;
  /** Rows of the first and of the second that were passed. */
  a: number;
  b: number;
  truePositives: number;
  /** Precision at each positive's threshold. */
  precisions: number;
}

/** Walks down by up to `most` thresholds; there are no more of them than rows. */
function walkThresholds(walk: PooledWalk, most: number): void {
  const { first, second } = walk;
  const [endA, endB] = [first.scores.length, second.scores.length];
  let { a, b, truePositives, precisions } = walk;
  for (let step = 0; step < most && (a < endA || b < endB); step++) {
    const before = truePositives;
    const highA = a < endA ? first.scores[a]! : -Infinity;
    const highB = b < endB ? second.scores[b]! : -Infinity;
    const high = highA >= highB ? highA : highB;
    for (; a < endA && first.scores[a] === high; a++) truePositives += first.hits[a]!;
    for (; b < endB && second.scores[b] === high; b++) truePositives += second.hits[b]!;
    precisions += ((truePositives - before) * truePositives) / (a + b);
  }
  walk.a = a;
  walk.b = b;
  walk.truePositives = truePositives;
  walk.precisions = precisions;
}
