import { isUtf8 } from "node:buffer";
import { DataError } from "#core";
import type { RecordFault } from "./csv-scanner.ts";
import type { Wrapping } from "./open-bytes.ts";

/** Where a text came from, for the places in messages. */
export interface TextOrigin {
  readonly file: string;
  /** Bytes of the file before the text. */
  readonly skippedBytes: number;
  readonly wrappings: readonly Wrapping[];
}

/** `byte 24`, or `byte 24 of the unpacked UTF-8 text` where the file itself has other bytes. */
function describeByte(origin: TextOrigin, byte: number): string {
  const place = `byte ${byte + origin.skippedBytes}`;
  return origin.wrappings.length === 0 ? place : `${place} of the unpacked UTF-8 text`;
}

/** The error that lists what is wrong with the records of a CSV. */
export function recordFaults(
  origin: TextOrigin,
  faults: readonly RecordFault[],
  header: { readonly width: number; readonly delimiter: string },
): DataError {
  const [first] = faults;
  const lines = faults.map((fault) => describeFault(origin, fault, header.width));
  const kinds = new Set(faults.map((fault) => fault.kind));
  const ragged = kinds.size === 1 && kinds.has("ragged");
  const carriageReturns = kinds.has("lone-carriage-return");
  return new DataError({
    code: carriageReturns ? "CARRIAGE_RETURN_LINES" : ragged ? "RAGGED_CSV" : "BAD_QUOTES",
    message: `${origin.file} is not a sound CSV file: ${lines.join("; ")}.`,
    hint: carriageReturns
      ? carriageReturnHint
      : ragged
        ? `Give every line ${header.width} fields separated by ${nameDelimiter(header.delimiter)}; a field that holds the separator stands in double quotes.`
        : 'Put a field that holds a quote, a separator or a line end in double quotes, and write each quote inside it twice ("").',
    place: {
      file: origin.file,
      ...(first && { line: first.line, byte: first.byte + origin.skippedBytes }),
    },
  });
}

/** What to do with a file whose lines end, or seem to end, with a carriage return. */
export const carriageReturnHint =
  "End every line with a line feed (Python: open(path, \"w\", newline=\"\")), e.g. tr -s '\\r' '\\n' < old.csv > new.csv; a field that holds a carriage return stands in double quotes.";

/** A delimiter as a sentence names it. */
export function nameDelimiter(delimiter: string): string {
  switch (delimiter) {
    case ",":
      return "a comma";
    case ";":
      return "a semicolon";
    case "\t":
      return "a tab";
    default:
      return JSON.stringify(delimiter);
  }
}

function describeFault(origin: TextOrigin, fault: RecordFault, width: number): string {
  const place = `line ${fault.line} (${describeByte(origin, fault.byte)})`;
  switch (fault.kind) {
    case "ragged":
      return `${place} has ${fault.fields} ${fault.fields === 1 ? "field" : "fields"}, the header has ${width}`;
    case "quote-inside":
      return `${place} has a quote inside an unquoted field`;
    case "text-after-quote":
      return `${place} has text after a closing quote`;
    case "open-quote":
      return `${place} opens a quoted field that never closes`;
    case "lone-carriage-return":
      return `${place} has a carriage return without a line feed behind it, outside quotes`;
  }
}

/**
 * Checks that a block of whole lines is UTF-8 without NUL.
 *
 * @throws DataError `NUL_BYTE`, `NOT_UTF8`
 */
export function checkText(
  origin: TextOrigin,
  block: Buffer,
  at: { readonly byte: number; readonly line: number },
): void {
  if (!isUtf8(block)) throw notUtf8(origin, block, at);
  if (block.includes(0)) throw nulBytes(origin, block, at);
}

function notUtf8(
  origin: TextOrigin,
  block: Buffer,
  at: { readonly byte: number; readonly line: number },
): DataError {
  const found = listInvalidBytes(block, 5);
  const places = found.map(
    (offset) =>
      `${describeByte(origin, at.byte + offset)} (line ${at.line + countLines(block, offset)}) is 0x${(block[offset] ?? 0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
  const [first = 0] = found;
  return new DataError({
    code: "NOT_UTF8",
    message: `${origin.file} is not UTF-8: ${places.join(", ")}.`,
    hint: "It looks like Latin-1 or Windows-1252. Convert it: iconv -f WINDOWS-1252 -t UTF-8 old.csv > new.csv",
    place: {
      file: origin.file,
      line: at.line + countLines(block, first),
      byte: at.byte + first + origin.skippedBytes,
    },
  });
}

/** Offsets of the first bytes at which UTF-8 is broken, found line by line. */
function listInvalidBytes(block: Buffer, most: number): readonly number[] {
  const offsets: number[] = [];
  let p = 0;
  while (p < block.length && offsets.length < most) {
    const width = characterWidth(block, p);
    if (width === 0) offsets.push(p);
    p += Math.max(1, width);
  }
  return offsets;
}

/** Bytes of the UTF-8 character at `p`, 0 when there is none. */
function characterWidth(block: Buffer, p: number): number {
  const lead = block[p] ?? 0;
  if (lead < 0x80) return 1;
  const width = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  return p + width <= block.length && isUtf8(block.subarray(p, p + width)) ? width : 0;
}

function nulBytes(
  origin: TextOrigin,
  block: Buffer,
  at: { readonly byte: number; readonly line: number },
): DataError {
  const first = block.indexOf(0);
  let count = 0;
  for (const byte of block) if (byte === 0) count++;
  const utf16 = count > block.length / 3;
  const line = at.line + countLines(block, first);
  return new DataError({
    code: "NUL_BYTE",
    message: `${origin.file} holds NUL bytes (${count} in what was read so far), the first at ${describeByte(origin, at.byte + first)} (line ${line}).`,
    hint: utf16
      ? "It looks like UTF-16 without a byte order mark. Save it as UTF-8."
      : "Text holds no NUL: the file is damaged or binary. Remove them: tr -d '\\000' < old.csv > new.csv",
    place: { file: origin.file, line, byte: at.byte + first + origin.skippedBytes },
  });
}

function countLines(block: Buffer, end: number): number {
  let lines = 0;
  for (let p = 0; p < end; p++) if (block[p] === 10) lines++;
  return lines;
}
