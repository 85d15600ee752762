import type { DatePart } from "./calendar.ts";
import { readDatePart, weekdays } from "./calendar.ts";
import type { Encoder, NumberEncoding, TextEncoding } from "./encoder.ts";
import type { RawColumn } from "./raw-columns.ts";

/** What a model kind needs of its features. */
export interface EncoderOptions {
  /** `scaled` for linear models and networks; `raw` for trees, which learn where missing values go. */
  readonly form: "scaled" | "raw";
  readonly impute: "mean" | "median";
  readonly missingIndicator: boolean;
  /** A level with fewer training rows counts as `other`. */
  readonly minLevelRows: number;
  /** At most this many levels keep an indicator; the rest is `other`. */
  readonly maxLevels: number;
}

/** An encoder and what the user should know of its making. */
export interface FittedEncoder {
  readonly encoder: Encoder;
  readonly notes: readonly string[];
}

/** Above this, trees read one code a text column: many indicators would starve their splits. */
const maxTreeIndicators = 12;

/** Fits imputation, scaling, levels and date parts on the given rows alone. */
export function fitEncoder(
  columns: readonly RawColumn[],
  rows: Uint32Array,
  options: EncoderOptions,
): FittedEncoder {
  const numbers: NumberEncoding[] = [];
  const indicators: number[] = [];
  const texts: TextEncoding[] = [];
  const notes: string[] = [];
  for (const column of columns) {
    if (column.kind === "text") {
      const fitted = fitText(column, rows, options);
      if (fitted.encoding === null) notes.push(fitted.note);
      else texts.push(fitted.encoding);
      continue;
    }
    const fitted = fitNumbers(column, rows, options);
    if (fitted.encodings.length === 0) {
      notes.push(`Column ${column.name} was dropped: ${fitted.reason} in the training part.`);
      continue;
    }
    if (fitted.missing && options.form === "scaled" && options.missingIndicator) {
      indicators.push(numbers.length);
    }
    numbers.push(...fitted.encodings);
  }
  return { encoder: { numbers, indicators, texts }, notes };
}

interface FittedNumbers {
  readonly encodings: readonly NumberEncoding[];
  readonly missing: boolean;
  readonly reason: string;
}

function fitNumbers(
  column: Exclude<RawColumn, { kind: "text" }>,
  rows: Uint32Array,
  options: EncoderOptions,
): FittedNumbers {
  const parts = column.kind === "number" ? [null] : listDateParts(column.dateOnly, options.form);
  const encodings: NumberEncoding[] = [];
  let missing = false;
  let reason = "it is constant";
  for (const part of parts) {
    const values = Float32Array.from(rows, (row) => readNumber(column, part, row));
    const present = values.filter((value) => !Number.isNaN(value)).sort();
    const lacks = present.length < values.length;
    missing ||= lacks;
    if (present.length === 0) {
      reason = "it holds no value";
      continue;
    }
    const constant = present[0] === present.at(-1);
    if (constant && (part !== null || !lacks)) continue;
    encodings.push(
      fitScale({ column: column.name, part }, present, { ...options, total: values.length }),
    );
  }
  return { encodings, missing, reason };
}

/** The value of a number column, or of one part of a date column, in float32. */
export function readNumber(
  column: Exclude<RawColumn, { kind: "text" }>,
  part: DatePart | null,
  row: number,
): number {
  if (column.kind === "number") return column.values[row] ?? Number.NaN;
  return Math.fround(readDatePart(column.days[row] ?? Number.NaN, part ?? "year"));
}

function listDateParts(dateOnly: boolean, form: EncoderOptions["form"]): DatePart[] {
  if (form === "raw") {
    return [
      "year",
      "month",
      "day_of_year",
      "day_of_week",
      ...(dateOnly ? [] : (["hour"] as const)),
    ];
  }
  return [
    "year",
    "month",
    "day_of_year_sin",
    "day_of_year_cos",
    ...weekdays,
    ...(dateOnly ? [] : (["hour_sin", "hour_cos"] as const)),
  ];
}

function fitScale(
  source: Pick<NumberEncoding, "column" | "part">,
  sorted: Float32Array,
  options: EncoderOptions & { readonly total: number },
): NumberEncoding {
  if (options.form === "raw") return { ...source, impute: null, offset: 0, scale: 1 };
  const mean = average(sorted);
  const impute = Math.fround(options.impute === "mean" ? mean : median(sorted));
  const lacking = options.total - sorted.length;
  // The spread is that of the column after imputation, as in a scikit-learn pipeline.
  const offset = (mean * sorted.length + impute * lacking) / options.total;
  const squares = sorted.reduce((sum, value) => sum + (value - offset) ** 2, 0);
  const deviation = Math.sqrt((squares + lacking * (impute - offset) ** 2) / options.total);
  // Beyond the smallest normal float32, 1 / deviation would overflow to infinity in the model file.
  const scale = deviation > 1e-30 ? Math.fround(1 / deviation) : 1;
  return { ...source, impute, offset: Math.fround(offset), scale };
}

function average(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(sorted: Float32Array): number {
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

type FittedText =
  | { readonly encoding: TextEncoding }
  | { readonly encoding: null; readonly note: string };

function fitText(
  column: Extract<RawColumn, { kind: "text" }>,
  rows: Uint32Array,
  options: EncoderOptions,
): FittedText {
  const counts = new Float64Array(column.levels.length);
  let missingRows = 0;
  for (const row of rows) {
    const code = column.codes[row] ?? -1;
    if (code < 0) missingRows += 1;
    else counts[code] = (counts[code] ?? 0) + 1;
  }
  const seen = column.levels
    .map((level, code) => ({ level, count: counts[code] ?? 0 }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || (a.level < b.level ? -1 : 1));
  const frequent = seen.filter(({ count }) => count >= options.minLevelRows);
  const levels = frequent.slice(0, options.maxLevels).map(({ level }) => level);
  const other = levels.length < seen.length;
  const missing = missingRows > 0;
  const { name } = column;
  if (levels.length + (other ? 1 : 0) + (missing ? 1 : 0) < 2) {
    const reason =
      seen.length > 1
        ? `none of its ${seen.length} levels has ${options.minLevelRows} rows`
        : seen.length === 1
          ? "it is constant"
          : "it holds no value";
    return { encoding: null, note: `Column ${name} was dropped: ${reason} in the training part.` };
  }
  if (options.form === "raw" && levels.length > maxTreeIndicators) {
    return { encoding: { kind: "ordinal", column: name, levels } };
  }
  return { encoding: { kind: "one-hot", column: name, levels, other, missing } };
}
