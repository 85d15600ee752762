import { findColumn, type RunRecord, type Table } from "#core";
import { rowKeys } from "#data";
import type { EvaluationRows } from "./evaluation-rows.ts";
import type { Subject } from "./subject.ts";

type Split = NonNullable<RunRecord["split"]>;

/** Which rows a baseline cannot have seen in training, or why that is not known. */
export type UnseenRows =
  | { readonly kind: "all" }
  | { readonly kind: "some"; readonly rows: Uint32Array; readonly why: string }
  | { readonly kind: "unknown"; readonly why: string };

/**
 * Finds the rows that a baseline was neither trained nor tuned on. Rows that the user named with
 * `data` (or that came with predictions) are taken as a holdout of both.
 */
export function findUnseenRows(
  rows: EvaluationRows,
  subject: Subject,
  baseline: RunRecord,
): UnseenRows {
  if (!rows.isTestPart) return { kind: "all" };
  const mine = subject.run?.split ?? null;
  const theirs = baseline.split;
  if (mine === null || theirs === null) {
    return { kind: "unknown", why: "the baseline's run does not say how its rows were split" };
  }
  if (mine.parts["test"]?.digest === theirs.parts["test"]?.digest) return { kind: "all" };
  if (isSameRule(mine, theirs) && keepsRowsInPlace(mine)) return { kind: "all" };
  return recompute(theirs, rows.table);
}

function isSameRule(mine: Split, theirs: Split): boolean {
  const ruleOf = ({ method, salt, fractions, columns }: Split): string =>
    JSON.stringify([method, salt, fractions, columns]);
  return ruleOf(mine) === ruleOf(theirs);
}

/** Under these rules a test row of today was never a training row. */
function keepsRowsInPlace({ method }: Split): boolean {
  return method === "hash" || method === "column" || method === "time";
}

function recompute(theirs: Split, table: Table): UnseenRows {
  switch (theirs.method) {
    case "hash":
      return recomputeHash(theirs, table);
    case "column":
      return recomputeColumn(theirs, table);
    case "time":
    case "stratified":
    case "given":
      return {
        kind: "unknown",
        why: `the baseline was split by another rule (${theirs.method}), under which its training rows cannot be told`,
      };
  }
}

function recomputeHash(theirs: Split, table: Table): UnseenRows {
  const { fractions, salt, columns } = theirs;
  if (fractions === null || salt === null) {
    return { kind: "unknown", why: "the baseline's run does not say how its rows were split" };
  }
  const absent = columns.filter((name) => findColumn(table, name) === undefined);
  if (absent.length > 0) {
    return {
      kind: "unknown",
      why: `the baseline was split by the hash of ${absent.join(", ")}, which these rows do not have`,
    };
  }
  const [train = 1, validation = 0] = fractions;
  const seen = Number((train + validation).toPrecision(12));
  const unseen = placesOf(rowKeys(table, { id: columns, salt }))
    .map((place, row) => ({ place, row }))
    .filter(({ place }) => place >= seen)
    .map(({ row }) => row);
  return {
    kind: "some",
    rows: Uint32Array.from(unseen),
    why: "the baseline was split by another rule: only rows of its own test part are compared",
  };
}

/** A row's place in 0..1 by its key, as the split by hash defines it: the first 52 bits. */
function placesOf(keys: BigUint64Array): readonly number[] {
  return Array.from(keys, (key) => Number(key >> 12n) / 2 ** 52);
}

function recomputeColumn(theirs: Split, table: Table): UnseenRows {
  const [name = ""] = theirs.columns;
  const column = findColumn(table, name);
  if (column?.kind !== "text") {
    return {
      kind: "unknown",
      why: `the baseline was split by column ${name}, which these rows do not have`,
    };
  }
  const rows = Array.from(column.codes, (code, row) => ({ part: column.levels[code], row }))
    .filter(({ part }) => part?.trim().toLowerCase() === "test")
    .map(({ row }) => row);
  return {
    kind: "some",
    rows: Uint32Array.from(rows),
    why: "the baseline was split by another rule: only rows of its own test part are compared",
  };
}
