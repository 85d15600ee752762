import { DataError, type Column } from "#core";
import { toText } from "#data";

/** Fewer entities than these vary too little between resamples to tell how far chance reaches. */
export const FEWEST_ENTITIES = 10;

/**
 * The entity of each row, as codes from 0: rows of one entity are resampled together.
 *
 * @throws DataError `MISSING_ENTITY` naming the first row without one
 */
export function readClusters(column: Column, file: string): Int32Array {
  const { codes } = toText(column);
  const row = codes.findIndex((code) => code < 0);
  if (row < 0) return Int32Array.from(codes);
  throw new DataError({
    code: "MISSING_ENTITY",
    message: `${file}, row ${row + 1}: ${column.name} is missing, so it is not known which rows belong together.`,
    hint: "Fill it in or drop the row; a row that stands alone gets a value of its own.",
    place: { file, row: row + 1, column: column.name },
  });
}

/** The entities of some rows, numbered anew: an entity without a row among them is not drawn. */
export interface RowClusters {
  readonly codes: Int32Array;
  readonly count: number;
}

/** The entities of rows; of all rows when left out. */
export function clustersOf(clusters: Int32Array, rows: Uint32Array | null): RowClusters {
  const numbers = new Map<number, number>();
  const numberOf = (code: number): number => {
    const number = numbers.get(code) ?? numbers.size;
    numbers.set(code, number);
    return number;
  };
  const codes =
    rows === null
      ? clusters.map(numberOf)
      : Int32Array.from(rows, (row) => numberOf(clusters[row] ?? 0));
  return { codes, count: numbers.size };
}

/** Why rows of so few entities have no interval; `null` where they do. */
export function tooFewEntities({ count }: RowClusters, column: string): string | null {
  return count >= FEWEST_ENTITIES
    ? null
    : `the rows are of ${count} ${count === 1 ? "value" : "values"} of ${column}; at least ${FEWEST_ENTITIES} are needed to tell how far chance reaches`;
}
