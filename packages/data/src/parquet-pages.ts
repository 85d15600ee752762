import type { SchemaElement } from "hyparquet";
import type { Column, DateColumn, NumberColumn, TextColumn } from "#core";
import { codeSmallNumbers } from "./to-text.ts";

/** Salted hashes of rows as a column of 16 hexadecimal digits each. */
export interface RowKeys {
  readonly kind: "row-keys";
  readonly name: string;
  readonly keys: BigUint64Array;
}

/** What can be written as a column of a Parquet file. */
export type WritableColumn = Column | RowKeys;

/** Rows `start` (inclusive) to `end` (exclusive). */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

/** One row group's values of a column, not yet compressed. */
export interface EncodedChunk {
  /** `null` where values are written plainly. */
  readonly dictionary: { readonly bytes: Uint8Array; readonly count: number } | null;
  readonly values: Uint8Array;
}

/** A column as the file describes it, and how its row groups are encoded. */
export interface ColumnWriter {
  readonly element: SchemaElement;
  encode(range: RowRange): EncodedChunk;
}

const dayMs = 86_400_000;
/** Texts of more distinct values than this in a row group are written one by one. */
const largestDictionary = 1 << 16;

/** How a column is written: doubles, 64-bit integers for whole numbers, strings, dates, timestamps in milliseconds (in microseconds where any has a part of one). */
export function columnWriter(column: WritableColumn): ColumnWriter {
  const { name } = column;
  switch (column.kind) {
    case "number":
      return numberWriter(column);
    case "text":
      return {
        element: {
          name,
          type: "BYTE_ARRAY",
          converted_type: "UTF8",
          repetition_type: "OPTIONAL",
        },
        encode: (range) => encodeTexts(column, range),
      };
    case "date":
      return dateWriter(column);
    case "row-keys":
      return {
        element: {
          name,
          type: "BYTE_ARRAY",
          converted_type: "UTF8",
          repetition_type: "OPTIONAL",
        },
        encode: ({ start, end }) => ({
          dictionary: null,
          values: hexTexts(column.keys, { start, end }),
        }),
      };
  }
}

function numberWriter(column: NumberColumn): ColumnWriter {
  const { name, values, missing, integer } = column;
  const element: SchemaElement = {
    name,
    type: integer ? "INT64" : "DOUBLE",
    repetition_type: missing === null ? "REQUIRED" : "OPTIONAL",
  };
  const plain = integer ? wholeNumberBytes : doubleBytes;
  const coded = integer && missing === null ? codeSmallNumbers(column) : undefined;
  if (coded !== undefined && coded.values.length <= 256) {
    const { codes, values: levels } = coded;
    const dictionary = { bytes: wholeNumberBytes(Float64Array.from(levels)), count: levels.length };
    return {
      element,
      encode: ({ start, end }) => ({
        dictionary,
        values: packCodes(codes.subarray(start, end), levels.length),
      }),
    };
  }
  return {
    element,
    encode({ start, end }) {
      const part = values.subarray(start, end);
      if (missing === null) return { dictionary: null, values: plain(part) };
      const flags = missing.subarray(start, end);
      const present = part.filter((_, at) => flags[at] !== 1);
      return {
        dictionary: null,
        values: joinBytes([levelsOf((at) => flags[at] !== 1, part.length), plain(present)]),
      };
    },
  };
}

function dateWriter({ name, values, dateOnly }: DateColumn): ColumnWriter {
  const isFine = !dateOnly && needsMicroseconds(values);
  const converted = isFine ? "TIMESTAMP_MICROS" : "TIMESTAMP_MILLIS";
  const toWhole = isFine ? (ms: number): number => Math.round(ms * 1000) : Math.floor;
  return {
    element: dateOnly
      ? { name, type: "INT32", converted_type: "DATE", repetition_type: "OPTIONAL" }
      : { name, type: "INT64", converted_type: converted, repetition_type: "OPTIONAL" },
    encode({ start, end }) {
      const part = values.subarray(start, end);
      const present = part.filter((value) => !Number.isNaN(value));
      const bytes = dateOnly
        ? bytesOf(Int32Array.from(present, (value) => Math.floor(value / dayMs)))
        : wholeNumberBytes(present.map(toWhole));
      const levels = levelsOf((at) => !Number.isNaN(part[at]), part.length);
      return { dictionary: null, values: joinBytes([levels, bytes]) };
    },
  };
}

/** Whether instants have parts of a millisecond, and all of them are microseconds that a double holds. */
function needsMicroseconds(values: Float64Array): boolean {
  let isFine = false;
  for (const value of values) {
    if (Math.abs(value) * 1000 > Number.MAX_SAFE_INTEGER) return false;
    if (value !== Math.floor(value) && !Number.isNaN(value)) isFine = true;
  }
  return isFine;
}

function encodeTexts({ codes, levels }: TextColumn, { start, end }: RowRange): EncodedChunk {
  const part = codes.subarray(start, end);
  const present = part.includes(-1) ? part.filter((code) => code >= 0) : part;
  const definition =
    present === part
      ? presentLevels(part.length)
      : levelsOf((at) => (part[at] ?? -1) >= 0, part.length);
  const own = new Int32Array(levels.length).fill(-1);
  const used: string[] = [];
  const packed = new Int32Array(present.length);
  for (let at = 0; at < present.length; at++) {
    const code = present[at] as number;
    let place = own[code] as number;
    if (place < 0) {
      place = used.push(levels[code] ?? "") - 1;
      own[code] = place;
    }
    packed[at] = place;
  }
  const isRepeated = used.length <= largestDictionary && used.length * 2 <= present.length;
  if (!isRepeated) {
    const texts = textBytes(Array.from(present, (code) => levels[code] ?? ""));
    return { dictionary: null, values: joinBytes([definition, texts]) };
  }
  return {
    dictionary: { bytes: textBytes(used), count: used.length },
    values: joinBytes([definition, packCodes(packed, used.length)]),
  };
}

/** The bytes of a typed array, as they stand: little-endian on every platform that Node supports here. */
function bytesOf(array: Float64Array | Int32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

const doubleBytes = (values: Float64Array): Uint8Array => bytesOf(values);

/** Whole numbers as 64-bit integers, by halves: no bigint a cell. */
function wholeNumberBytes(values: Float64Array): Uint8Array {
  const halves = new Int32Array(values.length * 2);
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    halves[2 * at] = value;
    halves[2 * at + 1] = Math.floor(value / 4_294_967_296);
  }
  return bytesOf(halves);
}

function textBytes(texts: readonly string[]): Uint8Array {
  const lengths = texts.map((text) => Buffer.byteLength(text));
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + length, 0));
  let offset = 0;
  texts.forEach((text, at) => {
    offset = bytes.writeUInt32LE(lengths[at] ?? 0, offset);
    offset += bytes.write(text, offset);
  });
  return bytes;
}

/** Each byte's two hexadecimal digits, as they lie in memory. */
const hexPairs = new Uint16Array(
  new Uint8Array(
    Buffer.from(Array.from({ length: 256 }, (_, b) => b.toString(16).padStart(2, "0")).join("")),
  ).buffer,
);

/** A page of keys as length-prefixed texts of 16 digits, the most significant first, all present. */
function hexTexts(keys: BigUint64Array, { start, end }: RowRange): Uint8Array {
  const levels = presentLevels(end - start);
  // Texts begin at an even place, so that two digits are written at once.
  const padding = levels.length & 1;
  const from = padding + levels.length;
  const page = new Uint8Array(from + (end - start) * 20);
  page.set(levels, padding);
  const halves = new Uint32Array(keys.buffer, keys.byteOffset, keys.length * 2);
  const pairs = new Uint16Array(page.buffer, from);
  for (let row = start, at = 0; row < end; row++, at += 10) {
    const high = halves[2 * row + 1] as number;
    const low = halves[2 * row] as number;
    pairs[at] = lengthOfKey;
    for (let byte = 0; byte < 4; byte++) {
      pairs[at + 2 + byte] = hexPairs[(high >>> (24 - 8 * byte)) & 255] as number;
      pairs[at + 6 + byte] = hexPairs[(low >>> (24 - 8 * byte)) & 255] as number;
    }
  }
  return page.subarray(padding);
}

const lengthOfKey = 16;

/** Definition levels of a group in which every cell is present: one run of ones. */
function presentLevels(count: number): Uint8Array {
  const run = Uint8Array.from([...varint(count * 2), 1]);
  return joinBytes([bytesOf(Int32Array.of(run.length)), run]);
}

/** Definition levels by whether a cell is present, with their length in front. */
function levelsOf(isPresent: (at: number) => boolean, count: number): Uint8Array {
  const groups = Math.ceil(count / 8);
  const bits = new Uint8Array(groups);
  for (let at = 0; at < count; at++) if (isPresent(at)) bits[at >> 3]! |= 1 << (at & 7);
  const header = Uint8Array.from(varint(groups * 2 + 1));
  return joinBytes([bytesOf(Int32Array.of(header.length + bits.length)), header, bits]);
}

/** Codes below `size` as one bit-packed run, with their width in front. */
function packCodes(codes: Int32Array, size: number): Uint8Array {
  const width = Math.max(1, 32 - Math.clz32(size - 1));
  const groups = Math.ceil(codes.length / 8);
  const header = varint(groups * 2 + 1);
  const bytes = new Uint8Array(1 + header.length + groups * width);
  bytes[0] = width;
  bytes.set(header, 1);
  let offset = 1 + header.length;
  let held = 0;
  let bits = 0;
  for (let at = 0; at < codes.length; at++) {
    held |= (codes[at] as number) << bits;
    bits += width;
    while (bits >= 8) {
      bytes[offset++] = held & 255;
      held >>>= 8;
      bits -= 8;
    }
  }
  if (bits > 0) bytes[offset] = held & 255;
  return bytes;
}

function varint(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

/** Byte strings one after the other. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
