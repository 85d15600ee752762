/** Bytes with a place in them. */
export interface ByteCursor {
  readonly bytes: Uint8Array;
  offset: number;
}

/**
 * Decodes Parquet's mix of run-length and bit-packed runs.
 *
 * @param width bits a value, 0 to 24
 * @returns whether the runs hold as many values as `output` has room for
 * @see https://parquet.apache.org/docs/file-format/data-pages/encodings/ (RLE)
 */
export function decodeRuns(
  cursor: ByteCursor,
  end: number,
  width: number,
  output: Int32Array,
): boolean {
  const { bytes } = cursor;
  const valueBytes = (width + 7) >> 3;
  let filled = 0;
  while (filled < output.length) {
    if (cursor.offset >= end) return false;
    const header = readVarint(cursor);
    if ((header & 1) === 1) {
      const count = Math.min((header >>> 1) * 8, output.length - filled);
      unpackBits(cursor, width, output.subarray(filled, filled + count));
      cursor.offset += (header >>> 1) * width;
      filled += count;
    } else {
      let value = 0;
      for (let i = 0; i < valueBytes; i++) value |= (bytes[cursor.offset++] as number) << (8 * i);
      const count = Math.min(header >>> 1, output.length - filled);
      output.fill(value, filled, filled + count);
      filled += count;
    }
  }
  return true;
}

/** An unsigned integer in groups of seven bits, least significant first. */
export function readVarint(cursor: ByteCursor): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = cursor.bytes[cursor.offset++] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return value >>> 0;
}

/** Unpacks values of `width` bits each from the cursor's place, which is left as it is. */
function unpackBits({ bytes, offset }: ByteCursor, width: number, output: Int32Array): void {
  const mask = (1 << width) - 1;
  let p = offset;
  let held = 0;
  let bits = 0;
  for (let i = 0; i < output.length; i++) {
    while (bits < width) {
      // Writers may leave out the padding of the last group.
      held |= (bytes[p++] ?? 0) << bits;
      bits += 8;
    }
    output[i] = held & mask;
    held >>>= width;
    bits -= width;
  }
}
