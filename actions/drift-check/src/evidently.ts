import { findColumn, InputError, type Column, type Table } from "#core";
import { toText } from "#data";
import {
  evidentlyColumnDrift,
  evidentlyKind,
  type EvidentlyColumn,
  type EvidentlyColumnDrift,
  type ValueType,
} from "#stats";

/** Evidently's verdict of a column, or why it gives none. */
export type EvidentlyJudgement =
  | { readonly kind: "judged"; readonly drift: EvidentlyColumnDrift }
  | { readonly kind: "skipped"; readonly reason: string };

/**
 * Judges the columns that both tables have as Evidently does by its defaults; dates and free texts
 * are left out, as it leaves them out.
 */
export function judgeByEvidently(
  reference: Table,
  current: Table,
  names: readonly string[],
): ReadonlyMap<string, EvidentlyJudgement> {
  const judged = new Map<string, EvidentlyJudgement>();
  for (const name of names) {
    const [before, after] = [findColumn(reference, name), findColumn(current, name)];
    if (before !== undefined && after !== undefined) judged.set(name, judgeOne(before, after));
  }
  return judged;
}

/**
 * The rows of the reference, without which Evidently's method cannot be followed.
 *
 * @throws InputError `EVIDENTLY_NEEDS_ROWS`
 */
export function requireRows(table: Table | null, name: string): Table {
  if (table !== null) return table;
  throw new InputError({
    code: "EVIDENTLY_NEEDS_ROWS",
    message: `method: evidently needs the reference's rows, and ${name} is a profile, which holds counts only.`,
    hint: "Give reference: a file of rows (CSV, JSON Lines, Parquet), or use method: slipway.",
  });
}

function judgeOne(before: Column, after: Column): EvidentlyJudgement {
  const kind = evidentlyKind(factsOf(after));
  if (kind === "text" || kind === "date")
    return { kind: "skipped", reason: `Evidently judges no ${kind}s` };
  const pair = kind === "number" ? numberPair(before, after) : categoryPair(before, after);
  if (pair === null) return { kind: "skipped", reason: "it is a number on one side only" };
  const drift = evidentlyColumnDrift(pair);
  return "reason" in drift ? { kind: "skipped", reason: drift.reason } : { kind: "judged", drift };
}

function factsOf(column: Column): {
  readonly type: ValueType;
  readonly distinct: number;
  readonly count: number;
} {
  const text = toText(column);
  const used = new Set(text.codes.filter((code) => code >= 0));
  const count = text.codes.reduce((sum, code) => sum + (code >= 0 ? 1 : 0), 0);
  return { type: typeOf(column), distinct: used.size, count };
}

/** As a data frame would have it: whole numbers with a hole are floats. */
function typeOf(column: Column): ValueType {
  switch (column.kind) {
    case "number":
      return column.integer && !(column.missing?.includes(1) ?? false) ? "integer" : "float";
    case "date":
      return "date";
    case "text":
      return column.levels.every((level) => /^(?:true|false)$/i.test(level)) ? "boolean" : "string";
  }
}

function numberPair(before: Column, after: Column): EvidentlyColumn | null {
  if (before.kind !== "number" || after.kind !== "number") return null;
  return { kind: "number", reference: before.values, current: after.values };
}

function categoryPair(before: Column, after: Column): EvidentlyColumn {
  const [left, right] = [toText(before), toText(after)];
  const places = new Map(left.levels.map((level, code) => [level, code]));
  for (const level of right.levels) if (!places.has(level)) places.set(level, places.size);
  const recoded = right.levels.map((level) => places.get(level) ?? -1);
  return {
    kind: "category",
    reference: left.codes,
    current: Int32Array.from(right.codes, (code) => recoded[code] ?? -1),
  };
}
