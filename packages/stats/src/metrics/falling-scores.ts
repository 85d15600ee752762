import { hitsInOrder, layoutOf } from "./rank-layout.ts";
import type { RankingInput } from "./ranking.ts";

/** Unweighted rows of a ranking by falling score, laid side by side so that walks along them are fast. */
export interface FallingScores {
  readonly scores: Float64Array;
  /** 1 where the row is positive. */
  readonly hits: Uint8Array;
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
  let [a, b] = [0, 0];
  let [truePositives, sum] = [0, 0];
  while (a < first.scores.length || b < second.scores.length) {
    const before = truePositives;
    const [highA, highB] = [first.scores[a], second.scores[b]];
    const high = highB === undefined || highA! >= highB ? highA! : highB;
    for (; first.scores[a] === high; a++) truePositives += first.hits[a]!;
    for (; second.scores[b] === high; b++) truePositives += second.hits[b]!;
    sum += ((truePositives - before) * truePositives) / (a + b);
  }
  return truePositives > 0 ? sum / truePositives : null;
}
