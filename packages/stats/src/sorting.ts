/** Below this many values a comparison sort beats the histogram passes of a radix sort. */
const smallestRadixSort = 512;

/**
 * Row numbers in ascending order of their values; equal values keep their order, NaN comes last.
 *
 * A radix sort on the upper 32 bits of the doubles, then a repair of the few runs that share them:
 * a million values take some 30 ms.
 */
export function sortedOrder(values: Float64Array): Uint32Array {
  return values.length < smallestRadixSort ? orderByComparison(values) : orderByRadix(values);
}

function orderByComparison(values: Float64Array): Uint32Array {
  const order = new Uint32Array(values.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  return order.sort((a, b) => compareWithNanLast(values[a]!, values[b]!) || a - b);
}

function compareWithNanLast(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

function orderByRadix(values: Float64Array): Uint32Array {
  const { keys, order } = orderByUpperHalf(values);
  repairRuns(values, keys, order);
  // Given back at once: the collector sees little reason to hurry for a few small objects.
  keys.buffer.transfer(0);
  return order;
}

/** Row numbers in ascending order of the upper 32 bits of their values, and those bits. */
export function orderByUpperHalf(values: Float64Array): {
  readonly keys: Uint32Array<ArrayBuffer>;
  readonly order: Uint32Array<ArrayBuffer>;
} {
  const digits = [new Uint32Array(2049), new Uint32Array(2049), new Uint32Array(2049)] as const;
  let keys = upperKeys(values, digits);
  let order = new Uint32Array(values.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  let spareKeys = new Uint32Array(values.length);
  let spareOrder = new Uint32Array(values.length);
  for (const [digit, starts] of digits.entries()) {
    const shift = 11 * digit;
    if (starts[((keys[0]! >>> shift) & digitMask) + 1] === keys.length) continue;
    for (let b = 1; b <= digitMask; b++) starts[b]! += starts[b - 1]!;
    scatter({ keys, order, spareKeys, spareOrder, starts, shift });
    [keys, spareKeys] = [spareKeys, keys];
    [order, spareOrder] = [spareOrder, order];
  }
  spareOrder.buffer.transfer(0);
  spareKeys.buffer.transfer(0);
  return { keys, order };
}

const isLittleEndian = new Uint8Array(new Float64Array([1]).buffer)[7] !== 0;

/** Keys are sorted by eleven bits at a time, from the lowest. */
const digitMask = 2047;

type DigitCounts = readonly [Uint32Array, Uint32Array, Uint32Array];

/**
 * The upper half of each double, changed so that unsigned order is numeric order.
 *
 * @param digits receive how many keys have each value of a digit, one place later.
 */
function upperKeys(
  values: Float64Array,
  [low, middle, high]: DigitCounts,
): Uint32Array<ArrayBuffer> {
  const keys = new Uint32Array(values.length);
  const halves = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  const upper = isLittleEndian ? 1 : 0;
  for (let i = 0; i < keys.length; i++) {
    const value = values[i]!;
    const half = halves[2 * i + upper]!;
    // -0 counts as 0, and NaN stands above Infinity whatever its sign bit.
    let key = half >>> 31 === 1 ? ~half : half | 0x80000000;
    if (value === 0) key = 0x80000000;
    else if (Number.isNaN(value)) key = 0xffffffff;
    keys[i] = key;
    low[(key & digitMask) + 1]!++;
    middle[((key >>> 11) & digitMask) + 1]!++;
    high[(key >>> 22) + 1]!++;
  }
  return keys;
}

interface ScatterPass {
  readonly keys: Uint32Array;
  readonly order: Uint32Array;
  readonly spareKeys: Uint32Array;
  readonly spareOrder: Uint32Array;
  readonly starts: Uint32Array;
  readonly shift: number;
}

function scatter(pass: ScatterPass): void {
  const { keys, order, spareKeys, spareOrder, starts, shift } = pass;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    const at = starts[(key >>> shift) & digitMask]!++;
    spareKeys[at] = key;
    spareOrder[at] = order[i]!;
  }
}

/** Runs up to this long are sorted by insertion. */
const longestInsertion = 24;

/** Sorts the runs whose upper halves agree but whose values do not. */
function repairRuns(values: Float64Array, keys: Uint32Array, order: Uint32Array): void {
  for (let start = 0; start < keys.length;) {
    const key = keys[start]!;
    let end = start + 1;
    while (end < keys.length && keys[end] === key) end++;
    if (end - start > longestInsertion) sortLongRun(values, order.subarray(start, end));
    else if (end - start > 1) insertRun(values, order, [start, end]);
    start = end;
  }
}

function insertRun(
  values: Float64Array,
  order: Uint32Array,
  [start, end]: readonly [number, number],
): void {
  for (let k = start + 1; k < end; k++) {
    const row = order[k]!;
    const value = values[row]!;
    let at = k;
    while (at > start && values[order[at - 1]!]! > value) {
      order[at] = order[at - 1]!;
      at--;
    }
    order[at] = row;
  }
}

function sortLongRun(values: Float64Array, run: Uint32Array): void {
  for (let k = 1; k < run.length; k++) {
    if (!(values[run[k]!]! < values[run[k - 1]!]!)) continue;
    run.sort((a, b) => compareWithNanLast(values[a]!, values[b]!) || a - b);
    return;
  }
}

/** An ascending copy of values; NaN comes last. */
export function sortedCopy(values: ArrayLike<number>): Float64Array {
  return new Float64Array(values).sort();
}
