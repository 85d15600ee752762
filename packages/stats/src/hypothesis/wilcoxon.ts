import { type Undefined, undefinedBecause } from "../metrics/measure.ts";
import { sortedOrder } from "../sorting.ts";
import type { Alternative, TestResult } from "./outcome.ts";
import { normalResult } from "./proportions.ts";

/** How {@link wilcoxonTest} ranks and where its p comes from. */
export interface WilcoxonOptions {
  /** Leave zeros out (default), rank them and leave them out (Pratt), or split them. */
  readonly zeros?: "wilcox" | "pratt" | "zsplit" | undefined;
  /**
   * `exact`: the law without ties; `asymptotic`: normal; `auto`: exact up to 50 differences without
   * ties or zeros, all sign flips up to 13 with them, else asymptotic.
   */
  readonly method?: "auto" | "exact" | "asymptotic" | undefined;
  readonly alternative?: Alternative | undefined;
  readonly continuity?: boolean | undefined;
}

const largestExact = 50;
const largestEnumeration = 13;

interface RankSums {
  readonly plus: number;
  readonly minus: number;
  readonly count: number;
  readonly mean: number;
  readonly variance: number;
  readonly isTied: boolean;
}

/**
 * Wilcoxon's signed-rank test that differences are symmetric around 0.
 *
 * @returns the smaller rank sum (two-sided) or that of the positive differences, with p; undefined
 * without differences, or asymptotically where all are 0.
 */
export function wilcoxonTest(
  differences: ArrayLike<number>,
  options: WilcoxonOptions = {},
): TestResult | Undefined {
  const { alternative = "two-sided", zeros = "wilcox" } = options;
  const values = new Float64Array(differences);
  if (values.length === 0) return undefinedBecause("there are no differences");
  const sums = rankSums(values, zeros);
  const statistic = alternative === "two-sided" ? Math.min(sums.plus, sums.minus) : sums.plus;
  const p = pOf(values, sums, { ...options, alternative, zeros });
  return p === null ? undefinedBecause("every difference is 0") : { statistic, p };
}

function pOf(
  values: Float64Array,
  sums: RankSums,
  options: WilcoxonOptions & { readonly alternative: Alternative },
): number | null {
  const { method = "auto", alternative } = options;
  const isPlain = !sums.isTied && !values.includes(0);
  if (method === "exact" || (method === "auto" && isPlain && values.length <= largestExact))
    return tailOf(signedRankLaw(sums.count), { at: sums.plus, alternative });
  if (method === "auto" && values.length <= largestEnumeration)
    return enumeratedP(values, sums, options);
  return asymptoticP(sums, options);
}

/** Ranks of |d| (ties share their mean) and the sums that the test needs. */
function rankSums(values: Float64Array, zeros: "wilcox" | "pratt" | "zsplit"): RankSums {
  const ranked = zeros === "wilcox" ? values.filter((value) => value !== 0) : values;
  const sizes = ranked.map(Math.abs);
  const order = sortedOrder(sizes);
  const count = ranked.length;
  let [plus, minus, zeroRanks, tieTerm, zeroCount] = [0, 0, 0, 0, 0];
  let isTied = false;
  for (let start = 0; start < count;) {
    const size = sizes[order[start]!]!;
    let end = start;
    while (end < count && sizes[order[end]!] === size) end++;
    const rank = (start + 1 + end) / 2;
    const ties = end - start;
    isTied ||= ties > 1;
    if (size === 0) zeroCount = ties;
    if (!(size === 0 && zeros === "pratt")) tieTerm += ties ** 3 - ties;
    for (let k = start; k < end; k++) {
      const value = ranked[order[k]!]!;
      if (value > 0) plus += rank;
      else if (value < 0) minus += rank;
      else zeroRanks += rank;
    }
    start = end;
  }
  if (zeros === "zsplit") [plus, minus] = [plus + zeroRanks / 2, minus + zeroRanks / 2];
  const left = zeros === "pratt" ? zeroCount : 0;
  const mean = (count * (count + 1) - left * (left + 1)) / 4;
  const spread = count * (count + 1) * (2 * count + 1) - left * (left + 1) * (2 * left + 1);
  return { plus, minus, count, mean, variance: (spread - tieTerm / 2) / 24, isTied };
}

/** Chances of each sum of a random subset of the ranks 1..n. */
function signedRankLaw(n: number): Float64Array {
  const law = new Float64Array((n * (n + 1)) / 2 + 1);
  law[0] = 1;
  let reached = 0;
  for (let rank = 1; rank <= n; rank++) {
    reached += rank;
    for (let sum = reached; sum >= 0; sum--)
      law[sum] = (law[sum]! + (sum >= rank ? law[sum - rank]! : 0)) / 2;
  }
  return law;
}

/** The tail beyond a sum; a sum between two whole numbers counts as the less extreme one. */
function tailOf(
  law: Float64Array,
  { at, alternative }: { readonly at: number; readonly alternative: Alternative },
): number {
  let lower = 0;
  let upper = 0;
  for (let sum = 0; sum < law.length; sum++) {
    if (sum <= Math.ceil(at)) lower += law[sum]!;
    if (sum >= Math.floor(at)) upper += law[sum]!;
  }
  return Math.min(1, bySide(lower, upper, alternative));
}

function bySide(lower: number, upper: number, alternative: Alternative): number {
  switch (alternative) {
    case "less":
      return lower;
    case "greater":
      return upper;
    case "two-sided":
      return 2 * Math.min(lower, upper);
  }
}

/** The share of all 2^n sign flips whose rank sum is as extreme. */
function enumeratedP(
  values: Float64Array,
  sums: RankSums,
  options: WilcoxonOptions & { readonly alternative: Alternative },
): number {
  const flips = 2 ** values.length;
  const slack = 1e-9;
  let lower = 0;
  let upper = 0;
  for (let mask = 0; mask < flips; mask++) {
    const flipped = values.map((value, i) => (((mask >> i) & 1) === 1 ? -value : value));
    const { plus } = rankSums(flipped, options.zeros ?? "wilcox");
    if (plus <= sums.plus + slack) lower++;
    if (plus >= sums.plus - slack) upper++;
  }
  return Math.min(1, bySide(lower / flips, upper / flips, options.alternative));
}

function asymptoticP(
  sums: RankSums,
  options: WilcoxonOptions & { readonly alternative: Alternative },
): number | null {
  if (!(sums.variance > 0)) return null;
  const deviation = Math.sqrt(sums.variance);
  const z = (sums.plus - sums.mean) / deviation;
  const half = options.continuity === true ? 0.5 / deviation : 0;
  const side = { greater: 1, less: -1, "two-sided": Math.sign(z) }[options.alternative];
  return normalResult(z - side * half, options.alternative).p;
}
