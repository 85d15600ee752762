/** Rows of two tables that belong together: `left[k]` and `right[k]` are the same row. */
export interface JoinedRows {
  readonly left: Uint32Array;
  readonly right: Uint32Array;
}

/**
 * Joins rows by their keys, in the left table's order. Rows that share a key (equal rows without
 * an id) are joined first to first, second to second.
 */
export function joinRows(left: BigUint64Array, right: BigUint64Array): JoinedRows {
  if (isEqual(left, right)) {
    // The usual case: both files hold the rows in one order.
    const all = Uint32Array.from(left, (_, row) => row);
    return { left: all, right: all };
  }
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
