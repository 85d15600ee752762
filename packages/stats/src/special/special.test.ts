import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { binomialCdf, binomialPmf, binomialSf } from "./beta.ts";
import { chiSquaredCdf, chiSquaredQuantile, chiSquaredSf, gammaQuantile } from "./chi-squared.ts";
import { regularizedGammaP, regularizedGammaQ } from "./gamma.ts";
import { kolmogorovSf, kolmogorovTwoSidedSf } from "./kolmogorov.ts";
import { normalCdf, normalQuantile, normalSf } from "./normal.ts";
import { studentQuantile, studentSf } from "./student-t.ts";

describe("gamma functions", () => {
  test("both halves add up to 1", () => {
    const a = fc.double({ min: 1e-3, max: 1e4, noNaN: true });
    const ratio = fc.double({ min: 0, max: 5, noNaN: true });
    fc.assert(
      fc.property(a, ratio, (shape, times) => {
        const x = shape * times;
        expect(regularizedGammaP(shape, x) + regularizedGammaQ(shape, x)).toBeCloseTo(1, 12);
      }),
    );
  });

  test("take the ends of their range and refuse what is outside", () => {
    expect([regularizedGammaP(2, 0), regularizedGammaP(2, Infinity)]).toEqual([0, 1]);
    expect([regularizedGammaQ(2, 0), regularizedGammaQ(2, Infinity)]).toEqual([1, 0]);
    const outside = [regularizedGammaP(0, 1), regularizedGammaP(1, -1)];
    outside.push(regularizedGammaQ(0, 1), regularizedGammaQ(1, -1));
    expect(outside).toEqual(Array<number>(4).fill(Number.NaN));
    expect([chiSquaredSf(-1, 2), chiSquaredCdf(0, 2)]).toEqual([1, 0]);
  });

  test("with shape 1 are the exponential law", () => {
    expect(chiSquaredCdf(3, 2)).toBeCloseTo(1 - Math.exp(-1.5), 14);
    expect(gammaQuantile(0.25, 1)).toBeCloseTo(-Math.log(0.75), 14);
  });

  test("quantiles undo the law for any shape", () => {
    const p = fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true });
    const df = fc.double({ min: 0.5, max: 5000, noNaN: true });
    fc.assert(
      fc.property(p, df, (chance, freedom) => {
        const x = chiSquaredQuantile(chance, freedom);
        const back = chiSquaredCdf(x, freedom);
        expect(Math.abs(back - chance)).toBeLessThan(1e-9 + 1e-9 * chance);
      }),
    );
    expect([chiSquaredQuantile(0, 3), chiSquaredQuantile(1, 3)]).toEqual([0, Infinity]);
    expect([chiSquaredQuantile(2, 3), chiSquaredQuantile(0.5, 0)]).toEqual([
      Number.NaN,
      Number.NaN,
    ]);
  });
});

describe("the normal law", () => {
  test("quantiles undo it, and its tails mirror each other", () => {
    fc.assert(
      fc.property(fc.double({ min: -8, max: 0, noNaN: true }), (z) => {
        expect(normalQuantile(normalCdf(z))).toBeCloseTo(z, 10);
        expect(normalSf(-z)).toBe(normalCdf(z));
      }),
    );
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([-Infinity, Infinity]);
    expect(normalQuantile(-0.1)).toBeNaN();
  });
});

describe("the binomial law", () => {
  test("by hand: three fair coins", () => {
    expect([0, 1, 2, 3].map((k) => binomialPmf(k, 3, 0.5) * 8)).toEqual(
      [1, 3, 3, 1].map((ways) => expect.closeTo(ways, 12) as number),
    );
    expect(binomialCdf(1, 3, 0.5)).toBeCloseTo(0.5, 14);
    expect(binomialSf(2, 3, 0.5)).toBeCloseTo(0.5, 14);
  });

  test("takes counts outside the range", () => {
    expect([binomialCdf(-1, 3, 0.5), binomialCdf(3, 3, 0.5)]).toEqual([0, 1]);
    expect([binomialSf(0, 3, 0.5), binomialSf(4, 3, 0.5)]).toEqual([1, 0]);
    expect([binomialPmf(-1, 3, 0.5), binomialPmf(1.5, 3, 0.5)]).toEqual([0, 0]);
  });
});

describe("Kolmogorov's laws", () => {
  test("end at 1 and 0", () => {
    expect([kolmogorovSf(0), kolmogorovSf(-1), kolmogorovSf(Number.NaN)]).toEqual([
      1,
      1,
      Number.NaN,
    ]);
    expect([kolmogorovTwoSidedSf(5, 0), kolmogorovTwoSidedSf(5, 1)]).toEqual([1, 0]);
    expect(kolmogorovTwoSidedSf(4, 0.125)).toBe(1);
  });

  test("fall with the distance, across the borders of the methods", () => {
    for (const n of [10, 140, 999, 1000, 5000]) {
      let before = 1;
      for (let k = 1; k <= 40; k++) {
        const now = kolmogorovTwoSidedSf(n, (k * 0.08) / Math.sqrt(n));
        expect(now).toBeLessThanOrEqual(before + 1e-7);
        before = now;
      }
    }
  });

  test("near the least distance are n! (2 d - 1/n)^n, by Ruben and Gambino's polynomial", () => {
    for (const n of [2, 3, 5, 8, 12]) {
      const factorial = Array.from({ length: n }, (_, k) => k + 1).reduce((a, b) => a * b, 1);
      for (const share of [0.55, 0.75, 0.99]) {
        const d = share / n;
        if (d >= 0.5) continue;
        const below = factorial * (2 * d - 1 / n) ** n;
        expect(1 - kolmogorovTwoSidedSf(n, d)).toBeCloseTo(below, 14);
      }
    }
  });

  test("of one and two rows, worked by hand", () => {
    // One row: the distance is at least d where the uniform is outside of 1 - d .. d.
    expect(kolmogorovTwoSidedSf(1, 0.7)).toBeCloseTo(0.6, 14);
    // Two rows, d = 0.4: both orders of one uniform in 0.1 .. 0.4, the other in 0.6 .. 0.9.
    expect(kolmogorovTwoSidedSf(2, 0.4)).toBeCloseTo(1 - 2 * 0.3 * 0.3, 14);
    // Two rows, d = 0.5 and above: twice the tail of one side, (1 - d)^2 for d of at least 1/2.
    expect(kolmogorovTwoSidedSf(2, 0.6)).toBeCloseTo(2 * 0.4 * 0.4, 14);
    expect([kolmogorovTwoSidedSf(3, -0.1), kolmogorovTwoSidedSf(3, 1.2)]).toEqual([1, 0]);
    expect(kolmogorovTwoSidedSf(5, 0.1)).toBe(1);
  });

  test.each([
    [1000, 0.05, 0.013012074781090332],
    [1000, 0.06, 0.001428597887952891],
    [1500, 0.04, 0.016010230876347866],
  ])(
    "of %i rows at %f, where a series replaces the matrix, are SciPy's kstwo",
    (n, d, expected) => {
      expect(Math.abs(kolmogorovTwoSidedSf(n, d) - expected)).toBeLessThan(1e-8);
    },
  );

  test("tend to the limit law with many rows", () => {
    const x = 1.2;
    const exact = kolmogorovTwoSidedSf(1_000_000, x / 1000);
    expect(Math.abs(exact - kolmogorovSf(x))).toBeLessThan(2e-3);
  });
});

test("Student's law of infinite degrees of freedom is the normal law", () => {
  for (const t of [-2, 0.3, 1.7]) expect(studentSf(t, Infinity)).toBe(normalSf(t));
  expect(studentQuantile(0.975, Infinity)).toBe(normalQuantile(0.975));
  expect(studentQuantile(0.975, 1e9)).toBeCloseTo(normalQuantile(0.975), 7);
});
