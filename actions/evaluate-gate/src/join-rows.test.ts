import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { joinRows } from "./join-rows.ts";

const keys = (...values: readonly number[]): BigUint64Array =>
  BigUint64Array.from(values, (value) => BigInt(value));
const joined = (left: BigUint64Array, right: BigUint64Array) => {
  const rows = joinRows(left, right);
  return Array.from(rows.left, (row, at) => [row, rows.right[at]]);
};

describe("joinRows", () => {
  it("joins in the left order and leaves out what one side lacks", () => {
    expect(joined(keys(5, 7, 9), keys(9, 1, 5))).toEqual([
      [0, 2],
      [2, 0],
    ]);
  });

  it("joins equal keys first to first and never one row twice", () => {
    expect(joined(keys(5, 5, 5), keys(5, 7, 5))).toEqual([
      [0, 0],
      [1, 2],
    ]);
  });

  it("joins a table with any order of itself completely, key by key", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 40 }), (values) => {
        const left = keys(...values);
        const right = keys(...values.toReversed());
        const rows = joined(left, right);
        expect(rows).toHaveLength(values.length);
        expect(new Set(rows.map(([, row]) => row)).size).toBe(values.length);
        for (const [row = 0, other = 0] of rows) expect(left[row]).toBe(right[other]);
      }),
    );
  });
});
