import type { CategoryProfile, ColumnProfile, NumberSummary, Profile } from "#core";
import {
  correctColumns,
  judgeColumn,
  type ColumnDrift,
  type CorrectedColumnDrift,
  type DriftColumn,
  type DriftStatistic,
} from "#stats";

/** A column of the reference beside the same of the current data. */
export interface ColumnPair {
  readonly name: string;
  readonly reference: ColumnProfile;
  readonly current: ColumnProfile;
}

/** How a set of columns is judged. */
export interface JudgingRules {
  readonly confidence: number;
  readonly minRows: number;
  readonly correction: "bh" | "holm" | "none";
}

/** The columns of both profiles, in the reference's order. */
export function pairColumns(reference: Profile, current: Profile): readonly ColumnPair[] {
  const others = new Map(current.columns.map((column) => [column.name, column]));
  return reference.columns.flatMap((column) => {
    const other = others.get(column.name);
    return other === undefined ? [] : [{ name: column.name, reference: column, current: other }];
  });
}

/** Judges columns by the default rule, each by its statistic, corrected for their number. */
export function judgeColumns(
  pairs: readonly ColumnPair[],
  statisticOf: (pair: ColumnPair) => DriftStatistic,
  rules: JudgingRules,
): readonly CorrectedColumnDrift[] {
  const judged = pairs.map((pair) => judgePair(pair, statisticOf(pair), rules));
  return correctColumns(judged, rules.correction);
}

/** Statistics of order say nothing about categories: those are judged by Jensen-Shannon instead. */
export function fittingStatistic(
  statistic: DriftStatistic,
  kind: ColumnProfile["kind"],
): DriftStatistic {
  return kind === "category" && (statistic === "ks" || statistic === "wasserstein")
    ? "js"
    : statistic;
}

function judgePair(
  pair: ColumnPair,
  statistic: DriftStatistic,
  { confidence, minRows }: JudgingRules,
): ColumnDrift {
  const parts = binnedParts(pair);
  const judged = parts.map((part) => judgeColumn(part, { statistic, confidence, minRows }));
  const [first, second] = judged;
  if (first === undefined) return notJudged(pair, statistic, confidence);
  if (second === undefined) return first;
  // A text has two chances, its length and its number of words: the worse counts, p doubled.
  const worse = (second.score ?? -1) > (first.score ?? -1) ? second : first;
  return { ...worse, p: worse.p === null ? null : Math.min(1, 2 * worse.p) };
}

function notJudged(
  { current }: ColumnPair,
  statistic: DriftStatistic,
  confidence: number,
): ColumnDrift {
  return {
    statistic,
    score: null,
    noise: null,
    p: null,
    threshold: 0,
    confidence,
    drifted: false,
    method: null,
    bins: 0,
    rows: { reference: 0, current: current.n },
    reason: "dates move on by themselves and are not judged",
  };
}

/** A column as counts in bins that both sides share; a text as two: its length, its words. */
export function binnedParts({ reference, current }: ColumnPair): readonly DriftColumn[] {
  if (reference.kind === "number" && current.kind === "number")
    return [summaryPair(reference, current)];
  if (reference.kind === "category" && current.kind === "category")
    return [categoryPair(reference, current)];
  if (reference.kind === "text" && current.kind === "text")
    return [
      summaryPair(reference.length, current.length),
      summaryPair(reference.tokens, current.tokens),
    ];
  return [];
}

function summaryPair(reference: NumberSummary, current: NumberSummary): DriftColumn {
  return {
    reference: reference.bins,
    current: current.bins,
    isOrdered: true,
    referenceDeviation: deviationOf(reference) ?? undefined,
  };
}

function categoryPair(reference: CategoryProfile, current: CategoryProfile): DriftColumn {
  const countsOf = ({ categories, other }: CategoryProfile): number[] => [
    ...categories.map(({ count }) => count),
    other,
  ];
  return {
    reference: { counts: countsOf(reference) },
    current: { counts: countsOf(current) },
    isOrdered: false,
  };
}

/** Values that a summary counted. */
export function countOf({ bins }: NumberSummary): number {
  return bins.counts.reduce((sum, count) => sum + count, 0);
}

/** Standard deviation, dividing by the number of values; `null` without values. */
export function deviationOf(summary: NumberSummary): number | null {
  const n = countOf(summary);
  return n === 0 || summary.m2 === null ? null : Math.sqrt(summary.m2 / n);
}
