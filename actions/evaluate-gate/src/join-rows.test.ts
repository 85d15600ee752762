import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Column } from "#core";
import { rowKeys } from "#data";
import { joinKeyedRows, joinRows } from "./join-rows.ts";

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

describe("joinKeyedRows", () => {
  const numbers = (...values: readonly number[]): Column => ({
    kind: "number",
    name: "id",
    values: Float64Array.from(values),
    missing: null,
    integer: true,
  });
  const texts = (...values: readonly string[]): Column => {
    const levels = [...new Set(values)];
    return {
      kind: "text",
      name: "id",
      levels,
      codes: Int32Array.from(values, (value) => levels.indexOf(value)),
    };
  };
  const keyed = (column: Column, rows: number) => ({
    ids: [column],
    keys: rowKeys({ rows, columns: [column] }, { id: ["id"], salt: "m" }),
  });

  it("comes to what the keys come to, whatever the order and the repetitions", () => {
    const ids = fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(ids, ids, fc.constantFrom(numbers, texts), (left, right, column) => {
        const make = (values: readonly number[]) =>
          column === numbers
            ? keyed(numbers(...values), values.length)
            : keyed(texts(...values.map(String)), values.length);
        const [mine, theirs] = [make(left), make(right)];
        expect(joinKeyedRows(mine, theirs)).toEqual(joinRows(mine.keys, theirs.keys));
        expect(joinKeyedRows(mine, make(left))).toEqual(joinRows(mine.keys, mine.keys));
      }),
    );
  });

  it("takes a number and its text for the same id", () => {
    const joined = joinKeyedRows(keyed(numbers(7, 8), 2), keyed(texts("8", "9"), 2));
    expect([Array.from(joined.left), Array.from(joined.right)]).toEqual([[1], [0]]);
  });

  it("makes no key where the ids themselves tell", () => {
    const refuse = (column: Column) => ({
      ids: [column],
      get keys(): BigUint64Array {
        throw new Error("a key was asked for");
      },
    });
    const joined = joinKeyedRows(refuse(numbers(3, 1, 2)), refuse(numbers(2, 3)));
    expect([Array.from(joined.left), Array.from(joined.right)]).toEqual([
      [0, 2],
      [1, 0],
    ]);
    expect(joinKeyedRows(refuse(texts("b", "a")), refuse(texts("b", "a"))).left).toHaveLength(2);
  });
});
