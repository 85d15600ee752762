import type { Signature } from "#core";
import type { Model } from "#models";

/** A column's kind, as the signature names it. */
export type ColumnKind = Signature["columns"][number]["kind"];

/** A column that instances must have, with what the model's input can take of it. */
export interface ServedColumn {
  readonly name: string;
  readonly kind: ColumnKind;
  /** `null` stands for a missing value: NaN, or the empty text. */
  readonly acceptsNull: boolean;
  /** What a caller is told: `a number or null`. */
  readonly expected: string;
  /** Whether a JSON value can be fed. */
  readonly fits: (value: unknown) => boolean;
}

const LARGEST_FLOAT32 = 3.4028235677973366e38;

const integerRanges: Readonly<Record<string, readonly [number, number]>> = {
  int8: [-(2 ** 7), 2 ** 7 - 1],
  uint8: [0, 2 ** 8 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  uint16: [0, 2 ** 16 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint64: [0, Number.MAX_SAFE_INTEGER],
};

/** The columns of a signature with the rule of each, made from the model's own inputs. */
export function servedColumns(
  signature: Signature,
  model: Pick<Model, "inputs">,
): readonly ServedColumn[] {
  const types = new Map(model.inputs.map(({ name, type }) => [name, type]));
  return signature.columns.map(({ name, kind, input }) => ({
    name,
    ...ruleOf(kind, types.get(input) ?? "float"),
  }));
}

function ruleOf(kind: ColumnKind, inputType: string): Omit<ServedColumn, "name"> {
  if (inputType === "string") {
    return { kind: "text", acceptsNull: true, expected: "text or null", fits: fitsText };
  }
  if (inputType === "bool") {
    return { kind: "boolean", acceptsNull: false, expected: "true or false", fits: fitsBoolean };
  }
  if (kind === "date") {
    const expected = "an ISO 8601 date such as 2024-02-29, or null";
    return { kind, acceptsNull: true, expected, fits: fitsDateText };
  }
  const range = integerRanges[inputType];
  if (range !== undefined) {
    const [low, high] = range;
    return {
      kind: "integer",
      acceptsNull: false,
      expected: `a whole number from ${low} to ${high}`,
      fits: (value) => isWholeWithin(value, low, high),
    };
  }
  const limit = inputType === "float" ? LARGEST_FLOAT32 : Number.POSITIVE_INFINITY;
  const expected = inputType === "float" ? "a number (32-bit) or null" : "a number or null";
  return {
    kind: kind === "boolean" ? "boolean" : "number",
    acceptsNull: true,
    expected: kind === "boolean" ? "true, false or null" : expected.replace(" (32-bit)", ""),
    fits: (value) => fitsNumber(value, limit),
  };
}

function fitsNumber(value: unknown, limit: number): boolean {
  if (typeof value === "number") return Math.abs(value) < limit;
  return value === null || typeof value === "boolean";
}

function isWholeWithin(value: unknown, low: number, high: number): boolean {
  if (typeof value === "boolean") return true;
  return typeof value === "number" && Number.isInteger(value) && value >= low && value <= high;
}

function fitsBoolean(value: unknown): boolean {
  return typeof value === "boolean" || value === 0 || value === 1;
}

/** Whole numbers and booleans are taken as their text: clients send the code 98101 without quotes. */
function fitsText(value: unknown): boolean {
  if (typeof value === "string" || value === null || typeof value === "boolean") return true;
  return typeof value === "number" && Number.isInteger(value);
}

/** Only the type; whether the text is a date that exists is told by the model's own reader. */
function fitsDateText(value: unknown): boolean {
  return typeof value === "string" || value === null;
}
