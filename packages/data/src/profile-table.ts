import { DataError, type Column, type Table } from "#core";
import { quantileEdges } from "./bin-grid.ts";
import {
  chooseCategories,
  countCategories,
  createCategoryCounter,
  finishCategories,
  haveSameCategories,
  mergeCategories,
  type CategoryCounter,
} from "./category-profile.ts";
import { forEachText, numbersOf } from "./column-values.ts";
import {
  countDates,
  createDateCounter,
  finishDates,
  mergeDates,
  type DateCounter,
} from "./date-profile.ts";
import {
  countNumbers,
  createCounter,
  finishCounter,
  haveSameEdges,
  mergeSummaries,
  type SummaryCounter,
} from "./number-summary.ts";
import type { ColumnProfile, NumberProfile, Profile } from "#core";
import { completeRules, type ProfileOptions, type ProfileRules } from "./profile-options.ts";
import {
  countTexts,
  createTextCounter,
  finishTexts,
  haveSameTextShape,
  mergeTexts,
  shapeOfText,
  type TextCounter,
} from "./text-profile.ts";

interface NumberCounter {
  n: number;
  empty: number;
  mismatched: number;
  integer: boolean;
  nan: number;
  posInf: number;
  negInf: number;
  readonly summary: SummaryCounter;
}

type ColumnCounter =
  | { readonly kind: "number"; readonly counter: NumberCounter }
  | { readonly kind: "category"; readonly counter: CategoryCounter }
  | { readonly kind: "text"; readonly counter: TextCounter }
  | { readonly kind: "date"; readonly counter: DateCounter };

/**
 * Summarises a table as the reference that later data is compared with. Bins are quantiles of its
 * own numbers, categories its own most frequent values.
 */
export function profileTable(table: Table, options: ProfileOptions = {}): Profile {
  const rules = completeRules(options);
  const roles = new Map(Object.entries(options.roles ?? {}));
  const kinds = new Map(Object.entries(options.kinds ?? {}));
  return {
    schema: "slipway/profile@1",
    rows: table.rows,
    min_category_count: rules.minCategoryCount,
    columns: table.columns.map((column) => {
      const kind = kinds.get(column.name) ?? kindOf(column);
      const facts = { name: column.name, role: roles.get(column.name) ?? "feature" } as const;
      const counter = counterFor(column, kind, rules);
      countColumn(counter, column);
      const distinct = kind === "text" ? countDistinct(column) : null;
      return finishCounterOf(counter, { ...facts, distinct, rules, current: false });
    }),
  };
}

/**
 * Summarises current data in the reference's own bins, categories and tokens, in one pass and in
 * memory that does not grow with the rows. A column is read as the reference's kind whatever type
 * it has now: a text that is a number counts as that number, and what cannot be read so is
 * counted as `mismatched`. Columns that the reference lacks are only named.
 */
export async function profileInto(
  reference: Profile,
  tables: AsyncIterable<Table> | Iterable<Table>,
): Promise<Profile> {
  const counters = new Map(reference.columns.map((column) => [column.name, counterLike(column)]));
  const extra = new Map<string, string>();
  let rows = 0;
  for await (const table of tables) {
    rows += table.rows;
    for (const column of table.columns) {
      const counter = counters.get(column.name);
      if (counter === undefined) extra.set(column.name, column.kind);
      else countColumn(counter, column);
    }
  }
  const rules = { ...completeRules({}), minCategoryCount: reference.min_category_count };
  return {
    schema: "slipway/profile@1",
    rows,
    min_category_count: reference.min_category_count,
    columns: reference.columns.map((column) => {
      const { name, role } = column;
      const counter = counters.get(name) ?? counterLike(column);
      return finishCounterOf(counter, { name, role, distinct: null, rules, current: true });
    }),
    extra_columns: Array.from(extra, ([name, kind]) => ({ name, kind })),
  };
}

/** Texts of many different, mostly long values are free text; all other texts are categories. */
function kindOf(column: Column): ColumnProfile["kind"] {
  if (column.kind !== "text") return column.kind;
  const distinct = countDistinct(column);
  let present = 0;
  let characters = 0;
  forEachText(column, (text, count) => {
    present += count;
    characters += text.length * count;
  });
  const varied = distinct > 100 && distinct > present / 2;
  return varied || characters / Math.max(1, present) > 100 ? "text" : "category";
}

function countDistinct(column: Column): number {
  let distinct = 0;
  forEachText(column, () => distinct++);
  return distinct;
}

function counterFor(
  column: Column,
  kind: ColumnProfile["kind"],
  rules: ProfileRules,
): ColumnCounter {
  switch (kind) {
    case "number": {
      const { values } = numbersOf(column);
      return { kind, counter: createNumberCounter(quantileEdges(values, rules.bins)) };
    }
    case "category": {
      const counts = new Map<string, number>();
      forEachText(column, (text, count) => counts.set(text, count));
      const listed = chooseCategories(counts, rules).map(({ value }) => value);
      return { kind, counter: createCategoryCounter(listed) };
    }
    case "text":
      return { kind, counter: createTextCounter(shapeOfText(column, rules)) };
    case "date":
      return { kind, counter: createDateCounter() };
  }
}

/** An empty counter of the same shape as a reference's column. */
function counterLike(reference: ColumnProfile): ColumnCounter {
  switch (reference.kind) {
    case "number":
      return { kind: "number", counter: createNumberCounter(reference.bins.edges) };
    case "category":
      return {
        kind: "category",
        counter: createCategoryCounter(reference.categories.map(({ value }) => value)),
      };
    case "text":
      return {
        kind: "text",
        counter: createTextCounter({
          lengthEdges: reference.length.bins.edges,
          tokenEdges: reference.tokens.bins.edges,
          tokens: reference.token_rows.map(({ token }) => token),
        }),
      };
    case "date":
      return { kind: "date", counter: createDateCounter() };
  }
}

function createNumberCounter(edges: ArrayLike<number>): NumberCounter {
  const summary = createCounter(edges);
  return { n: 0, empty: 0, mismatched: 0, integer: true, nan: 0, posInf: 0, negInf: 0, summary };
}

function countColumn(into: ColumnCounter, column: Column): void {
  switch (into.kind) {
    case "number":
      countNumberColumn(into.counter, column);
      return;
    case "category":
      countCategories(into.counter, column);
      return;
    case "text":
      countTexts(into.counter, column);
      return;
    case "date":
      countDates(into.counter, column);
      return;
  }
}

function countNumberColumn(counter: NumberCounter, column: Column): void {
  const { values, missing, mismatched, empty } = numbersOf(column);
  const passed = countNumbers(counter.summary, values, missing);
  counter.n += values.length;
  counter.empty += empty;
  counter.mismatched += mismatched;
  counter.nan += passed.nan;
  counter.posInf += passed.posInf;
  counter.negInf += passed.negInf;
  if (!(column.kind === "number" && (column.integer || empty === values.length))) {
    counter.integer = false;
  }
}

interface FinishFacts {
  readonly name: string;
  readonly role: ColumnProfile["role"];
  readonly distinct: number | null;
  readonly rules: ProfileRules;
  /** Whether this is current data, counted into a reference's shape. */
  readonly current: boolean;
}

function finishCounterOf(counted: ColumnCounter, facts: FinishFacts): ColumnProfile {
  const { name, role, distinct, rules, current } = facts;
  switch (counted.kind) {
    case "number":
      return finishNumbers(counted.counter, { name, role });
    case "category":
      return finishCategories(counted.counter, { name, role }, rules, current);
    case "text":
      return finishTexts(counted.counter, { name, role, distinct });
    case "date":
      return finishDates(counted.counter, { name, role });
  }
}

function finishNumbers(
  counter: NumberCounter,
  facts: Pick<NumberProfile, "name" | "role">,
): NumberProfile {
  return {
    kind: "number",
    ...facts,
    n: counter.n,
    null: counter.empty,
    mismatched: counter.mismatched,
    integer: counter.integer && counter.summary.n > 0,
    nan: counter.nan,
    pos_inf: counter.posInf,
    neg_inf: counter.negInf,
    ...finishCounter(counter.summary),
  };
}

/**
 * The profile of two samples together, as if they had been counted in one pass: shards, days and
 * machines add up. Counts are exact; means and deviations to rounding.
 *
 * @throws DataError `UNLIKE_PROFILES` naming the columns whose kind, bins or categories differ
 */
export function mergeProfiles(left: Profile, right: Profile): Profile {
  const others = new Map(right.columns.map((column) => [column.name, column]));
  const faults: string[] = [];
  const columns = left.columns.map((column) => {
    const other = others.get(column.name);
    const merged = other === undefined ? undefined : mergeColumns(column, other);
    if (merged === undefined) faults.push(describeUnlike(column, other));
    return merged ?? column;
  });
  const known = new Set(left.columns.map((column) => column.name));
  for (const { name } of right.columns)
    if (!known.has(name)) faults.push(`${name} is only in the second`);
  if (left.min_category_count !== right.min_category_count) {
    faults.push(`min_category_count is ${left.min_category_count} and ${right.min_category_count}`);
  }
  if (faults.length > 0) throw unlikeProfiles(faults);
  const extra = new Map(
    [...(left.extra_columns ?? []), ...(right.extra_columns ?? [])].map((entry) => [
      entry.name,
      entry,
    ]),
  );
  return {
    ...left,
    rows: left.rows + right.rows,
    columns,
    ...((left.extra_columns ?? right.extra_columns) && { extra_columns: [...extra.values()] }),
  };
}

function mergeColumns(left: ColumnProfile, right: ColumnProfile): ColumnProfile | undefined {
  if (left.kind === "number" && right.kind === "number") {
    return haveSameEdges(left.bins, right.bins) ? mergeNumbers(left, right) : undefined;
  }
  if (left.kind === "category" && right.kind === "category") {
    return haveSameCategories(left, right) ? mergeCategories(left, right) : undefined;
  }
  if (left.kind === "text" && right.kind === "text") {
    return haveSameTextShape(left, right) ? mergeTexts(left, right) : undefined;
  }
  return left.kind === "date" && right.kind === "date" ? mergeDates(left, right) : undefined;
}

function mergeNumbers(left: NumberProfile, right: NumberProfile): NumberProfile {
  const eitherEmpty = left.min === null || right.min === null;
  return {
    ...left,
    ...mergeSummaries(left, right),
    n: left.n + right.n,
    null: left.null + right.null,
    mismatched: left.mismatched + right.mismatched,
    integer: eitherEmpty ? left.integer || right.integer : left.integer && right.integer,
    nan: left.nan + right.nan,
    pos_inf: left.pos_inf + right.pos_inf,
    neg_inf: left.neg_inf + right.neg_inf,
  };
}

function describeUnlike(column: ColumnProfile, other: ColumnProfile | undefined): string {
  if (other === undefined) return `${column.name} is only in the first`;
  if (column.kind !== other.kind) return `${column.name} is a ${column.kind} and a ${other.kind}`;
  return `${column.name} has other ${column.kind === "category" ? "categories" : "bin edges"}`;
}

function unlikeProfiles(faults: readonly string[]): DataError {
  return new DataError({
    code: "UNLIKE_PROFILES",
    message: `Two profiles cannot be added: ${faults.join("; ")}.`,
    hint: "Summarise both against the same reference profile.",
  });
}
