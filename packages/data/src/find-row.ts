/*
 * Searches of a million cells, written as plain loops: a callback for each cell takes ten times as
 * long until V8 has made them one.
 */

/** The first row that holds no finite number; -1 where all do. */
export function findNonFinite(values: Float64Array): number {
  for (let row = 0; row < values.length; row++) if (!Number.isFinite(values[row])) return row;
  return -1;
}

/** The first row whose code is missing, below 0; -1 where none is. */
export function findMissingCode(codes: Int32Array): number {
  for (let row = 0; row < codes.length; row++) if ((codes[row] as number) < 0) return row;
  return -1;
}

/** Whether every number is in 0..1, as probabilities are. */
export function areWithinUnit(values: Float64Array): boolean {
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    if (!(value >= 0 && value <= 1)) return false;
  }
  return true;
}
