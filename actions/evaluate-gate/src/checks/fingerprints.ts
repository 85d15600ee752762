import { findColumn, type Column, type Table } from "#core";
import { requireColumn, toText } from "#data";

/** 64 bits a row, in two halves: equal rows have equal ones. */
export interface Fingerprints {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

const SEEDS = { high: 0x9747b28c, low: 0x2c9277b5 } as const;
const MISSING = 0x5bd1e995;

/**
 * Fingerprints of two tables' rows over columns that both have: MurmurHash3's mixing on two seeds,
 * over the bits of numbers and instants and the letters of text. Two different rows among n have
 * one fingerprint with probability n² / 2^65. Linear in cells, without text of any row.
 */
export function fingerprintBoth(
  first: Table,
  second: Table,
  columns: readonly string[],
): readonly [Fingerprints, Fingerprints] {
  const [left, right] = [emptyPrints(first.rows), emptyPrints(second.rows)];
  for (const name of columns) {
    const [one, other] = [findColumn(first, name), findColumn(second, name)];
    if (one === undefined || other === undefined)
      throw new RangeError(`column ${name} is not in both tables`);
    // A column that was read as numbers here and as text there is the same column all the same.
    const isSame = one.kind === other.kind;
    mixColumn(left, isSame ? one : toText(one));
    mixColumn(right, isSame ? other : toText(other));
  }
  return [left, right];
}

/** Fingerprints of one table's rows over some of its columns, as {@link fingerprintBoth} makes them. */
export function fingerprint(table: Table, columns: readonly string[]): Fingerprints {
  const prints = emptyPrints(table.rows);
  for (const name of columns) mixColumn(prints, requireColumn(table, name));
  return prints;
}

function emptyPrints(rows: number): Fingerprints {
  return {
    high: new Uint32Array(rows).fill(SEEDS.high),
    low: new Uint32Array(rows).fill(SEEDS.low),
  };
}

function mixColumn(prints: Fingerprints, column: Column): void {
  if (column.kind === "text") mixText(prints, column);
  else mixNumbers(prints, column.values, column.kind === "number" ? column.missing : null);
}

function mixText(
  prints: Fingerprints,
  { codes, levels }: { readonly codes: Int32Array; readonly levels: readonly string[] },
): void {
  const words = levels.map((level) => ({
    high: hashText(level, SEEDS.high),
    low: hashText(level, SEEDS.low),
  }));
  for (let row = 0; row < codes.length; row++) {
    const word = words[codes[row] ?? -1];
    mixWord(prints, row, word?.high ?? MISSING, word?.low ?? ~MISSING);
  }
}

function mixNumbers(prints: Fingerprints, values: Float64Array, missing: Uint8Array | null): void {
  const number = new Float64Array(1);
  const halves = new Uint32Array(number.buffer);
  for (let row = 0; row < values.length; row++) {
    const value = values[row] ?? Number.NaN;
    if (missing?.[row] === 1) {
      mixWord(prints, row, MISSING, ~MISSING);
      continue;
    }
    // One zero and one NaN.
    number[0] = value === 0 ? 0 : value;
    const isNumber = value === value;
    mixWord(prints, row, isNumber ? (halves[0] ?? 0) : 0, isNumber ? (halves[1] ?? 0) : 0x7ff80000);
  }
}

function mixWord({ high, low }: Fingerprints, row: number, first: number, second: number): void {
  high[row] = mix(mix(high[row] ?? 0, first), second);
  low[row] = mix(mix(low[row] ?? 0, second), first);
}

/** A round of MurmurHash3 with its final avalanche, so that every bit counts at once. */
function mix(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  let h = hash ^ k;
  h = Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  return (h ^ (h >>> 13)) | 0;
}

function hashText(text: string, seed: number): number {
  let hash = seed | 0;
  for (let at = 0; at < text.length; at++) hash = mix(hash, text.charCodeAt(at));
  return mix(hash, text.length);
}

/** Which rows of one table are in another. */
export interface Repeats {
  /** Places of the asked rows that are known, ascending. */
  readonly rows: Uint32Array;
  /** How many of the known rows repeat an earlier known row. */
  readonly amongKnown: number;
}

/** Finds the asked rows that are among the known ones: one hash table, linear. */
export function findRepeats(known: Fingerprints, asked: Fingerprints): Repeats {
  const table = buildTable(known);
  const rows = new Uint32Array(asked.high.length);
  let count = 0;
  for (let row = 0; row < rows.length; row++)
    if (table.find(asked.high[row] ?? 0, asked.low[row] ?? 0) >= 0) rows[count++] = row;
  return { rows: rows.slice(0, count), amongKnown: table.repeats };
}

/** Places of the rows that repeat an earlier one, ascending. */
export function findRepeatsWithin(prints: Fingerprints): Uint32Array {
  const { find } = buildTable(prints);
  const rows: number[] = [];
  prints.high.forEach((high, row) => {
    if (find(high, prints.low[row] ?? 0) !== row) rows.push(row);
  });
  return Uint32Array.from(rows);
}

interface PrintTable {
  /** The first known row with that fingerprint; -1 without one. */
  find(high: number, low: number): number;
  readonly repeats: number;
}

/** Open addressing at most half full. */
function buildTable({ high, low }: Fingerprints): PrintTable {
  let capacity = 16;
  while (capacity < high.length * 2) capacity *= 2;
  const mask = capacity - 1;
  const slots = new Int32Array(capacity).fill(-1);
  /** The slot that holds the fingerprint, or the free one where it belongs. */
  const seek = (ownHigh: number, ownLow: number): number => {
    let slot = ownHigh & mask;
    for (;;) {
      const row = slots[slot] ?? -1;
      if (row < 0 || (high[row] === ownHigh && low[row] === ownLow)) return slot;
      slot = (slot + 1) & mask;
    }
  };
  let repeats = 0;
  for (let row = 0; row < high.length; row++) {
    const slot = seek(high[row] ?? 0, low[row] ?? 0);
    if ((slots[slot] ?? -1) < 0) slots[slot] = row;
    else repeats++;
  }
  return { repeats, find: (ownHigh, ownLow) => slots[seek(ownHigh, ownLow)] ?? -1 };
}
