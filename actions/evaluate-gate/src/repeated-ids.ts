import { DataError, type Column } from "#core";

/** The fault of ids by which rows cannot be paired. */
export const DUPLICATE_ID = "DUPLICATE_ID";

/** Ids that more than one row has. */
export interface RepeatedIds {
  /** Different ids that repeat. */
  readonly count: number;
  /** The first row whose id had come before, and the row where it came first; from 0. */
  readonly rows: readonly [number, number];
}

/** The ids that several rows have; `null` where each row has its own. */
export function findRepeatedIds(ids: readonly Column[]): RepeatedIds | null {
  const [only, second] = ids;
  if (only === undefined) return null;
  if (second === undefined && only.kind !== "text")
    return ascends(only.values) ? null : repeatedIn(only.values);
  return repeatedIn(ids.map(cellCodes).reduce(pairCodes));
}

/** The usual case: rows in the order of a number of their own. */
function ascends(values: Float64Array): boolean {
  for (let row = 1; row < values.length; row++)
    if (!((values[row - 1] ?? 0) < (values[row] ?? 0))) return false;
  return true;
}

function repeatedIn(values: ArrayLike<number>): RepeatedIds | null {
  const first = new Map<number, number>();
  const repeated = new Set<number>();
  let rows: readonly [number, number] | null = null;
  for (let row = 0; row < values.length; row++) {
    const value = values[row] ?? Number.NaN;
    const before = first.get(value);
    if (before === undefined) {
      first.set(value, row);
      continue;
    }
    repeated.add(value);
    rows ??= [before, row];
  }
  return rows === null ? null : { count: repeated.size, rows };
}

/** The same code for the same cell; a missing one is a value of its own. */
function cellCodes(column: Column): Int32Array {
  return column.kind === "text" ? column.codes : recode(column.values);
}

function pairCodes(left: Int32Array, right: Int32Array): Int32Array {
  // Codes are from -1 up: each pair is a whole number of its own.
  const width = right.reduce((most, code) => Math.max(most, code), 0) + 2;
  return recode(Float64Array.from(left, (code, row) => (code + 1) * width + (right[row] ?? 0) + 1));
}

function recode(values: Float64Array): Int32Array {
  const codes = new Map<number, number>();
  return Int32Array.from(values, (value) => {
    const code = codes.get(value) ?? codes.size;
    codes.set(value, code);
    return code;
  });
}

/**
 * Refuses ids by which rows cannot be paired.
 *
 * @throws DataError `DUPLICATE_ID` naming file, columns and the first two rows, not their values
 */
export function refuseRepeatedIds(ids: readonly Column[], file: string): void {
  const repeated = findRepeatedIds(ids);
  if (repeated === null) return;
  const [first, second] = repeated.rows;
  const names = ids.map(({ name }) => name).join(", ");
  throw new DataError({
    code: DUPLICATE_ID,
    message: `${file}: ${repeated.count} ${repeated.count === 1 ? "id occurs" : "ids occur"} more than once, first in rows ${first + 1} and ${second + 1} (by ${names}): which rows belong together cannot be told.`,
    hint: "Make the id unique, or name more columns with id: so that they name one row; an entity that has several rows is named with cluster:.",
    place: { file, row: second + 1 },
  });
}

/** What a reader should know of rows that share an id; `null` where none do. */
export function noteOfRepeatedIds(ids: readonly Column[]): string | null {
  const repeated = findRepeatedIds(ids);
  if (repeated === null) return null;
  return `${repeated.count} ${repeated.count === 1 ? "id occurs" : "ids occur"} more than once: rows of one entity are not independent; name it with cluster`;
}
