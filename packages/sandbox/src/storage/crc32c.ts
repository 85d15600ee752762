const reversedCastagnoli = 0x82f63b78;
const lanes = 8;

type Tables = readonly [
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
];

const tables = buildTables();

// Table k holds the checksum of a byte followed by k zero bytes, so that eight bytes fold at once.
function buildTables(): Tables {
  const first = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte += 1) {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) {
      value = (value & 1) === 1 ? (value >>> 1) ^ reversedCastagnoli : value >>> 1;
    }
    first[byte] = value;
  }
  const built: Uint32Array[] = [first];
  for (let lane = 1; lane < lanes; lane += 1) {
    const before = built[lane - 1] ?? first;
    built.push(before.map((value) => (value >>> 8) ^ (first[value & 0xff] ?? 0)));
  }
  return built as unknown as Tables;
}

/**
 * CRC-32C of bytes that follow those whose checksum is `crc`.
 *
 * @param crc checksum so far as an unsigned 32-bit number; 0 for none
 * @returns checksum as an unsigned 32-bit number
 * @see RFC 3720, appendix B.4; Kounavis and Berry, "Novel Table Lookup-Based Algorithms for
 *   High-Performance CRC Generation" (slicing by eight)
 */
export function updateCrc32c(crc: number, bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables;
  const at = (table: Uint32Array, index: number): number => table[index] as number;
  let value = ~crc >>> 0;
  let offset = 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const whole = bytes.length - (bytes.length % lanes); offset < whole; offset += lanes) {
    const low = value ^ view.getUint32(offset, true);
    const high = view.getUint32(offset + 4, true);
    value =
      at(t7, low & 0xff) ^
      at(t6, (low >>> 8) & 0xff) ^
      at(t5, (low >>> 16) & 0xff) ^
      at(t4, low >>> 24) ^
      at(t3, high & 0xff) ^
      at(t2, (high >>> 8) & 0xff) ^
      at(t1, (high >>> 16) & 0xff) ^
      at(t0, high >>> 24);
  }
  for (; offset < bytes.length; offset += 1) {
    value = (value >>> 8) ^ at(t0, (value ^ (bytes[offset] as number)) & 0xff);
  }
  return ~value >>> 0;
}

/** A CRC-32C as Cloud Storage writes it: base64 of its four bytes, the highest first. */
export function encodeCrc32c(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString("base64");
}
