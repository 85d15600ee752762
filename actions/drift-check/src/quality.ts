import type { ColumnProfile, Profile } from "#core";
import { twoProportionTest } from "#stats";
import type { ColumnPair } from "./judge-columns.ts";
import { expectedRows, type Current } from "./summarise.ts";

/** How many cells of a column hold nothing that the model can use. */
export interface MissingShare {
  readonly missing: number;
  readonly rows: number;
  /** `null` without rows. */
  readonly rate: number | null;
}

/** What is to be said about a column's cells, beside how their values are spread. */
export interface ColumnQuality {
  readonly reference: MissingShare;
  readonly current: MissingShare;
  /** Absolute change of the rate; `null` where one side has no rows. */
  readonly change: number | null;
  /** The chance of so large a change without any; 1 where it cannot be told. */
  readonly p: number;
  /** The current data has no such column. */
  readonly isAbsent: boolean;
  /** Most cells hold another kind of value than the reference's. */
  readonly changedType: { readonly mismatched: number; readonly present: number } | null;
  readonly newCategories: readonly { readonly value: string; readonly count: number }[];
  /** Categories of the reference that the current data never has, most frequent first. */
  readonly goneCategories: readonly string[];
  /** The end at which current numbers lie outside the reference's range. */
  readonly outside: readonly {
    readonly end: "below" | "above";
    readonly value: number;
    readonly bound: number;
  }[];
}

/** Looks at the cells of a column on both sides. */
export function inspectColumn(
  { reference, current }: ColumnPair,
  facts: { readonly referenceProfile: Profile; readonly data: Current },
): ColumnQuality {
  const before = missingShare(reference, reference.n);
  const after = missingShare(current, expectedRows(current.role, facts.data, current.n));
  const change =
    before.rate === null || after.rate === null ? null : Math.abs(after.rate - before.rate);
  return {
    reference: before,
    current: after,
    change,
    p: changeOfRate(before, after),
    isAbsent: current.n === 0 && current.role === "feature",
    changedType: changedType(reference, current),
    newCategories: newCategories(current),
    goneCategories: goneCategories(reference, current),
    outside: outsideRange(reference, current),
  };
}

function missingShare(column: ColumnProfile, rows: number): MissingShare {
  const nan = column.kind === "number" ? column.nan : 0;
  const missing = Math.max(0, rows - column.n) + column.null + column.mismatched + nan;
  return { missing, rows, rate: rows === 0 ? null : missing / rows };
}

function changeOfRate(before: MissingShare, after: MissingShare): number {
  if (before.rows === 0 || after.rows === 0) return 1;
  const test = twoProportionTest(
    { successes: before.missing, trials: before.rows },
    { successes: after.missing, trials: after.rows },
  );
  return "p" in test ? test.p : 1;
}

function changedType(
  reference: ColumnProfile,
  current: ColumnProfile,
): ColumnQuality["changedType"] {
  const present = current.n - current.null;
  const before = (reference.n - reference.null || 1) / 2;
  if (current.mismatched === 0 || current.mismatched <= present / 2) return null;
  return reference.mismatched > before ? null : { mismatched: current.mismatched, present };
}

function newCategories(current: ColumnProfile): ColumnQuality["newCategories"] {
  return current.kind === "category"
    ? current.unlisted.map(({ value, count }) => ({ value, count }))
    : [];
}

function goneCategories(reference: ColumnProfile, current: ColumnProfile): readonly string[] {
  if (reference.kind !== "category" || current.kind !== "category" || current.n === 0) return [];
  const seen = new Set(
    current.categories.flatMap(({ value, count }) => (count > 0 ? [value] : [])),
  );
  return reference.categories.flatMap(({ value, count }) =>
    count > 0 && !seen.has(value) ? [value] : [],
  );
}

function outsideRange(reference: ColumnProfile, current: ColumnProfile): ColumnQuality["outside"] {
  if (reference.kind !== "number" || current.kind !== "number") return [];
  const { min, max } = reference;
  return [
    ...(min !== null && current.min !== null && current.min < min
      ? [{ end: "below" as const, value: current.min, bound: min }]
      : []),
    ...(max !== null && current.max !== null && current.max > max
      ? [{ end: "above" as const, value: current.max, bound: max }]
      : []),
  ];
}
