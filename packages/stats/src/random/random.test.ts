import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { binomialPmf } from "../special/beta.ts";
import { chiSquaredSf } from "../special/chi-squared.ts";
import { drawBinomial } from "./binomial.ts";
import { createRandom, randomFromState, shuffled } from "./generator.ts";
import { drawMultinomial, drawRowCounts } from "./multinomial.ts";

describe("the generator", () => {
  test("gives the same numbers for a seed, for ever", () => {
    const random = createRandom(42);
    const drawn = Array.from({ length: 4 }, () => random.uint32());
    expect(drawn).toEqual([521972754, 2882338315, 3599845006, 2133078061]);
  });

  test("is xoshiro128**: its first steps from the state 1, 2, 3, 4, worked by hand", () => {
    const random = randomFromState([1, 2, 3, 4]);
    expect([random.uint32(), random.uint32(), random.uint32()]).toEqual([11520, 0, 5927040]);
  });

  test("gives other numbers for other seeds, near, large or fractional", () => {
    const seeds = [0, 1, 2, -1, 0.5, 2 ** 32, 2 ** 32 + 1, 1e300];
    const firsts = seeds.map((seed) => createRandom(seed).uint32());
    expect(new Set(firsts).size).toBe(seeds.length);
    expect(() => createRandom(Number.NaN)).toThrow(RangeError);
  });

  test("draws uniforms in [0, 1) with mean 1/2 and variance 1/12", () => {
    const random = createRandom(7);
    const draws = Array.from({ length: 100_000 }, () => random.uniform());
    const mean = draws.reduce((sum, u) => sum + u, 0) / draws.length;
    const variance = draws.reduce((sum, u) => sum + (u - mean) ** 2, 0) / draws.length;
    expect(draws.every((u) => u >= 0 && u < 1)).toBe(true);
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.004);
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.001);
  });

  test("draws whole numbers below a bound evenly", () => {
    const random = createRandom(3);
    const counts = new Float64Array(7);
    for (let k = 0; k < 70_000; k++) counts[random.integer(7)]!++;
    expect(fitOf(counts, Array<number>(7).fill(10_000))).toBeGreaterThan(1e-4);
    expect(random.integer(1)).toBe(0);
    expect(random.integer(2 ** 32)).toBeLessThan(2 ** 32);
    expect(() => random.integer(0)).toThrow(RangeError);
  });

  test("draws normals with mean 0, variance 1 and 5 % beyond 1.96", () => {
    const random = createRandom(11);
    const draws = Array.from({ length: 100_000 }, () => random.normal());
    const mean = draws.reduce((sum, z) => sum + z, 0) / draws.length;
    const variance = draws.reduce((sum, z) => sum + z * z, 0) / draws.length;
    const beyond = draws.filter((z) => Math.abs(z) > 1.959964).length / draws.length;
    expect(Math.abs(mean)).toBeLessThan(0.015);
    expect(Math.abs(variance - 1)).toBeLessThan(0.02);
    expect(Math.abs(beyond - 0.05)).toBeLessThan(0.003);
  });

  test("shuffles keep every value, and put each first about as often", () => {
    const random = createRandom(5);
    const firsts = new Float64Array(4);
    for (let k = 0; k < 8000; k++) {
      const order = shuffled([0, 1, 2, 3], random);
      expect(order.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
      firsts[order[0]!]!++;
    }
    expect(fitOf(firsts, Array<number>(4).fill(2000))).toBeGreaterThan(1e-4);
  });
});

/** p of a chi-squared test of counts against what is expected. */
function fitOf(counts: ArrayLike<number>, expected: readonly number[]): number {
  const statistic = expected.reduce((sum, e, k) => sum + (counts[k]! - e) ** 2 / e, 0);
  return chiSquaredSf(statistic, expected.length - 1);
}

describe("binomial draws", () => {
  test.each([
    { n: 8, p: 0.3 },
    { n: 1000, p: 0.004 },
    { n: 60, p: 0.4 },
    { n: 60, p: 0.85 },
    { n: 5000, p: 0.02 },
    { n: 300_000, p: 0.00005 },
  ])("of $n trials with chance $p follow the law", ({ n, p }) => {
    const random = createRandom(n);
    const draws = 40_000;
    const bins = new Map<number, number>();
    for (let k = 0; k < draws; k++) {
      const drawn = drawBinomial(n, p, random);
      bins.set(drawn, (bins.get(drawn) ?? 0) + 1);
    }
    let rest = draws;
    const counts: number[] = [];
    const expected: number[] = [];
    for (let k = 0; k <= Math.min(n, 10_000); k++) {
      const e = draws * binomialPmf(k, n, p);
      if (e < 10) continue;
      expected.push(e);
      counts.push(bins.get(k) ?? 0);
      rest -= bins.get(k) ?? 0;
    }
    const missing = draws - expected.reduce((sum, e) => sum + e, 0);
    if (missing > 5) [counts, expected].forEach((list, k) => list.push(k === 0 ? rest : missing));
    expect(fitOf(counts, expected)).toBeGreaterThan(1e-4);
  });

  test("without trials or chance are 0, with certainty all", () => {
    const random = createRandom(1);
    expect(drawBinomial(0, 0.5, random)).toBe(0);
    expect(drawBinomial(10, 0, random)).toBe(0);
    expect(drawBinomial(10, 1, random)).toBe(10);
  });
});

describe("multinomial draws", () => {
  test("add up, never hit empty cells and follow the shares", () => {
    const cell = fc.integer({ min: 0, max: 1000 });
    const weights = fc
      .array(cell, { minLength: 1, maxLength: 12 })
      .filter((w) => w.some((x) => x > 0));
    fc.assert(
      fc.property(weights, fc.integer({ min: 0, max: 100_000 }), fc.integer(), (cells, n, seed) => {
        const into = new Float64Array(cells.length);
        drawMultinomial(n, cells, { random: createRandom(seed), into });
        expect(into.reduce((sum, count) => sum + count, 0)).toBe(n);
        cells.forEach((weight, k) => {
          if (weight === 0) expect(into[k]).toBe(0);
        });
      }),
    );
    const into = new Float64Array(3);
    drawMultinomial(600_000, [1, 2, 3], { random: createRandom(9), into });
    expect(fitOf(into, [100_000, 200_000, 300_000])).toBeGreaterThan(1e-4);
  });

  test("of rows draw as many rows as there are", () => {
    const counts = drawRowCounts(createRandom(2), new Uint16Array(1000));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1000);
    // A row is missed with chance 1/e.
    const missed = counts.filter((count) => count === 0).length;
    expect(Math.abs(missed - 368)).toBeLessThan(50);
  });
});
