import { formatNumber } from "../markdown.ts";
import { chartWithAxes, fillClass, shortNumber, type LegendEntry } from "./frame.ts";
import { niceDomain } from "./scale.ts";
import { element, type Svg } from "./svg.ts";

/** Counts of one group of rows in shared bins. */
export interface HistogramSeries extends LegendEntry {
  /** One fewer than edges. */
  readonly counts: readonly number[];
}

/** What a histogram shows. */
export interface Histogram {
  readonly label: string;
  readonly xLabel: string;
  readonly edges: readonly number[];
  readonly series: readonly HistogramSeries[];
}

/** Draws the share of each group's rows in each bin, side by side where there are several groups. */
export function drawHistogram(histogram: Histogram): Svg {
  const { edges, series } = histogram;
  const shares = series.map(({ counts }) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count) => (total === 0 ? 0 : count / total));
  });
  const highest = Math.max(1e-9, ...shares.flat());
  const domain = [edges[0] ?? 0, edges.at(-1) ?? 1] as const;
  return chartWithAxes(
    {
      label: histogram.label,
      x: { label: histogram.xLabel, domain },
      y: { label: "share of rows", domain: [0, niceDomain(0, highest)[1]] },
    },
    ({ x, y }) =>
      series.flatMap(({ name, series: place, counts }, index) =>
        counts.map((count, bin) => {
          const [from, to] = [edges[bin] ?? 0, edges[bin + 1] ?? 0];
          const width = (x(to) - x(from)) / series.length;
          const share = shares[index]?.[bin] ?? 0;
          return element(
            "rect",
            {
              class: fillClass(place),
              x: x(from) + index * width + 0.5,
              y: y(share),
              width: Math.max(0.5, width - 1),
              height: Math.max(0, y(0) - y(share)),
            },
            element(
              "title",
              {},
              `${name}, ${shortNumber(from)} to ${shortNumber(to)}: ${formatNumber(count)} rows`,
            ),
          );
        }),
      ),
    series,
  );
}

/** Counts values in equally wide bins; what lies outside counts in the outermost ones. */
export function countInBins(values: ArrayLike<number>, edges: readonly number[]): number[] {
  const bins = edges.length - 1;
  const [low = 0, high = 1] = [edges[0], edges.at(-1)];
  const counts = Array.from({ length: bins }, () => 0);
  for (let row = 0; row < values.length; row++) {
    const place = Math.floor((((values[row] ?? 0) - low) / (high - low)) * bins);
    const bin = Math.min(bins - 1, Math.max(0, place));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

/** The edges of equally wide bins. */
export function equalEdges(low: number, high: number, bins: number): readonly number[] {
  return Array.from({ length: bins + 1 }, (_, k) => low + ((high - low) * k) / bins);
}
