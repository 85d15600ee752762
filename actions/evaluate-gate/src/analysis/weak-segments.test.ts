import { describe, expect, it } from "vitest";
import type { Column } from "#core";
import { createRandom } from "#stats";
import { clusterError, estimateSegment } from "./segment-estimate.ts";
import { centreLosses, findWeakest, standardise } from "./segment-scan.ts";
import { divideColumns, groupOf, groupsOf, termsOf } from "./segment-space.ts";
import { criticalValue, pAmong, shuffle, testSegment } from "./segment-tests.ts";
import { findWeakSegments, type SegmentQuestion } from "./weak-segments.ts";

const text = (name: string, cells: readonly (string | null)[]): Column => {
  const levels = [...new Set(cells.filter((cell) => cell !== null))];
  return {
    kind: "text",
    name,
    levels,
    codes: Int32Array.from(cells, (cell) => (cell === null ? -1 : levels.indexOf(cell))),
  };
};

const rows = 240;
const places = Array.from({ length: rows }, (_, row) => row);
/** Wrong in every second row of region east, in 14 of the 180 rows elsewhere. */
const region = text(
  "region",
  places.map((row) => ["north", "east", "south", "west"][row % 4] ?? null),
);
const losses = Float64Array.from(places, (row) =>
  row % 4 === 1 ? (row % 8 === 1 ? 1 : 0) : row % 13 === 0 ? 1 : 0,
);

function ask(columns: readonly Column[], more: Partial<SegmentQuestion> = {}) {
  return findWeakSegments({
    table: { rows, columns },
    losses,
    weights: undefined,
    hits: Uint8Array.from(losses, (loss) => 1 - loss),
    clusters: undefined,
    minRows: 30,
    level: 0.05,
    seed: 42,
    ...more,
  });
}

describe("findWeakSegments", () => {
  it("names the weak value with its rows, its losses and those of the rest", () => {
    const { segments, search } = ask([region]);
    expect(search).toMatchObject({ method: "permutation", columns: 1, candidates: 4 });
    expect(segments).toHaveLength(1);
    expect(segments[0]).toMatchObject({
      terms: [{ column: "region", value: "east" }],
      rows: 60,
      loss: 0.5,
      // Of the 19 multiples of 13 five (13, 65, 117, 169, 221) lie in the east.
      restLoss: 14 / 180,
      accuracy: 0.5,
      restAccuracy: 166 / 180,
      adjustedP: 0.001,
    });
    expect(segments[0]?.low).toBeGreaterThan(0);
  });

  it("does not name a twin column's value again, nor parts of what it named", () => {
    const twin = { ...region, name: "twin" };
    const half = text(
      "half",
      places.map((row) => (row % 3 === 0 ? "x" : "y")),
    );
    const { segments } = ask([region, twin, half]);
    expect(segments.map(({ terms }) => terms)).toEqual([[{ column: "region", value: "east" }]]);
  });

  it("takes missing cells as a value of their own", () => {
    const holes = text(
      "sensor",
      places.map((row) => (row % 4 === 1 ? null : "on")),
    );
    expect(ask([holes]).segments[0]?.terms).toEqual([{ column: "sensor", value: "(missing)" }]);
  });

  it("gives the same for the same seed", () => {
    expect(ask([region])).toEqual(ask([region]));
    expect(ask([region], { shuffleBudget: 0 })).toEqual(ask([region], { shuffleBudget: 0 }));
  });

  it("names nothing where all losses are equal, or no column divides the rows", () => {
    expect(ask([region], { losses: new Float64Array(rows).fill(0.3) }).segments).toEqual([]);
    const constant = text(
      "constant",
      Array.from({ length: rows }, () => "same"),
    );
    expect(ask([constant])).toMatchObject({ search: { columns: 0, candidates: 0 }, segments: [] });
    expect(ask([], { shuffleBudget: 0 }).segments).toEqual([]);
  });

  it("counts a row of weight 2 as two rows would", () => {
    const weights = new Float64Array(rows).fill(2);
    const [weighted] = ask([region], { weights }).segments;
    const [plain] = ask([region]).segments;
    expect(weighted).toMatchObject({ loss: plain?.loss, restLoss: plain?.restLoss });
    expect(weighted?.low).toBeCloseTo(plain?.low ?? 0, 10);
  });

  it("halves many rows: one half finds, the other tests and gives the numbers", () => {
    const { search, segments } = ask([region], { shuffleBudget: 0 });
    expect(search.method).toBe("halves");
    expect(segments.map(({ terms }) => terms[0]?.value)).toEqual(["east"]);
    expect(segments[0]?.rows).toBe(60);
  });

  it("keeps to its bounds of columns, values and rows", () => {
    const many = 1000;
    const random = createRandom(1);
    const columns = Array.from({ length: 104 }, (_, at) =>
      text(
        `c${at}`,
        Array.from({ length: many }, () => `v${random.integer(25)}`),
      ),
    );
    const { search } = findWeakSegments({
      table: { rows: many, columns },
      losses: Float64Array.from({ length: many }, () => random.uniform()),
      weights: undefined,
      hits: undefined,
      clusters: undefined,
      minRows: 10,
      level: 0.05,
      seed: 1,
    });
    expect(search).toMatchObject({ columns: 100, pairedColumns: 30, columnsLeftOut: 4 });
    // 100 columns of 20 values; of their pairs few cells have 5 rows in a half.
    expect(search.candidates).toBeGreaterThanOrEqual(2000);
    expect(search.candidates).toBeLessThanOrEqual(2000 + 435 * 400);
  });
});

describe("the search's statistics", () => {
  it("standardises a sum by the law of a draw without replacement", () => {
    // Losses 0, 0, 1, 3 less their mean 1: -1, -1, 0, 2; variance 6/4. Two rows: 2 x 2 / 3 of it.
    const centred = centreLosses(Float64Array.of(0, 0, 1, 3), undefined);
    expect([...centred.values]).toEqual([-1, -1, 0, 2]);
    expect(standardise(2, 2, centred)).toBeCloseTo(2 / Math.sqrt((6 / 4) * (4 / 3)), 14);
  });

  it("counts the observed order among the shuffles", () => {
    const law = Float64Array.of(1, 2, 2, 3);
    expect([0.5, 2, 3, 4].map((value) => pAmong(law, value))).toEqual([1, 0.8, 0.4, 0.2]);
    // At 0.2 the observed order alone may reach it, at 0.4 one shuffle too; 0.1 is out of reach of 4.
    expect([0.2, 0.4, 0.1].map((level) => criticalValue(law, level))).toEqual([
      3,
      2,
      Number.POSITIVE_INFINITY,
    ]);
  });

  it("tests a segment by random draws as the hypergeometric law does", () => {
    // 3 of 10 rows are wrong; a segment of 4 holds all 3: 7 of 210 draws do.
    const losses = Float64Array.of(1, 1, 1, 0, 0, 0, 0, 0, 0, 0);
    const centred = centreLosses(losses, undefined);
    const sum = 3 - 4 * 0.3;
    const p = testSegment({ sum, rows: 4 }, centred, {
      permutations: 40_000,
      random: createRandom(3),
    });
    expect(p).toBeCloseTo(7 / 210, 2);
  });

  it("draws every order equally often", () => {
    const random = createRandom(5);
    const counts = new Map<string, number>();
    for (let k = 0; k < 6000; k++) {
      const values = Uint32Array.of(1, 2, 3);
      shuffle(values, 3, random);
      counts.set(values.join(""), (counts.get(values.join("")) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(130);
  });

  it("estimates a difference with unequal variances", () => {
    // Inside 1, 3 (variance of the mean 1), outside 0, 0, 1 (1/9): difference 2 - 1/3.
    const found = estimateSegment(
      Uint8Array.of(1, 1, 0, 0, 0),
      {
        losses: Float64Array.of(1, 3, 0, 0, 1),
        weights: undefined,
        hits: undefined,
        clusters: undefined,
      },
      { below: 2, above: 3 },
    );
    expect(found).toMatchObject({ loss: 2, accuracy: null });
    expect(found.difference).toBeCloseTo(5 / 3, 14);
    expect(found.difference - found.low).toBeCloseTo(2 * Math.sqrt(1 + 1 / 9), 12);
    expect(found.high - found.difference).toBeCloseTo(3 * Math.sqrt(1 + 1 / 9), 12);
    // All: mean 1, squares 0 + 4 + 1 + 1 + 0.
    expect(found.effect).toBeCloseTo(5 / 3 / Math.sqrt(6 / 5), 14);
  });

  it("takes the error of a difference over entities", () => {
    // Entities {1, 3} inside, {0, 0} and {1} outside: means 2 and 1/3; inside adds up to 0, the
    // others to 2/9 and -2/9 of the difference.
    const rows = {
      losses: Float64Array.of(1, 3, 0, 0, 1),
      weights: undefined,
      hits: undefined,
      clusters: Int32Array.of(7, 7, 2, 2, 5),
    };
    const found = clusterError(Uint8Array.of(1, 1, 0, 0, 0), rows);
    expect(found).toMatchObject({ inside: 1, outside: 2 });
    expect(found?.error).toBeCloseTo(Math.sqrt(2 * (2 / 9) ** 2 * (3 / 2)), 14);
    expect(clusterError(Uint8Array.of(1, 1, 0, 0, 0), { ...rows, clusters: undefined })).toBeNull();
  });

  it("finds the weakest cell of a pair, and leaves out pairs that are one of their values", () => {
    const a = text("a", ["x", "x", "x", "x", "y", "y", "y", "y"]);
    const b = text("b", ["p", "p", "q", "q", "p", "p", "p", "p"]);
    const { columns } = divideColumns({ rows: 8, columns: [a, b] }, { rows: null, minRows: 2 });
    const [first, second] = columns;
    if (first === undefined || second === undefined) throw new Error("two columns were expected");
    const pair = groupOf(first, second, 2);
    // x&q are the rows of q, y&p those of y: only x&p says more.
    expect([...pair.cells].map((cell) => termsOf(pair, cell))).toEqual([
      [
        { column: "a", value: "x" },
        { column: "b", value: "p" },
      ],
    ]);
    const centred = centreLosses(Float64Array.of(1, 1, 0, 0, 0, 0, 0, 0), undefined);
    const found = findWeakest(groupsOf(columns, columns, 2), centred, 0);
    expect(found?.rows).toBe(2);
    expect(found?.z).toBeCloseTo(Math.sqrt(7), 12);
  });
});
