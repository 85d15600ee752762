import { findColumn, takeRows, type Measure, type Table } from "#core";
import { createRandom, type Evaluation } from "#stats";
import { otherColumns, type Candidate, type ScoringContext } from "../candidate.ts";
import type { Latencies } from "../latency.ts";
import { columnsOf } from "../score-model.ts";
import type { Outcome } from "./finding.ts";
import type { TrainingRows } from "./training-rows.ts";

/** What checks look at. */
export interface CheckContext {
  readonly candidate: Candidate;
  readonly evaluation: Evaluation;
  readonly metrics: ReadonlyMap<string, Measure>;
  readonly latencies: Latencies | null;
  readonly scoring: ScoringContext;
  readonly training: TrainingRows;
  /** The model's columns; `null` where they are not known, as of a file of predictions. */
  readonly features: readonly string[] | null;
}

/** What a check found out, by part; several where it looked at several columns. */
export type Outcomes = Readonly<Record<string, Outcome | readonly Outcome[]>>;

/** A check: looks, and says what it found of each part. */
export type Check = (context: CheckContext) => Outcomes | Promise<Outcomes>;

/** Under so few rows nothing that varies by chance is called bad. */
export const FEWEST_ROWS = 30;

/** The columns that the model reads, as far as they are in the rows. */
export async function findFeatures(
  candidate: Candidate,
  { inputs, subject }: ScoringContext,
): Promise<readonly string[] | null> {
  const { table } = candidate.rows;
  const isThere = (name: string): boolean =>
    name !== subject.target && findColumn(table, name) !== undefined;
  if (subject.features !== null) return subject.features.filter(isThere);
  if (subject.signature !== null)
    return subject.signature.columns.map(({ name }) => name).filter(isThere);
  if (candidate.open !== null) return (await columnsOf(candidate.open, table)).filter(isThere);
  const written = subject.run?.["features"];
  if (Array.isArray(written) && written.length > 0)
    return written.filter((name): name is string => typeof name === "string").filter(isThere);
  // A file of predictions holds scores and measures besides: which columns are features is not known.
  if (inputs.predictions !== null) return null;
  const others = new Set(otherColumns(subject, inputs));
  return table.columns.map(({ name }) => name).filter((name) => !others.has(name));
}

/** Places of at most `most` rows, ascending, each row equally likely; all of them where they are fewer. */
export function sampleRows(rows: number, most: number, seed: number): Uint32Array {
  if (rows <= most) return Uint32Array.from({ length: rows }, (_, row) => row);
  const random = createRandom(seed);
  const chosen = new Uint32Array(most);
  let count = 0;
  // Selection sampling: each row is taken with the share that is still wanted of those left.
  for (let row = 0; count < most; row++)
    if (random.uniform() * (rows - row) < most - count) chosen[count++] = row;
  return chosen;
}

/** At most `most` of a table's rows, and whether some were left out. */
export function sampleTable(
  table: Table,
  most: number,
  seed: number,
): { readonly table: Table; readonly isSample: boolean } {
  if (table.rows <= most) return { table, isSample: false };
  return { table: takeRows(table, sampleRows(table.rows, most, seed)), isSample: true };
}

/** Says that only a sample was looked at. */
export function sampleNote(rows: number, seed: number): string {
  return ` (a sample of ${rows.toLocaleString("en-US")} rows, seed ${seed})`;
}
