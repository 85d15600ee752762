import { createRandom, type Random } from "#stats";

/**
 * The generator of one stream of a seed. Streams are independent of each other, so a trial's
 * draws, or a model kind's, do not depend on what was drawn for others.
 *
 * @param seed any finite number
 * @param stream whole number in 0 … 2^20 - 1
 */
export function createStream(seed: number, stream: number): Random {
  return createRandom(createRandom(seed).uint32() * 2 ** 20 + stream);
}

/** Shuffles the first `count` places of `items` in place (Fisher and Yates), drawing from all of them. */
export function shuffleFirst(items: Int32Array, count: number, random: Random): void {
  for (let place = 0; place < count; place += 1) {
    const other = place + Math.floor(random.uniform() * (items.length - place));
    const kept = items[place] ?? 0;
    items[place] = items[other] ?? 0;
    items[other] = kept;
  }
}
