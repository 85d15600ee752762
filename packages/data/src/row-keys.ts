import { hash } from "node:crypto";
import type { Column, Table, TextColumn } from "#core";
import { compareNames } from "./file-source.ts";
import { formatInstant } from "./date-text.ts";
import { requireColumn } from "./read-table.ts";

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
 * `2024-02-29T12:30:00.000Z`. A missing cell is `null`. In Python:
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
  const prefix = `[${JSON.stringify(salt)}`;
  const keys = new BigUint64Array(table.rows);
  for (let row = 0; row < table.rows; row++) {
    let text = prefix;
    for (const part of parts) text += part(row);
    const hex = hash("sha256", `${text}]`, "hex");
    keys[row] =
      (BigInt(Number.parseInt(hex.slice(0, 8), 16)) << 32n) |
      BigInt(Number.parseInt(hex.slice(8, 16), 16));
  }
  return keys;
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

type KeyPart = (row: number) => string;

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
    case "text": {
      const levels = column.levels.map((level) => lead + JSON.stringify(level));
      return (row) => levels[column.codes[row] ?? -1] ?? absent;
    }
    case "number":
      return (row) =>
        column.missing?.[row] === 1 ? absent : `${lead}"${column.values[row] as number}"`;
    case "date":
      return (row) => {
        const value = column.values[row] as number;
        return Number.isNaN(value) ? absent : `${lead}"${formatInstant(value)}"`;
      };
  }
}
