import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { binomialCdf, binomialPmf } from "../special/beta.ts";
import { chiSquaredSf } from "../special/chi-squared.ts";
import { drawBinomial } from "./binomial.ts";
import { createRandom, type Random, randomFromState, shuffled } from "./generator.ts";
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
    expect(() => random.integer(2 ** 32 + 1)).toThrow(RangeError);
  });

  test("draws again what would favour small numbers below a bound that 2^32 is no multiple of", () => {
    const random = createRandom(4);
    const bound = 3 * 2 ** 30;
    const draws = Array.from({ length: 9000 }, () => random.integer(bound));
    // A plain remainder would put half of them, not a third, into the first third.
    const thirds = [0, 1, 2].map(
      (third) => draws.filter((drawn) => Math.floor(drawn / 2 ** 30) === third).length,
    );
    expect(fitOf(thirds, [3000, 3000, 3000])).toBeGreaterThan(1e-4);
  });

  test("makes a uniform of 27 and 26 bits, and two normals of a pair of uniforms", () => {
    const [words, uniforms] = [createRandom(12), createRandom(12)];
    for (let k = 0; k < 20; k++) {
      const [high, low] = [words.uint32() >>> 5, words.uint32() >>> 6];
      expect(uniforms.uniform()).toBe((high * 2 ** 26 + low) / 2 ** 53);
    }
    const [plain, normals] = [createRandom(13), createRandom(13)];
    for (let k = 0; k < 20; k++) {
      let [x, y, square] = [1, 1, 2];
      while (square >= 1) {
        [x, y] = [2 * plain.uniform() - 1, 2 * plain.uniform() - 1];
        square = x * x + y * y;
      }
      const scale = Math.sqrt((-2 * Math.log(square)) / square);
      expect([normals.normal(), normals.normal()]).toEqual([x * scale, y * scale]);
    }
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

  /** A generator whose uniforms are given. */
  function playing(uniforms: readonly number[]): Random {
    let at = 0;
    const uniform = (): number => uniforms[at++] ?? Number.NaN;
    return { ...createRandom(0), uniform };
  }

  test.each([
    [1, 0.4],
    [8, 0.3],
    [19, 0.5],
    [40, 0.2],
    [5000, 0.0013],
  ])("of %i trials with chance %f invert the law where few successes are expected", (n, p) => {
    for (let cell = 0; cell < 400; cell++) {
      const u = (cell + 0.5) / 400;
      let quantile = 0;
      while (binomialCdf(quantile, n, p) < u) quantile++;
      expect(drawBinomial(n, p, playing([u]))).toBe(quantile);
    }
    // The largest uniform there is: whatever rounding leaves of the law is drawn again.
    const most = drawBinomial(n, p, playing([1 - 2 ** -53, 0]));
    expect(most >= 0 && most <= n).toBe(true);
  });

  // Hörmann's BTRS: u proposes k, v accepts it in proportion to its chance over that of the mode.
  test.each([
    [24, 0.5],
    [60, 0.4],
    [60, 0.2],
    [200, 0.06],
    [5000, 0.02],
  ])("of %i trials with chance %f accept a proposal by its share of the mode's chance", (n, p) => {
    const spread = Math.sqrt(n * p * (1 - p));
    const b = 1.15 + 2.53 * spread;
    const a = -0.0873 + 0.0248 * b + 0.01 * p;
    const mode = Math.floor((n + 1) * p);
    const centre = Math.floor(n * p + 0.5);
    let compared = 0;
    for (let cell = 0; cell < 300; cell++) {
      const u = (cell + 0.5) / 300 - 0.5;
      const us = 0.5 - Math.abs(u);
      const k = Math.floor(((2 * a) / us + b) * u + n * p + 0.5);
      // Proposals beyond the law are refused whatever v says.
      const share = k < 0 || k > n ? 0 : binomialPmf(k, n, p) / binomialPmf(mode, n, p);
      const most = (share * (a / (us * us) + b)) / ((2.83 + 5.1 / b) * spread);
      if (most > 1 - 1e-6 || k === centre) continue;
      compared++;
      const next = [0.5, 0];
      if (share > 0)
        expect(drawBinomial(n, p, playing([u + 0.5, most * (1 - 1e-7), ...next]))).toBe(k);
      expect(drawBinomial(n, p, playing([u + 0.5, most * (1 + 1e-7) + 1e-12, ...next]))).toBe(
        centre,
      );
    }
    expect(compared).toBeGreaterThan(40);
  });

  test("of likely successes are those of the failures, mirrored", () => {
    const p = 0.85;
    const [many, few] = [createRandom(6), createRandom(6)];
    for (let k = 0; k < 200; k++)
      expect(drawBinomial(90, p, many)).toBe(90 - drawBinomial(90, 1 - p, few));
  });

  test("without trials or chance are 0, with certainty all", () => {
    const random = createRandom(1);
    expect(drawBinomial(0, 0.5, random)).toBe(0);
    expect(drawBinomial(10, 0, random)).toBe(0);
    expect(drawBinomial(10, 1, random)).toBe(10);
    expect(drawBinomial(10, -0.1, random)).toBe(0);
    expect(drawBinomial(10, 1.1, random)).toBe(10);
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

  test("give the last cell with a weight the rest, whatever rounding left of the chances", () => {
    // 1e16 + 3 is 1e16 + 4 in doubles, so that 3 in 4 would remain for a cell that is certain.
    for (let seed = 0; seed < 20; seed++) {
      const into = new Float64Array(4);
      drawMultinomial(2 ** 53, [1e16, 3, 0, 0], { random: createRandom(seed), into });
      expect(into[0]! + into[1]!).toBe(2 ** 53);
      expect([into[2], into[3]]).toEqual([0, 0]);
    }
  });

  test("of rows draw as many rows as there are, whatever the counts held before", () => {
    expect(drawRowCounts(createRandom(2), new Float64Array(50).fill(3))).toEqual(
      drawRowCounts(createRandom(2), new Float64Array(50)),
    );
  });

  test("of rows draw as many rows as there are", () => {
    const counts = drawRowCounts(createRandom(2), new Uint16Array(1000));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1000);
    // A row is missed with chance 1/e.
    const missed = counts.filter((count) => count === 0).length;
    expect(Math.abs(missed - 368)).toBeLessThan(50);
  });
});
