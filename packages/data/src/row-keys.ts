import { hash } from "node:crypto";
import type { Column, NumberColumn, Table, TextColumn } from "#core";
import { compareNames } from "./file-source.ts";
import { formatInstant } from "./date-text.ts";
import { requireColumn } from "./read-table.ts";
import { createSha256Lanes, longestMessage } from "./sha256-lanes.ts";

/** What identifies a row. */
export interface RowKeyOptions {
  /** Columns that together name a row; without any, its whole content does. */
  readonly id?: readonly string[];
  /** The model's name: never a seed, so that no row ever moves. */
  readonly salt: string;
}

/**
 * The salted hash of each row's id, 64 bits, the same forever and in every language.
 *
 * It is the first 8 bytes, big-endian, of the SHA-256 of the UTF-8 JSON array
 * `[salt, cell, cell, …]` written without blanks. With `id` the cells are those columns in the
 * order given. Without, they are name and cell of every column, sorted by name (by UTF-16 code
 * unit), so that the order of columns does not matter. A cell is a JSON string: text as it is; a
 * number as ECMAScript writes it (`7`, `0.1`, `1e+21`, so `1` also where the file has `1.0`; `NaN`,
 * `Infinity`, `-Infinity`); a date as `2024-02-29`, with a time of day other than midnight UTC as
 * `2024-02-29T12:30:00.000Z`, or with microseconds, where it has any, as
 * `2024-02-29T12:30:00.000250Z`. A missing cell is `null`. In Python:
 *
 * ```python
 * text = json.dumps([salt, *cells], ensure_ascii=False, separators=(",", ":"))
 * key = hashlib.sha256(text.encode()).hexdigest()[:16]
 * ```
 *
 * Two different ids among n share a key with probability n² / 2^65: 3e-8 for a million.
 *
 * @throws InputError `UNKNOWN_COLUMN` with the nearest name
 */
export function rowKeys(table: Table, { id, salt }: RowKeyOptions): BigUint64Array {
  const parts = keyParts(table, id);
  const prefix = Buffer.from(`[${JSON.stringify(salt)}`);
  return table.rows < fewestForLanes
    ? keysOneByOne(table.rows, prefix, parts)
    : keysInLanes(table.rows, prefix, parts);
}

/** Fewer rows are hashed before four at a time are set up. */
const fewestForLanes = 2000;
/** Bytes that a row's text may take before it is put together as a string. */
const scratchBytes = 64;

function keyOf(prefix: Buffer, parts: readonly KeyPart[], row: number): bigint {
  let text = prefix.toString();
  for (const part of parts) text += part.text(row);
  const hex = hash("sha256", `${text}]`, "hex");
  return (
    (BigInt(Number.parseInt(hex.slice(0, 8), 16)) << 32n) |
    BigInt(Number.parseInt(hex.slice(8, 16), 16))
  );
}

function keysOneByOne(rows: number, prefix: Buffer, parts: readonly KeyPart[]): BigUint64Array {
  const keys = new BigUint64Array(rows);
  for (let row = 0; row < rows; row++) keys[row] = keyOf(prefix, parts, row);
  return keys;
}

/** Rows whose text fits into one block are hashed four at a time, the others one by one. */
function keysInLanes(rows: number, prefix: Buffer, parts: readonly KeyPart[]): BigUint64Array {
  const keys = new BigUint64Array(rows);
  const halves = new Uint32Array(keys.buffer);
  const lanes = createSha256Lanes();
  const scratch = new Uint8Array(scratchBytes);
  scratch.set(prefix.subarray(0, scratchBytes));
  const places = new Uint32Array(lanes.capacity);
  let held = 0;
  const flush = (): void => {
    lanes.run(held);
    for (let message = 0; message < held; message++) {
      const row = places[message] as number;
      halves[2 * row + 1] = lanes.first(message);
      halves[2 * row] = lanes.second(message);
    }
    held = 0;
  };
  for (let row = 0; row < rows; row++) {
    let length = prefix.length > longestMessage ? -1 : prefix.length;
    for (let k = 0; k < parts.length && length >= 0; k++)
      length = (parts[k] as KeyPart).write(row, scratch, length);
    if (length < 0 || length >= longestMessage) {
      keys[row] = keyOf(prefix, parts, row);
      continue;
    }
    scratch[length++] = closingBracket;
    placeMessage(lanes.words, held, scratch, length);
    places[held++] = row;
    if (held === lanes.capacity) flush();
  }
  flush();
  return keys;
}

const closingBracket = 93;

/** Pads a message as SHA-256 does and lays its words out among the lanes. */
function placeMessage(words: Int32Array, message: number, bytes: Uint8Array, length: number): void {
  const start = (message >> 2) * 64 + (message & 3);
  const whole = length >> 2;
  for (let t = 0; t < whole; t++) {
    const p = 4 * t;
    words[start + p] =
      ((bytes[p] as number) << 24) |
      ((bytes[p + 1] as number) << 16) |
      ((bytes[p + 2] as number) << 8) |
      (bytes[p + 3] as number);
  }
  let last = 0;
  for (let p = 4 * whole; p < length; p++) last |= (bytes[p] as number) << (24 - 8 * (p & 3));
  words[start + 4 * whole] = last | (0x80 << (24 - 8 * (length & 3)));
  for (let t = whole + 1; t < 15; t++) words[start + 4 * t] = 0;
  words[start + 60] = length * 8;
}

/** A key as files hold it: 16 hexadecimal digits. */
export function formatRowKey(key: bigint): string {
  return key.toString(16).padStart(16, "0");
}

/** The keys as a text column, e.g. the `id` of predictions.parquet. */
export function rowKeyColumn(name: string, keys: BigUint64Array): TextColumn {
  const levels = new Map<bigint, number>();
  const codes = Int32Array.from(keys, (key) => {
    const code = levels.get(key) ?? levels.size;
    levels.set(key, code);
    return code;
  });
  return { kind: "text", name, codes, levels: Array.from(levels.keys(), formatRowKey) };
}

/** What a column adds to the text that is hashed. */
interface KeyPart {
  readonly text: (row: number) => string;
  /** Writes the text's bytes; returns where they end, -1 where they do not fit or are no ASCII. */
  readonly write: (row: number, bytes: Uint8Array, at: number) => number;
}

function keyParts(table: Table, id: readonly string[] | undefined): readonly KeyPart[] {
  if (id !== undefined && id.length > 0) {
    return id.map((name) => cellPart(requireColumn(table, name), ","));
  }
  return table.columns
    .toSorted((left, right) => compareNames(left.name, right.name))
    .map((column) => cellPart(column, `,${JSON.stringify(column.name)},`));
}

function cellPart(column: Column, lead: string): KeyPart {
  const absent = `${lead}null`;
  switch (column.kind) {
    case "text":
      return textPart(column, lead, absent);
    case "number":
      return numberPart(column, lead, absent);
    case "date":
      return stringPart((row) => {
        const value = column.values[row] as number;
        return Number.isNaN(value) ? absent : `${lead}"${formatInstant(value)}"`;
      });
  }
}

function stringPart(text: (row: number) => string): KeyPart {
  return { text, write: (row, bytes, at) => writeAscii(text(row), bytes, at) };
}

function textPart({ codes, levels }: TextColumn, lead: string, absent: string): KeyPart {
  return stringPart((row) => {
    const level = levels[codes[row] ?? -1];
    return level === undefined ? absent : lead + JSON.stringify(level);
  });
}

function numberPart({ values, missing }: NumberColumn, lead: string, absent: string): KeyPart {
  const text = (row: number): string =>
    missing?.[row] === 1 ? absent : `${lead}"${values[row] as number}"`;
  const before = `${lead}"`;
  return {
    text,
    write(row, bytes, at) {
      const value = values[row] as number;
      const isShort = value >= 0 && value < 2_147_483_648 && Math.floor(value) === value;
      if (!isShort || missing?.[row] === 1) return writeAscii(text(row), bytes, at);
      const start = writeAscii(before, bytes, at);
      if (start < 0 || start + 11 > bytes.length) return -1;
      return writeDigits(value | 0, bytes, start);
    },
  };
}

function writeAscii(text: string, bytes: Uint8Array, at: number): number {
  if (at + text.length > bytes.length) return -1;
  for (let k = 0; k < text.length; k++) {
    const unit = text.charCodeAt(k);
    if (unit > 127) return -1;
    bytes[at + k] = unit;
  }
  return at + text.length;
}

/** A whole number below 2^31 and its closing quote. */
function writeDigits(value: number, bytes: Uint8Array, start: number): number {
  let end = start + 1;
  for (let rest = (value / 10) | 0; rest > 0; rest = (rest / 10) | 0) end++;
  let rest = value;
  for (let p = end - 1; p >= start; p--) {
    const shorter = (rest / 10) | 0;
    bytes[p] = 48 + rest - 10 * shorter;
    rest = shorter;
  }
  bytes[end] = 34;
  return end + 1;
}
