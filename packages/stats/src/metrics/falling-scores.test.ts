import fc from "fast-check";
import { expect, test } from "vitest";
import {
  complementPrecision,
  type FallingScores,
  pooledAveragePrecision,
} from "./falling-scores.ts";

const none: FallingScores = { scores: new Float64Array(0), hits: new Uint8Array(0) };

test("a ranking and its complement are walked as if the complement were written out", () => {
  // Sevenths, so that scores tie with each other and with those of the other class.
  const row = fc.record({
    score: fc.integer({ min: 0, max: 7 }),
    hit: fc.integer({ max: 1, min: 0 }),
  });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
      const falling = rows.toSorted((left, right) => right.score - left.score);
      const first = {
        scores: Float64Array.from(falling, ({ score }) => score / 7),
        hits: Uint8Array.from(falling, ({ hit }) => hit),
      };
      const complement = {
        scores: first.scores.map((score) => 1 - score).toReversed(),
        hits: first.hits.map((hit) => 1 - hit).toReversed(),
      };
      expect(complementPrecision(first)).toEqual({
        pooled: pooledAveragePrecision(first, complement),
        alone: pooledAveragePrecision(complement, none),
      });
    }),
  );
});
