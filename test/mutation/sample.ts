/** The environment variable that holds the share of the mutants that are run, in 0..1. */
export const SHARE_VARIABLE = "SLIPWAY_MUTATION_SHARE";

/** The one that holds the sample's seed, a whole number; 1 when not set. */
export const SEED_VARIABLE = "SLIPWAY_MUTATION_SEED";

/**
 * Whether a mutant is in the seeded random sample of its part; all are without a share. The hash is
 * written out here, for the project's own generator is among what gets mutated.
 */
export function isSampled(mutantId: string): boolean {
  const share = Number(process.env[SHARE_VARIABLE] ?? 1);
  const seed = Number(process.env[SEED_VARIABLE] ?? 1);
  let mixed = (Math.imul(Number(mutantId) + 1, 0x9e3779b9) ^ Math.imul(seed, 0x5bd1e995)) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32 < share;
}
