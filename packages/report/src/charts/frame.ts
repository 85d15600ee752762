import { formatNumber, showablePart } from "../markdown.ts";
import { niceTicks, linearScale, type Scale } from "./scale.ts";
import { drawing, element, group, type Svg } from "./svg.ts";

/** What the two axes of a chart span. */
export interface AxesOptions {
  readonly label: string;
  readonly x: { readonly label: string; readonly domain: readonly [number, number] };
  readonly y: { readonly label: string; readonly domain: readonly [number, number] };
}

/** Where marks go. */
export interface Plot {
  readonly x: Scale;
  readonly y: Scale;
}

const WIDTH = 440;
const HEIGHT = 320;
const LEFT = 56;
const RIGHT = 14;
const TOP = 12;
const BOTTOM = 46;

/** A chart with two number axes; `draw` gives the marks, `legend` names them. */
export function chartWithAxes(
  options: AxesOptions,
  draw: (plot: Plot) => readonly (Svg | null)[],
  legend: readonly LegendEntry[] = [],
): Svg {
  const rows = legend.length > 1 ? Math.ceil(legend.length / 2) : 0;
  const height = HEIGHT + (rows === 0 ? 0 : rows * 18 + 8);
  const x = linearScale(options.x.domain, [LEFT, WIDTH - RIGHT]);
  const y = linearScale(options.y.domain, [HEIGHT - BOTTOM, TOP]);
  return drawing({ width: WIDTH, height, label: options.label }, [
    ...drawGrid(options, { x, y }),
    ...draw({ x, y }),
    ...(legend.length > 1 ? [drawLegend(legend)] : []),
  ]);
}

function drawGrid({ x: across, y: up }: AxesOptions, { x, y }: Plot): readonly Svg[] {
  const bottom = HEIGHT - BOTTOM;
  const columns = niceTicks(across.domain[0], across.domain[1], 5).map((tick) =>
    group({}, [
      element("line", { class: "grid", x1: x(tick), x2: x(tick), y1: TOP, y2: bottom }),
      element("text", { x: x(tick), y: bottom + 16, "text-anchor": "middle" }, shortNumber(tick)),
    ]),
  );
  const lines = niceTicks(up.domain[0], up.domain[1], 5).map((tick) =>
    group({}, [
      element("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(tick), y2: y(tick) }),
      element("text", { x: LEFT - 6, y: y(tick) + 4, "text-anchor": "end" }, shortNumber(tick)),
    ]),
  );
  const middle = (TOP + bottom) / 2;
  return [
    ...columns,
    ...lines,
    element(
      "text",
      { class: "axis", x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 10, "text-anchor": "middle" },
      across.label,
    ),
    element(
      "text",
      {
        class: "axis",
        x: 13,
        y: middle,
        "text-anchor": "middle",
        transform: `rotate(-90 13 ${middle})`,
      },
      up.label,
    ),
  ];
}

/** One entry of a legend: a series' name and its place in the palette. */
export interface LegendEntry {
  readonly name: string;
  readonly series: number;
}

function drawLegend(entries: readonly LegendEntry[]): Svg {
  return group(
    {},
    entries.map(({ name, series }, index) => {
      const left = LEFT + (index % 2) * ((WIDTH - LEFT) / 2);
      const top = HEIGHT + Math.floor(index / 2) * 18 + 12;
      return group({}, [
        element("rect", {
          class: fillClass(series),
          x: left,
          y: top - 9,
          width: 12,
          height: 10,
          rx: 2,
        }),
        element("text", { x: left + 18, y: top }, showablePart(name, 26)),
      ]);
    }),
  );
}

/** The stroke of the n-th series. */
export function strokeClass(series: number): string {
  return `stroke-${series % 8}`;
}

/** The fill of the n-th series. */
export function fillClass(series: number): string {
  return `fill-${series % 8}`;
}

/** Ticks of axes: short, without needless digits. */
export function shortNumber(value: number): string {
  return formatNumber(Number(value.toPrecision(6)), 6)
    .replace(/(\.\d*?)0+$/, "$1")
    .replace(/\.$/, "");
}
