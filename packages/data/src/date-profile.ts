import type { Column } from "#core";
import { instantsOf } from "./column-values.ts";
import type { DateProfile } from "#core";
import { addArrays } from "./number-summary.ts";

const dayMs = 86_400_000;
const mostRuns = 1000;
/** Days kept one by one: a thousand years. */
const mostDays = 366_000;

/** A column of dates while it is counted. */
export interface DateCounter {
  n: number;
  empty: number;
  mismatched: number;
  dateOnly: boolean;
  min: number;
  max: number;
  readonly months: Float64Array;
  readonly weekdays: Float64Array;
  readonly hours: Float64Array;
  readonly years: Map<number, number>;
  /** Days since 1970 that have data; `null` once there are too many. */
  days: Set<number> | null;
}

/** A counter of nothing yet. */
export function createDateCounter(): DateCounter {
  return {
    n: 0,
    empty: 0,
    mismatched: 0,
    dateOnly: true,
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
    months: new Float64Array(12),
    weekdays: new Float64Array(7),
    hours: new Float64Array(24),
    years: new Map(),
    days: new Set(),
  };
}

/** Counts the rows of one column. */
export function countDates(counter: DateCounter, column: Column): void {
  const { values, mismatched, empty } = instantsOf(column);
  counter.n += values.length;
  counter.empty += empty;
  counter.mismatched += mismatched;
  // Many rows share a day: its calendar is worked out once.
  const rowsOfDay = new Map<number, number>();
  for (const value of values) {
    if (value !== value) continue;
    if (value < counter.min) counter.min = value;
    if (value > counter.max) counter.max = value;
    const day = Math.floor(value / dayMs);
    const msOfDay = value - day * dayMs;
    if (msOfDay !== 0) counter.dateOnly = false;
    const hour = Math.floor(msOfDay / 3_600_000);
    counter.hours[hour] = (counter.hours[hour] ?? 0) + 1;
    rowsOfDay.set(day, (rowsOfDay.get(day) ?? 0) + 1);
  }
  for (const [day, rows] of rowsOfDay) countDay(counter, day, rows);
}

function countDay(counter: DateCounter, day: number, rows: number): void {
  const date = new Date(day * dayMs);
  const month = date.getUTCMonth();
  const weekday = (date.getUTCDay() + 6) % 7;
  const year = date.getUTCFullYear();
  counter.months[month] = (counter.months[month] ?? 0) + rows;
  counter.weekdays[weekday] = (counter.weekdays[weekday] ?? 0) + rows;
  counter.years.set(year, (counter.years.get(year) ?? 0) + rows);
  counter.days?.add(day);
  if ((counter.days?.size ?? 0) > mostDays) counter.days = null;
}

/** The profile of what was counted. */
export function finishDates(
  counter: DateCounter,
  facts: Pick<DateProfile, "name" | "role">,
): DateProfile {
  const empty = counter.max === Number.NEGATIVE_INFINITY;
  const years = [...counter.years].toSorted(([left], [right]) => left - right);
  return {
    kind: "date",
    ...facts,
    n: counter.n,
    null: counter.empty,
    mismatched: counter.mismatched,
    date_only: counter.dateOnly,
    min: empty ? null : new Date(counter.min).toISOString(),
    max: empty ? null : new Date(counter.max).toISOString(),
    months: [...counter.months],
    weekdays: [...counter.weekdays],
    hours: [...counter.hours],
    years: Object.fromEntries(years.map(([year, rows]) => [String(year), rows])),
    day_runs: counter.days === null ? null : runsOf([...counter.days]),
  };
}

type DayRun = { from: string; to: string };

function runsOf(days: readonly number[]): DayRun[] | null {
  const sorted = days.toSorted((left, right) => left - right);
  const runs: [number, number][] = [];
  for (const day of sorted) {
    const last = runs.at(-1);
    if (last !== undefined && day <= last[1] + 1) last[1] = Math.max(last[1], day);
    else runs.push([day, day]);
    if (runs.length > mostRuns) return null;
  }
  return runs.map(([from, to]) => ({ from: formatDay(from), to: formatDay(to) }));
}

function formatDay(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}

/** The profile of both samples together. */
export function mergeDates(left: DateProfile, right: DateProfile): DateProfile {
  const years = new Map(Object.entries(left.years));
  for (const [year, rows] of Object.entries(right.years))
    years.set(year, (years.get(year) ?? 0) + rows);
  return {
    ...left,
    n: left.n + right.n,
    null: left.null + right.null,
    mismatched: left.mismatched + right.mismatched,
    date_only: left.date_only && right.date_only,
    min: earlier(left.min, right.min),
    max: later(left.max, right.max),
    months: addArrays(left.months, right.months),
    weekdays: addArrays(left.weekdays, right.weekdays),
    hours: addArrays(left.hours, right.hours),
    years: Object.fromEntries([...years].toSorted(([a], [b]) => Number(a) - Number(b))),
    day_runs: mergeRuns(left.day_runs, right.day_runs),
  };
}

function earlier(left: string | null, right: string | null): string | null {
  if (left === null || right === null) return left ?? right;
  return Date.parse(left) <= Date.parse(right) ? left : right;
}

function later(left: string | null, right: string | null): string | null {
  if (left === null || right === null) return left ?? right;
  return Date.parse(left) >= Date.parse(right) ? left : right;
}

function mergeRuns(left: DateProfile["day_runs"], right: DateProfile["day_runs"]): DayRun[] | null {
  if (left === null || right === null) return null;
  const runs = [...left, ...right]
    .map(({ from, to }) => [Date.parse(from) / dayMs, Date.parse(to) / dayMs] as [number, number])
    .toSorted(([a], [b]) => a - b);
  const joined: [number, number][] = [];
  for (const [from, to] of runs) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  if (joined.length > mostRuns) return null;
  return joined.map(([from, to]) => ({ from: formatDay(from), to: formatDay(to) }));
}
