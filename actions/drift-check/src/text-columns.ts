import { findColumn, type ColumnProfile } from "#core";
import { readColumnKinds, type ColumnKind } from "#data";
import type { ColumnFacts } from "./column-facts.ts";
import type { Reference } from "./reference.ts";

/**
 * The columns that are text in the reference, as the reader is told of them: a zip code `007` is to
 * stay what it is in current data where all others look like numbers too. Numbers and dates need
 * no telling: what is none of them is counted as a value of another type.
 */
export function textColumns(
  { profile, run, table }: Pick<Reference, "profile" | "run" | "table">,
  { target, ids }: Pick<ColumnFacts, "target" | "ids">,
): Readonly<Record<string, "text">> {
  const recorded = new Map(Object.entries(readColumnKinds(run)));
  const isText = (column: ColumnProfile): boolean => {
    const named = column.role === "prediction" && target !== null ? target : column.name;
    const kind: ColumnKind | undefined =
      (table === null ? undefined : findColumn(table, column.name)?.kind) ?? recorded.get(named);
    return kind === undefined ? looksLikeText(column) : kind === "text";
  };
  const known = new Set(profile.columns.map(({ name }) => name));
  // The server logs every id as text, and labels are joined by it.
  const id = known.has("id") || recorded.has("id") ? [] : ["id"];
  const others = [...ids, ...(target === null ? [] : [target])];
  const names = [
    ...profile.columns.filter(isText).map(({ name }) => name),
    ...others.filter((name) => recorded.get(name) === "text"),
    ...id,
  ];
  return Object.fromEntries(names.map((name) => [name, "text"] as const));
}

/** By the profile alone. Classes are categories there even where they are numbers: 0 and 1. */
function looksLikeText(column: ColumnProfile): boolean {
  if (column.kind !== "category") return column.kind === "text";
  const isOutcome = column.role === "label" || column.role === "prediction";
  return !isOutcome || column.categories.some(({ value }) => String(Number(value)) !== value);
}
