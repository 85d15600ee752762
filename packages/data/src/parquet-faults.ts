import { DataError } from "#core";

/** Where a cell of a Parquet file stands; rows count from 1. */
export interface CellPlace {
  readonly file: string;
  readonly row: number;
  readonly column: string;
}

/** The error for bytes that are no text. */
export function notText(place: CellPlace): DataError {
  return new DataError({
    code: "NOT_UTF8",
    message: `${place.file}, row ${place.row}: column ${place.column} holds bytes that are not UTF-8 text.`,
    hint: "Write the column as text (hexadecimal digits, base64), or leave it out by naming the columns to read.",
    place,
  });
}

/** The error for an instant that no date can show. */
export function instantOutOfRange(place: CellPlace, ms: number): DataError {
  return new DataError({
    code: "DATE_OUT_OF_RANGE",
    message: `${place.file}, row ${place.row}: column ${place.column} holds the instant ${ms} ms since 1970, beyond the years ±270,000.`,
    hint: "Such a value often stands for no date at all: write null instead.",
    place,
  });
}
