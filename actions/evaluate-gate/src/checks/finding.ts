import { showablePart, formatNumber } from "#report";
import { describePart, type CheckName, type Unit } from "./catalog.ts";
import type { PartChoice } from "./read-checks.ts";

/** How one part of a check ended. */
export interface CheckFinding {
  readonly name: CheckName;
  readonly part: string;
  readonly verdict: "pass" | "fail" | "inconclusive" | "skipped";
  readonly level: "error" | "warn";
  /** `null` where nothing could be found out. */
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** `null` where nothing is held against it. */
  readonly bound: number | null;
  readonly operator: "<=" | ">=";
  /** How far on the right side of the bound. */
  readonly margin: number | null;
  /** What was found, where, and what to do; holds text from data. */
  readonly message: string;
  /** The input without which nothing could be found; `null` where none is missing. */
  readonly needs: string | null;
}

/** What a check found out about one of its numbers. */
export type Outcome =
  | {
      readonly kind: "measured";
      readonly value: number;
      /** What sampling leaves open; `null` where the value is a fact. */
      readonly low: number | null;
      readonly high: number | null;
      /** Whether chance cannot explain it, where no interval says so. */
      readonly isBeyondChance?: boolean;
      /** A sentence: what was found, and where. */
      readonly found: string;
      /** What to do when the bound is missed. */
      readonly advice: string;
    }
  /** It cannot be asked of this model, data or split. */
  | { readonly kind: "not-applicable"; readonly why: string }
  /** It could be asked, but what it needs is not there; `needs` names the input that would bring it. */
  | { readonly kind: "unknown"; readonly why: string; readonly needs?: string };

/** Which part of which check, and what is held against it. */
export interface Asked {
  readonly name: CheckName;
  readonly part: string;
  readonly choice: PartChoice;
}

/**
 * Judges what was found. A bound that is missed by no more than sampling noise is inconclusive;
 * what cannot be known is skipped, and inconclusive where the check was to decide.
 */
export function judgeOutcome({ name, part, choice }: Asked, outcome: Outcome): CheckFinding {
  const { operator } = describePart(name, part);
  const { bound, level } = choice;
  const needs = outcome.kind === "unknown" ? (outcome.needs ?? null) : null;
  const shared = { name, part, level, bound, operator, needs };
  const none = { value: null, low: null, high: null, margin: null };
  if (outcome.kind === "not-applicable")
    return { ...shared, ...none, verdict: "skipped", message: outcome.why };
  if (outcome.kind === "unknown") {
    const verdict = level === "error" && bound !== null ? "inconclusive" : "skipped";
    return { ...shared, ...none, verdict, message: outcome.why };
  }
  const { value, low, high, found, advice } = outcome;
  const measured = { ...shared, value, low, high };
  if (bound === null)
    return {
      ...measured,
      margin: null,
      verdict: "skipped",
      message: `${found} No bound is given.`,
    };
  const margin = operator === "<=" ? bound - value : value - bound;
  const reach = operator === "<=" ? low : high;
  const beyond =
    outcome.isBeyondChance ??
    (reach === null || (operator === "<=" ? reach > bound : reach < bound));
  if (margin >= 0) return { ...measured, margin, verdict: "pass", message: found };
  if (beyond) return { ...measured, margin, verdict: "fail", message: `${found} ${advice}` };
  const few = "That misses the bound, but by no more than chance on so few rows may give.";
  return { ...measured, margin, verdict: "inconclusive", message: `${found} ${few} ${advice}` };
}

/** A number of a check as people read it. */
export function formatValue(value: number | null, unit: Unit): string {
  if (value === null) return "—";
  switch (unit) {
    case "share":
      return percent(value);
    case "number":
      return formatNumber(value, 3);
    case "milliseconds":
      return `${formatNumber(value, 3)} ms`;
    case "megabytes":
      return `${formatNumber(value, 3)} MB`;
  }
}

/** What was found, with as many digits as tell it from a bound that it is not. */
export function formatFound(value: number | null, bound: number | null, unit: Unit): string {
  const short = formatValue(value, unit);
  if (value === null || bound === null || value === bound) return short;
  const isAlike = Number.parseFloat(short) === Number.parseFloat(formatBound(bound, unit));
  return isAlike ? formatBound(value, unit) : short;
}

/** A bound as people wrote it: no digits that they did not give. */
export function formatBound(bound: number, unit: Unit): string {
  const plain = (value: number): string => String(Number(value.toPrecision(6)));
  switch (unit) {
    case "share":
      return `${plain(bound * 100)} %`;
    case "number":
      return plain(bound);
    case "milliseconds":
      return `${plain(bound)} ms`;
    case "megabytes":
      return `${plain(bound)} MB`;
  }
}

/** `3.2 %`; small shares keep two digits that count. */
export function percent(share: number): string {
  const value = share * 100;
  const size = Math.abs(value);
  const text =
    size === 0 || size >= 10
      ? value.toFixed(size >= 10 && size < 99.95 ? 1 : 0)
      : String(Number(value.toPrecision(2)));
  return `${text.replace("-", "−")} %`;
}

/** A column's or category's name in a message: quoted, on one line, cut. */
export function quoteName(name: string): string {
  return `"${showablePart(name, 60)}"`;
}

/** `1,234 of 5,000 rows`. */
export function countOf(some: number, all: number): string {
  return `${formatNumber(some)} of ${formatNumber(all)} ${all === 1 ? "row" : "rows"}`;
}

/** A few row numbers, counted from 1: `rows 5, 77 and 301`. */
export function nameRows(rows: ArrayLike<number>): string {
  const shown = Array.from({ length: Math.min(3, rows.length) }, (_, at) =>
    formatNumber((rows[at] ?? 0) + 1),
  );
  if (shown.length === 1) return `row ${shown[0]}`;
  if (rows.length > 3) return `rows ${shown.join(", ")}, …`;
  return `rows ${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}
