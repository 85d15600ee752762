import type { Random } from "./generator.ts";

/** Below this many expected successes inversion is faster than rejection. */
const smallestRejectionMean = 10;

/**
 * The number of successes in `n` trials of chance `p`; exact. Inversion where few are expected,
 * else transformed rejection with squeeze (BTRS: W. Hörmann, "The generation of binomial random
 * variates", 1993).
 *
 * @param n a whole number from 0.
 * @param p in 0..1; anything outside counts as the nearer end.
 */
export function drawBinomial(n: number, p: number, random: Random): number {
  if (!(n > 0 && p > 0)) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - drawBinomial(n, 1 - p, random);
  return n * p < smallestRejectionMean
    ? drawByInversion(n, p, random)
    : drawByRejection(n, p, random);
}

function drawByInversion(n: number, p: number, random: Random): number {
  const odds = p / (1 - p);
  const none = Math.exp(n * Math.log1p(-p));
  for (;;) {
    let chance = none;
    let left = random.uniform();
    let k = 0;
    while (left > chance && k <= n) {
      left -= chance;
      k++;
      chance *= ((n - k + 1) / k) * odds;
      // Rounding can leave a rest that no count takes up: draw again.
      if (chance < 1e-300 && left > chance) k = n + 1;
    }
    if (k <= n) return k;
  }
}

/** log k! minus its Stirling approximation, k a whole number from 0. */
function stirlingTail(k: number): number {
  if (k <= 9) return stirlingTails[k]!;
  const square = (k + 1) * (k + 1);
  return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1);
}

const stirlingTails = [
  0.0810614667953272, 0.0413406959554093, 0.0276779256849983, 0.02079067210376509,
  0.0166446911898211, 0.0138761288230707, 0.0118967099458917, 0.010411265261972,
  0.00925546218271273, 0.00833056343336287,
];

function drawByRejection(n: number, p: number, random: Random): number {
  const spread = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const centre = n * p + 0.5;
  const squeeze = 0.92 - 4.2 / b;
  for (;;) {
    const u = random.uniform() - 0.5;
    const v = random.uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + centre);
    if (us >= 0.07 && v <= squeeze) return k;
    if (k < 0 || k > n) continue;
    const alpha = (2.83 + 5.1 / b) * spread;
    const height = Math.log((v * alpha) / (a / (us * us) + b));
    if (height <= logChanceRatio(n, p, k)) return k;
  }
}

/** log of P(K = k) over P(K = mode). */
function logChanceRatio(n: number, p: number, k: number): number {
  const odds = p / (1 - p);
  const mode = Math.floor((n + 1) * p);
  return (
    (mode + 0.5) * Math.log((mode + 1) / (odds * (n - mode + 1))) +
    (n + 1) * Math.log((n - mode + 1) / (n - k + 1)) +
    (k + 0.5) * Math.log((odds * (n - k + 1)) / (k + 1)) +
    stirlingTail(mode) +
    stirlingTail(n - mode) -
    stirlingTail(k) -
    stirlingTail(n - k)
  );
}
