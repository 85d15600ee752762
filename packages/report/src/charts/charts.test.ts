import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderHtml } from "../render-html.ts";
import { countInBins, equalEdges } from "./bins.ts";
import type { ChartData } from "./chart.ts";
import { chartTables } from "./chart-table.ts";
import { chooseThresholds, countOperatingPoints, countsAt } from "./operating-points.ts";

const evil = '</script><script>"x"</script><!--\u2028\u001B[31m';

const charts: readonly ChartData[] = [
  {
    kind: "confusion",
    label: evil,
    classes: [evil, "b"],
    views: [{ name: evil, cells: [3, 1, 0, 4] }],
    confidence: 0.95,
  },
  {
    kind: "curves",
    label: evil,
    xLabel: "x",
    yLabel: "y",
    diagonal: "chance",
    series: [
      {
        name: evil,
        points: [
          { x: 0, y: 0, low: 0, high: 0.2, rows: 7 },
          { x: 1, y: 1 },
        ],
        dots: true,
      },
      { name: "b", points: [] },
    ],
  },
  {
    kind: "histogram",
    label: evil,
    xLabel: "x",
    edges: [0, 1, 2],
    series: [{ name: evil, counts: [1, 0] }],
  },
  {
    kind: "intervals",
    label: evil,
    itemLabel: "value",
    views: [
      {
        name: evil,
        items: [
          { name: evil, value: 0.5, low: 0.4, high: 0.6, rows: 3 },
          { name: "c", value: 0.5, low: null, high: null },
        ],
        guide: { name: evil, value: 0.45 },
      },
    ],
  },
  {
    kind: "history",
    label: evil,
    views: [{ name: evil, items: [{ name: evil, value: 1, low: null, high: null }] }],
  },
  {
    kind: "scatter",
    label: evil,
    xLabel: "x",
    yLabel: "y",
    points: [
      { x: 2, y: -1 },
      { x: 1, y: 3 },
    ],
    rows: 2,
  },
];

const rowsOf = (data: ChartData): readonly (readonly string[])[] =>
  chartTables(data).flatMap(({ rows }) =>
    rows.map((row) =>
      row.map((cell) =>
        renderHtml([{ kind: "paragraph", text: cell }]).replaceAll(/<br>|<[^>]*>/g, (tag) =>
          tag === "<br>" ? " " : "",
        ),
      ),
    ),
  );

describe("a chart in a page", () => {
  it.each(charts)("of $kind carries its data as text that ends no element", (data) => {
    const html = renderHtml([{ kind: "charts", charts: [{ title: [evil], data }] }]);
    const [, json = ""] = /<script type="application\/json">([^<]*)<\/script>/.exec(html) ?? [];
    const carried = JSON.parse(json) as ChartData;
    expect(carried.label).toBe('</script><script>"x"</script><!--');
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html.match(/<\/script/g)).toHaveLength(1);
    for (const part of ["<!--", "\u2028", "\u001B"]) expect(html).not.toContain(part);
  });

  it("says everything in a table, open until a script draws it", () => {
    const html = renderHtml(
      charts.map((data) => ({ kind: "charts", charts: [{ title: [], data }] })),
    );
    expect(html.match(/<details class="data" open>/g)).toHaveLength(charts.length);
    expect(rowsOf(charts[1] ?? charts[0]!)[0]?.slice(1)).toEqual(["0", "0 [0, 0.2000]", "7"]);
    expect(rowsOf(charts[5]!)).toEqual([
      ["1", "1", "3", "3", "3"],
      ["2", "2", "−1", "−1", "−1"],
    ]);
  });

  it("shows every n-th point of a long curve, both ends among them", () => {
    const points = Array.from({ length: 500 }, (_, at) => ({ x: at, y: at }));
    const rows = rowsOf({
      kind: "curves",
      label: "c",
      xLabel: "x",
      yLabel: "y",
      series: [{ name: "n", points }],
    });
    expect(rows).toHaveLength(41);
    expect([rows[0]?.[1], rows.at(-1)?.[1]]).toEqual(["0", "499"]);
  });
});

/** Ascending, NaN last. */
function rise(a: number, b: number): number {
  if (Object.is(a, b) || a === b) return 0;
  return a < b || Number.isNaN(b) ? -1 : 1;
}

describe("operating points", () => {
  it("count the rows whose score is at least the threshold", () => {
    const model = countOperatingPoints(
      { name: "m", scores: [0.2, 0.4, 0.4, 0.9], positive: [0, 1, 0, 1] },
      [0, 0.4, 0.5, 0.9, 1],
    );
    expect(model).toEqual({
      name: "m",
      positives: 2,
      negatives: 2,
      truePositives: [2, 2, 1, 1, 0],
      falsePositives: [2, 1, 0, 0, 0],
    });
    expect(countsAt(model, 1)).toEqual({
      truePositives: 2,
      falsePositives: 1,
      falseNegatives: 0,
      trueNegatives: 1,
    });
  });

  it("agree with counting row by row, weights and all", () => {
    const row = fc.record({
      score: fc.double({ min: 0, max: 1, noNaN: true }),
      positive: fc.integer({ min: 0, max: 1 }),
      weight: fc.integer({ min: 0, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 30 }), (rows) => {
        const scores = rows.map(({ score }) => score);
        const thresholds = chooseThresholds(scores);
        const model = countOperatingPoints(
          {
            name: "m",
            scores,
            positive: rows.map(({ positive }) => positive),
            weights: rows.map(({ weight }) => weight),
          },
          thresholds,
        );
        const counted = thresholds.map((threshold) =>
          rows
            .filter(({ score, positive }) => positive === 1 && score >= threshold)
            .reduce((sum, { weight }) => sum + weight, 0),
        );
        expect(model.truePositives).toEqual(counted);
      }),
    );
  });

  it("are the same along a known order as row by row", () => {
    const score = fc.oneof(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.constantFrom(0.5, 0.25, -1, 3, -Infinity, Infinity, Number.NaN),
    );
    const row = fc.record({ score, positive: fc.integer({ min: 0, max: 1 }) });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
        const scores = rows.map((one) => one.score);
        const positive = rows.map((one) => one.positive);
        const order = Uint32Array.from(scores.keys()).sort((a, b) => rise(scores[a]!, scores[b]!));
        const thresholds = chooseThresholds(scores);
        expect(chooseThresholds(scores, order)).toEqual(thresholds);
        const model = { name: "m", scores, positive };
        expect(countOperatingPoints({ ...model, order }, thresholds)).toEqual(
          countOperatingPoints(model, thresholds),
        );
      }),
    );
  });

  it("may be chosen where the scores lie, in ascending order", () => {
    const thresholds = chooseThresholds(Array.from({ length: 1000 }, (_, row) => row / 100_000));
    expect(thresholds).toEqual(thresholds.toSorted((left, right) => left - right));
    expect(new Set(thresholds).size).toBe(thresholds.length);
    expect(thresholds.filter((value) => value < 0.01).length).toBeGreaterThan(40);
    expect([thresholds[0], thresholds.at(-1)]).toEqual([0, 1]);
    expect(chooseThresholds([])).toHaveLength(51);
  });
});

describe("bins", () => {
  it("count every value once, those outside in the outermost bins", () => {
    const edges = equalEdges(0, 1, 4);
    expect(edges).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(countInBins([-1, 0, 0.25, 0.3, 0.99, 1, 2], edges)).toEqual([2, 2, 0, 3]);
  });
});
