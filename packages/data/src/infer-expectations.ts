import type { Column, Table } from "#core";
import { forEachText } from "./column-values.ts";
import { compareNames } from "./file-source.ts";
import { formatInstant } from "./date-text.ts";
import type { Expectation } from "./expectation-schema.ts";

/**
 * Checks that a table itself passes, as a first draft to commit and edit: columns and their types,
 * missing shares, sets of categories, ranges of numbers and dates (a warning: new data may pass
 * them), unique ids.
 */
export function inferExpectations(table: Table): readonly Expectation[] {
  return [
    { check: "columns", columns: table.columns.map((column) => column.name), exact: true },
    { check: "rows", min: Math.max(1, Math.floor(table.rows / 2)) },
    ...table.columns.flatMap((column) => inferColumn(column, table.rows)),
  ];
}

function inferColumn(column: Column, rows: number): readonly Expectation[] {
  const { name } = column;
  const counts = new Map<string, number>();
  const missing = forEachText(column, (text, count) => counts.set(text, count));
  const present = rows - missing;
  const type = column.kind === "number" && column.integer ? "integer" : column.kind;
  const checks: Expectation[] = [{ check: "type", column: name, type }];
  if (missing === 0) checks.push({ check: "not-null", column: name });
  else if (present > 0) {
    checks.push({
      check: "not-null",
      column: name,
      mostly: Math.max(0.01, floorPercent(present / rows)),
    });
  }
  if (present === 0) return checks;
  const isId = column.kind === "text" || (column.kind === "number" && column.integer);
  if (isId && counts.size === present && present > 20)
    checks.push({ check: "unique", columns: [name] });
  else if (column.kind === "text" && counts.size <= 50 && counts.size * 5 <= present) {
    checks.push({
      check: "in-set",
      column: name,
      values: [...counts.keys()].toSorted(compareNames),
    });
  }
  if (column.kind !== "text") checks.push(...inferRange(column));
  return checks;
}

function inferRange(column: Exclude<Column, { kind: "text" }>): readonly Expectation[] {
  const finite = column.values.filter((value) => Number.isFinite(value));
  if (finite.length === 0) return [];
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of finite) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const { name } = column;
  if (column.kind === "date") {
    return [{ check: "range", column: name, min: formatInstant(min), severity: "warn" }];
  }
  const range: Expectation = { check: "range", column: name, min, max, severity: "warn" };
  const present =
    column.values.length - (column.missing?.reduce((sum, flag) => sum + flag, 0) ?? 0);
  if (finite.length === present) return [range, { check: "finite", column: name }];
  return [{ ...range, mostly: Math.max(0.01, floorPercent(finite.length / present)) }];
}

/** Rounded down to whole percents, so that the table itself passes. */
function floorPercent(share: number): number {
  return Math.floor(share * 100) / 100;
}
