import { cellAt, findColumn, type Column } from "#core";
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

/** The columns that name a row: `id`, else those of the model; `null` where they are not all there. */
export function idColumns(
  columns: readonly Column[],
  ids: readonly string[],
): readonly Column[] | null {
  const own = columns.find(({ name }) => name === "id");
  if (own !== undefined && !ids.includes("id")) return [own];
  const found = ids.flatMap((name) => columns.find((column) => column.name === name) ?? []);
  return found.length > 0 && found.length === ids.length ? found : null;
}

/** The text that names a row; several columns are joined by `/`. */
export function joinId(columns: readonly Column[], row: number): string | null {
  const cells = columns.map((column) => cellAt(column, row));
  return cells.includes(null) ? null : cells.map(String).join("/");
}
