import { hashSeed, internBytes } from "./byte-dictionary.ts";
import {
  dateKind,
  numberKind,
  skippedKind,
  storeField,
  textKind,
  type CsvColumn,
  type FieldRules,
} from "./csv-columns.ts";
import { parseDayBytes } from "./date-text.ts";
import { parseLongDecimal, powersOfTen } from "./number-bytes.ts";

const lineFeed = 10;
const carriageReturn = 13;
const quote = 34;

/** What is wrong with one record. Bytes count from the start of the text. */
export type RecordFault =
  | {
      readonly kind: "ragged";
      readonly line: number;
      readonly byte: number;
      readonly fields: number;
    }
  | { readonly kind: "quote-inside"; readonly line: number; readonly byte: number }
  | { readonly kind: "text-after-quote"; readonly line: number; readonly byte: number }
  | { readonly kind: "open-quote"; readonly line: number; readonly byte: number }
  | { readonly kind: "lone-carriage-return"; readonly line: number; readonly byte: number };

/** State of a scan over the blocks of one file. */
export interface CsvScanner {
  readonly columns: readonly CsvColumn[];
  readonly delimiter: number;
  readonly rules: FieldRules;
  /** Whether plain numbers may be stored without asking whether they stand for a missing value. */
  readonly fastNumbers: boolean;
  /** Rows in the current batch. */
  row: number;
  /** Line of the next record, from 1. */
  line: number;
  /** Byte of the text at which the current block starts. */
  blockByte: number;
  /** Whether the block ended inside a quoted field. */
  incomplete: boolean;
  readonly faults: RecordFault[];
  scratch: Uint8Array;
}

const maximumFaults = 10;

/**
 * Stores the records of a block in the columns until the block or the batch is full.
 *
 * @param end the block's length; its last byte is a line feed
 * @param final whether no byte of the file follows
 * @returns where to go on: the end, or the start of the first record that was not stored
 */
export function scanRecords(
  scanner: CsvScanner,
  bytes: Uint8Array,
  range: { start: number; end: number; final: boolean },
): number {
  const { columns, delimiter, fastNumbers } = scanner;
  const { end } = range;
  const last = columns.length - 1;
  const { batchRows } = scanner.rules;
  const innerField = { own: delimiter, last: false };
  const lastField = { own: delimiter, last: true };
  let position = range.start;
  while (position < end && scanner.row < batchRows && scanner.faults.length < maximumFaults) {
    const recordStart = position;
    if (isBlankLine(bytes, position)) {
      position += bytes[position] === lineFeed ? 1 : 2;
      scanner.line++;
      continue;
    }
    const recordLine = scanner.line;
    let c = 0;
    for (; c <= last; c++) {
      const column = columns[c] as CsvColumn;
      const terminator = c === last ? lineFeed : delimiter;
      if (column.kind === numberKind && fastNumbers) {
        const next = scanNumber(column, scanner.row, bytes, position, terminator);
        if (next >= 0) {
          position = next;
          continue;
        }
      } else if (column.kind === textKind && fastNumbers) {
        const next = scanText(
          column,
          scanner.row,
          bytes,
          position,
          c === last ? lastField : innerField,
        );
        if (next >= 0) {
          position = next;
          continue;
        }
      }
      if (column.kind === dateKind && fastNumbers) {
        const next = scanDay(column, scanner.row, bytes, position, terminator);
        if (next >= 0) {
          position = next;
          continue;
        }
      }
      const next = scanField(scanner, column, bytes, {
        position,
        end,
        terminator,
        final: range.final,
      });
      if (next < 0) break;
      position = next;
    }
    if (c > last) {
      scanner.row++;
      scanner.line++;
      continue;
    }
    if (scanner.incomplete) {
      scanner.line = recordLine;
      return recordStart;
    }
    position = skipFaultyRecord(scanner, bytes, recordStart, recordLine);
  }
  return position;
}

function isBlankLine(bytes: Uint8Array, position: number): boolean {
  const first = bytes[position] as number;
  return first === lineFeed || (first === carriageReturn && bytes[position + 1] === lineFeed);
}

/** Stores a plain decimal number and returns where the next field starts; -1 when the field is anything else. */
function scanNumber(
  column: CsvColumn,
  row: number,
  bytes: Uint8Array,
  start: number,
  terminator: number,
): number {
  let p = start;
  let byte = bytes[p] as number;
  const negative = byte === 45;
  if (negative) byte = bytes[++p] as number;
  const digitsStart = p;
  let mantissa = 0;
  while (byte >= 48 && byte <= 57) {
    mantissa = mantissa * 10 + (byte - 48);
    byte = bytes[++p] as number;
  }
  let digits = p - digitsStart;
  let scale = 0;
  const hasPoint = byte === 46;
  if (hasPoint) {
    const fraction = ++p;
    byte = bytes[p] as number;
    while (byte >= 48 && byte <= 57) {
      mantissa = mantissa * 10 + (byte - 48);
      byte = bytes[++p] as number;
    }
    scale = p - fraction;
    digits += scale;
  }
  const numberEnd = p;
  if (byte === carriageReturn && terminator === lineFeed) byte = bytes[++p] as number;
  if (digits === 0 || byte !== terminator) return -1;
  let value: number;
  if (digits <= 15) value = mantissa / (powersOfTen[scale] as number);
  else {
    // A whole number of 16 digits or more may be beyond 2^53: the general path decides.
    if (!hasPoint) return -1;
    value = parseLongDecimal(bytes, digitsStart, numberEnd, digits, scale);
    if (value !== value) return -1;
  }
  column.values[row] = negative ? -value : value;
  if (hasPoint) column.plain = false;
  return p + 1;
}

/**
 * Stores an unquoted, non-empty text; -1 when the field is anything else.
 *
 * @param delimiters the file's delimiter, and whether this is a record's last field, where it may not stand
 */
function scanText(
  column: CsvColumn,
  row: number,
  bytes: Uint8Array,
  start: number,
  delimiters: { readonly own: number; readonly last: boolean },
): number {
  const { own, last } = delimiters;
  let hash = hashSeed;
  let p = start;
  let byte = bytes[p] as number;
  while (byte !== own && byte !== lineFeed) {
    if (byte === quote || byte === carriageReturn) break;
    hash = Math.imul(hash ^ byte, 0x01000193);
    byte = bytes[++p] as number;
  }
  const to = p;
  if (byte === carriageReturn && last) byte = bytes[++p] as number;
  if (to === start || byte !== (last ? lineFeed : own)) return -1;
  column.codes[row] = internBytes(column.dictionary, bytes, start, to, hash);
  return p + 1;
}

/** Stores a plain `YYYY-MM-DD`; -1 when the field is anything else. */
function scanDay(
  column: CsvColumn,
  row: number,
  bytes: Uint8Array,
  start: number,
  terminator: number,
): number {
  let end = start + 10;
  if (end >= bytes.length) return -1;
  if (bytes[end] === carriageReturn && terminator === lineFeed) end++;
  if (bytes[end] !== terminator) return -1;
  const day = parseDayBytes(bytes, start);
  if (day !== day) return -1;
  column.values[row] = day;
  return end + 1;
}

interface FieldPlace {
  readonly position: number;
  readonly end: number;
  readonly terminator: number;
  readonly final: boolean;
}

/** Stores any field; -1 when it is faulty, incomplete or not ended by `terminator`. */
function scanField(
  scanner: CsvScanner,
  column: CsvColumn,
  bytes: Uint8Array,
  place: FieldPlace,
): number {
  const { position, terminator } = place;
  if (bytes[position] === quote) return scanQuoted(scanner, column, bytes, place);
  let p = position;
  for (;;) {
    const byte = bytes[p] as number;
    if (byte === scanner.delimiter || byte === lineFeed) break;
    if (byte === quote) {
      addFault(scanner, { kind: "quote-inside", line: scanner.line, byte: scanner.blockByte + p });
      return -1;
    }
    // Readers do not agree on it: some end the line here, some keep it in the field.
    if (byte === carriageReturn && bytes[p + 1] !== lineFeed) {
      const { line, blockByte } = scanner;
      addFault(scanner, { kind: "lone-carriage-return", line, byte: blockByte + p });
      return -1;
    }
    p++;
  }
  if (bytes[p] !== terminator) return -1;
  const to = terminator === lineFeed && p > position && bytes[p - 1] === carriageReturn ? p - 1 : p;
  if (column.kind !== skippedKind) {
    const field = { bytes, from: position, to, quoted: false, line: scanner.line };
    storeField(column, scanner.row, field, scanner.rules);
  }
  return p + 1;
}

function scanQuoted(
  scanner: CsvScanner,
  column: CsvColumn,
  bytes: Uint8Array,
  { position, end, terminator, final }: FieldPlace,
): number {
  const { line } = scanner;
  let newLines = 0;
  let doubled = 0;
  let p = position + 1;
  for (; p < end; p++) {
    const byte = bytes[p] as number;
    if (byte === lineFeed) newLines++;
    if (byte !== quote) continue;
    if (bytes[p + 1] !== quote) break;
    doubled++;
    p++;
  }
  if (p >= end) {
    if (final) addFault(scanner, { kind: "open-quote", line, byte: scanner.blockByte + position });
    else scanner.incomplete = true;
    return -1;
  }
  let next = p + 1;
  if (terminator === lineFeed && bytes[next] === carriageReturn && bytes[next + 1] === lineFeed)
    next++;
  const ending = bytes[next] as number;
  if (ending !== terminator) {
    const ragged = ending === scanner.delimiter || ending === lineFeed || isBlankLine(bytes, next);
    if (!ragged) {
      addFault(scanner, {
        kind: "text-after-quote",
        line: line + newLines,
        byte: scanner.blockByte + next,
      });
    }
    return -1;
  }
  scanner.line += newLines;
  if (column.kind !== skippedKind) {
    const content = doubled === 0 ? undefined : unescape(scanner, bytes, position + 1, p);
    storeField(
      column,
      scanner.row,
      content === undefined
        ? { bytes, from: position + 1, to: p, quoted: true, line }
        : { bytes: scanner.scratch, from: 0, to: content, quoted: true, line },
      scanner.rules,
    );
  }
  return next + 1;
}

/** Copies a quoted field into the scratch bytes with each doubled quote as one; returns its length. */
function unescape(scanner: CsvScanner, bytes: Uint8Array, from: number, to: number): number {
  if (scanner.scratch.length < to - from) scanner.scratch = new Uint8Array((to - from) * 2);
  const { scratch } = scanner;
  let length = 0;
  for (let p = from; p < to; p++) {
    const byte = bytes[p] as number;
    scratch[length++] = byte;
    if (byte === quote) p++;
  }
  return length;
}

function addFault(scanner: CsvScanner, fault: RecordFault): void {
  scanner.faults.push(fault);
}

/** Goes to the next line after a record that could not be stored; a wrong number of fields is counted here. */
function skipFaultyRecord(
  scanner: CsvScanner,
  bytes: Uint8Array,
  start: number,
  line: number,
): number {
  const explained = (scanner.faults.at(-1)?.line ?? -1) >= line;
  let fields = 1;
  let newLines = 0;
  let inQuotes = false;
  let p = start;
  for (; p < bytes.length; p++) {
    const byte = bytes[p] as number;
    if (byte === quote && !explained) inQuotes = !inQuotes;
    if (byte === scanner.delimiter && !inQuotes) fields++;
    if (byte !== lineFeed) continue;
    newLines++;
    if (!inQuotes) break;
  }
  if (!explained)
    addFault(scanner, { kind: "ragged", line, byte: scanner.blockByte + start, fields });
  scanner.line = line + newLines;
  return p + 1;
}
