import { formatInterval, formatNumber, showablePart } from "../markdown.ts";
import { shortNumber } from "./frame.ts";
import { linearScale, niceDomain, niceTicks } from "./scale.ts";
import { drawing, element, group, type Svg } from "./svg.ts";

/** One line of an interval chart. */
export interface IntervalItem {
  readonly name: string;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly rows: number;
}

/** What an interval chart shows. */
export interface IntervalChart {
  readonly label: string;
  readonly xLabel: string;
  readonly items: readonly IntervalItem[];
  /** A value to hold the items against, e.g. that of all rows. */
  readonly guide?: { readonly name: string; readonly value: number };
}

const WIDTH = 440;
const LEFT = 150;
const RIGHT = 16;
const LINE = 24;

/** Draws a dot with its interval for each item, one below the other. */
export function drawIntervals(chart: IntervalChart): Svg {
  const { items, guide } = chart;
  const ends = items.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]);
  const all = guide === undefined ? ends : [...ends, guide.value];
  const domain = niceDomain(Math.min(...all), Math.max(...all));
  const x = linearScale(domain, [LEFT, WIDTH - RIGHT]);
  const bottom = 14 + items.length * LINE;
  return drawing({ width: WIDTH, height: bottom + 42, label: chart.label }, [
    ...niceTicks(domain[0], domain[1], 5).map((tick) =>
      group({}, [
        element("line", { class: "grid", x1: x(tick), x2: x(tick), y1: 8, y2: bottom }),
        element("text", { x: x(tick), y: bottom + 16, "text-anchor": "middle" }, shortNumber(tick)),
      ]),
    ),
    guide === undefined
      ? null
      : element(
          "line",
          { class: "guide", x1: x(guide.value), x2: x(guide.value), y1: 8, y2: bottom },
          element("title", {}, `${guide.name}: ${formatNumber(guide.value)}`),
        ),
    ...items.map((item, index) => drawItem(item, 8 + index * LINE + LINE / 2, x)),
    element(
      "text",
      { class: "axis", x: (LEFT + WIDTH - RIGHT) / 2, y: bottom + 36, "text-anchor": "middle" },
      chart.xLabel,
    ),
  ]);
}

function drawItem(item: IntervalItem, y: number, x: (value: number) => number): Svg {
  const { low, high, value } = item;
  return group({}, [
    element("text", { x: LEFT - 10, y: y + 4, "text-anchor": "end" }, showablePart(item.name, 20)),
    low === null || high === null
      ? null
      : element("line", { class: "whisker stroke-0", x1: x(low), x2: x(high), y1: y, y2: y }),
    element(
      "circle",
      { class: "fill-0", cx: x(value), cy: y, r: 4.5 },
      element(
        "title",
        {},
        `${item.name}: ${formatNumber(value)} ${formatInterval(low, high)}, ${formatNumber(item.rows)} rows`,
      ),
    ),
  ]);
}
