import fc from "fast-check";
import { takeRows, type Column, type Table } from "#core";
import { describe, expect, it } from "vitest";
import { readTable, requireColumn } from "./read-table.ts";
import { formatRowKey, rowKeyColumn, rowKeys } from "./row-keys.ts";
import { parseFractions } from "./split-spec.ts";
import { splitTable } from "./split-table.ts";
import { fixtures } from "./test-files.ts";

function numbers(name: string, values: readonly (number | null)[]): Column {
  return {
    kind: "number",
    name,
    values: Float64Array.from(values, (value) => value ?? Number.NaN),
    missing: Uint8Array.from(values, (value) => (value === null ? 1 : 0)),
    integer: true,
  };
}

function texts(name: string, values: readonly (string | null)[]): Column {
  const levels = [...new Set(values.filter((value) => value !== null))];
  const codes = Int32Array.from(values, (value) => (value === null ? -1 : levels.indexOf(value)));
  return { kind: "text", name, codes, levels };
}

function tableOf(...columns: readonly Column[]): Table {
  const [first] = columns;
  const rows = first?.kind === "text" ? first.codes.length : (first?.values.length ?? 0);
  return { rows, columns };
}

const fractions = parseFractions("0.8/0.1/0.1");
const ids = tableOf(
  numbers(
    "id",
    Array.from({ length: 1000 }, (_, i) => i),
  ),
);

describe("rowKeys", () => {
  // Worked out with Python's json and hashlib, as the documentation of rowKeys shows.
  it("is the first 64 bits of the SHA-256 of the JSON array of salt and cells", () => {
    const table = tableOf(texts("a", ['a"b\n\u2028é']), texts("b", [null]), numbers("c", [7]), {
      ...numbers("d", [0.1]),
      integer: false,
    } as Column);
    const [key = 0n] = rowKeys(table, { id: ["a", "b", "c", "d"], salt: "churn" });
    expect(formatRowKey(key)).toBe("1169aa3e50b2fafe");
  });

  it("hashes the whole row, columns sorted by name, when there is no id", async () => {
    const weather = await readTable("weather.csv", { directory: fixtures });
    const [key = 0n] = rowKeys(weather, { salt: "weather" });
    expect(formatRowKey(key)).toBe("3cc414e4a4957cd0");
    const turned = { ...weather, columns: weather.columns.toReversed() };
    expect(rowKeys(turned, { salt: "weather" })[0]).toBe(key);
  });

  it("is the same whether an id is held as number, text or date", () => {
    const salt = "m";
    expect(rowKeys(tableOf(numbers("id", [7])), { id: ["id"], salt })).toEqual(
      rowKeys(tableOf(texts("id", ["7"])), { id: ["id"], salt }),
    );
    const date: Column = {
      kind: "date",
      name: "id",
      values: Float64Array.of(Date.UTC(2024, 0, 5)),
      dateOnly: false,
    };
    expect(rowKeys(tableOf(date), { id: ["id"], salt })).toEqual(
      rowKeys(tableOf(texts("id", ["2024-01-05"])), { id: ["id"], salt }),
    );
  });

  it("becomes a text column of 16 digits", () => {
    const column = rowKeyColumn("id", BigUint64Array.of(1n, 255n, 1n));
    expect(column.levels).toEqual(["0000000000000001", "00000000000000ff"]);
    expect([...column.codes]).toEqual([0, 1, 0]);
  });

  it("names the nearest column", () => {
    expect(() => rowKeys(ids, { id: ["idd"], salt: "m" })).toThrowError(
      expect.objectContaining({ code: "UNKNOWN_COLUMN", hint: "Did you mean id?" }),
    );
  });
});

describe("splitTable by hash", () => {
  // Counts and digests by the same rule in Python.
  it("divides the weather data as the documented rule does, with these digests", async () => {
    const weather = await readTable("weather.csv", { directory: fixtures });
    const split = splitTable(
      weather,
      { kind: "hash", fractions },
      { salt: "weather", id: ["location", "date"] },
    );
    const { train, validation, test } = split.parts;
    expect([train.rows.length, validation.rows.length, test.rows.length]).toEqual([2353, 262, 307]);
    expect([train.digest, validation.digest, test.digest]).toEqual([
      "sha256:f62ebdd7b3955224f3a1c9f2e03d4f44bad6045b3f96101dcb39f3e162f490c4",
      "sha256:0945328fa053f0fa44668365bfff14ab1962b88935f822731114c62beb29def4",
      "sha256:f0d080ee0adf07cd9dbe15ff0dd0fdf356d12357f28e724a420e529e1d9027ba",
    ]);
  });

  it("never moves a row when others come, go or change places", () => {
    const spec = { kind: "hash", fractions } as const;
    const partOf = (table: Table): Map<number, string> => {
      const { parts } = splitTable(table, spec, { salt: "m", id: ["id"] });
      const column = requireColumn(table, "id");
      return new Map(
        Object.entries(parts).flatMap(([part, { rows }]) =>
          Array.from(
            rows,
            (row) => [column.kind === "number" ? (column.values[row] ?? 0) : 0, part] as const,
          ),
        ),
      );
    };
    const whole = partOf(ids);
    fc.assert(
      fc.property(
        fc.shuffledSubarray(
          Array.from({ length: 1000 }, (_, i) => i),
          { minLength: 200 },
        ),
        (rows) => {
          for (const [id, part] of partOf(takeRows(ids, rows))) expect(part).toBe(whole.get(id));
        },
      ),
      { numRuns: 50 },
    );
  });

  it("keeps the test part when only train and validation change shares", () => {
    const options = { salt: "m", id: ["id"] };
    const one = splitTable(ids, { kind: "hash", fractions: [0.6, 0.1, 0.3] }, options);
    const other = splitTable(ids, { kind: "hash", fractions: [0.5, 0.2, 0.3] }, options);
    expect(other.parts.test).toEqual(one.parts.test);
  });

  it("keeps copies of a row in one part when there is no id", () => {
    const twice = tableOf(
      numbers(
        "x",
        Array.from({ length: 600 }, (_, i) => i % 300),
      ),
    );
    const { parts } = splitTable(twice, { kind: "hash", fractions }, { salt: "m" });
    const test = new Set(parts.test.rows);
    for (const row of test) expect(test.has((row + 300) % 600)).toBe(true);
  });

  it("says which part came out empty", () => {
    const tiny = takeRows(ids, [0]);
    expect(() =>
      splitTable(tiny, { kind: "hash", fractions }, { salt: "m", id: ["id"] }),
    ).toThrowError(
      expect.objectContaining({
        code: "EMPTY_PART",
        message: expect.stringMatching(
          /^split by hash 0.8\/0.1\/0.1 leaves the \w+ part of 1 row empty.$/,
        ),
      }),
    );
  });
});

describe("splitTable in other ways", () => {
  it("gives each part each class's share", async () => {
    const penguins = await readTable("penguins.csv", { directory: fixtures });
    const spec = { kind: "stratified", fractions, target: "species" } as const;
    const { parts } = splitTable(penguins, spec, { salt: "penguins" });
    const species = requireColumn(penguins, "species");
    if (species.kind !== "text") throw new TypeError("species must be text");
    const count = (rows: Uint32Array, code: number): number =>
      rows.filter((row) => species.codes[row] === code).length;
    // 152 Adelie, 68 Chinstrap, 124 Gentoo: round(0.8 n), then up to round(0.9 n), then the rest.
    expect([0, 1, 2].map((code) => count(parts.train.rows, code))).toEqual([122, 54, 99]);
    expect([0, 1, 2].map((code) => count(parts.test.rows, code))).toEqual([15, 7, 12]);
  });

  it("refuses to stratify a class of one row", () => {
    const table = tableOf(numbers("id", [1, 2, 3]), texts("y", ["a", "a", "b"]));
    expect(() =>
      splitTable(table, { kind: "stratified", fractions, target: "y" }, { salt: "m" }),
    ).toThrowError(
      expect.objectContaining({
        code: "SMALL_CLASS",
        message:
          'split: class "b" of y has one row (row 3); a stratified split needs at least two.',
      }),
    );
  });

  it("splits by time, oldest first, equal times together, and tells the boundaries", () => {
    const days = ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-03", "2024-01-04"];
    const when: Column = {
      kind: "date",
      name: "when",
      values: Float64Array.from(days.toReversed(), (day) => Date.parse(day)),
      dateOnly: true,
    };
    const { parts, boundaries } = splitTable(
      tableOf(when),
      { kind: "time", column: "when", fractions: [0.6, 0.2, 0.2] },
      { salt: "m" },
    );
    // Three fifths are three rows, but the third and fourth share a day and go together.
    expect([...parts.train.rows]).toEqual([3, 4]);
    expect([...parts.validation.rows]).toEqual([1, 2]);
    expect([...parts.test.rows]).toEqual([0]);
    expect(boundaries).toEqual({ validation: "2024-01-03", test: "2024-01-04" });
  });

  it("names the row without a time", () => {
    expect(() =>
      splitTable(
        tableOf(numbers("t", [1, null])),
        { kind: "time", column: "t", fractions },
        { salt: "m" },
      ),
    ).toThrowError(
      expect.objectContaining({
        code: "MISSING_TIME",
        place: { file: "the data", row: 2, column: "t" },
      }),
    );
  });

  it("follows a column, and names the row with another word", () => {
    const table = tableOf(texts("part", ["train", "val", "test", "Train"]));
    const { parts } = splitTable(table, { kind: "column", column: "part" }, { salt: "m" });
    expect([...parts.train.rows]).toEqual([0, 3]);
    const bad = tableOf(texts("part", ["train", "holdout"]));
    expect(() => splitTable(bad, { kind: "column", column: "part" }, { salt: "m" })).toThrowError(
      expect.objectContaining({
        message:
          'split: row 2 of column part holds "holdout"; train, validation or test is expected.',
      }),
    );
  });
});

describe("parseFractions", () => {
  it.each([
    ["0.8/0.1/0.1", [0.8, 0.1, 0.1]],
    ["0.8/0.2", [0.8, 0, 0.2]],
    ["60/10/30", [0.6, 0.1, 0.3]],
  ])("reads %s", (text, expected) => {
    expect(parseFractions(text)).toEqual(expected);
  });

  it.each([
    ["0.8/0.1/0.2", 'split: "0.8/0.1/0.2" sums to 1.1, not to 1.'],
    ["0.8", 'split: "0.8" has 1 part.'],
    ["a/b", 'split: "a/b" holds something other than numbers from 0 to 1.'],
    ["0/0.5/0.5", 'split: "0/0.5/0.5" leaves no row to train on.'],
  ])("refuses %s", (text, message) => {
    expect(() => parseFractions(text)).toThrowError(
      expect.objectContaining({ code: "BAD_FRACTIONS", message }),
    );
  });
});
