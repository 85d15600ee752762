/** How protobuf writes a field. */
export const wireTypes = { varint: 0, fixed64: 1, delimited: 2, fixed32: 5 } as const;

/** A place in serialized protobuf, moved on by what is read there. */
export interface WireCursor {
  at: number;
  readonly end: number;
}

/** Varints have ten bytes at most. */
export const LONGEST_VARINT = 10;

/** Reads a varint as a number (exact below 2^53) and moves on; -1 where it does not end. */
export function readVarint(bytes: Uint8Array, cursor: WireCursor): number {
  let value = 0;
  let scale = 1;
  const last = Math.min(cursor.end, cursor.at + LONGEST_VARINT);
  for (let at = cursor.at; at < last; at += 1) {
    const byte = bytes[at]!;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      cursor.at = at + 1;
      return value;
    }
    scale *= 128;
  }
  return -1;
}

/** Moves over the value of a field; `false` where it does not fit, and for groups, which ONNX has not. */
export function skipValue(bytes: Uint8Array, cursor: WireCursor, wireType: number): boolean {
  switch (wireType) {
    case wireTypes.varint:
      return readVarint(bytes, cursor) >= 0;
    case wireTypes.delimited: {
      const length = readVarint(bytes, cursor);
      return length >= 0 && skipBytes(cursor, length);
    }
    case wireTypes.fixed32:
      return skipBytes(cursor, 4);
    case wireTypes.fixed64:
      return skipBytes(cursor, 8);
    default:
      return false;
  }
}

function skipBytes(cursor: WireCursor, count: number): boolean {
  if (cursor.at + count > cursor.end) return false;
  cursor.at += count;
  return true;
}

/**
 * Moves over the fields of a one-byte tag that follow one another, as lists are written.
 *
 * @returns how many they were; -1 where one does not end
 */
export function skipRun(bytes: Uint8Array, cursor: WireCursor, tag: number): number {
  const isVarint = tag % 8 === wireTypes.varint;
  let count = 0;
  while (cursor.at < cursor.end && bytes[cursor.at] === tag) {
    cursor.at += 1;
    // Most numbers of trees take one byte.
    if (isVarint && cursor.at < cursor.end && bytes[cursor.at]! < 0x80) cursor.at += 1;
    else if (!skipValue(bytes, cursor, tag % 8)) return -1;
    count += 1;
  }
  return count;
}
