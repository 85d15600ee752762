import { expect, test } from "vitest";
import { createRandom } from "../random/generator.ts";
import { drawMultinomial } from "../random/multinomial.ts";
import { tableDraws } from "./table-draws.ts";

const tables = [Float64Array.of(40, 10, 5, 45), Float64Array.of(40, 10, 6, 45), Float64Array.of(3)];

function drawn(counts: Float64Array, seed: number | undefined, resamples: number): number[][] {
  const next = tableDraws({ random: createRandom(seed ?? 7), seed, resamples }, counts);
  return Array.from({ length: resamples }, () => [...next()]);
}

function plainly(counts: Float64Array, seed: number, resamples: number): number[][] {
  const random = createRandom(seed);
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const into = new Float64Array(counts.length);
  return Array.from({ length: resamples }, () => [
    ...drawMultinomial(rows, counts, { random, into }),
  ]);
}

test("tables are drawn as if each metric drew them anew, whatever was drawn before", () => {
  for (const resamples of [5, 3, 9, 50])
    for (const seed of [1, 2, 1])
      for (const counts of [...tables, ...tables])
        expect(drawn(counts, seed, resamples)).toEqual(plainly(counts, seed, resamples));
});

test("a longer bootstrap goes on where a shorter one ended", () => {
  const [counts] = tables as [Float64Array];
  const short = drawn(counts, 9, 4);
  const long = drawn(counts, 9, 12);
  expect(long.slice(0, 4)).toEqual(short);
  expect(long).toEqual(plainly(counts, 9, 12));
});

test("without a seed, or of too many cells, nothing is kept", () => {
  const [counts] = tables as [Float64Array];
  expect(drawn(counts, undefined, 6)).toEqual(plainly(counts, 7, 6));
  const wide = new Float64Array(300_000).fill(1);
  const starts = (draws: number[][]): number[][] => draws.map((cells) => cells.slice(0, 20));
  expect(starts(drawn(wide, 3, 4))).toEqual(starts(plainly(wide, 3, 4)));
});
