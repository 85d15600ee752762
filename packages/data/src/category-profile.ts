import type { Column } from "#core";
import { forEachText } from "./column-values.ts";
import { compareNames } from "./file-source.ts";
import type { CategoryProfile } from "#core";
import type { ProfileRules } from "./profile-options.ts";

/** A column of categories while it is counted. */
export interface CategoryCounter {
  n: number;
  empty: number;
  /** Place of each listed value. */
  readonly listed: ReadonlyMap<string, number>;
  readonly counts: Float64Array;
  other: number;
  /** Values that are not listed; memory is bounded, so beyond the bound new ones are only in `other`. */
  readonly unlisted: Map<string, number>;
  overflowed: boolean;
}

const mostUnlisted = 20_000;

/** A counter of the listed values. */
export function createCategoryCounter(values: readonly string[]): CategoryCounter {
  return {
    n: 0,
    empty: 0,
    listed: new Map(values.map((value, place) => [value, place])),
    counts: new Float64Array(values.length),
    other: 0,
    unlisted: new Map(),
    overflowed: false,
  };
}

/** Counts the rows of one column. */
export function countCategories(counter: CategoryCounter, column: Column): void {
  const missing = forEachText(column, (value, count) => {
    counter.n += count;
    const place = counter.listed.get(value);
    if (place !== undefined) {
      counter.counts[place] = (counter.counts[place] ?? 0) + count;
      return;
    }
    counter.other += count;
    const before = counter.unlisted.get(value);
    if (before !== undefined || counter.unlisted.size < mostUnlisted) {
      counter.unlisted.set(value, (before ?? 0) + count);
    } else counter.overflowed = true;
  });
  counter.empty += missing;
  counter.n += missing;
}

/** A value and how often it was seen. */
export type CountedValue = CategoryProfile["categories"][number];

/** The most frequent values, most frequent first, equals in order of the text. */
export function chooseCategories(
  counts: Iterable<readonly [string, number]>,
  { top, minCategoryCount }: Pick<ProfileRules, "top" | "minCategoryCount">,
): CountedValue[] {
  return Array.from(counts, ([value, count]) => ({ value, count }))
    .filter(({ count }) => count >= minCategoryCount)
    .toSorted((left, right) => right.count - left.count || compareNames(left.value, right.value))
    .slice(0, top);
}

/** The profile of what was counted. `withUnlisted` is for current data: a reference lists all it may. */
export function finishCategories(
  counter: CategoryCounter,
  facts: Pick<CategoryProfile, "name" | "role">,
  rules: ProfileRules,
  withUnlisted: boolean,
): CategoryProfile {
  const categories = Array.from(counter.listed, ([value, place]) => ({
    value,
    count: counter.counts[place] ?? 0,
  }));
  const seen = categories.filter(({ count }) => count > 0).length;
  return {
    kind: "category",
    ...facts,
    n: counter.n,
    null: counter.empty,
    mismatched: 0,
    categories,
    other: counter.other,
    unlisted: withUnlisted ? chooseCategories(counter.unlisted, rules) : [],
    distinct: counter.overflowed ? null : seen + counter.unlisted.size,
  };
}

/** Whether both profiles list the same values in the same order. */
export function haveSameCategories(left: CategoryProfile, right: CategoryProfile): boolean {
  return (
    left.categories.length === right.categories.length &&
    left.categories.every(({ value }, i) => value === right.categories[i]?.value)
  );
}

/** The profile of both samples together; they must list the same values. */
export function mergeCategories(left: CategoryProfile, right: CategoryProfile): CategoryProfile {
  const unlisted = new Map(left.unlisted.map(({ value, count }) => [value, count]));
  for (const { value, count } of right.unlisted)
    unlisted.set(value, (unlisted.get(value) ?? 0) + count);
  const categories = left.categories.map(({ value, count }, i) => ({
    value,
    count: count + (right.categories[i]?.count ?? 0),
  }));
  const other = left.other + right.other;
  return {
    ...left,
    n: left.n + right.n,
    null: left.null + right.null,
    mismatched: left.mismatched + right.mismatched,
    categories,
    other,
    unlisted: chooseCategories(unlisted, { top: 100, minCategoryCount: 1 }),
    distinct: other === 0 ? categories.filter(({ count }) => count > 0).length : null,
  };
}
