import { formatNumber, showablePart } from "../markdown.ts";
import { drawing, element, group, type Svg } from "./svg.ts";

/** Counts of truth against prediction, row-major. */
export interface ConfusionChart {
  readonly label: string;
  readonly classes: readonly string[];
  readonly cells: ArrayLike<number>;
}

const LEFT = 112;
const TOP = 66;

/** Draws a confusion matrix; a cell is the darker the larger its share of the true class. */
export function drawConfusion({ label, classes, cells }: ConfusionChart): Svg {
  const count = classes.length;
  const side = Math.max(22, Math.min(72, 320 / count));
  // Narrower drawings would be blown up to the same width, text and all.
  const width = LEFT + side * count + 8;
  return drawing({ width: Math.max(width, 440), height: TOP + side * count + 12, label }, [
    element(
      "text",
      { class: "axis", x: LEFT + (side * count) / 2, y: 14, "text-anchor": "middle" },
      "predicted",
    ),
    element(
      "text",
      {
        class: "axis",
        x: 13,
        y: TOP + (side * count) / 2,
        "text-anchor": "middle",
        transform: `rotate(-90 13 ${TOP + (side * count) / 2})`,
      },
      "true",
    ),
    ...classes.map((name, k) => drawNames(name, k, side)),
    ...classes.flatMap((truth, row) => {
      const total = classes.reduce((sum, _, column) => sum + (cells[row * count + column] ?? 0), 0);
      return classes.map((predicted, column) =>
        drawCell(
          { truth, predicted, value: cells[row * count + column] ?? 0, total },
          { x: LEFT + column * side, y: TOP + row * side, side },
        ),
      );
    }),
  ]);
}

function drawNames(name: string, k: number, side: number): Svg {
  const middle = k * side + side / 2;
  const [x, y] = [LEFT + middle, TOP - 8];
  const tilted = side < 60;
  return group({}, [
    element(
      "text",
      { x: LEFT - 8, y: TOP + middle + 4, "text-anchor": "end" },
      showablePart(name, 12),
    ),
    element(
      "text",
      {
        x,
        y,
        "text-anchor": tilted ? "start" : "middle",
        transform: tilted ? `rotate(-40 ${x} ${y})` : undefined,
      },
      showablePart(name, 10),
    ),
  ]);
}

interface Cell {
  readonly truth: string;
  readonly predicted: string;
  readonly value: number;
  readonly total: number;
}

function drawCell(
  { truth, predicted, value, total }: Cell,
  { x, y, side }: { readonly x: number; readonly y: number; readonly side: number },
): Svg {
  const share = total > 0 ? value / total : 0;
  return group({}, [
    element("rect", { class: "cell", x, y, width: side, height: side }),
    element(
      "rect",
      { class: "fill-0", x, y, width: side, height: side, "fill-opacity": share * 0.85 },
      element(
        "title",
        {},
        `true ${truth}, predicted ${predicted}: ${formatNumber(value)} (${formatNumber(share * 100, 3)} %)`,
      ),
    ),
    side < 26 && value === 0
      ? null
      : element(
          "text",
          {
            class: share > 0.55 ? "count on-dark" : "count",
            x: x + side / 2,
            y: y + side / 2 + 4,
            "text-anchor": "middle",
          },
          formatNumber(Math.round(value * 100) / 100),
        ),
  ]);
}
