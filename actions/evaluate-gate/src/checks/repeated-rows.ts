import { findColumn, takeRows, type Column, type Table } from "#core";
import { wilsonInterval } from "#stats";
import { otherColumns } from "../candidate.ts";
import type { CheckContext } from "./check-context.ts";
import { countOf, nameRows, percent, type Outcome } from "./finding.ts";
import { findRepeatsWithin, fingerprint } from "./fingerprints.ts";

/** More rows than these are looked at in part. */
const MOST_ROWS = 100_000;
/** Columns that give this share of repeated rows by themselves tell nothing of copies. */
const MOST_BY_CHANCE = 0.01;
/** About so many of them are looked at then. */
const SAMPLE_ROWS = 25_000;
const ROWS_FOR_VALUES = 5_000;

/**
 * Which rows of the evaluation repeat an earlier one of it, target included: copies count as evidence
 * that they are not, and make intervals too narrow.
 */
export function findRepeatedRows(context: CheckContext): Outcome {
  const { candidate, scoring } = context;
  const names = comparedColumns(context);
  const whole = columnsOf(candidate.rows.table, names);
  const places = sampleByContent(whole);
  const table = places === null ? whole : takeRows(whole, places);
  if (repeatedByChance(table) > MOST_BY_CHANCE)
    return {
      kind: "not-applicable",
      why: "The columns hold so few different values that rows repeat one another by themselves.",
    };
  const found = findRepeatsWithin(fingerprint(table, names));
  const rows = places === null ? found : found.map((row) => places[row] ?? 0);
  const share = rows.length / table.rows;
  const { low, high } = wilsonInterval(rows.length, table.rows, scoring.inputs.confidence);
  const where = rows.length === 0 ? "" : `, e.g. ${nameRows(rows)}`;
  const part = places === null ? "" : " Some rows were looked at, chosen by what they hold.";
  return {
    kind: "measured",
    value: share,
    low,
    high,
    found: `${countOf(rows.length, table.rows)} (${percent(share)}) repeat an earlier evaluation row in ${context.features === null ? "every column" : "features"} and target${where}.${part}`,
    advice:
      "Copies are no further evidence, and make intervals too narrow: drop them, or name with cluster: the entity whose rows belong together.",
  };
}

/** The model's columns, else all but id, time, weight and prediction; and the target. */
function comparedColumns({ features, candidate, scoring }: CheckContext): readonly string[] {
  const { subject, inputs } = scoring;
  const others = new Set(otherColumns(subject, inputs));
  const { table } = candidate.rows;
  const names = features ?? table.columns.map(({ name }) => name).filter((one) => !others.has(one));
  return [...new Set([...names, subject.target])].filter(
    (name) => findColumn(table, name) !== undefined,
  );
}

function columnsOf(table: Table, names: readonly string[]): Table {
  return { rows: table.rows, columns: names.flatMap((name) => findColumn(table, name) ?? []) };
}

/**
 * Places of some rows of many, chosen by what one column holds, so that copies are chosen together;
 * `null` for all rows, also where no column varies enough to choose by.
 */
function sampleByContent({ rows, columns }: Table): Uint32Array | null {
  if (rows <= MOST_ROWS) return null;
  const column = columns.find((one) => one.kind === "number" && !one.integer);
  if (column === undefined || column.kind !== "number") return null;
  const oneIn = Math.ceil(rows / SAMPLE_ROWS);
  const halves = new Uint32Array(column.values.buffer, column.values.byteOffset, rows * 2);
  const chosen: number[] = [];
  for (let row = 0; row < rows; row++) {
    const hash = Math.imul((halves[2 * row] ?? 0) ^ (halves[2 * row + 1] ?? 0), 0x9e3779b1) >>> 8;
    if (hash % oneIn === 0) chosen.push(row);
  }
  return Uint32Array.from(chosen);
}

/** The share of rows that repeat an earlier one if the columns had nothing to do with each other. */
function repeatedByChance({ rows, columns }: Table): number {
  const same = columns.reduce((product, column) => product * shareOfEqualPairs(column), 1);
  return Math.min(1, (same * (rows - 1)) / 2);
}

/** The probability that two cells of a column are the same. */
function shareOfEqualPairs(column: Column): number {
  const cells = column.kind === "text" ? column.codes : column.values;
  const counts = new Map<number, number>();
  const seen = Math.min(cells.length, ROWS_FOR_VALUES);
  for (let row = 0; row < seen; row++) {
    const cell = cells[row] ?? Number.NaN;
    counts.set(cell, (counts.get(cell) ?? 0) + 1);
  }
  let pairs = 0;
  for (const count of counts.values()) pairs += count * (count - 1);
  return seen < 2 ? 1 : pairs / (seen * (seen - 1));
}
