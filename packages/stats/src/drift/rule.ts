import { adjustPValues, type Correction } from "../hypothesis/multiplicity.ts";
import { addByGroup, mergeBins } from "./merge-bins.ts";
import { type DriftNoise, driftNoise, sizesOf } from "./noise.ts";
import {
  type BinCounts,
  type DriftColumn,
  type DriftStatistic,
  driftStatistic,
  driftStatistics,
} from "./statistic.ts";

/** How a column is judged. */
export interface DriftOptions {
  /** `js` when left out. */
  readonly statistic?: DriftStatistic | undefined;
  /** Effect from which a change counts; the statistic's default when left out. */
  readonly threshold?: number | undefined;
  /** Of the noise bound, 0.99 when left out. */
  readonly confidence?: number | undefined;
  /** Rows that both samples must have, 100 when left out. */
  readonly minRows?: number | undefined;
  /** Simulated pairs of samples where rows are few, 2,000 when left out. */
  readonly simulations?: number | undefined;
  /** Seed of the simulation, 42 when left out. */
  readonly seed?: number | undefined;
}

/** One column's score beside what noise alone gives. */
export interface ColumnDrift {
  readonly statistic: DriftStatistic;
  readonly score: number | null;
  /** The score that drift-free samples of these sizes stay below. */
  readonly noise: number | null;
  /** The chance that drift-free samples score as high. */
  readonly p: number | null;
  readonly threshold: number;
  readonly confidence: number;
  /** Score at or above the threshold, p below 1 - confidence, and rows enough. */
  readonly drifted: boolean;
  readonly method: DriftNoise["method"] | null;
  /** Bins after merging. */
  readonly bins: number;
  readonly rows: { readonly reference: number; readonly current: number };
  /** Why there is no score, or why it decides nothing. */
  readonly reason?: string | undefined;
}

/**
 * Judges one column by the default rule: drift is an effect of at least the threshold that is also
 * beyond what sampling noise gives for these sample sizes. Rows are taken as independent.
 *
 * Divergences of shares first merge bins until each expects 5 rows in both samples, at most 20
 * bins; statistics of cumulated shares (KS, Wasserstein) keep their bins.
 */
export function judgeColumn(column: DriftColumn, options: DriftOptions = {}): ColumnDrift {
  const { statistic = "js", confidence = 0.99, minRows = 100 } = options;
  const threshold = options.threshold ?? driftStatistics.get(statistic)!.threshold;
  const { n, m } = sizesOf(column);
  const merged = driftStatistics.get(statistic)!.needsOrder ? column : mergeColumn(column);
  const bins = merged.reference.counts.length;
  const facts = { statistic, threshold, confidence, bins, rows: { reference: n, current: m } };
  const score = driftStatistic(statistic, merged);
  const none = { ...facts, score: score.value, noise: null, p: null, drifted: false, method: null };
  if (score.value === null) return { ...none, reason: score.reason };
  if (bins < 2 && statistic !== "wasserstein")
    return { ...none, reason: "no two bins expect 5 rows in both samples" };
  const { bound, p, method } = driftNoise({
    statistic,
    column: merged,
    score: score.value,
    confidence,
    simulations: options.simulations ?? 2000,
    seed: options.seed ?? 42,
  });
  const judged = { ...facts, score: score.value, noise: bound, p, method };
  if (Math.min(n, m) < minRows)
    return { ...judged, drifted: false, reason: `fewer than ${minRows} rows` };
  return { ...judged, drifted: score.value >= threshold && p < 1 - confidence };
}

function mergeColumn(column: DriftColumn): DriftColumn {
  const { reference, current, isOrdered } = column;
  const { n, m } = sizesOf(column);
  if (!(n > 0 && m > 0)) return column;
  const groups = mergeBins({ reference: reference.counts, current: current.counts }, { isOrdered });
  const merge = ({ counts, sums }: BinCounts): BinCounts => ({
    counts: addByGroup(counts, groups),
    sums: sums === undefined ? undefined : addByGroup(sums, groups),
  });
  return { ...column, reference: merge(reference), current: merge(current) };
}

/** A column's judgement with p corrected for the number of columns. */
export interface CorrectedColumnDrift extends ColumnDrift {
  readonly adjustedP: number | null;
}

/**
 * Corrects columns' p values for their number and calls drifted only what still is beyond noise.
 * Columns without p, or with too few rows, neither count nor drift.
 */
export function correctColumns(
  columns: readonly ColumnDrift[],
  correction: Correction = "bh",
): CorrectedColumnDrift[] {
  const counted = columns.flatMap(({ p, reason }) =>
    p === null || reason !== undefined ? [] : [p],
  );
  const adjusted = adjustPValues(counted, correction);
  let next = 0;
  return columns.map((column) => {
    const { p, reason, score, threshold, confidence } = column;
    if (p === null || score === null || reason !== undefined)
      return { ...column, adjustedP: null, drifted: false };
    const adjustedP = adjusted[next++]!;
    return { ...column, adjustedP, drifted: score >= threshold && adjustedP < 1 - confidence };
  });
}
