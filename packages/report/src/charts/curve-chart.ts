import { formatNumber } from "../markdown.ts";
import { chartWithAxes, fillClass, strokeClass, type LegendEntry } from "./frame.ts";
import { element, group, type Svg } from "./svg.ts";

/** A point in data units. */
export interface ChartPoint {
  readonly x: number;
  readonly y: number;
  /** Shown when pointed at. */
  readonly note?: string;
}

/** A line, with its points marked where `dots` is set. */
export interface CurveSeries extends LegendEntry {
  readonly points: readonly ChartPoint[];
  readonly dots?: boolean;
}

/** What a chart of curves in the unit square shows. */
export interface CurveChart {
  readonly label: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly CurveSeries[];
  /** The line of chance or of perfect calibration. */
  readonly diagonal?: boolean;
}

/** Draws curves over 0..1: ROC, precision and recall, reliability. */
export function drawCurves(chart: CurveChart): Svg {
  const axis = (label: string) => ({ label, domain: [0, 1] as const });
  return chartWithAxes(
    { label: chart.label, x: axis(chart.xLabel), y: axis(chart.yLabel) },
    ({ x, y }) => [
      chart.diagonal === true
        ? element("line", { class: "guide", x1: x(0), y1: y(0), x2: x(1), y2: y(1) })
        : null,
      ...chart.series.map(({ points, series, dots, name }) =>
        group({}, [
          element(
            "polyline",
            {
              class: `line ${strokeClass(series)}`,
              points: points.map((point) => `${fixed(x(point.x))},${fixed(y(point.y))}`).join(" "),
            },
            element("title", {}, name),
          ),
          ...(dots === true ? points : []).map((point) =>
            element(
              "circle",
              { class: fillClass(series), cx: x(point.x), cy: y(point.y), r: 4 },
              element(
                "title",
                {},
                point.note ?? `${name}: ${formatNumber(point.x)}, ${formatNumber(point.y)}`,
              ),
            ),
          ),
        ]),
      ),
    ],
    chart.series,
  );
}

function fixed(value: number): string {
  return String(Number(value.toFixed(2)));
}
