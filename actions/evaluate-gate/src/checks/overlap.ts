import { findColumn, type Column, type Table } from "#core";
import type { Check, CheckContext } from "./check-context.ts";
import { countOf, nameRows, percent, quoteName, type Outcome } from "./finding.ts";
import { findRepeats, fingerprintBoth } from "./fingerprints.ts";

/** Ids that are on both sides, and evaluation dates inside the training range. */
export const checkOverlap: Check = (context) => ({
  ids: findSharedIds(context),
  dates: findEarlyDates(context),
});

function findSharedIds({ training, candidate, scoring }: CheckContext): Outcome {
  const { id, run } = scoring.subject;
  if (id.length === 0) return notApplicable("No id column is named.");
  if (training.kind === "unknown") return training;
  const { table } = candidate.rows;
  const absent = id.filter(
    (name) =>
      findColumn(training.table, name) === undefined || findColumn(table, name) === undefined,
  );
  if (absent.length > 0)
    return {
      kind: "unknown",
      why: `${training.name} has no column ${quoteName(absent[0] ?? "")}.`,
    };
  const [known, asked] = fingerprintBoth(training.table, table, id);
  const { rows, amongKnown } = findRepeats(known, asked);
  if (amongKnown > 0 && isSplitByTime(run))
    return notApplicable(
      `The split is by time and ids repeat, so entities are on both sides by design (${countOf(rows.length, table.rows)} here).`,
    );
  const share = rows.length / table.rows;
  const names = id.map(quoteName).join(", ");
  return {
    ...fact(share),
    found:
      rows.length === 0
        ? `No row has a ${names} that is in ${training.name}.`
        : `${countOf(rows.length, table.rows)} (${percent(share)}) have a ${names} that is in ${training.name} too, e.g. ${nameRows(rows)}.`,
    advice:
      "Rows of one entity resemble each other: split by the hash of the id, so that each is on one side.",
  };
}

function findEarlyDates(context: CheckContext): Outcome {
  const { candidate, scoring } = context;
  const { time, run } = scoring.subject;
  if (time === null) return notApplicable("No time column is named.");
  if (!isSplitByTime(run))
    return notApplicable("The split is not by time, so dates of both parts mix by design.");
  const own = datesOf(candidate.rows.table, time);
  if (own === null)
    return {
      kind: "unknown",
      why: `Column ${quoteName(time)} of the evaluation rows holds no dates or numbers.`,
    };
  const range = trainingRange(context, time);
  if ("kind" in range) return range;
  const rows: number[] = [];
  let present = 0;
  own.values.forEach((value, row) => {
    if (Number.isNaN(value)) return;
    present++;
    if (value < range.before || value <= range.last) rows.push(row);
  });
  if (present === 0) return { kind: "unknown", why: `Every ${quoteName(time)} is missing.` };
  const share = rows.length / present;
  return {
    ...fact(share),
    found:
      rows.length === 0
        ? `Every ${quoteName(time)} of the evaluation is later than training.`
        : `${countOf(rows.length, present)} (${percent(share)}) are not later than the last training row by ${quoteName(time)}, e.g. ${nameRows(rows)}.`,
    advice:
      "A model that has seen later rows knows the future: evaluate on rows after the training's end.",
  };
}

function notApplicable(why: string): Outcome {
  return { kind: "not-applicable", why };
}

/** What was counted, not sampled: no interval. */
function fact(value: number): { kind: "measured"; value: number; low: null; high: null } {
  return { kind: "measured", value, low: null, high: null };
}

function isSplitByTime(run: CheckContext["scoring"]["subject"]["run"]): boolean {
  return run?.split?.method === "time";
}

function datesOf(table: Table, name: string): Extract<Column, { values: Float64Array }> | null {
  const column = findColumn(table, name);
  return column === undefined || column.kind === "text" ? null : column;
}

/** The last training row's time, or the first that no longer was one; else why it is not known. */
function trainingRange(
  { training, scoring }: CheckContext,
  time: string,
): { readonly last: number; readonly before: number } | Extract<Outcome, { kind: "unknown" }> {
  if (training.kind === "known") {
    const column = datesOf(training.table, time);
    if (column === null)
      return {
        kind: "unknown",
        why: `Column ${quoteName(time)} of ${training.name} holds no dates or numbers.`,
      };
    const last = column.values.reduce(
      (latest, value) => (value > latest ? value : latest),
      Number.NEGATIVE_INFINITY,
    );
    return { last, before: Number.NEGATIVE_INFINITY };
  }
  const split = scoring.subject.run?.split ?? null;
  const written = (split?.["boundaries"] ?? {}) as Readonly<Record<string, unknown>>;
  const first = written["validation"] ?? written["test"];
  if (typeof first !== "string" || split?.columns[0] !== time) return training;
  const before = Number.isNaN(Number(first)) ? Date.parse(first) : Number(first);
  return Number.isNaN(before) ? training : { last: Number.NEGATIVE_INFINITY, before };
}
