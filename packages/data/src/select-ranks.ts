const cells = 1 << 16;

/**
 * Order statistics: the values that would stand at the given places if the finite ones were
 * sorted. Exact, in two passes: a histogram finds the narrow ranges that hold the wanted places,
 * and only what lies in those is sorted.
 *
 * @param placesOf gives the places, from 0 to n - 1 and ascending, for the finite count n
 */
export function selectRanks(
  values: Float64Array,
  placesOf: (n: number) => readonly number[],
): Float64Array {
  let n = 0;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value - value !== 0) continue;
    n++;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const places = n === 0 ? [] : placesOf(n);
  const scale = (cells - 1) / (high - low);
  const narrow = n < 4096 || !Number.isFinite(scale) || !Number.isFinite(high - low);
  if (narrow) return pick(sortFinite(values), places);
  const counts = new Uint32Array(cells);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value - value !== 0) continue;
    const cell = ((value - low) * scale) | 0;
    counts[cell] = (counts[cell] as number) + 1;
  }
  const { marked, size, shifted } = markCells(counts, places);
  const gathered = new Float64Array(size);
  let filled = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value - value !== 0) continue;
    if (marked[((value - low) * scale) | 0] === 1) gathered[filled++] = value;
  }
  return pick(gathered.sort(), shifted);
}

/** The cells that hold wanted places, and where those places stand among these cells' values alone. */
function markCells(
  counts: Uint32Array,
  places: readonly number[],
): { marked: Uint8Array; size: number; shifted: readonly number[] } {
  const marked = new Uint8Array(counts.length);
  const shifted: number[] = [];
  let before = 0;
  let size = 0;
  let next = 0;
  for (let cell = 0; cell < counts.length && next < places.length; cell++) {
    const count = counts[cell] as number;
    const end = before + count;
    while (next < places.length && (places[next] as number) < end) {
      marked[cell] = 1;
      shifted.push((places[next] as number) - before + size);
      next++;
    }
    if (marked[cell] === 1) size += count;
    before = end;
  }
  return { marked, size, shifted };
}

function sortFinite(values: Float64Array): Float64Array {
  return values.filter((value) => Number.isFinite(value)).sort();
}

function pick(sorted: Float64Array, places: readonly number[]): Float64Array {
  return Float64Array.from(places, (place) => sorted[place] as number);
}
