import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sortedCopy, sortedOrder } from "./sorting.ts";

/** The order by comparing every pair, NaN last: slow and plain. */
function plainOrder(values: Float64Array): number[] {
  const rank = (value: number): number => (Number.isNaN(value) ? 1 : 0);
  return Array.from(values.keys()).sort((a, b) => {
    const [x, y] = [values[a]!, values[b]!];
    return rank(x) - rank(y) || (x < y ? -1 : x > y ? 1 : a - b);
  });
}

describe("the order of values", () => {
  test("is that of a comparison sort, for few and for many values of any kind", () => {
    const any = fc.double();
    const close = fc.integer({ min: 0, max: 40 }).map((k) => 1 + k * 2 ** -52);
    const tied = fc.integer({ min: -3, max: 3 });
    const values = fc
      .array(fc.oneof(any, close, tied), { minLength: 0, maxLength: 60 })
      .chain((few) =>
        fc.constantFrom(1, 40).map((times) => Array<number[]>(times).fill(few).flat()),
      );
    fc.assert(
      fc.property(values, (list) => {
        const column = Float64Array.from(list);
        expect(Array.from(sortedOrder(column))).toEqual(plainOrder(column));
      }),
    );
  });

  test("counts -0 and 0 as equal and puts every NaN last", () => {
    const filler = Array.from({ length: 600 }, (_, k) => k + 1);
    const column = Float64Array.from([
      Number.NaN,
      0,
      -0,
      -Infinity,
      -Number.NaN,
      ...filler,
      Infinity,
    ]);
    const order = Array.from(sortedOrder(column));
    expect(order.slice(0, 3)).toEqual([3, 1, 2]);
    expect(order.slice(-3)).toEqual([605, 0, 4]);
  });

  test("sorts long runs that differ in their lowest bits only", () => {
    const column = Float64Array.from(
      { length: 1000 },
      (_, k) => 1 + ((k * 7919) % 1000) * 2 ** -52,
    );
    expect(Array.from(sortedOrder(column))).toEqual(plainOrder(column));
  });

  test("a sorted copy leaves the values alone", () => {
    const values = [3, 1, 2];
    expect(Array.from(sortedCopy(values))).toEqual([1, 2, 3]);
    expect(values).toEqual([3, 1, 2]);
  });
});
