import type { Random } from "./generator.ts";

const halfRange = 0x80000000;

/**
 * Independent weights by the law Beta(1/2, 3/2), the square of a coordinate of a point drawn evenly
 * from the unit disc. Mean, deviation and third central moment stand in the ratio 1 : 1 : 1, as those
 * of a resample's counts do, but no weight is 0.
 *
 * @see Owen (2025), "Better bootstrap t confidence intervals for the mean", arXiv:2508.10083
 */
export function drawBetaWeights(random: Random, into: Float32Array): Float32Array {
  for (let i = 0; i < into.length; i++) {
    let x: number;
    let y: number;
    do {
      x = (random.uint32() + 0.5) / halfRange - 1;
      y = (random.uint32() + 0.5) / halfRange - 1;
    } while (x * x + y * y > 1);
    into[i] = x * x;
  }
  return into;
}
