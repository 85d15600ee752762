import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Column, Table } from "#core";
import { findRepeats, fingerprintBoth } from "./fingerprints.ts";

const numbers = (
  name: string,
  values: readonly number[],
  missing: readonly number[] = [],
): Column => ({
  kind: "number",
  name,
  values: Float64Array.from(values),
  missing: missing.length === 0 ? null : Uint8Array.from(missing),
  integer: false,
});
const text = (name: string, values: readonly (string | null)[]): Column => {
  const levels = [...new Set(values.filter((value) => value !== null))];
  return {
    kind: "text",
    name,
    levels,
    codes: Int32Array.from(values, (value) => (value === null ? -1 : levels.indexOf(value))),
  };
};
const table = (...columns: readonly Column[]): Table => ({
  rows: columns[0]?.kind === "text" ? columns[0].codes.length : (columns[0]?.values.length ?? 0),
  columns,
});
const repeats = (known: Table, asked: Table, columns: readonly string[]) => {
  const [first, second] = fingerprintBoth(known, asked, columns);
  const { rows, amongKnown } = findRepeats(first, second);
  return { rows: [...rows], amongKnown };
};

describe("findRepeats", () => {
  it("finds exactly the rows whose cells are equal in every column", () => {
    const known = table(numbers("a", [1, 2, 2, 2]), text("b", ["x", "y", "z", "y"]));
    const asked = table(text("b", ["y", "x", "z"]), numbers("a", [2, 2, 2]));
    // The codes of b differ between the tables, its texts do not.
    expect(repeats(known, asked, ["a", "b"])).toEqual({ rows: [0, 2], amongKnown: 1 });
  });

  it("takes 0 and -0 for one number, a missing cell for another thing than NaN, 0 or no text", () => {
    const known = table(numbers("a", [0, Number.NaN, Number.NaN], [0, 0, 1]));
    const of = (value: number, missing: number) =>
      repeats(known, table(numbers("a", [value], [missing])), ["a"]).rows.length;
    expect([of(-0, 0), of(Number.NaN, 0), of(Number.NaN, 1), of(1, 0)]).toEqual([1, 1, 1, 0]);
    expect(
      repeats(table(numbers("a", [0])), table(numbers("a", [Number.NaN], [1])), ["a"]).rows,
    ).toEqual([]);
    expect(repeats(table(text("a", [""])), table(text("a", [null])), ["a"]).rows).toEqual([]);
  });

  it("keeps columns apart: the same cells the other way round are another row", () => {
    const known = table(numbers("a", [1]), numbers("b", [2]));
    const asked = table(numbers("a", [2]), numbers("b", [1]));
    expect(repeats(known, asked, ["a", "b"]).rows).toEqual([]);
  });

  it("compares a column of numbers with the same column read as text", () => {
    expect(repeats(table(text("a", ["7", "x"])), table(numbers("a", [7, 8])), ["a"]).rows).toEqual([
      0,
    ]);
  });

  it("agrees with comparing the cells", () => {
    const cell = fc.record({
      a: fc.integer({ min: 0, max: 4 }),
      b: fc.constantFrom("x", "y", null),
    });
    const rows = fc.array(cell, { minLength: 1, maxLength: 30 });
    const toTable = (of: readonly { a: number; b: string | null }[]): Table =>
      table(
        numbers(
          "a",
          of.map(({ a }) => a),
        ),
        text(
          "b",
          of.map(({ b }) => b),
        ),
      );
    fc.assert(
      fc.property(rows, rows, (known, asked) => {
        const keys = new Set(known.map((row) => JSON.stringify(row)));
        const expected = asked.flatMap((row, at) => (keys.has(JSON.stringify(row)) ? [at] : []));
        expect(repeats(toTable(known), toTable(asked), ["a", "b"])).toEqual({
          rows: expected,
          amongKnown: known.length - keys.size,
        });
      }),
    );
  });

  it("tells a hundred thousand different rows apart", () => {
    const values = Array.from({ length: 100_000 }, (_, row) => row / 7);
    const known = table(numbers("a", values));
    expect(
      repeats(
        known,
        table(
          numbers(
            "a",
            values.map((value) => value + 0.01),
          ),
        ),
        ["a"],
      ),
    ).toEqual({
      rows: [],
      amongKnown: 0,
    });
  });
});
