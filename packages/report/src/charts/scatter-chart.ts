import { chartWithAxes, fillClass } from "./frame.ts";
import { niceDomain } from "./scale.ts";
import { element, type Svg } from "./svg.ts";

/** What a scatter chart shows. */
export interface Scatter {
  readonly label: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/** More dots than these cannot be told apart and make the file large. */
const MOST_DOTS = 2000;

/** Draws one dot a row with the line y = 0; of many rows every n-th. */
export function drawScatter(scatter: Scatter): Svg {
  const step = Math.max(1, Math.ceil(scatter.x.length / MOST_DOTS));
  const rows = Array.from({ length: Math.ceil(scatter.x.length / step) }, (_, k) => k * step);
  const across = rows.map((row) => scatter.x[row] ?? 0);
  const up = rows.map((row) => scatter.y[row] ?? 0);
  const [left, right] = endsOf(across);
  const [low, high] = endsOf([...up, 0]);
  return chartWithAxes(
    {
      label: scatter.label,
      x: { label: scatter.xLabel, domain: niceDomain(left, right) },
      y: { label: scatter.yLabel, domain: niceDomain(low, high) },
    },
    ({ x, y }) => {
      const domain = niceDomain(left, right);
      return [
        element("line", { class: "guide", x1: x(domain[0]), x2: x(domain[1]), y1: y(0), y2: y(0) }),
        ...across.map((value, k) =>
          element("circle", {
            class: `dot ${fillClass(0)}`,
            cx: x(value),
            cy: y(up[k] ?? 0),
            r: 2.5,
          }),
        ),
      ];
    },
  );
}

function endsOf(values: readonly number[]): readonly [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : [0, 1];
}
