import { describe, expect, test } from "vitest";
import { drawBetaWeights } from "./beta-weights.ts";
import { createRandom } from "./generator.ts";

describe("weights by Beta(1/2, 3/2)", () => {
  test("have the mean, variance and third moment of a resample's counts, in quarters", () => {
    const drawn = drawBetaWeights(createRandom(3), new Float32Array(400_000));
    const moment = (of: (weight: number) => number): number =>
      drawn.reduce((sum, weight) => sum + of(4 * weight), 0) / drawn.length;
    expect(Math.abs(moment((w) => w) - 1)).toBeLessThan(0.006);
    expect(Math.abs(moment((w) => (w - 1) ** 2) - 1)).toBeLessThan(0.006);
    expect(Math.abs(moment((w) => (w - 1) ** 3) - 1)).toBeLessThan(0.02);
    expect(drawn.every((weight) => weight > 0 && weight <= 1)).toBe(true);
    // P(w <= 1/4) is the share of the unit disc with |x| <= 1/2: 2/π (asin(1/2) + sqrt(3)/4).
    const share = (2 / Math.PI) * (Math.PI / 6 + Math.sqrt(3) / 4);
    expect(Math.abs(moment((w) => Number(w <= 1)) - share)).toBeLessThan(0.003);
  });
});
