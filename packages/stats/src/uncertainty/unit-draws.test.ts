import { describe, expect, it } from "vitest";
import { createRandom } from "../random/generator.ts";
import { drawRowCounts } from "../random/multinomial.ts";
import { drawBetaWeights } from "../random/beta-weights.ts";
import { unitDraws, unitWeights } from "./unit-draws.ts";

function take(seed: number | undefined, units: number, resamples: number): number[][] {
  const next = unitDraws({ random: createRandom(seed ?? 7), seed, resamples }, units);
  return Array.from({ length: resamples }, () => [...next()]);
}

function expected(seed: number, units: number, resamples: number): number[][] {
  const random = createRandom(seed);
  return Array.from({ length: resamples }, () => [
    ...drawRowCounts(random, new Uint16Array(units)),
  ]);
}

describe("the units of a bootstrap", () => {
  it("are those of the seed, whatever was drawn from it before", () => {
    expect(take(7, 20, 10)).toEqual(expected(7, 20, 10));
    expect(take(7, 20, 40)).toEqual(expected(7, 20, 40));
    expect(take(7, 20, 25)).toEqual(expected(7, 20, 25));
    expect(take(8, 20, 10)).toEqual(expected(8, 20, 10));
    expect(take(7, 30, 10)).toEqual(expected(7, 30, 10));
    expect(take(7, 20, 10)).toEqual(expected(7, 20, 10));
  });

  it("are the same where they are too many to be kept, or come of no known seed", () => {
    expect(take(7, 4001, 2000).at(-1)).toEqual(expected(7, 4001, 2000).at(-1));
    expect(take(undefined, 20, 10)).toEqual(expected(7, 20, 10));
  });

  it("are weighed by weights of the seed, whatever was drawn from it before", () => {
    const weigh = (units: number, resamples: number): number[][] => {
      const next = unitWeights({ random: createRandom(7), seed: 7, resamples }, units);
      return Array.from({ length: resamples }, () => [...next()]);
    };
    const own = createRandom(7);
    const all = Array.from({ length: 30 }, () => [...drawBetaWeights(own, new Float32Array(20))]);
    expect(weigh(20, 10)).toEqual(all.slice(0, 10));
    expect(take(7, 20, 10)).toEqual(expected(7, 20, 10));
    expect(weigh(20, 30)).toEqual(all);
  });
});
