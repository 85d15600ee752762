import * as Plot from "@observablehq/plot";
import type { HistogramChart, HistogramSeries } from "../src/charts/chart.ts";
import type { OperatingPoints } from "../src/charts/operating-points.ts";
import { formatNumber } from "../src/format.ts";
import {
  colourOf,
  dashOf,
  describeRows,
  describeShare,
  numberAxis,
  plot,
  type Drawing,
  type View,
} from "./plots.ts";

interface Bar {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  readonly share: number;
}

/** Draws the share of each group's rows in each bin, with the threshold that is chosen. */
export function drawHistogram(
  chart: HistogramChart,
  operating: OperatingPoints | null,
  { width, hidden, place }: View,
): Drawing {
  const { edges } = chart;
  const shown = chart.series
    .map((series, at) => ({ series, at, bars: barsOf(series, edges) }))
    .filter(({ at }) => !hidden.has(at));
  const highest = Math.max(1e-9, ...shown.flatMap(({ bars }) => bars.map(({ share }) => share)));
  const threshold =
    place === null || chart.operating !== true ? undefined : operating?.thresholds[place];
  const drawn = plot({
    label: chart.label,
    width,
    height: Math.round(Math.min(width * 0.7, 340)),
    marginLeft: 64,
    marginRight: 12,
    marginBottom: 44,
    x: { ...numberAxis(chart.xLabel, [edges[0] ?? 0, edges.at(-1) ?? 1]), grid: false },
    y: {
      ...numberAxis("share of the group's rows", [0, highest * 1.04]),
      tickFormat: (share: number) => `${formatNumber(Math.round(share * 1000) / 10)} %`,
    },
    marks: [
      ...shown.flatMap(({ series, at, bars }) => marksOf(series, at, bars)),
      Plot.ruleY([0], { stroke: "currentColor", strokeOpacity: 0.4 }),
      ...(threshold === undefined
        ? []
        : [Plot.ruleX([threshold], { stroke: "var(--text)", strokeWidth: 2 })]),
    ],
  });
  return {
    svg: drawn.svg,
    nearestBy: "x",
    targets: shown.map(({ series, bars }) =>
      bars.map(({ from, to, rows, share }) => ({
        x: drawn.x((from + to) / 2),
        y: drawn.y(share),
        lines: [
          series.name,
          `${formatNumber(from)} to ${formatNumber(to)}`,
          `${describeRows(rows)}, ${describeShare(share)}`,
        ],
      })),
    ),
  };
}

function barsOf({ counts }: HistogramSeries, edges: readonly number[]): readonly Bar[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((rows, bin) => ({
    from: edges[bin] ?? 0,
    to: edges[bin + 1] ?? 0,
    rows,
    share: total === 0 ? 0 : rows / total,
  }));
}

function marksOf(series: HistogramSeries, at: number, bars: readonly Bar[]): Plot.Markish[] {
  const colour = colourOf(at);
  const outline = bars.flatMap(({ from, to, share }) => [
    { x: from, share },
    { x: to, share },
  ]);
  const line = Plot.line(outline, {
    x: "x",
    y: "share",
    stroke: colour,
    strokeWidth: series.outlined === true ? 2 : 1.5,
    strokeDasharray: series.outlined === true ? dashOf(at) : "none",
  });
  if (series.outlined === true) return [line];
  return [
    Plot.rectY(bars, {
      x1: "from",
      x2: "to",
      y: "share",
      fill: colour,
      fillOpacity: 0.35,
      insetLeft: 0.5,
      insetRight: 0.5,
    }),
    line,
  ];
}
