import { cellAt, findColumn } from "#core";
import { idColumns, joinId } from "#data";
import type { ColumnFacts } from "./column-facts.ts";
import { rowsOfVersion, type Batch } from "./read-shards.ts";

/** What a model said about one row. */
export interface GivenAnswer {
  readonly prediction: string | number | null;
  /** By class. */
  readonly scores: Readonly<Record<string, number>> | null;
}

/** Answers by id. */
export type GivenAnswers = Map<string, GivenAnswer>;

/** No answers yet. */
export function startAnswers(): GivenAnswers {
  return new Map();
}

/** Keeps what the reference's version said about the rows of a batch. */
export function collectAnswers(
  answers: GivenAnswers,
  batch: Batch,
  { version, facts }: { readonly version: string | null; readonly facts: ColumnFacts },
): void {
  const { log, table } = batch;
  const prediction = log?.prediction ?? findColumn(table, "prediction");
  const ids = log?.id === undefined ? idColumns(table.columns, facts.ids) : [log.id];
  if (prediction === undefined || ids === null) return;
  for (const row of rowsOfVersion(batch, version)) {
    const id = joinId(ids, row);
    if (id === null || answers.has(id)) continue;
    answers.set(id, { prediction: cellAt(prediction, row), scores: scoresAt(batch, row) });
  }
}

function scoresAt({ log }: Batch, row: number): Readonly<Record<string, number>> | null {
  if (log === null || log.scores.length === 0) return null;
  const scores: Record<string, number> = {};
  for (const { className, column } of log.scores) {
    const value = cellAt(column, row);
    if (typeof value === "number") scores[className] = value;
  }
  return scores;
}
