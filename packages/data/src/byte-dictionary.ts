import { isUtf8 } from "node:buffer";

/**
 * Distinct byte strings with a code each, in order of first appearance. No JavaScript string is
 * made until {@link levelsOf} asks for it, so repeated categories cost a hash and a comparison.
 */
export interface ByteDictionary {
  size: number;
  slots: Int32Array;
  hashes: Int32Array;
  /** Ends of each entry in `pool`; entry i starts where i - 1 ends. */
  ends: Float64Array;
  pool: Uint8Array;
  readonly levels: string[];
}

/** An empty dictionary. */
export function createDictionary(): ByteDictionary {
  return {
    size: 0,
    slots: new Int32Array(64).fill(-1),
    hashes: new Int32Array(32),
    ends: new Float64Array(32),
    pool: new Uint8Array(512),
    levels: [],
  };
}

/** Start of the hash that {@link internBytes} expects. */
export const hashSeed = 0x811c9dc5 | 0;

/** The hash of bytes `from` to `to`: FNV-1a, 32 bits. */
export function hashBytes(bytes: Uint8Array, from: number, to: number): number {
  let hash = hashSeed;
  for (let p = from; p < to; p++) hash = Math.imul(hash ^ (bytes[p] as number), 0x01000193);
  return hash;
}

/** The code of bytes `from` to `to`, whose hash is `hash`; new ones get the next code. */
export function internBytes(
  dictionary: ByteDictionary,
  bytes: Uint8Array,
  from: number,
  to: number,
  hash: number,
): number {
  if (dictionary.size === dictionary.hashes.length) growEntries(dictionary);
  const { slots } = dictionary;
  const mask = slots.length - 1;
  let slot = (hash ^ (hash >>> 15)) & mask;
  for (;;) {
    const code = slots[slot] as number;
    if (code < 0) break;
    if (dictionary.hashes[code] === hash && equalsEntry(dictionary, code, bytes, from, to))
      return code;
    slot = (slot + 1) & mask;
  }
  slots[slot] = dictionary.size;
  return addEntry(dictionary, bytes, from, to, hash);
}

function equalsEntry(
  dictionary: ByteDictionary,
  code: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): boolean {
  const start = code === 0 ? 0 : (dictionary.ends[code - 1] as number);
  const length = (dictionary.ends[code] as number) - start;
  if (length !== to - from) return false;
  const { pool } = dictionary;
  for (let i = 0; i < length; i++) if (pool[start + i] !== bytes[from + i]) return false;
  return true;
}

function addEntry(
  dictionary: ByteDictionary,
  bytes: Uint8Array,
  from: number,
  to: number,
  hash: number,
): number {
  const code = dictionary.size++;
  const start = code === 0 ? 0 : (dictionary.ends[code - 1] as number);
  const end = start + (to - from);
  if (end > dictionary.pool.length) {
    const pool = new Uint8Array(Math.max(dictionary.pool.length * 2, end));
    pool.set(dictionary.pool);
    dictionary.pool = pool;
  }
  dictionary.pool.set(bytes.subarray(from, to), start);
  dictionary.hashes[code] = hash;
  dictionary.ends[code] = end;
  return code;
}

function growEntries(dictionary: ByteDictionary): void {
  const capacity = dictionary.hashes.length * 2;
  const hashes = new Int32Array(capacity);
  hashes.set(dictionary.hashes);
  const ends = new Float64Array(capacity);
  ends.set(dictionary.ends);
  const slots = new Int32Array(capacity * 2).fill(-1);
  const mask = slots.length - 1;
  for (let code = 0; code < dictionary.size; code++) {
    const hash = hashes[code] as number;
    let slot = (hash ^ (hash >>> 15)) & mask;
    while ((slots[slot] as number) >= 0) slot = (slot + 1) & mask;
    slots[slot] = code;
  }
  dictionary.hashes = hashes;
  dictionary.ends = ends;
  dictionary.slots = slots;
}

/** The texts by code. The same array every time, grown by what is new. */
export function levelsOf(dictionary: ByteDictionary): readonly string[] {
  const { levels, pool, ends } = dictionary;
  const text = Buffer.from(pool.buffer, pool.byteOffset, pool.byteLength);
  for (let code = levels.length; code < dictionary.size; code++) {
    const start = code === 0 ? 0 : (ends[code - 1] as number);
    levels.push(text.toString("utf8", start, ends[code]));
  }
  return levels;
}

/** The first code from `from` on whose bytes are no UTF-8, -1 when all are: {@link levelsOf} would give several of them one text. */
export function findInvalidText(dictionary: ByteDictionary, from: number): number {
  const levels = levelsOf(dictionary);
  for (let code = from; code < dictionary.size; code++) {
    if (levels[code]?.includes("\uFFFD") === true && !isUtf8(entryBytes(dictionary, code)))
      return code;
  }
  return -1;
}

function entryBytes({ pool, ends }: ByteDictionary, code: number): Uint8Array {
  return pool.subarray(code === 0 ? 0 : ends[code - 1], ends[code]);
}
