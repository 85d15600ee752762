import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { orderByUpperHalf, sortedCopy, sortedOrder } from "./sorting.ts";

/** The order by comparing every pair, NaN last: slow and plain. */
function plainOrder(values: Float64Array): number[] {
  const rank = (value: number): number => (Number.isNaN(value) ? 1 : 0);
  return Array.from(values.keys()).sort((a, b) => {
    const [x, y] = [values[a]!, values[b]!];
    return rank(x) - rank(y) || (x < y ? -1 : x > y ? 1 : a - b);
  });
}

describe("the order of values", () => {
  // Sizes on both sides of where the radix sort takes over, and runs that share their upper bits.
  const kinds = {
    any: fc.double(),
    close: fc.integer({ min: 0, max: 40 }).map((k) => 1 + k * 2 ** -52),
    tied: fc.constantFrom(-2, -1, -0, 0, 1, 2, Infinity, -Infinity, Number.NaN),
    mixed: fc.oneof(
      fc.double(),
      fc.integer({ min: 0, max: 40 }).map((k) => 1 + k * 2 ** -52),
      fc.constantFrom(-1, 0, 1, Number.NaN),
    ),
  };

  test.each([
    { kind: "any", least: 0, most: 60 },
    { kind: "mixed", least: 0, most: 60 },
    { kind: "any", least: 512, most: 700 },
    { kind: "close", least: 512, most: 700 },
    { kind: "tied", least: 511, most: 600 },
    { kind: "mixed", least: 512, most: 2000 },
  ] as const)("is that of a comparison sort: $kind, $least to $most of them", (sizes) => {
    const { kind, least, most } = sizes;
    const values = fc.array(kinds[kind], { minLength: least, maxLength: most, size: "max" });
    fc.assert(
      fc.property(values, (list) => {
        const column = Float64Array.from(list);
        expect(Array.from(sortedOrder(column))).toEqual(plainOrder(column));
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });

  test.each([2, 23, 24, 25, 26])(
    "sorts runs of %i values that share their upper bits",
    (length) => {
      const column = Float64Array.from({ length: length * 60 }, (_, k) => {
        const place = (k * 7) % length;
        return Math.floor(k / length) + 1 + place * 2 ** -46;
      });
      expect(Array.from(sortedOrder(column))).toEqual(plainOrder(column));
    },
  );

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

  test.each([20, 700])("turns a falling run of %i values around", (length) => {
    const falling = Array.from({ length }, (_, k) => 1 + (length - k) * 2 ** -52);
    const column = Float64Array.from([...Array.from({ length: 600 }, (_, k) => k + 2), ...falling]);
    expect(Array.from(sortedOrder(column))).toEqual(plainOrder(column));
  });

  test("a sorted copy leaves the values alone", () => {
    const values = [3, 1, 2];
    expect(Array.from(sortedCopy(values))).toEqual([1, 2, 3]);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe("the order of values by their upper halves", () => {
  /** The upper 32 bits as a whole number that rises with the value; 0 and -0 alike, NaN last. */
  function upperHalf(value: number): number {
    if (Number.isNaN(value)) return 2 ** 32 - 1;
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value === 0 ? 0 : value);
    const bits = view.getUint32(0);
    return bits < 2 ** 31 ? bits + 2 ** 31 : 2 ** 32 - 1 - bits;
  }

  /** Without the repair that comes after, which would hide a wrong pass behind a slow sort. */
  test.each([
    { kind: "of any size", draw: (k: number) => (k % 2 === 0 ? 1 : -1) * 1.7 ** ((k * 37) % 900) },
    { kind: "of one size", draw: (k: number) => 1 + ((k * 7919) % 1000) / 1000 },
    { kind: "of two sizes", draw: (k: number) => (k % 3 === 0 ? 1.25 : 1e5) },
    { kind: "of one value", draw: () => 3 },
    {
      kind: "that end the line",
      draw: (k: number) => [-Infinity, -0, 0, Infinity, Number.NaN, -5e-324][k % 6]!,
    },
    {
      kind: "that differ in their lowest bits",
      draw: (k: number) => 1 + ((k * 7) % 90) * 2 ** -52,
    },
    { kind: "of one sign", draw: (k: number) => -1 - ((k * 31) % 400) },
  ])("is stable, of numbers $kind", ({ draw }) => {
    const values = Float64Array.from({ length: 1000 }, (_, k) => draw(k));
    const halves = Array.from(values, upperHalf);
    const expected = [...halves.keys()].sort((a, b) => halves[a]! - halves[b]! || a - b);
    const { keys, order } = orderByUpperHalf(values);
    expect(Array.from(order)).toEqual(expected);
    expect(Array.from(keys)).toEqual(expected.map((row) => halves[row]));
  });
});
