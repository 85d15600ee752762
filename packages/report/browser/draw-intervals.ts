import * as Plot from "@observablehq/plot";
import type {
  HistoryChart,
  IntervalChart,
  IntervalItem,
  IntervalView,
} from "../src/charts/chart.ts";
import {
  colourOf,
  describeRows,
  describeValue,
  numberAxis,
  plot,
  shorten,
  type Drawing,
  type View,
} from "./plots.ts";

interface Placed extends IntervalItem {
  readonly at: number;
}

const EMPTY: IntervalView = { name: "", items: [] };
const hasEnds = ({ low, high }: IntervalItem): boolean => low !== null && high !== null;

/** Draws values with their intervals, one below the other. */
export function drawIntervals(chart: IntervalChart, { width, view }: View): Drawing {
  const { name, items, guide } = chart.views[view] ?? EMPTY;
  const placed = items.map((item, at): Placed => ({ ...item, at }));
  const characters = Math.max(8, Math.min(48, Math.floor(width / 14)));
  const longest = Math.max(4, ...items.map((item) => Math.min(characters, item.name.length)));
  const drawn = plot({
    label: `${chart.label}: ${name}`,
    width,
    height: 62 + 26 * Math.max(1, items.length),
    marginLeft: 16 + longest * 7,
    marginRight: 16,
    marginTop: 8,
    marginBottom: 44,
    x: { ...numberAxis(name), zero: chart.bars === true },
    y: {
      type: "band",
      domain: items.map((_, at) => at),
      tickFormat: (at: number) => shorten(items[at]?.name ?? "", characters),
      tickSize: 0,
      label: null,
      padding: 0.3,
    },
    marks: [
      ...(chart.bars === true
        ? [
            Plot.barX(placed, { x: "value", y: "at", fill: colourOf(0), fillOpacity: 0.55 }),
            Plot.ruleX([0], { stroke: "var(--faint)" }),
          ]
        : []),
      ...(guide === undefined
        ? []
        : [Plot.ruleX([guide.value], { stroke: "var(--faint)", strokeDasharray: "4 4" })]),
      Plot.link(placed.filter(hasEnds), {
        x1: "low",
        x2: "high",
        y1: "at",
        y2: "at",
        stroke: chart.bars === true ? "var(--text)" : colourOf(0),
        strokeWidth: chart.bars === true ? 1.5 : 2.5,
      }),
      ...(chart.bars === true
        ? []
        : [Plot.dot(placed, { x: "value", y: "at", r: 4.5, fill: colourOf(0) })]),
    ],
  });
  return {
    svg: drawn.svg,
    nearestBy: "y",
    targets: [
      placed.map((item) => ({
        x: drawn.x(item.value),
        y: drawn.y(item.at),
        lines: linesOf(item, name),
      })),
    ],
  };
}

/** Draws a metric over versions; the last is the one that is judged. */
export function drawHistory(chart: HistoryChart, { width, view }: View): Drawing {
  const { name, items } = chart.views[view] ?? EMPTY;
  const placed = items.map((item, at): Placed => ({ ...item, at }));
  const crowded = items.length * 62 > width;
  const drawn = plot({
    label: `${chart.label}: ${name}`,
    width,
    height: 260 + (crowded ? 24 : 0),
    marginLeft: 66,
    marginRight: 20,
    marginBottom: crowded ? 66 : 40,
    x: {
      type: "point",
      domain: items.map((_, at) => at),
      tickFormat: (at: number) => shorten(items[at]?.name ?? "", 12),
      label: null,
      padding: 0.4,
      ...(crowded && { tickRotate: -45 }),
    },
    y: numberAxis(name),
    marks: [
      Plot.line(placed, { x: "at", y: "value", stroke: colourOf(0), strokeOpacity: 0.5 }),
      Plot.link(placed.filter(hasEnds), {
        x1: "at",
        x2: "at",
        y1: "low",
        y2: "high",
        stroke: colourOf(0),
        strokeWidth: 2.5,
        strokeOpacity: 0.7,
      }),
      Plot.dot(placed.slice(0, -1), { x: "at", y: "value", r: 4.5, fill: colourOf(0) }),
      Plot.dot(placed.slice(-1), {
        x: "at",
        y: "value",
        r: 6,
        symbol: "diamond",
        fill: colourOf(1),
        stroke: "var(--page)",
        strokeWidth: 1.5,
      }),
    ],
  });
  return {
    svg: drawn.svg,
    nearestBy: "x",
    targets: [
      placed.map((item) => ({
        x: drawn.x(item.at),
        y: drawn.y(item.value),
        lines: linesOf(item, name),
      })),
    ],
  };
}

function linesOf(
  { name, value, low, high, rows }: IntervalItem,
  metric: string,
): readonly string[] {
  const lines = [name, describeValue(metric, value, { low, high })];
  return rows === undefined ? lines : [...lines, describeRows(rows)];
}
