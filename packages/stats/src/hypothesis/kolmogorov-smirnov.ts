import { type Undefined, undefinedBecause } from "../metrics/measure.ts";
import { sortedCopy } from "../sorting.ts";
import { kolmogorovTwoSidedSf } from "../special/kolmogorov.ts";
import type { TestResult } from "./outcome.ts";

/** Where the p value of {@link kolmogorovSmirnovTest} comes from. */
export type KolmogorovSmirnovMethod = "auto" | "exact" | "asymptotic";

/** Up to this many rows in the larger sample `auto` is exact, as in SciPy. */
const largestExact = 10_000;

/**
 * The two-sample Kolmogorov-Smirnov test: the largest distance between two empirical distribution
 * functions, two-sided.
 *
 * `exact` counts lattice paths (ties as if there were none, so conservative), `asymptotic` uses the
 * one-sample law with round(nm / (n + m)) rows. Samples may hold no NaN.
 */
export function kolmogorovSmirnovTest(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  method: KolmogorovSmirnovMethod = "auto",
): TestResult | Undefined {
  const [n, m] = [first.length, second.length];
  if (n === 0 || m === 0) return undefinedBecause("a sample is empty");
  const distance = latticeDistance(sortedCopy(first), sortedCopy(second));
  const statistic = distance / (n * m);
  const isExact = method === "exact" || (method === "auto" && Math.max(n, m) <= largestExact);
  if (isExact) return { statistic, p: exactTail(n, m, distance) };
  const rows = roundHalfToEven((n * m) / (n + m));
  if (rows === 0) return undefinedBecause("the samples are too small for the asymptotic law");
  return { statistic, p: kolmogorovTwoSidedSf(rows, statistic) };
}

function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/** The largest |i m - j n| where i and j rows of the sorted samples are at most some value. */
function latticeDistance(first: Float64Array, second: Float64Array): number {
  const [n, m] = [first.length, second.length];
  let [i, j, largest] = [0, 0, 0];
  while (i < n && j < m) {
    const value = Math.min(first[i]!, second[j]!);
    while (i < n && first[i]! <= value) i++;
    while (j < m && second[j]! <= value) j++;
    largest = Math.max(largest, Math.abs(i * m - j * n));
  }
  return largest;
}

/**
 * The chance that a random lattice path from (0, 0) to (n, m) gets as far as `distance` from the
 * diagonal (Hodges 1957): every term is positive, so small chances keep their digits.
 */
function exactTail(n: number, m: number, distance: number): number {
  if (distance === 0) return 1;
  // The shorter sample runs along the row, whose chances are kept.
  const [long, short] = n > m ? [n, m] : [m, n];
  // Outside the band around the diagonal the chance is 1: only the band is walked.
  const chances = new Float64Array(short + 1).fill(1);
  for (let i = 0; i <= long; i++) {
    const first = Math.max(0, Math.floor((i * short - distance) / long) + 1);
    const last = Math.min(short, Math.ceil((i * short + distance) / long) - 1);
    if (first > 0) chances[first - 1] = 1;
    for (let j = first; j <= last; j++) {
      const fromLong = i > 0 ? chances[j]! * (i / (i + j)) : 0;
      const fromShort = j > 0 ? chances[j - 1]! * (j / (i + j)) : 0;
      chances[j] = fromLong + fromShort;
    }
  }
  return Math.min(1, chances[short]!);
}
