import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawConfusion } from "./confusion-chart.ts";
import { drawCurves } from "./curve-chart.ts";
import { countInBins, drawHistogram, equalEdges } from "./histogram-chart.ts";
import { drawIntervals } from "./interval-chart.ts";
import { linearScale, niceDomain, niceTicks } from "./scale.ts";
import { drawScatter } from "./scatter-chart.ts";

const evil = '<script>"x"</script>\u001B[31m';

const TAG = /<(\/?)([a-z]+)(?:\s+[\w:-]+="[^"<>]*")*>/g;

/** What is wrong with markup: unclosed elements, broken attributes, numbers that are none. */
function faultsOf(markup: string): readonly string[] {
  const open: string[] = [];
  const faults: string[] = [];
  for (const [tag, closing, name = ""] of markup.matchAll(TAG)) {
    if (closing !== "/") open.push(name);
    else if (open.pop() !== name) faults.push(tag);
  }
  const rest = markup.replaceAll(TAG, "").match(/[<>]/g) ?? [];
  return [...faults, ...open, ...rest, ...(markup.match(/NaN|Infinity|undefined|<script/g) ?? [])];
}

describe("scales", () => {
  it("map the ends of a domain to the ends of the range", () => {
    const scale = linearScale([2, 4], [100, 300]);
    expect([scale(2), scale(3), scale(4)]).toEqual([100, 200, 300]);
    expect(linearScale([1, 1], [0, 10])(1)).toBe(5);
  });

  it("have round ticks inside their ends", () => {
    expect(niceTicks(0, 1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(niceTicks(-0.03, 0.11, 5)).toEqual([0, 0.05, 0.1]);
    expect(niceDomain(3, 97)).toEqual([0, 100]);
  });

  it("always cover what they are asked to", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e9, max: 1e9, noNaN: true }),
        fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
        (low, width) => {
          const [from, to] = niceDomain(low, low + width);
          expect(from).toBeLessThanOrEqual(low + 1e-9 * Math.abs(low) + 1e-9 * width);
          expect(to).toBeGreaterThanOrEqual(low + width - 1e-9 * Math.abs(low) - 1e-9 * width);
          expect(niceTicks(from, to).length).toBeLessThanOrEqual(12);
        },
      ),
    );
  });
});

describe("charts", () => {
  it("are well-formed and carry no markup of names", () => {
    for (const { markup } of [
      drawConfusion({ label: evil, classes: [evil, "b"], cells: [3, 1, 0, 4] }),
      drawCurves({
        label: evil,
        xLabel: evil,
        yLabel: evil,
        diagonal: true,
        series: [
          {
            name: evil,
            series: 0,
            points: [
              { x: 0, y: 0 },
              { x: 1, y: 1 },
            ],
            dots: true,
          },
          { name: "b", series: 9, points: [] },
        ],
      }),
      drawHistogram({
        label: evil,
        xLabel: evil,
        edges: [0, 1, 2],
        series: [{ name: evil, series: 0, counts: [1, 0] }],
      }),
      drawIntervals({
        label: evil,
        xLabel: evil,
        items: [
          { name: evil, value: 0.5, low: 0.4, high: 0.6, rows: 3 },
          { name: "c", value: 0.5, low: null, high: null, rows: 1 },
        ],
        guide: { name: evil, value: 0.45 },
      }),
      drawScatter({ label: evil, xLabel: evil, yLabel: evil, x: [1, 2, 3], y: [0, -1, 1] }),
    ]) {
      expect(faultsOf(markup)).toEqual([]);
    }
  });

  it("survive one value, one row and no row", () => {
    const axes = { label: "a", xLabel: "x", yLabel: "y" };
    for (const { markup } of [
      drawScatter({ ...axes, x: [], y: [] }),
      drawScatter({ ...axes, x: [5], y: [0] }),
      drawIntervals({ ...axes, items: [{ name: "b", value: 1, low: 1, high: 1, rows: 1 }] }),
      drawHistogram({ ...axes, edges: [0, 1], series: [{ name: "n", series: 0, counts: [0] }] }),
    ])
      expect(faultsOf(markup)).toEqual([]);
  });

  it("keep a long curve whole", () => {
    const points = Array.from({ length: 500 }, (_, at) => ({ x: at / 499, y: at / 499 }));
    const { markup } = drawCurves({
      label: "c",
      xLabel: "x",
      yLabel: "y",
      series: [{ name: "n", series: 0, points }],
    });
    expect(/points="([^"]*)"/.exec(markup)?.[1]?.split(" ")).toHaveLength(500);
  });

  it("draw at most 2,000 dots", () => {
    const x = Float64Array.from({ length: 100_000 }, (_, row) => row);
    const { markup } = drawScatter({ label: "s", xLabel: "x", yLabel: "y", x, y: x });
    expect(markup.match(/<circle/g)?.length).toBe(2000);
  });

  it("shade a confusion cell by its share of the true class", () => {
    const { markup } = drawConfusion({ label: "c", classes: ["a", "b"], cells: [3, 1, 0, 4] });
    const opacities = [...markup.matchAll(/fill-opacity="([^"]*)"/g)].map(([, value]) =>
      Number(value),
    );
    // 3 of 4, 1 of 4, 0 of 4, 4 of 4; full is 0.85.
    expect(opacities).toEqual([0.64, 0.21, 0, 0.85]);
  });
});

describe("bins", () => {
  it("count every value once, those outside in the outermost bins", () => {
    const edges = equalEdges(0, 1, 4);
    expect(edges).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(countInBins([-1, 0, 0.25, 0.3, 0.99, 1, 2], edges)).toEqual([2, 2, 0, 3]);
  });
});
