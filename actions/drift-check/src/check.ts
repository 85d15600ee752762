import type { ColumnProfile, Judgement, Profile, Verdict } from "#core";
import type { ColumnQuality } from "./quality.ts";
import type { Performance } from "./performance.ts";
import type { Reference } from "./reference.ts";
import type { Current } from "./summarise.ts";

/** What was found about one column. */
export interface ColumnFinding {
  readonly name: string;
  readonly role: ColumnProfile["role"];
  readonly reference: ColumnProfile;
  readonly current: ColumnProfile;
  /** Name of the statistic, Slipway's or Evidently's. */
  readonly statistic: string;
  readonly score: number | null;
  /** What drift-free samples of these sizes stay below; `null` where it is not known. */
  readonly noise: number | null;
  readonly threshold: number;
  readonly p: number | null;
  readonly adjustedP: number | null;
  readonly drifted: boolean;
  /** Whether it counts in `drifted_share`. */
  readonly counts: boolean;
  /** Why it is not judged, or decides nothing. */
  readonly reason: string | null;
  readonly quality: ColumnQuality;
}

/** Everything that one look at the current data found. */
export interface DriftCheck {
  readonly model: string;
  readonly at: string;
  readonly reference: Reference;
  /** The judged columns of the reference. */
  readonly profile: Profile;
  readonly data: Current;
  readonly method: string;
  readonly confidence: number;
  readonly correction: "bh" | "holm" | "none";
  readonly minRows: number;
  readonly window: { readonly from: string; readonly to: string } | null;
  readonly columns: readonly ColumnFinding[];
  readonly performance: Performance | null;
  readonly judgements: readonly Judgement[];
  readonly verdict: Verdict;
  /** Why, in a sentence. */
  readonly reason: string;
  /** What could not be looked at; empty where everything was. */
  readonly leftOut: string | null;
  readonly runUrl: string | null;
}

/** The columns that drifted, the farthest beyond its threshold first. */
export function driftedColumns({ columns }: Pick<DriftCheck, "columns">): readonly ColumnFinding[] {
  return bySeverity(columns).filter(({ drifted }) => drifted);
}

/** Drifted ones first, then by how far the score is beyond its threshold. */
export function bySeverity(columns: readonly ColumnFinding[]): readonly ColumnFinding[] {
  const rank = (column: ColumnFinding): number => {
    if (column.quality.changedType !== null || column.quality.isAbsent) return Number.MAX_VALUE;
    if (column.score === null || column.threshold === 0) return -1;
    return isPValue(column) ? 1 - column.score : column.score / column.threshold;
  };
  return columns.toSorted(
    (left, right) => Number(right.drifted) - Number(left.drifted) || rank(right) - rank(left),
  );
}

/** Whether a score is a p value, so that small is bad. */
export function isPValue({ statistic }: Pick<ColumnFinding, "statistic">): boolean {
  return statistic === "ks p" || statistic === "chisquare p" || statistic === "z p";
}

/** The columns that make up `drifted_share`: those that count, or where none does all that are judged. */
export function decidingColumns(columns: readonly ColumnFinding[]): readonly ColumnFinding[] {
  const counting = columns.filter(({ counts }) => counts);
  return (counting.length > 0 ? counting : columns).filter(isJudged);
}

/** Whether a column was looked at at all: it has a score, or what it has instead is a finding. */
export function isJudged({ score, drifted }: ColumnFinding): boolean {
  return score !== null || drifted;
}

/** Whether a column is what the model reads, not what it says or what was true. */
export function isFeature(role: ColumnProfile["role"]): boolean {
  return role === "feature" || role === "other";
}
