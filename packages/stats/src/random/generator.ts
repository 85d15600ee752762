/**
 * A source of random numbers that gives the same sequence for a seed on every platform: integer
 * arithmetic only, then IEEE 754 operations.
 */
export interface Random {
  /** A whole number in 0..2^32 - 1. */
  readonly uint32: () => number;
  /** A number in [0, 1) with 53 random bits. */
  readonly uniform: () => number;
  /** A whole number in 0..bound - 1, each equally likely; bound at most 2^32. */
  readonly integer: (bound: number) => number;
  /** A standard normal number. */
  readonly normal: () => number;
}

/** Four words of state, never all 0, from a seed by the splitmix32 steps that spread small seeds apart. */
function seedState(seed: number): Uint32Array {
  const state = new Uint32Array(4);
  // Both halves count, so that seeds above 2^32 and fractions do not collide.
  const halves = new Uint32Array(new Float64Array([seed]).buffer);
  let word = (halves[0]! ^ Math.imul(halves[1]!, 0x9e3779b9)) >>> 0;
  for (let k = 0; k < 4; k++) {
    word = (word + 0x9e3779b9) >>> 0;
    let mixed = word;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    state[k] = (mixed ^ (mixed >>> 15)) >>> 0;
  }
  return state;
}

/**
 * A generator from a seed: xoshiro128** (Blackman & Vigna 2021), period 2^128 - 1. Its draws do not
 * depend on the platform; normals use Math.log and Math.sqrt by Marsaglia's polar method.
 *
 * @throws RangeError where the seed is not a finite number.
 */
export function createRandom(seed: number): Random {
  if (!Number.isFinite(seed)) throw new RangeError(`the seed is ${seed}, not a finite number`);
  return randomFromState(seedState(seed));
}

/** A generator that starts from four words of state, not all 0, as the published xoshiro128**. */
export function randomFromState(state: ArrayLike<number>): Random {
  let a = state[0]! | 0;
  let b = state[1]! | 0;
  let c = state[2]! | 0;
  let d = state[3]! | 0;
  let spare: number | null = null;

  function uint32(): number {
    const five = Math.imul(b, 5);
    const result = Math.imul((five << 7) | (five >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  }

  function uniform(): number {
    const high = uint32() >>> 5;
    const low = uint32() >>> 6;
    return (high * 0x4000000 + low) / 0x20000000000000;
  }

  function integer(bound: number): number {
    if (!(bound >= 1 && bound <= 0x100000000)) throw new RangeError(`the bound is ${bound}`);
    // The leftover draws that would favour small numbers are drawn again.
    const fair = 0x100000000 - (0x100000000 % bound);
    for (;;) {
      const drawn = uint32();
      if (drawn < fair) return drawn % bound;
    }
  }

  function normal(): number {
    if (spare !== null) {
      const kept = spare;
      spare = null;
      return kept;
    }
    for (;;) {
      const x = 2 * uniform() - 1;
      const y = 2 * uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(square)) / square);
      spare = y * scale;
      return x * scale;
    }
  }

  return { uint32, uniform, integer, normal };
}

/** A copy of values in random order (Fisher & Yates). */
export function shuffled<T>(values: readonly T[], random: Random): T[] {
  const copy = [...values];
  for (let last = copy.length - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    [copy[last], copy[other]] = [copy[other]!, copy[last]!];
  }
  return copy;
}
