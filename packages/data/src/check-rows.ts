import { cellAt, type Column } from "#core";
import { formatInstant } from "./date-text.ts";
import type { Expectation } from "./expectation-schema.ts";

/** How one check ended. */
export interface ExpectationResult {
  readonly expectation: Expectation;
  readonly severity: "warn" | "error";
  readonly passed: boolean;
  /** Rows that break it; 0 for checks of the table as a whole. */
  readonly count: number;
  /** `count` over the rows that were looked at; `null` for checks of the table as a whole. */
  readonly share: number | null;
  /** Up to five of these rows, counted from 1. */
  readonly examples: readonly { readonly row: number; readonly value: string | number | null }[];
  /** One sentence: what was expected and what was found. */
  readonly message: string;
}

/** A result before it is joined with its expectation. */
export type Finding = Omit<ExpectationResult, "expectation" | "severity">;

/** What each row should do. */
export interface RowRule {
  /** Completes "every <column> should …". */
  readonly expected: string;
  readonly mostly: number | undefined;
  readonly absentFails?: boolean;
}

/** Checks each row; missing cells are passed over unless they fail. */
export function checkRows(column: Column, rule: RowRule, holds: (row: number) => boolean): Finding {
  const length = column.kind === "text" ? column.codes.length : column.values.length;
  const examples: { row: number; value: string | number | null }[] = [];
  let looked = 0;
  let count = 0;
  for (let row = 0; row < length; row++) {
    const absent = isAbsent(column, row);
    if (absent && rule.absentFails !== true) continue;
    looked++;
    if (!absent && holds(row)) continue;
    count++;
    if (examples.length < 5) examples.push({ row: row + 1, value: cellAt(column, row) });
  }
  return judgeRows(column.name, rule, { looked, count, examples });
}

/** Whether the cell is missing. */
export function isAbsent(column: Column, row: number): boolean {
  switch (column.kind) {
    case "number":
      return column.missing?.[row] === 1;
    case "text":
      return (column.codes[row] ?? -1) < 0;
    case "date":
      return Number.isNaN(column.values[row]);
  }
}

/** The finding over all rows that were looked at. */
export function judgeRows(
  name: string,
  rule: RowRule,
  found: { looked: number; count: number; examples: ExpectationResult["examples"] },
): Finding {
  const { looked, count, examples } = found;
  const share = looked === 0 ? 0 : count / looked;
  // A whole number of rows is compared, so that 0.95 of 20 rows forgives exactly one.
  const allowed = Math.floor((1 - (rule.mostly ?? 1)) * looked + 1e-9);
  const most = rule.mostly === undefined ? "every" : `at least ${percent(rule.mostly)} of`;
  const shown = examples.map(({ row, value }) => `row ${row}: ${JSON.stringify(value)}`).join(", ");
  return {
    passed: count <= allowed,
    count,
    share,
    examples,
    message: `${most} ${name} should ${rule.expected}; ${count} of ${looked} rows (${percent(share)}) ${count === 1 ? "does" : "do"} not${count > 0 ? ` (${shown})` : ""}.`,
  };
}

/** `12.5%` */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(4))}%`;
}

/** Checks each distinct text once. */
export function checkTexts(
  column: Column,
  rule: RowRule,
  holds: (text: string) => boolean,
): Finding {
  if (column.kind === "text") {
    const verdicts = column.levels.map(holds);
    return checkRows(column, rule, (row) => verdicts[column.codes[row] ?? -1] ?? false);
  }
  return checkRows(column, rule, (row) => {
    const value = column.values[row] as number;
    return holds(column.kind === "date" ? formatInstant(value) : String(value));
  });
}
