import { type Undefined, undefinedBecause } from "../metrics/measure.ts";
import { chiSquaredSf } from "../special/chi-squared.ts";
import type { Alternative, TestResult } from "./outcome.ts";

/** Chi-squared test of a contingency table. */
export interface ContingencyResult extends TestResult {
  readonly degreesOfFreedom: number;
  /** Expected counts, shaped as the table. */
  readonly expected: readonly (readonly number[])[];
}

/**
 * Pearson's chi-squared test that rows and columns of a table are independent.
 *
 * @param table rows of counts, all of one length.
 * @param yates whether a 2 x 2 table is corrected for continuity.
 */
export function chiSquaredTest(
  table: readonly (readonly number[])[],
  { yates }: { readonly yates: boolean },
): ContingencyResult | Undefined {
  const width = table[0]?.length ?? 0;
  if (table.length < 2 || width < 2) return undefinedBecause("the table is not at least 2 x 2");
  const rowSums = table.map((row) => row.reduce((sum, count) => sum + count, 0));
  const columnSums = Array.from({ length: width }, (_, j) =>
    table.reduce((sum, row) => sum + row[j]!, 0),
  );
  const total = rowSums.reduce((sum, count) => sum + count, 0);
  const expected = rowSums.map((row) => columnSums.map((column) => (row * column) / total));
  if (!expected.flat().every((count) => count > 0))
    return undefinedBecause("a row or a column of the table is empty");
  const degreesOfFreedom = (table.length - 1) * (width - 1);
  let statistic = 0;
  expected.forEach((row, i) => {
    row.forEach((count, j) => {
      const distance = Math.abs(table[i]![j]! - count);
      const kept = yates && degreesOfFreedom === 1 ? distance - Math.min(0.5, distance) : distance;
      statistic += (kept * kept) / count;
    });
  });
  return { statistic, p: chiSquaredSf(statistic, degreesOfFreedom), degreesOfFreedom, expected };
}

/** A 2 x 2 table of counts. */
export type FourfoldTable = readonly [
  readonly [a: number, b: number],
  readonly [c: number, d: number],
];

/** Fisher's exact test. */
export interface FisherResult {
  /** ad / bc; Infinity where bc is 0, `null` where a row or column is empty. */
  readonly oddsRatio: number | null;
  readonly p: number;
}

/** How much likelier a table may look by rounding and still count as equally likely. */
const equalLikelihood = 1 + 1e-7;

/**
 * Fisher's exact test of a 2 x 2 table: the hypergeometric chance of tables as extreme as this one.
 * Two-sided, a table is as extreme when it is not likelier.
 */
export function fisherExactTest(
  [[a, b], [c, d]]: FourfoldTable,
  alternative: Alternative = "two-sided",
): FisherResult {
  const [row, column, total] = [a + b, a + c, a + b + c + d];
  if (row === 0 || column === 0 || row === total || column === total)
    return { oddsRatio: null, p: 1 };
  const oddsRatio = b * c === 0 ? Infinity : (a * d) / (b * c);
  const least = Math.max(0, row + column - total);
  const most = Math.min(row, column);
  const chances = likelihoods({ row, column, total, least, most });
  const own = chances[a - least]!;
  let extreme = 0;
  let all = 0;
  chances.forEach((chance, k) => {
    all += chance;
    if (isExtreme(least + k - a, chance <= own * equalLikelihood, alternative)) extreme += chance;
  });
  return { oddsRatio, p: Math.min(1, extreme / all) };
}

function isExtreme(distance: number, isUnlikely: boolean, alternative: Alternative): boolean {
  switch (alternative) {
    case "two-sided":
      return isUnlikely;
    case "greater":
      return distance >= 0;
    case "less":
      return distance <= 0;
  }
}

interface Margins {
  readonly row: number;
  readonly column: number;
  readonly total: number;
  readonly least: number;
  readonly most: number;
}

/** Hypergeometric chances up to a factor, from the likeliest table outwards. */
function likelihoods({ row, column, total, least, most }: Margins): Float64Array {
  const chances = new Float64Array(most - least + 1);
  const mode = Math.floor(((row + 1) * (column + 1)) / (total + 2));
  const peak = Math.min(most, Math.max(least, mode));
  chances[peak - least] = 1;
  for (let k = peak + 1; k <= most; k++) {
    const step = ((row - k + 1) * (column - k + 1)) / (k * (total - row - column + k));
    chances[k - least] = chances[k - 1 - least]! * step;
  }
  for (let k = peak - 1; k >= least; k--) {
    const step = ((k + 1) * (total - row - column + k + 1)) / ((row - k) * (column - k));
    chances[k - least] = chances[k + 1 - least]! * step;
  }
  return chances;
}
