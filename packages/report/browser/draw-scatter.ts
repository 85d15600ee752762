import * as Plot from "@observablehq/plot";
import type { ScatterChart } from "../src/charts/chart.ts";
import { colourOf, describeValue, numberAxis, plot, type Drawing, type View } from "./plots.ts";

/** Draws one dot a row around the line y = 0. */
export function drawScatter(chart: ScatterChart, { width }: View): Drawing {
  const drawn = plot({
    label: chart.label,
    width,
    height: Math.round(Math.min(width * 0.75, 360)),
    marginLeft: 60,
    marginRight: 12,
    marginBottom: 44,
    x: numberAxis(chart.xLabel),
    y: numberAxis(chart.yLabel),
    marks: [
      Plot.ruleY([0], { stroke: "var(--text)", strokeDasharray: "4 4" }),
      Plot.dot(chart.points, { x: "x", y: "y", r: 2.5, fill: colourOf(0), fillOpacity: 0.45 }),
    ],
  });
  const sorted = chart.points.toSorted((left, right) => left.x - right.x);
  return {
    svg: drawn.svg,
    targets: [
      sorted.map(({ x, y }) => ({
        x: drawn.x(x),
        y: drawn.y(y),
        lines: ["one row", describeValue(chart.xLabel, x), describeValue(chart.yLabel, y)],
      })),
    ],
  };
}
