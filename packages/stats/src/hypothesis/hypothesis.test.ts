import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chiSquaredTest, fisherExactTest } from "./contingency.ts";
import { dieboldMarianoTest } from "./diebold-mariano.ts";
import { kolmogorovSmirnovTest } from "./kolmogorov-smirnov.ts";
import { benjaminiHochberg, holm } from "./multiplicity.ts";
import { mcNemarTest, twoProportionTest, wilsonInterval } from "./proportions.ts";
import { hasResult } from "./outcome.ts";
import { wilcoxonTest } from "./wilcoxon.ts";

const chances = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
  minLength: 1,
  maxLength: 40,
});

describe("corrections for many tests", () => {
  test("never lower a p, keep their order and are strictest in Holm's", () => {
    fc.assert(
      fc.property(chances, (list) => {
        const bh = benjaminiHochberg(list);
        const strict = holm(list);
        list.forEach((p, i) => {
          expect(bh[i]).toBeGreaterThanOrEqual(p);
          expect(strict[i]).toBeGreaterThanOrEqual(bh[i]! - 1e-12);
          expect(strict[i]).toBeLessThanOrEqual(1);
          list.forEach((q, j) => {
            if (p <= q) expect(bh[i]).toBeLessThanOrEqual(bh[j]!);
          });
        });
      }),
    );
  });

  test("by hand, Benjamini and Hochberg reject up to the last p below its line", () => {
    expect(benjaminiHochberg([0.01, 0.04, 0.03, 0.5])).toEqual([
      0.04,
      expect.closeTo(0.16 / 3, 14),
      expect.closeTo(0.16 / 3, 14),
      0.5,
    ]);
    expect(benjaminiHochberg([])).toEqual([]);
    expect(() => holm([Number.NaN])).toThrow(RangeError);
  });
});

describe("tests of counts", () => {
  test("Wilson's interval holds the share and narrows with trials", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 50 }), (a, b) => {
        const n = Math.max(a, b);
        const { low, high } = wilsonInterval(a, n);
        const more = wilsonInterval(a * 10, n * 10);
        expect(low).toBeLessThanOrEqual(a / n);
        expect(high).toBeGreaterThanOrEqual(a / n);
        expect(more.high - more.low).toBeLessThan(high - low);
      }),
    );
    expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
  });

  test("McNemar's sides swap with the models", () => {
    const ahead = mcNemarTest({ onlyFirst: 9, onlySecond: 2 });
    const behind = mcNemarTest({ onlyFirst: 2, onlySecond: 9 });
    expect(ahead.exact).toBe(behind.exact);
    expect(ahead.firstBetterMid + behind.firstBetterMid).toBeCloseTo(1, 12);
  });

  test("a table of one row has no test", () => {
    expect(chiSquaredTest([[1, 2]], { yates: false })).toHaveProperty("reason");
    expect(chiSquaredTest([], { yates: false })).toHaveProperty("reason");
  });

  test("Fisher's exact test stays quick and in 0..1 for large counts", () => {
    const table = [
      [40_000, 60_000],
      [41_000, 59_000],
    ] as const;
    const { p } = fisherExactTest(table);
    const z = twoProportionTest(
      { successes: 40_000, trials: 100_000 },
      { successes: 41_000, trials: 100_000 },
    );
    expect(hasResult(z)).toBe(true);
    if (hasResult(z)) expect(Math.log(p)).toBeCloseTo(Math.log(z.p), 1);
  });
});

describe("tests of samples", () => {
  const sample = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 25 });

  test("Kolmogorov-Smirnov does not mind which sample comes first", () => {
    fc.assert(
      fc.property(sample, sample, (x, y) => {
        const there = kolmogorovSmirnovTest(x, y, "exact");
        const back = kolmogorovSmirnovTest(y, x, "exact");
        expect(hasResult(there) && hasResult(back)).toBe(true);
        if (!hasResult(there) || !hasResult(back)) return;
        expect(there.statistic).toBe(back.statistic);
        expect(there.p).toBeCloseTo(back.p, 12);
      }),
    );
    expect(kolmogorovSmirnovTest([], [1])).toHaveProperty("reason");
    const large = Array.from({ length: 10_001 }, (_, i) => i % 97);
    expect(kolmogorovSmirnovTest(large, [1, 2, 3])).toHaveProperty("p");
  });

  test("rows of the asymptotic Kolmogorov-Smirnov law are rounded to even at a half", () => {
    const asymptotic = (n: number, m: number): unknown =>
      kolmogorovSmirnovTest(
        Array.from({ length: n }, (_, i) => i),
        Array.from({ length: m }, (_, i) => i + 0.5),
        "asymptotic",
      );
    expect(asymptotic(3, 3)).toHaveProperty("p");
    expect(asymptotic(5, 5)).toHaveProperty("p");
  });

  test("Wilcoxon's one-sided p values swap when differences change sign", () => {
    fc.assert(
      fc.property(sample, (differences) => {
        const turned = differences.map((d) => -d);
        const greater = wilcoxonTest(differences, { alternative: "greater" });
        const less = wilcoxonTest(turned, { alternative: "less" });
        if (hasResult(greater) && hasResult(less)) expect(greater.p).toBeCloseTo(less.p, 12);
        else expect(hasResult(greater)).toBe(hasResult(less));
      }),
      { numRuns: 20 },
    );
    expect(wilcoxonTest([])).toHaveProperty("reason");
  });

  test("Diebold-Mariano takes squared losses one step ahead when nothing is said", () => {
    const first = [1, -2, 3, -1, 2, 0.5];
    const second = [0.5, 1, -1, 1, -1, 0.2];
    expect(dieboldMarianoTest({ first, second })).toEqual(
      dieboldMarianoTest({ first, second, horizon: 1, loss: "squared" }),
    );
  });
});
