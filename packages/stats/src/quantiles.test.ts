import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quantileOfSorted, quantilesOf, weightedMedian } from "./quantiles.ts";
import { sortedOrder } from "./sorting.ts";

describe("quantiles", () => {
  test("interpolate between neighbours as numpy does", () => {
    expect(quantilesOf([4, 1, 3, 2], [0, 0.25, 0.5, 0.9, 1])).toEqual([1, 1.75, 2.5, 3.7, 4]);
    expect(quantileOfSorted([7], 0.3)).toBe(7);
    // numpy.quantile to the last digit: it starts from the nearer neighbour.
    expect(quantileOfSorted([0.8, 4.5, 9.2], 0.28)).toBe(2.872);
    expect(quantileOfSorted([-4.1, 0.1, 5.7], 0.77)).toBe(3.124);
    expect(() => quantileOfSorted([], 0.5)).toThrow(RangeError);
  });

  test("rise with their level and stay within the values", () => {
    const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 });
    const level = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(values, level, level, (list, a, b) => {
        const [low, high] = quantilesOf(list, [Math.min(a, b), Math.max(a, b)]);
        expect(low).toBeLessThanOrEqual(high!);
        expect(low).toBeGreaterThanOrEqual(Math.min(...list));
        expect(high).toBeLessThanOrEqual(Math.max(...list));
      }),
    );
  });
});

describe("the weighted median", () => {
  const median = (values: number[], weights: number[]): number | null => {
    const column = Float64Array.from(values);
    return weightedMedian(column, weights, sortedOrder(column));
  };

  test("is the value where half of the weight is reached", () => {
    expect(median([1, 2, 3], [1, 1, 5])).toBe(3);
    expect(median([1, 2, 3, 4], [1, 1, 1, 1])).toBe(2.5);
    expect(median([1, 2, 9, 4], [1, 1, 0, 2])).toBe(3);
    expect(median([5], [2])).toBe(5);
    // Half is reached at 2; the next value that weighs anything is 4, not 3.
    expect(median([1, 2, 3, 4], [1, 1, 0, 2])).toBe(3);
    // Sums of tenths miss one half by rounding: 0.1 + 0.2 is more than 0.3.
    expect(median([1, 2, 3, 4], [0.1, 0.2, 0.1, 0.2])).toBe(2.5);
  });

  test("does not exist without weight", () => {
    expect(median([1, 2], [0, 0])).toBeNull();
    expect(median([], [])).toBeNull();
  });
});
