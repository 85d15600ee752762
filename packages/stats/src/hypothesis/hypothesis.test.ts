import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chiSquaredTest, fisherExactTest } from "./contingency.ts";
import { dieboldMarianoTest } from "./diebold-mariano.ts";
import { kolmogorovSmirnovTest } from "./kolmogorov-smirnov.ts";
import { benjaminiHochberg, holm } from "./multiplicity.ts";
import { mcNemarTest, twoProportionTest, wilsonInterval } from "./proportions.ts";
import { kolmogorovTwoSidedSf } from "../special/kolmogorov.ts";
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
    for (const p of [Number.NaN, -0.1, 1.1]) expect(() => holm([0.5, p])).toThrow(RangeError);
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

  test("Fisher's exact test by hand: 16 rows, 13 in one column, so that no cell reaches 0", () => {
    // The first cell is 7, 8, 9 or 10 in C(13, k) C(3, 10 - k) of C(16, 10) ways.
    const [seven, eight, nine, ten, all] = [1716, 3861, 2145, 286, 8008];
    const of = (a: number, alternative?: "greater" | "less"): number =>
      fisherExactTest(
        [
          [a, 10 - a],
          [13 - a, a - 7],
        ],
        alternative,
      ).p;
    expect(of(7)).toBeCloseTo((seven + ten) / all, 12);
    expect(of(8)).toBeCloseTo(1, 12);
    expect(of(9)).toBeCloseTo((seven + nine + ten) / all, 12);
    expect(of(10)).toBeCloseTo(ten / all, 12);
    expect(of(8, "greater")).toBeCloseTo((eight + nine + ten) / all, 12);
    expect(of(8, "less")).toBeCloseTo((seven + eight) / all, 12);
    const table = [
      [8, 2],
      [5, 1],
    ] as const;
    expect(fisherExactTest(table).oddsRatio).toBe(0.8);
    const certain = [
      [10, 0],
      [3, 3],
    ] as const;
    expect(fisherExactTest(certain).oddsRatio).toBe(Infinity);
    for (const [row, other] of [
      [
        [0, 0],
        [2, 3],
      ],
      [
        [2, 3],
        [0, 0],
      ],
      [
        [0, 2],
        [0, 3],
      ],
      [
        [2, 0],
        [3, 0],
      ],
    ] as const)
      expect(fisherExactTest([row, other])).toEqual({ oddsRatio: null, p: 1 });
  });

  test("McNemar, Wilson and z know what cannot be counted", () => {
    expect(mcNemarTest({ onlyFirst: 4, onlySecond: 4 }).exact).toBe(1);
    expect(mcNemarTest({ onlyFirst: 0, onlySecond: 0 }).mid).toBe(1);
    // All 0.5⁵ of one side: 2 · 0.5⁵ exact, and half of it less by mid-p.
    const none = mcNemarTest({ onlyFirst: 0, onlySecond: 5 });
    expect([none.exact, none.mid]).toEqual([0.0625, 0.03125]);
    expect(wilsonInterval(3, -1)).toEqual({ low: 0, high: 1 });
    const all = { successes: 7, trials: 7 };
    expect(twoProportionTest(all, { successes: 3, trials: 3 })).toHaveProperty("reason");
    expect(chiSquaredTest([[1], [2]], { yates: false })).toEqual({
      value: null,
      reason: "the table is not at least 2 x 2",
    });
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
    for (const [x, y] of [
      [[], [1]],
      [[1], []],
    ])
      expect(kolmogorovSmirnovTest(x!, y!)).toHaveProperty("reason", "a sample is empty");
    const large = Array.from({ length: 10_001 }, (_, i) => i % 97);
    const rest = [1, 2, 3];
    expect(kolmogorovSmirnovTest(large, rest)).toEqual(
      kolmogorovSmirnovTest(large, rest, "asymptotic"),
    );
    expect(kolmogorovSmirnovTest(large.slice(1), rest)).toEqual(
      kolmogorovSmirnovTest(large.slice(1), rest, "exact"),
    );
  });

  test("rows of the asymptotic Kolmogorov-Smirnov law are rounded to even at a half", () => {
    const asymptotic = (n: number, m: number): unknown =>
      kolmogorovSmirnovTest(
        Array.from({ length: n }, (_, i) => i),
        Array.from({ length: m }, (_, i) => i + 0.5),
        "asymptotic",
      );
    // 3 and 3 rows give 1.5, rounded to 2; 5 and 5 give 2.5, rounded to 2 as well.
    const [three, five] = [asymptotic(3, 3), asymptotic(5, 5)];
    expect(three).toEqual({ statistic: 1 / 3, p: kolmogorovTwoSidedSf(2, 1 / 3) });
    expect(five).toEqual({ statistic: 1 / 5, p: kolmogorovTwoSidedSf(2, 1 / 5) });
    expect(asymptotic(7, 7)).toHaveProperty("p", kolmogorovTwoSidedSf(4, 1 / 7));
    expect(asymptotic(9, 4)).toHaveProperty("p", kolmogorovTwoSidedSf(3, 5 / 9));
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
