import { drawBinomial } from "./binomial.ts";
import type { Random } from "./generator.ts";

/**
 * How often each cell comes up in `n` draws with chances in proportion to `weights`; exact, by
 * conditional binomials. Cells of weight 0 are never drawn.
 *
 * @param into receives the counts, one a cell.
 */
export function drawMultinomial(
  n: number,
  weights: ArrayLike<number>,
  { random, into }: { readonly random: Random; readonly into: Float64Array },
): Float64Array {
  let chanceLeft = 0;
  for (let k = 0; k < weights.length; k++) chanceLeft += weights[k]!;
  let last = weights.length - 1;
  while (last > 0 && weights[last] === 0) last--;
  let left = n;
  for (let k = 0; k < weights.length; k++) {
    const weight = weights[k]!;
    // The last cell takes the rest, whatever rounding left of the chances.
    const drawn = k === last ? left : drawBinomial(left, weight / chanceLeft, random);
    into[k] = drawn;
    left -= drawn;
    chanceLeft -= weight;
  }
  return into;
}

/** How often each of `n` rows comes up in `n` draws with replacement. */
export function drawRowCounts<Counts extends Float64Array | Uint16Array>(
  random: Random,
  into: Counts,
): Counts {
  into.fill(0);
  for (let i = 0; i < into.length; i++) into[random.integer(into.length)]!++;
  return into;
}
