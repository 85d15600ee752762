import fc from "fast-check";
import {
  formatDocument,
  parseDocument,
  profileSchema,
  takeRows,
  type Column,
  type Table,
} from "#core";
import { describe, expect, it } from "vitest";
import { createGrid, findBin, quantileEdges } from "./bin-grid.ts";
import { mergeProfiles, profileInto, profileTable } from "./profile-table.ts";
import { readTable, streamTables } from "./read-table.ts";
import { selectRanks } from "./select-ranks.ts";
import { fixtures } from "./test-files.ts";

function numbers(values: readonly number[], name = "x"): Column {
  return { kind: "number", name, values: Float64Array.from(values), missing: null, integer: false };
}

const anyNumber = fc.double({ noNaN: true, min: -1e6, max: 1e6 });

describe("bins", () => {
  it("puts a value in the bin of the first edge that it does not pass", () => {
    const values = fc.array(fc.oneof(anyNumber, fc.integer({ min: -3, max: 3 })), {
      minLength: 1,
      maxLength: 300,
    });
    fc.assert(
      fc.property(values, fc.array(anyNumber, { maxLength: 50 }), (reference, others) => {
        const edges = quantileEdges(Float64Array.from(reference), 100);
        const grid = createGrid(edges);
        for (const value of [...reference, ...others, ...edges]) {
          expect(findBin(grid, value)).toBe(edges.filter((edge) => edge < value).length);
        }
      }),
    );
  });

  it("finds bins among edges of any size and distance", () => {
    const edges = fc.uniqueArray(fc.double({ noNaN: true, noDefaultInfinity: true }), {
      maxLength: 99,
    });
    fc.assert(
      fc.property(
        edges,
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })),
        (raw, values) => {
          const sorted = Float64Array.from(new Set(raw.map((edge) => edge + 0))).sort();
          const grid = createGrid(sorted);
          for (const value of [...values, ...sorted]) {
            expect(findBin(grid, value)).toBe(sorted.filter((edge) => edge < value).length);
          }
        },
      ),
    );
  });

  it("selects order statistics as sorting does", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        fc.constantFrom(1, 3, 20),
        (seed, power) => {
          let state = seed;
          const values = Float64Array.from({ length: 6000 }, () => {
            state = (Math.imul(state, 48_271) >>> 0) % 2_147_483_647;
            return (state / 2_147_483_647) ** power * 1000 - 500;
          });
          const places = [0, 17, 3000, 5998, 5999];
          const sorted = values.toSorted();
          expect([...selectRanks(values, () => places)]).toEqual(
            places.map((place) => sorted[place]),
          );
        },
      ),
      { numRuns: 20 },
    );
  });

  it("has a bin on either side of a constant, so that it can be seen to move", () => {
    const { columns } = profileTable({ rows: 3, columns: [numbers([3.5, 3.5, 3.5])] });
    expect(columns[0]).toMatchObject({ bins: { counts: [0, 3, 0] } });
  });
});

describe("profileTable", () => {
  it("describes numbers with their holes, NaN and infinities apart", () => {
    const column: Column = {
      kind: "number",
      name: "x",
      values: Float64Array.of(
        1,
        2,
        3,
        4,
        Number.NaN,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
      ),
      missing: Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0),
      integer: true,
    };
    expect(profileTable({ rows: 8, columns: [column] }, { bins: 2 }).columns).toEqual([
      {
        kind: "number",
        name: "x",
        role: "feature",
        n: 8,
        null: 1,
        mismatched: 0,
        integer: true,
        nan: 1,
        pos_inf: 1,
        neg_inf: 1,
        min: 1,
        max: 4,
        mean: 2.5,
        m2: 5,
        bins: { edges: [2], counts: [2, 2], sums: [3, 7] },
      },
    ]);
  });

  // Mean and sum of squares by Python's statistics.fmean on the same column.
  it("describes the weather data, label and all, in a document that reads back", async () => {
    const weather = await readTable("weather.csv", { directory: fixtures });
    const profile = profileTable(weather, { roles: { weather: "label" } });
    expect(parseDocument(profileSchema, formatDocument(profile), "profile.json")).toEqual(profile);
    const [location, date, , temperature, , , label] = profile.columns;
    expect(location).toMatchObject({ kind: "category", distinct: 2, other: 0 });
    expect(temperature).toMatchObject({ n: 2922, null: 0, min: -7.7, max: 37.8 });
    expect(temperature?.kind === "number" && temperature.mean).toBeCloseTo(16.769130732375086, 10);
    expect(temperature?.kind === "number" && temperature.m2).toBeCloseTo(218283.51559206194, 5);
    expect(label).toMatchObject({
      role: "label",
      categories: [
        { value: "sun", count: 1466 },
        { value: "rain", count: 1087 },
        { value: "fog", count: 139 },
        { value: "snow", count: 119 },
        { value: "drizzle", count: 111 },
      ],
    });
    expect(date).toMatchObject({
      kind: "date",
      date_only: true,
      min: "2012-01-01T00:00:00.000Z",
      max: "2015-12-31T00:00:00.000Z",
      months: [248, 226, 248, 240, 248, 240, 248, 248, 240, 248, 240, 248],
      day_runs: [{ from: "2012-01-01", to: "2015-12-31" }],
    });
  });

  it("names no value that was seen fewer than min-category-count times", async () => {
    const penguins = await readTable("penguins.csv", { directory: fixtures });
    const profile = profileTable(penguins);
    const sex = profile.columns.at(-1);
    // One penguin's sex is written as a point.
    expect(sex).toMatchObject({ kind: "category", n: 344, null: 10, other: 1, distinct: 3 });
    expect(JSON.stringify(profile)).not.toContain('"."');
  });

  it("counts lengths and words of free text", () => {
    const levels = Array.from(
      { length: 200 },
      (_, i) => `the order ${"x".repeat(i % 7)} number ${i}`,
    );
    const column: Column = {
      kind: "text",
      name: "t",
      levels,
      codes: Int32Array.from(levels, (_, i) => i),
    };
    const [profile] = profileTable({ rows: 200, columns: [column] }).columns;
    expect(profile).toMatchObject({ kind: "text", distinct: 200 });
    expect(profile?.kind === "text" && profile.token_rows.slice(0, 3)).toEqual([
      { token: "number", rows: 200 },
      { token: "order", rows: 200 },
      { token: "the", rows: 200 },
    ]);
    expect(profile?.kind === "text" && [profile.tokens.min, profile.tokens.max]).toEqual([4, 5]);
  });

  it("takes numbers for categories when told", async () => {
    const wine = await readTable("wine.csv", { directory: fixtures });
    const [cultivar] = profileTable(wine, { kinds: { cultivar: "category" } }).columns;
    expect(cultivar).toMatchObject({
      categories: [
        { value: "1", count: 71 },
        { value: "0", count: 59 },
        { value: "2", count: 48 },
      ],
    });
  });
});

describe("profileInto", () => {
  it("gives the reference's own counts back for the reference's data, streamed in batches", async () => {
    const options = { directory: fixtures };
    const reference = profileTable(await readTable("weather.csv", options));
    const current = await profileInto(
      reference,
      streamTables("weather.csv", { ...options, batchRows: 500 }),
    );
    expect(current.rows).toBe(2922);
    current.columns.forEach((column, i) => {
      const other = reference.columns[i];
      if (column.kind === "number" && other?.kind === "number") {
        expect(column.bins.counts).toEqual(other.bins.counts);
        expect(column.mean).toBeCloseTo(other.mean ?? 0, 10);
        expect(column.m2).toBeCloseTo(other.m2 ?? 0, 5);
      } else expect(column).toEqual(other);
    });
  });

  it("reads texts that are numbers, counts those that are not, lists new categories, names new columns", async () => {
    const plan: Column = { kind: "text", name: "plan", levels: ["a"], codes: new Int32Array(10) };
    const reference = profileTable({
      rows: 10,
      columns: [numbers([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), plan],
    });
    const x: Column = {
      kind: "text",
      name: "x",
      levels: ["1.5", "unknown"],
      codes: Int32Array.of(0, 1, -1, 0, 0, 0, 0),
    };
    const newPlan: Column = {
      kind: "text",
      name: "plan",
      levels: ["b", "c"],
      codes: Int32Array.of(0, 0, 0, 0, 0, 0, 1),
    };
    const current = await profileInto(reference, [
      { rows: 7, columns: [x, newPlan, numbers([1], "z")] },
    ]);
    expect(current.columns[0]).toMatchObject({ n: 7, null: 1, mismatched: 1, mean: 1.5 });
    expect(current.columns[1]).toMatchObject({
      categories: [{ value: "a", count: 0 }],
      other: 7,
      unlisted: [{ value: "b", count: 6 }],
    });
    expect(current.extra_columns).toEqual([{ name: "z", kind: "number" }]);
  });

  it("leaves n at 0 for a column that is gone", async () => {
    const reference = profileTable({ rows: 2, columns: [numbers([1, 2])] });
    const current = await profileInto(reference, [{ rows: 5, columns: [] }]);
    expect(current.columns[0]).toMatchObject({ n: 0, min: null, mean: null });
  });
});

describe("mergeProfiles", () => {
  it("gives what one pass over both would give", async () => {
    const weather = await readTable("weather.csv", { directory: fixtures });
    const reference = profileTable(weather);
    const all = Array.from({ length: weather.rows }, (_, row) => row);
    const shard = fc.shuffledSubarray(all, { minLength: 0, maxLength: 600 });
    await fc.assert(
      fc.asyncProperty(shard, shard, async (left, right) => {
        const part = (rows: readonly number[]): Promise<ReturnType<typeof profileTable>> =>
          profileInto(reference, [takeRows(weather, rows)]);
        const merged = mergeProfiles(await part(left), await part(right));
        const whole = await part([...left, ...right]);
        expect(merged.rows).toBe(whole.rows);
        merged.columns.forEach((column, i) => {
          const other = whole.columns[i];
          if (column.kind !== "number" || other?.kind !== "number") {
            expect(column).toEqual(other);
            return;
          }
          expect(column.bins.counts).toEqual(other.bins.counts);
          expect([column.min, column.max, column.n, column.null]).toEqual([
            other.min,
            other.max,
            other.n,
            other.null,
          ]);
          expect(column.mean ?? 0).toBeCloseTo(other.mean ?? 0, 9);
          expect(column.m2 ?? 0).toBeCloseTo(other.m2 ?? 0, 4);
          column.bins.sums.forEach((sum, bin) =>
            expect(sum).toBeCloseTo(other.bins.sums[bin] ?? 0, 8),
          );
        });
      }),
      { numRuns: 30 },
    );
  });

  it("refuses profiles of other bins or categories, and names the columns", async () => {
    const weather = await readTable("weather.csv", { directory: fixtures });
    const first: Table = takeRows(weather, [0, 1, 2, 3, 4, 5, 6, 7]);
    const second: Table = takeRows(weather, [2000, 2001, 2002, 2003, 2004, 2005]);
    expect(() => mergeProfiles(profileTable(first), profileTable(second))).toThrowError(
      expect.objectContaining({
        code: "UNLIKE_PROFILES",
        message: expect.stringContaining(
          "location has other categories; precipitation has other bin edges",
        ),
      }),
    );
  });
});
