import type { Column, NumberColumn } from "#core";
import { sortedOrder } from "#stats";

/** Rows of two tables that belong together: `left[k]` and `right[k]` are the same row. */
export interface JoinedRows {
  readonly left: Uint32Array;
  readonly right: Uint32Array;
}

/** Rows that can be joined, by the columns of their ids or by the keys that are made of these. */
export interface KeyedRows {
  /** The id columns; none where a file holds keys in their place. */
  readonly ids: readonly Column[];
  /** Made when they are asked for: hashing a million ids takes its time. */
  readonly keys: BigUint64Array;
}

/**
 * Joins rows by their ids: by comparing the columns themselves where both tables hold them in one
 * order, or where the id is one column of numbers; else by their keys.
 */
export function joinKeyedRows(left: KeyedRows, right: KeyedRows): JoinedRows {
  if (left.ids.length > 0 && left.ids.length === right.ids.length) {
    if (left.ids.every((column, at) => holdsTheSame(column, right.ids[at])))
      return sameRows(lengthOf(left.ids[0]));
    const [mine, theirs] = [left.ids, right.ids].map((columns) =>
      columns.length === 1 ? plainNumbers(columns[0]) : null,
    );
    if (mine && theirs) return joinNumbers(mine, theirs);
  }
  return joinRows(left.keys, right.keys);
}

function sameRows(count: number): JoinedRows {
  const all = new Uint32Array(count);
  for (let row = 0; row < count; row++) all[row] = row;
  return { left: all, right: all };
}

function lengthOf(column: Column | undefined): number {
  return column === undefined
    ? 0
    : column.kind === "text"
      ? column.codes.length
      : column.values.length;
}

/** Whether two columns hold the same cells, row by row. */
function holdsTheSame(left: Column, right: Column | undefined): boolean {
  if (right === undefined || left.kind !== right.kind || lengthOf(left) !== lengthOf(right))
    return false;
  if (left.kind === "text" || right.kind === "text")
    return left.kind === "text" && right.kind === "text" && holdsTheSameTexts(left, right);
  const [mine, theirs] = [left.values, right.values];
  // NaN is not equal to itself: missing and broken ids are left to the keys.
  for (let row = 0; row < mine.length; row++) if (mine[row] !== theirs[row]) return false;
  return true;
}

type Texts = Column & { readonly kind: "text" };

function holdsTheSameTexts(left: Texts, right: Texts): boolean {
  for (let row = 0; row < left.codes.length; row++) {
    const [mine, theirs] = [left.codes[row] ?? -1, right.codes[row] ?? -1];
    if (mine < 0 || left.levels[mine] !== right.levels[theirs]) return false;
  }
  return true;
}

/** The numbers of an id column in which every cell is a finite number. */
function plainNumbers(column: Column | undefined): Float64Array | null {
  if (column?.kind !== "number") return null;
  const { values }: NumberColumn = column;
  for (let row = 0; row < values.length; row++) if (!Number.isFinite(values[row])) return null;
  return values;
}

/** Joins equal numbers, the first to the first, in the left order: both sides are sorted and merged. */
function joinNumbers(left: Float64Array, right: Float64Array): JoinedRows {
  const [mine, theirs] = [sortedOrder(left), sortedOrder(right)];
  const partner = new Int32Array(left.length).fill(-1);
  let found = 0;
  for (let l = 0, r = 0; l < mine.length && r < theirs.length;) {
    const [row, other] = [mine[l] ?? 0, theirs[r] ?? 0];
    const [value, otherValue] = [left[row] ?? 0, right[other] ?? 0];
    if (value === otherValue) {
      partner[row] = other;
      found++;
    }
    if (value <= otherValue) l++;
    if (value >= otherValue) r++;
  }
  const joined = { left: new Uint32Array(found), right: new Uint32Array(found) };
  let at = 0;
  for (let row = 0; row < partner.length; row++) {
    const other = partner[row] ?? -1;
    if (other < 0) continue;
    joined.left[at] = row;
    joined.right[at++] = other;
  }
  return joined;
}

/**
 * Joins rows by their keys, in the left table's order. Rows that share a key (equal rows without
 * an id) are joined first to first, second to second.
 */
export function joinRows(left: BigUint64Array, right: BigUint64Array): JoinedRows {
  // The usual case: both files hold the rows in one order.
  if (isEqual(left, right)) return sameRows(left.length);
  const places = new Map<bigint, number[]>();
  right.forEach((key, row) => {
    const rows = places.get(key);
    if (rows === undefined) places.set(key, [row]);
    else rows.push(row);
  });
  const taken = new Map<bigint, number>();
  const found: [number, number][] = [];
  left.forEach((key, row) => {
    const rows = places.get(key);
    const at = taken.get(key) ?? 0;
    const other = rows?.[at];
    if (other === undefined) return;
    taken.set(key, at + 1);
    found.push([row, other]);
  });
  return {
    left: Uint32Array.from(found, ([row]) => row),
    right: Uint32Array.from(found, ([, row]) => row),
  };
}

function isEqual(left: BigUint64Array, right: BigUint64Array): boolean {
  return left.length === right.length && left.every((key, row) => key === right[row]);
}
