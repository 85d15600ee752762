import * as Plot from "@observablehq/plot";
import type { CurveChart, CurveSeries } from "../src/charts/chart.ts";
import { countsAt, type OperatingPoints } from "../src/charts/operating-points.ts";
import { formatNumber } from "../src/format.ts";
import {
  colourOf,
  dashOf,
  describeRows,
  describeValue,
  numberAxis,
  plot,
  type Drawing,
  type Target,
  type View,
} from "./plots.ts";
import { ratesOf } from "./rates.ts";

interface Spot {
  readonly x: number;
  readonly y: number;
  readonly lines: readonly string[];
}

/** Draws curves over the unit square, with the points of the threshold that is chosen. */
export function drawCurves(
  chart: CurveChart,
  operating: OperatingPoints | null,
  { width, hidden, place }: View,
): Drawing {
  const shown = chart.series
    .map((series, at) => ({ series, at }))
    .filter(({ at }) => !hidden.has(at));
  const spots = shown.map(({ series, at }) =>
    operating === null || chart.operating === undefined
      ? series.points.map((point) => spotOfPoint(chart, series, point))
      : spotsOfModel(chart, operating, at),
  );
  const chosen = spots.flatMap((own, k) => {
    const spot = place === null || chart.operating === undefined ? undefined : own[place];
    return spot === undefined ? [] : [{ ...spot, at: shown[k]?.at ?? 0 }];
  });
  const drawn = plot({
    label: chart.label,
    width,
    height: Math.round(Math.min(width * 0.82, 400)),
    marginLeft: 52,
    marginRight: 12,
    marginBottom: 44,
    x: numberAxis(chart.xLabel, [0, 1]),
    y: numberAxis(chart.yLabel, [0, 1]),
    marks: [
      ...(chart.diagonal === undefined
        ? []
        : [
            Plot.line(
              [
                [0, 0],
                [1, 1],
              ],
              { stroke: "var(--faint)", strokeDasharray: "3 4", strokeWidth: 1.25 },
            ),
          ]),
      ...shown.flatMap(({ series, at }) => marksOf(chart, series, at)),
      ...chosen.map(({ x, y, at }) =>
        Plot.dot([[x, y]], { r: 6, fill: colourOf(at), stroke: "var(--page)", strokeWidth: 2 }),
      ),
    ],
  });
  const targets = spots.map((own) =>
    own.map(({ x, y, lines }): Target => ({ x: drawn.x(x), y: drawn.y(y), lines })),
  );
  return { svg: drawn.svg, targets };
}

function marksOf(chart: CurveChart, series: CurveSeries, at: number): Plot.Markish[] {
  const stroke = colourOf(at);
  const line = Plot.line(series.points, {
    x: "x",
    y: "y",
    stroke,
    strokeWidth: 2.25,
    strokeDasharray: dashOf(at),
    curve: chart.steps === true ? "step-before" : "linear",
  });
  if (series.dots !== true) return [line];
  const ends = series.points.filter(
    ({ low, high }) => typeof low === "number" && typeof high === "number",
  );
  return [
    Plot.ruleX(ends, {
      x: "x",
      y1: "low",
      y2: "high",
      stroke,
      strokeOpacity: 0.55,
      strokeWidth: 2,
    }),
    line,
    Plot.dot(series.points, { x: "x", y: "y", r: 4, fill: stroke }),
  ];
}

function spotOfPoint(
  { xLabel, yLabel }: CurveChart,
  { name }: CurveSeries,
  { x, y, low, high, rows }: CurveSeries["points"][number],
): Spot {
  const lines = [name, describeValue(xLabel, x), describeValue(yLabel, y, { low, high })];
  return { x, y, lines: rows === undefined ? lines : [...lines, describeRows(rows)] };
}

function spotsOfModel(chart: CurveChart, operating: OperatingPoints, at: number): readonly Spot[] {
  const model = operating.models[at];
  if (model === undefined) return [];
  return operating.thresholds.map((threshold, place) => {
    const rates = ratesOf(countsAt(model, place), operating.confidence);
    const { recall, falsePositiveRate, precision } = rates;
    const lines = [
      `${model.name} from ${formatNumber(threshold)} on`,
      ...(chart.operating === "roc"
        ? [
            describeValue("false positive rate", falsePositiveRate.value ?? 0, falsePositiveRate),
            describeValue("true positive rate", recall.value ?? 0, recall),
          ]
        : [
            describeValue("recall", recall.value ?? 0, recall),
            precision.value === null
              ? "precision: no row is predicted positive"
              : describeValue("precision", precision.value, precision),
          ]),
    ];
    return chart.operating === "roc"
      ? { x: falsePositiveRate.value ?? 0, y: recall.value ?? 0, lines }
      : { x: recall.value ?? 0, y: precision.value ?? 1, lines };
  });
}
