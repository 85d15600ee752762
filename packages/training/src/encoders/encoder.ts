import type { DatePart } from "./calendar.ts";

/** One number per row, read off a number or date column. */
export interface NumberEncoding {
  readonly column: string;
  /** `null` for a number column, taken as it is. */
  readonly part: DatePart | null;
  /** What stands in for a missing value; `null` leaves it NaN. */
  readonly impute: number | null;
  /** The feature is (value - offset) * scale, in float32. */
  readonly offset: number;
  readonly scale: number;
}

/** One text column as indicators of its levels, or as one code. */
export type TextEncoding =
  | {
      readonly kind: "one-hot";
      readonly column: string;
      readonly levels: readonly string[];
      /** Whether rare and unseen levels have an indicator of their own; else they are all zeros. */
      readonly other: boolean;
      /** Whether a missing text has an indicator of its own; else it is all zeros. */
      readonly missing: boolean;
    }
  | {
      /** Codes 0 … n - 1 by falling frequency, n for rare and unseen levels, NaN for missing. */
      readonly kind: "ordinal";
      readonly column: string;
      readonly levels: readonly string[];
    };

/**
 * How rows become features. Their order: all numbers, then the missing indicators, then
 * each text column's.
 */
export interface Encoder {
  readonly numbers: readonly NumberEncoding[];
  /** Indices into `numbers` whose missingness is a feature too. */
  readonly indicators: readonly number[];
  readonly texts: readonly TextEncoding[];
}

/** A feature's name and the column that it comes from. */
export interface Feature {
  readonly name: string;
  readonly column: string;
}

/** The encoder's features in their order. */
export function listFeatures(encoder: Encoder): Feature[] {
  const numbers = encoder.numbers.map(({ column, part }) => ({
    name: part === null ? column : `${column}.${part}`,
    column,
  }));
  const indicators = encoder.indicators.map((index) => {
    const column = encoder.numbers[index]?.column ?? "";
    return { name: `${column} missing`, column };
  });
  return [...numbers, ...indicators, ...encoder.texts.flatMap(listTextFeatures)];
}

function listTextFeatures(encoding: TextEncoding): Feature[] {
  const { column } = encoding;
  if (encoding.kind === "ordinal") return [{ name: column, column }];
  return [
    ...encoding.levels.map((level) => ({ name: `${column}=${level}`, column })),
    ...(encoding.other ? [{ name: `${column} other`, column }] : []),
    ...(encoding.missing ? [{ name: `${column} missing`, column }] : []),
  ];
}

/** How many features a text column has. */
export function countTextFeatures(encoding: TextEncoding): number {
  if (encoding.kind === "ordinal") return 1;
  return encoding.levels.length + (encoding.other ? 1 : 0) + (encoding.missing ? 1 : 0);
}

/** The raw columns that the encoder reads, each once, in the order in which it first reads them. */
export function listColumns(encoder: Encoder): string[] {
  return [
    ...new Set([
      ...encoder.numbers.map(({ column }) => column),
      ...encoder.texts.map(({ column }) => column),
    ]),
  ];
}
