import {
  code,
  intervalBelow,
  own,
  strong,
  type Inline,
  type Phrase,
  type TableBlock,
} from "../document.ts";
import { formatNumber } from "../format.ts";
import type {
  ChartData,
  ChartPoint,
  ConfusionChart,
  CurveChart,
  HistogramChart,
  HistoryChart,
  IntervalChart,
  ScatterChart,
} from "./chart.ts";

/** Points of one series beyond these are every n-th one in a table. */
const MOST_POINTS = 41;

/** What a chart shows, in figures: for readers who do not see it, and without JavaScript. */
export function chartTables(data: ChartData): readonly TableBlock[] {
  switch (data.kind) {
    case "curves":
      return [curveTable(data)];
    case "histogram":
      return [histogramTable(data)];
    case "confusion":
      return data.views.map((view) => confusionTable(data, view));
    case "scatter":
      return [scatterTable(data)];
    case "intervals":
    case "history":
      return [intervalTable(data)];
  }
}

function curveTable({ series, xLabel, yLabel }: CurveChart): TableBlock {
  const hasRows = series.some(({ points }) => points.some(({ rows }) => rows !== undefined));
  return {
    kind: "table",
    headers: [[own("curve")], [own(xLabel)], [own(yLabel)], ...(hasRows ? [[own("rows")]] : [])],
    numeric: [1, 2, 3],
    rows: series.flatMap(({ name, points }) =>
      everyNth(points).map(({ x, y, low, high, rows }): Phrase[] => [
        [name],
        [own(formatNumber(x))],
        [own(formatNumber(y)), ...intervalBelow(low, high)],
        ...(hasRows ? [[own(formatNumber(rows))]] : []),
      ]),
    ),
  };
}

function everyNth(points: readonly ChartPoint[]): readonly ChartPoint[] {
  if (points.length <= MOST_POINTS) return points;
  return Array.from({ length: MOST_POINTS }, (_, k) => {
    const place = Math.round((k / (MOST_POINTS - 1)) * (points.length - 1));
    return points[place] ?? { x: 0, y: 0 };
  });
}

function histogramTable({ edges, series, xLabel }: HistogramChart): TableBlock {
  return {
    kind: "table",
    headers: [[own(`${xLabel} from`)], [own("to")], ...series.map(({ name }): Phrase => [name])],
    numeric: [0, 1, ...series.map((_, at) => at + 2)],
    rows: edges
      .slice(0, -1)
      .map((from, bin) => [
        [own(formatNumber(from))],
        [own(formatNumber(edges[bin + 1]))],
        ...series.map(({ counts }): Phrase => [own(formatNumber(counts[bin]))]),
      ]),
  };
}

function confusionTable(
  { classes, views }: ConfusionChart,
  { name, cells }: ConfusionChart["views"][number],
): TableBlock {
  const whose: Inline[] = views.length > 1 ? [name, own(": ")] : [];
  return {
    kind: "table",
    headers: [
      [...whose, own("true ↓ predicted →")],
      ...classes.map((label): Phrase => [code(label)]),
    ],
    numeric: classes.map((_, at) => at + 1),
    rows: classes.map((truth, row) => [
      [code(truth)],
      ...classes.map((_, column): Phrase => {
        const text = own(formatNumber(roundCount(cells[row * classes.length + column] ?? 0)));
        return [row === column ? strong(text) : text];
      }),
    ]),
  };
}

/** Weights add up to long numbers. */
function roundCount(value: number): number {
  return Math.round(value * 100) / 100;
}

const SCATTER_BANDS = 10;

/** Bands of equally many dots along the axis: where they lie, not each of them. */
function scatterTable({ points, xLabel, yLabel }: ScatterChart): TableBlock {
  const sorted = points.toSorted((left, right) => left.x - right.x);
  const count = Math.min(SCATTER_BANDS, sorted.length);
  const end = (band: number): number => Math.floor((band / count) * sorted.length);
  const bands = Array.from({ length: count }, (_, k) => sorted.slice(end(k), end(k + 1)));
  return {
    kind: "table",
    headers: [`${xLabel} from`, "to", `mean ${yLabel}`, "lowest", "highest"].map((text) => [
      own(text),
    ]),
    numeric: [0, 1, 2, 3, 4],
    rows: bands.map((band) => {
      const heights = band.map(({ y }) => y);
      const mean = heights.reduce((sum, value) => sum + value, 0) / heights.length;
      return [band[0]?.x, band.at(-1)?.x, mean, Math.min(...heights), Math.max(...heights)].map(
        (value) => [own(formatNumber(value))],
      );
    }),
  };
}

function intervalTable(data: IntervalChart | HistoryChart): TableBlock {
  const { views } = data;
  const first = data.kind === "history" ? "version" : data.itemLabel;
  const names = [...new Set(views.flatMap(({ items }) => items.map(({ name }) => name)))];
  const rowsOf = new Map(
    views.flatMap(({ items }) => items.map(({ name, rows }) => [name, rows] as const)),
  );
  const hasRows = [...rowsOf.values()].some((rows) => rows !== undefined);
  return {
    kind: "table",
    headers: [
      [own(first)],
      ...(hasRows ? [[own("rows")]] : []),
      ...views.map(({ name }): Phrase => [name]),
    ],
    numeric: [...views, null].map((_, at) => at + 1).slice(0, views.length + (hasRows ? 1 : 0)),
    rows: names.map((name) => [
      [code(name)],
      ...(hasRows ? [[own(formatNumber(rowsOf.get(name)))]] : []),
      ...views.map(({ items }): Phrase => {
        const item = items.find((candidate) => candidate.name === name);
        return item === undefined
          ? [own("—")]
          : [own(formatNumber(item.value)), ...intervalBelow(item.low, item.high)];
      }),
    ]),
  };
}
