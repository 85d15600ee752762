import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Column } from "#core";
import { namedSlices, sliceBy, wantsSearch } from "./slices.ts";

const number = (values: readonly (number | null)[]): Column => ({
  kind: "number",
  name: "x",
  values: Float64Array.from(values, (value) => value ?? Number.NaN),
  missing: Uint8Array.from(values, (value) => (value === null ? 1 : 0)),
  integer: false,
});
const slicesOf = (column: Column) =>
  sliceBy(
    {
      rows: column.kind === "text" ? column.codes.length : column.values.length,
      columns: [column],
    },
    "x",
  ).map(({ value, rows }) => [value, [...rows]] as const);

describe("sliceBy", () => {
  it("gives a slice a category, the largest first, with the missing cells as one", () => {
    const column: Column = {
      kind: "text",
      name: "x",
      codes: Int32Array.of(1, 0, 1, -1, 1, -1),
      levels: ["a", "b"],
    };
    expect(slicesOf(column)).toEqual([
      ["b", [0, 2, 4]],
      ["(missing)", [3, 5]],
      ["a", [1]],
    ]);
  });

  it("puts missing cells with a category that is called so", () => {
    const column: Column = {
      kind: "text",
      name: "x",
      codes: Int32Array.of(0, -1, 1),
      levels: ["(missing)", "b"],
    };
    expect(slicesOf(column)).toEqual([
      ["(missing)", [0, 1]],
      ["b", [2]],
    ]);
  });

  it("cuts numbers of many values at their quartiles", () => {
    // 0 to 24: the quartiles by nearest rank are 6, 12 and 18.
    const values = [...Array(25).keys(), null];
    expect(slicesOf(number(values)).map(([value, rows]) => [value, rows.length])).toEqual([
      ["up to 6", 7],
      ["12 to 18", 6],
      ["6 to 12", 6],
      ["above 18", 6],
      ["(missing)", 1],
    ]);
  });

  it("shows as many digits as keep the cuts apart", () => {
    const values = Array.from({ length: 101 }, (_, at) => 1 + at * 4e-9);
    expect(
      slicesOf(number(values))
        .map(([value]) => value)
        .toSorted(),
    ).toEqual([
      "1.0000001 to 1.0000002",
      "1.0000002 to 1.0000003",
      "above 1.0000003",
      "up to 1.0000001",
    ]);
  });

  it("cuts dates by month", () => {
    const column: Column = {
      kind: "date",
      name: "x",
      dateOnly: true,
      values: Float64Array.of(
        Date.UTC(2024, 0, 31),
        Date.UTC(2024, 1, 1),
        Date.UTC(2024, 0, 1),
        Date.UTC(2023, 0, 5),
        Number.NaN,
        Date.UTC(2024, 1, 29, 23, 59),
      ),
    };
    expect(slicesOf(column)).toEqual([
      ["2024-01", [0, 2]],
      ["2024-02", [1, 5]],
      ["(missing)", [4]],
      ["2023-01", [3]],
    ]);
  });

  it("puts every row into exactly one slice", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.double({ noNaN: true })), { minLength: 1 }), (values) => {
        const rows = slicesOf(number(values)).flatMap(([, own]) => own);
        expect(rows.toSorted((left, right) => left - right)).toEqual([...values.keys()]);
      }),
    );
  });
});

describe("the input slices", () => {
  it("asks for a search by the word auto, which is no column", () => {
    expect(wantsSearch(["region", "auto"])).toBe(true);
    expect(namedSlices(["region", "auto"])).toEqual(["region"]);
    expect([wantsSearch(null), wantsSearch(["region"]), namedSlices(null)]).toEqual([
      false,
      false,
      [],
    ]);
  });
});
