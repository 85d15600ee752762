import type { SchemaElement } from "hyparquet";
import { formatInstant } from "./date-text.ts";
import { powersOfTen } from "./number-bytes.ts";
import type { CellValue } from "./value-columns.ts";

/** How the values that hyparquet gives for one column become cells. */
export type CellConverter =
  | {
      readonly kind: "number";
      readonly raw: boolean;
      /** Whether the values are JavaScript numbers already. */
      readonly direct: boolean;
      readonly integer: boolean;
      cell(value: unknown): CellValue;
    }
  | { readonly kind: "text"; readonly raw: false; cell(value: unknown): CellValue }
  | {
      readonly kind: "date";
      readonly raw: true;
      readonly dateOnly: boolean;
      /** Milliseconds since 1970 UTC. */
      instant(value: unknown): number;
      cell(value: unknown): string;
    };

const dayMs = 86_400_000;

/** The converter for a column's type, `undefined` where the type is not supported. */
export function chooseConverter(element: SchemaElement): CellConverter | undefined {
  const { converted_type: converted, logical_type: logical } = element;
  if (converted === "DECIMAL" || logical?.type === "DECIMAL") return decimalConverter(element);
  if (converted === "DATE" || logical?.type === "DATE") {
    return dateConverter((value) => Number(value) * dayMs, true);
  }
  if (converted === "TIMESTAMP_MILLIS") return dateConverter(Number, false);
  if (converted === "TIMESTAMP_MICROS") return dateConverter((value) => Number(value) / 1e3, false);
  if (logical?.type === "TIMESTAMP") {
    const perMs = logical.unit === "NANOS" ? 1e6 : logical.unit === "MICROS" ? 1e3 : 1;
    return dateConverter((value) => Number(value) / perMs, false);
  }
  if (isUnsupported(element)) return undefined;
  return physicalConverter(element);
}

function physicalConverter(element: SchemaElement): CellConverter | undefined {
  const { type } = element;
  if (type === undefined) return undefined;
  switch (type) {
    case "BOOLEAN":
      return textConverter(String);
    case "INT32":
    case "FLOAT":
    case "DOUBLE":
      return directNumbers(type === "INT32");
    case "INT64":
      return {
        kind: "number",
        raw: false,
        direct: true,
        integer: true,
        cell: (value) => value as bigint,
      };
    case "INT96":
      // The reader's own parser has turned these nanoseconds into milliseconds.
      return dateConverter(Number, false);
    case "BYTE_ARRAY":
    case "FIXED_LEN_BYTE_ARRAY":
      return element.logical_type?.type === "FLOAT16"
        ? directNumbers(false)
        : bytesConverter(element);
  }
}

function isUnsupported({
  converted_type: converted,
  logical_type: logical,
}: SchemaElement): boolean {
  const known = new Set(["TIME", "BSON", "INTERVAL", "GEOMETRY", "GEOGRAPHY", "VARIANT"]);
  if (logical !== undefined && known.has(logical.type)) return true;
  return (
    converted === "BSON" ||
    converted === "INTERVAL" ||
    converted === "TIME_MILLIS" ||
    converted === "TIME_MICROS"
  );
}

function directNumbers(integer: boolean): CellConverter {
  return { kind: "number", raw: false, direct: true, integer, cell: (value) => value as number };
}

function textConverter(format: (value: unknown) => string): CellConverter {
  return { kind: "text", raw: false, cell: format };
}

function dateConverter(instant: (value: unknown) => number, dateOnly: boolean): CellConverter {
  const cell = (value: unknown): string => {
    const ms = instant(value);
    return isKnownInstant(ms) ? formatInstant(ms) : `${ms} ms since 1970`;
  };
  return { kind: "date", raw: true, dateOnly, instant, cell };
}

/** Byte arrays are text, also where the file does not say so. */
function bytesConverter(element: SchemaElement): CellConverter | undefined {
  const isText = element.type === "BYTE_ARRAY" || element.logical_type?.type === "UUID";
  if (!isText) return undefined;
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return textConverter((value) =>
    value instanceof Uint8Array ? decoder.decode(value) : String(value),
  );
}

/** The latest instant that JavaScript's dates reach, either side of 1970. */
const latestInstantMs = 8.64e15;

/** Whether an instant is one of the years that dates are shown and counted in. */
export function isKnownInstant(ms: number): boolean {
  return !(Math.abs(ms) > latestInstantMs);
}

/**
 * Decimals of at most 15 digits are the double nearest to what is written; longer ones too,
 * through their text. Whole ones that a double would round stay exact: ids are often decimals.
 */
function decimalConverter(element: SchemaElement): CellConverter {
  const { logical_type: logical } = element;
  const scale = element.scale ?? (logical?.type === "DECIMAL" ? logical.scale : 0);
  const power = powersOfTen[scale];
  const cell = (value: unknown): number | bigint => {
    const unscaled =
      value instanceof Uint8Array ? bigEndian(value) : BigInt(value as number | bigint);
    const number = Number(unscaled);
    if (scale === 0) return Number.isSafeInteger(number) ? number : unscaled;
    return power !== undefined && Number.isSafeInteger(number)
      ? number / power
      : Number(`${unscaled}e-${scale}`);
  };
  return { kind: "number", raw: true, direct: false, integer: scale === 0, cell };
}

function bigEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = value * 256n + BigInt(byte);
  const negative = ((bytes[0] ?? 0) & 0x80) !== 0;
  return negative ? value - (1n << BigInt(bytes.length * 8)) : value;
}
