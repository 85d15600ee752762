import type { Matrix } from "../matrix.ts";
import type { Encoder, TextEncoding } from "./encoder.ts";
import { countTextFeatures } from "./encoder.ts";
import { readNumber } from "./fit-encoder.ts";
import type { RawColumn } from "./raw-columns.ts";

/** Where a feature is written: the matrix's values, its width and the first feature's place. */
interface Target {
  readonly values: Float32Array;
  readonly width: number;
  readonly at: number;
}

/**
 * Features of the given rows, computed in float32 step by step as the model file computes
 * them. Columns that the encoder needs and the table lacks count as missing.
 */
export function encodeRows(
  encoder: Encoder,
  columns: readonly RawColumn[],
  rows: Uint32Array,
): Matrix {
  const textWidth = encoder.texts.reduce((sum, text) => sum + countTextFeatures(text), 0);
  const width = encoder.numbers.length + encoder.indicators.length + textWidth;
  const values = new Float32Array(rows.length * width);
  const byName = new Map(columns.map((column) => [column.name, column]));
  encoder.numbers.forEach((_, index) => {
    encodeNumber(encoder, index, { byName, rows, target: { values, width, at: index } });
  });
  let at = encoder.numbers.length + encoder.indicators.length;
  for (const text of encoder.texts) {
    encodeText(text, byName.get(text.column), { rows, target: { values, width, at } });
    at += countTextFeatures(text);
  }
  return { rows: rows.length, columns: width, values };
}

function encodeNumber(
  encoder: Encoder,
  index: number,
  {
    byName,
    rows,
    target,
  }: {
    readonly byName: ReadonlyMap<string, RawColumn>;
    readonly rows: Uint32Array;
    readonly target: Target;
  },
): void {
  const encoding = encoder.numbers[index];
  if (encoding === undefined) return;
  const column = byName.get(encoding.column);
  const indicator = encoder.indicators.indexOf(index);
  const indicatorAt = indicator < 0 ? -1 : encoder.numbers.length + indicator;
  const { impute, offset, scale, part } = encoding;
  for (let row = 0; row < rows.length; row += 1) {
    const start = row * target.width;
    const raw =
      column === undefined || column.kind === "text"
        ? Number.NaN
        : readNumber(column, part, rows[row] ?? 0);
    const missing = Number.isNaN(raw);
    if (missing && indicatorAt >= 0) target.values[start + indicatorAt] = 1;
    const value = missing && impute !== null ? impute : raw;
    target.values[start + target.at] = Math.fround(value - offset) * scale;
  }
}

function encodeText(
  encoding: TextEncoding,
  column: RawColumn | undefined,
  { rows, target }: { readonly rows: Uint32Array; readonly target: Target },
): void {
  const text = column?.kind === "text" ? column : undefined;
  const places = new Map(encoding.levels.map((level, place) => [level, place]));
  const elsewhere = encoding.kind === "ordinal" || encoding.other ? encoding.levels.length : -1;
  const placeOfCode = (text?.levels ?? []).map((level) => places.get(level) ?? elsewhere);
  const missingPlace =
    encoding.kind === "one-hot" && encoding.missing
      ? encoding.levels.length + (encoding.other ? 1 : 0)
      : -1;
  for (let row = 0; row < rows.length; row += 1) {
    const code = text?.codes[rows[row] ?? 0] ?? -1;
    const place = code < 0 ? missingPlace : (placeOfCode[code] ?? elsewhere);
    const start = row * target.width + target.at;
    if (encoding.kind === "ordinal") target.values[start] = code < 0 ? Number.NaN : place;
    else if (place >= 0) target.values[start + place] = 1;
  }
}
