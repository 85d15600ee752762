/** Rows that an inner loop takes at its first call, and at most. */
const firstRows = 16;
const mostRows = 4096;

/**
 * Visits rows 0 to `count` in blocks, in order: each twice the one before, up to some thousands.
 *
 * V8 replaces a function by its optimised form between calls. A single call over a million rows is
 * optimised in the middle, where sums that live across the switch become an object for each row,
 * and where what follows the loop is not yet known: the same loop called once a block takes a third
 * of the time, once a few short calls have shown all of it.
 *
 * @param visit adds up or fills the rows from `from` to below `to`.
 */
export function forEachBlock(count: number, visit: (from: number, to: number) => void): void {
  let size = firstRows;
  for (let from = 0; from < count;) {
    const to = Math.min(count, from + size);
    visit(from, to);
    from = to;
    size = Math.min(mostRows, 2 * size);
  }
}
