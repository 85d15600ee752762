import type { NumberSummary } from "#core";
import { countOf } from "./judge-columns.ts";

/** Ends of a histogram: both samples are drawn over the same. */
export interface Span {
  readonly low: number;
  readonly high: number;
}

/** A bin with the ends that the data gives it. */
interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/**
 * Bins with the sample's own smallest and largest value as their open ends. Each is cut at its
 * mean into two even parts that keep that mean: a wide end bin is seldom even as a whole.
 */
function boundedBins(summary: NumberSummary): readonly Bin[] {
  const { edges, counts, sums } = summary.bins;
  const low = summary.min ?? edges[0] ?? 0;
  const high = summary.max ?? edges.at(-1) ?? 0;
  return counts.flatMap((count, index) => {
    if (count === 0) return [];
    const to = Math.min(high, edges[index] ?? high);
    const from = Math.min(to, Math.max(low, edges[index - 1] ?? low));
    const mean = (sums[index] ?? 0) / count;
    if (!(mean > from && mean < to)) return [{ from, to, count }];
    const below = (count * (to - mean)) / (to - from);
    return [
      { from, to: mean, count: below },
      { from: mean, to, count: count - below },
    ];
  });
}

/**
 * A quantile of a summarised sample, between the edges of its bin by the share of its rows.
 *
 * @param level in [0, 1]
 * @returns `null` without values
 */
export function quantileOfSummary(summary: NumberSummary, level: number): number | null {
  const bins = boundedBins(summary);
  let left = level * countOf(summary);
  for (const { from, to, count } of bins) {
    if (left <= count) return from + ((to - from) * left) / count;
    left -= count;
  }
  return summary.max;
}

/** The span that holds all but the outermost hundredths of both samples; `null` without values. */
export function commonSpan(left: NumberSummary, right: NumberSummary): Span | null {
  const ends = (level: number): readonly number[] =>
    [quantileOfSummary(left, level), quantileOfSummary(right, level)].filter((end) => end !== null);
  if (countOf(left) === 0 && countOf(right) === 0) return null;
  const low = Math.min(...ends(0.01));
  const high = Math.max(...ends(0.99));
  return { low, high: high > low ? high : low + (Math.abs(low) || 1) };
}

/** Shares of a sample in `cells` equal cells of a span; what lies outside counts into the end cells. */
export function shareByCell(
  summary: NumberSummary,
  { low, high }: Span,
  cells: number,
): readonly number[] {
  const width = (high - low) / cells;
  const shares = Array.from({ length: cells }, () => 0);
  const total = countOf(summary);
  const cellOf = (value: number): number =>
    Math.min(cells - 1, Math.max(0, Math.floor((value - low) / width)));
  for (const { from, to, count } of boundedBins(summary)) {
    const [first, last] = [cellOf(from), cellOf(to)];
    for (let cell = first; cell <= last; cell++) {
      const start = cell === first ? from : low + cell * width;
      const end = cell === last ? to : low + (cell + 1) * width;
      const part = to > from ? (end - start) / (to - from) : 1;
      shares[cell] = (shares[cell] ?? 0) + (count * part) / total;
    }
  }
  return shares;
}

const BLOCKS = "▁▂▃▄▅▆▇█";

/** Shares as a line of blocks, against the largest share of both samples; an empty cell is a blank. */
export function drawBlocks(shares: readonly number[], largest: number): string {
  return shares
    .map((share) => {
      if (share <= 0 || largest <= 0) return "\u2007";
      const level = Math.min(BLOCKS.length - 1, Math.floor((share / largest) * BLOCKS.length));
      return BLOCKS[level] ?? "█";
    })
    .join("");
}

/** A share as a bar of up to `width` characters, with at least a sliver for what is not 0. */
export function drawBar(share: number, largest: number, width: number): string {
  if (share <= 0 || largest <= 0) return "";
  const length = (share / largest) * width;
  const part = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][Math.floor((length % 1) * 8)] ?? "";
  return "█".repeat(Math.floor(length)) + part || "▏";
}
