import { logGamma } from "./gamma.ts";

const pi2 = Math.PI ** 2;

/**
 * P(K >= x) of Kolmogorov's limiting law, which sqrt(n) times the largest distance between an
 * empirical and the true distribution function follows as n grows; in 0..1.
 *
 * The theta function's two forms: in exp(-1/x²) below 1, in exp(-x²) above.
 */
export function kolmogorovSf(x: number): number {
  if (!(x > 0)) return Number.isNaN(x) ? Number.NaN : 1;
  if (x < 1) {
    let sum = 0;
    for (let k = 1; k <= 9; k += 2) sum += Math.exp((-k * k * pi2) / (8 * x * x));
    return 1 - (Math.sqrt(2 * Math.PI) / x) * sum;
  }
  let sum = 0;
  for (let k = 1; k <= 7; k++) sum += (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * k * k * x * x);
  return 2 * sum;
}

/** Above this n d² both one-sided events together are too rare to count (their share is e^(-6nd²)). */
const rareTogether = 4.2;
/** Side of the matrix up to which its power is taken however large n is. */
const widestCheapMatrix = 90;
/** From this n on the asymptotic series is good to 1e-7. */
const largeSample = 1000;

/**
 * P(D_n >= d) of the two-sided one-sample Kolmogorov-Smirnov statistic; in 0..1.
 *
 * Twice the one-sided tail where both sides cannot matter together (Birnbaum & Tingey 1951), the
 * matrix power of Marsaglia, Tsang & Wang (2003) where it is small, Pelz & Good's series (1976)
 * elsewhere. The choice of regions follows Simard & L'Ecuyer (2011).
 *
 * @param n rows, a whole number of at least 1.
 * @param d in 0..1.
 */
export function kolmogorovTwoSidedSf(n: number, d: number): number {
  if (!(d > 0)) return 1;
  if (d >= 1) return 0;
  if (n * d <= 0.5) return 1;
  if (d >= 0.5 || n * d * d > rareTogether) return Math.min(1, 2 * oneSidedSf(n, d));
  const side = 2 * Math.floor(n * d) + 1;
  const inside = side <= widestCheapMatrix || n < largeSample ? matrixCdf(n, d) : pelzGoodCdf(n, d);
  return Math.min(1, Math.max(0, 1 - inside));
}

/** P(D_n+ >= d), Birnbaum and Tingey's sum of positive terms. */
function oneSidedSf(n: number, d: number): number {
  const last = Math.floor(n * (1 - d));
  const whole = logGamma(n + 1);
  let sum = 0;
  for (let j = 0; j <= last; j++) {
    const up = d + j / n;
    const down = 1 - up;
    if (down <= 0 && n - j > 0) continue;
    const ways = whole - logGamma(j + 1) - logGamma(n - j + 1);
    sum += Math.exp(ways + (j - 1) * Math.log(up) + (n - j) * Math.log(down));
  }
  return d * sum;
}

interface Scaled {
  readonly cells: Float64Array;
  /** Power of ten that the cells are to be multiplied with. */
  readonly exponent: number;
}

/** P(D_n < d) as n! / n^n times one cell of the n-th power of a matrix. */
function matrixCdf(n: number, d: number): number {
  const k = Math.floor(n * d) + 1;
  const size = 2 * k - 1;
  let square: Scaled = { cells: transitionMatrix(size, k - n * d), exponent: 0 };
  let power: Scaled | null = null;
  for (let left = n; left > 0; left >>= 1) {
    if ((left & 1) === 1) power = power === null ? square : multiply(power, square, size);
    if (left > 1) square = multiply(square, square, size);
  }
  let value = power!.cells[(k - 1) * size + k - 1]!;
  let exponent = power!.exponent;
  for (let i = 1; i <= n; i++) {
    value *= i / n;
    if (value < 1e-140) {
      value *= 1e140;
      exponent -= 140;
    }
  }
  return value * 10 ** exponent;
}

function transitionMatrix(size: number, h: number): Float64Array {
  const cells = new Float64Array(size * size);
  const at = (row: number, column: number): number => row * size + column;
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) cells[at(i, j)] = i - j + 1 < 0 ? 0 : 1;
  for (let i = 0; i < size; i++) {
    cells[at(i, 0)]! -= h ** (i + 1);
    cells[at(size - 1, i)]! -= h ** (size - i);
  }
  cells[at(size - 1, 0)]! += 2 * h - 1 > 0 ? (2 * h - 1) ** size : 0;
  for (let i = 0; i < size; i++)
    for (let j = 0; j < i + 1; j++)
      for (let factor = 2; factor <= i - j + 1; factor++) cells[at(i, j)]! /= factor;
  return cells;
}

function multiply(a: Scaled, b: Scaled, size: number): Scaled {
  const cells = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const row = i * size;
    for (let k = 0; k < size; k++) {
      const left = a.cells[row + k]!;
      if (left === 0) continue;
      const from = k * size;
      for (let j = 0; j < size; j++) cells[row + j]! += left * b.cells[from + j]!;
    }
  }
  let exponent = a.exponent + b.exponent;
  const middle = (size >> 1) * size + (size >> 1);
  if (cells[middle]! > 1e140) {
    for (let i = 0; i < cells.length; i++) cells[i]! *= 1e-140;
    exponent += 140;
  }
  return { cells, exponent };
}

/** Pelz and Good's expansion of P(D_n <= d) to n^(-3/2), in the form for small sqrt(n) d. */
function pelzGoodCdf(n: number, d: number): number {
  const z = Math.sqrt(n) * d;
  const z2 = z * z;
  const z4 = z2 * z2;
  const z6 = z4 * z2;
  const sums = [0, 0, 0, 0] as [number, number, number, number];
  const terms = Math.ceil((16 * z) / Math.PI);
  for (let k = 1; k <= terms; k++) {
    const odd = (2 * k - 1) ** 2;
    const p2 = pi2 * odd;
    const p4 = p2 * p2;
    const p6 = p4 * p2;
    const e = Math.exp(-p2 / (8 * z2));
    sums[0] += e;
    sums[1] += e * (p2 / 4 - z2);
    sums[2] += e * (6 * z6 + 2 * z4 + ((2 * z4 - 5 * z2) * p2) / 4 + ((1 - 2 * z2) * p4) / 16);
    sums[3] +=
      e *
      (-30 * z6 -
        90 * z4 * z4 +
        ((135 * z4 - 96 * z6) * p2) / 4 +
        ((212 * z4 - 60 * z2) * p4) / 16 +
        ((5 - 30 * z2) * p6) / 64);
  }
  let second = 0;
  let third = 0;
  for (let k = 1; k <= terms; k++) {
    const p2 = pi2 * k * k;
    const e = Math.exp(-p2 / (2 * z2));
    second += p2 * e;
    third += (3 * p2 * z2 - p2 * p2) * e;
  }
  const root = Math.sqrt(2 * Math.PI);
  const k0 = (root / z) * sums[0];
  const k1 = (root / (6 * z4)) * sums[1];
  const k2 = root * (sums[2] / (72 * z6 * z) - second / (36 * z2 * z));
  const k3 = root * (sums[3] / (6480 * z6 * z4) + third / (216 * z6));
  return k0 + k1 / Math.sqrt(n) + k2 / n + k3 / (n * Math.sqrt(n));
}
