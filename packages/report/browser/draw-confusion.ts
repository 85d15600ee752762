import * as Plot from "@observablehq/plot";
import type { ConfusionChart } from "../src/charts/chart.ts";
import { countsAt, type OperatingPoints } from "../src/charts/operating-points.ts";
import { formatNumber } from "../src/format.ts";
import { describeRows, describeShare, plot, shorten, type Drawing, type View } from "./plots.ts";
import { rateOf } from "./rates.ts";

interface Cell {
  readonly row: number;
  readonly column: number;
  readonly count: number;
  readonly share: number;
  readonly total: number;
}

/** Draws a confusion matrix; a cell is the darker the larger its share of the true class. */
export function drawConfusion(
  chart: ConfusionChart,
  operating: OperatingPoints | null,
  { width, view, place }: View,
): Drawing {
  const { classes } = chart;
  const cells = readCells(chart, operating, { view, place });
  const many = classes.length > 4;
  const longest = Math.max(...classes.map((name) => Array.from(shorten(name, 14)).length));
  const marginLeft = Math.min(130, 34 + longest * 7);
  const marginTop = many ? Math.min(96, 34 + longest * 5) : 44;
  const side = Math.min(110, (width - marginLeft - 12) / classes.length);
  const axis = {
    domain: classes.map((_, at) => at),
    tickFormat: (at: number) => shorten(classes[at] ?? "", 14),
    tickSize: 0,
    labelAnchor: "center",
    labelArrow: "none",
  } as const;
  const drawn = plot({
    label: chart.label,
    width: Math.round(marginLeft + side * classes.length + 12),
    height: Math.round(marginTop + Math.min(side, 76) * classes.length + 12),
    marginLeft,
    marginTop,
    marginRight: 12,
    marginBottom: 12,
    padding: 0.04,
    x: { ...axis, axis: "top", label: "predicted", ...(many && { tickRotate: -40 }) },
    y: { ...axis, label: "true" },
    marks: [
      Plot.cell(cells, { x: "column", y: "row", fill: "var(--panel)", stroke: "var(--line)" }),
      Plot.cell(cells, {
        x: "column",
        y: "row",
        fill: "var(--c0)",
        fillOpacity: { value: "share", scale: null },
      }),
      ...[true, false].map((dark) =>
        Plot.text(
          cells.filter(({ share }) => share > 0.75 === dark),
          {
            x: "column",
            y: "row",
            text: (cell: Cell) => textOf(cell, side),
            fill: dark ? "var(--on-dark)" : "var(--text)",
            lineHeight: 1.3,
          },
        ),
      ),
    ],
  });
  const lines = (cell: Cell): readonly string[] => {
    const rate = rateOf(cell.count, cell.total, chart.confidence);
    const interval =
      rate.low === null || rate.high === null
        ? ""
        : ` [${describeShare(rate.low)}, ${describeShare(rate.high)}]`;
    return [
      `true ${classes[cell.row] ?? ""}, predicted ${classes[cell.column] ?? ""}`,
      describeRows(cell.count),
      `${describeShare(cell.share)}${interval} of the true class`,
    ];
  };
  return {
    svg: drawn.svg,
    targets: classes.map((_, row) =>
      cells
        .filter((cell) => cell.row === row)
        .map((cell) => ({ x: drawn.x(cell.column), y: drawn.y(row), lines: lines(cell) })),
    ),
  };
}

function textOf({ count, share }: Cell, side: number): string {
  if (side < 30 && count === 0) return "";
  const text = formatNumber(Math.round(count * 100) / 100);
  return side >= 56 ? `${text}\n${describeShare(share)}` : text;
}

function readCells(
  { classes, views, operating: follows }: ConfusionChart,
  operating: OperatingPoints | null,
  { view, place }: Pick<View, "view" | "place">,
): readonly Cell[] {
  const model = operating?.models[view];
  const counts =
    follows === true && place !== null && operating !== null && model !== undefined
      ? cellsAt(classes, operating, countsAt(model, place))
      : (views[view]?.cells ?? []);
  return classes.flatMap((_, row) => {
    const own = classes.map((_, column) => counts[row * classes.length + column] ?? 0);
    const total = own.reduce((sum, count) => sum + count, 0);
    return own.map((count, column) => ({
      row,
      column,
      count,
      total,
      share: total > 0 ? count / total : 0,
    }));
  });
}

/** The four counts, in the order in which the chart has its classes. */
function cellsAt(
  classes: readonly string[],
  { classes: [, positive] }: OperatingPoints,
  counts: ReturnType<typeof countsAt>,
): readonly number[] {
  const { truePositives, falsePositives, falseNegatives, trueNegatives } = counts;
  return classes[1] === positive
    ? [trueNegatives, falsePositives, falseNegatives, truePositives]
    : [truePositives, falseNegatives, falsePositives, trueNegatives];
}
