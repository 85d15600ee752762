import type { Discordant } from "../hypothesis/proportions.ts";
import { confusionFromCells } from "../metrics/confusion.ts";
import type { Codes, GroupColumn } from "../metrics/evaluation.ts";
import { groupTables } from "../metrics/fairness.ts";
import type { CountKernel, GroupKernel } from "../metrics/kernel.ts";

/** A kernel that sees only counts of codes. */
export type TableKernel = CountKernel | GroupKernel;

/**
 * Rows of one or two kernels over the same truth as cells: rows that agree in truth, predictions
 * and group are one cell.
 */
export interface JointTable {
  /** Rows in each cell. */
  readonly counts: Float64Array;
  /** Cell of each row; -1 where the row is left out. */
  readonly cellOfRow: () => Int32Array;
  /** Metric of each kernel from the cells' weights; NaN where undefined. */
  readonly evaluate: (weights: Float64Array) => number[];
}

/** Tables of up to this many possible cells are addressed directly; larger ones by a map. */
const largestDirectTable = 1 << 16;

/** Finds the cells of the rows of kernels that share truth (and group column). */
export function jointTable(kernels: readonly TableKernel[]): JointTable {
  const first = kernels[0]!;
  const classCount = classCountOf(first);
  const column = first.kind === "groups" ? first.column : null;
  const groupCount = column === null ? 1 : column.names.length;
  const size = groupCount * classCount ** (kernels.length + 1);
  const { keyOfCell, counts } =
    column === null && size <= largestDirectTable
      ? usedCells(countJointly(kernels, classCount))
      : countKeys(rowKeys(kernels, classCount, column), size);
  const slots = kernels.map((_, k) =>
    slotsOf(keyOfCell, { classCount, kernels: kernels.length, k }),
  );
  let cellOfRow: Int32Array | undefined;
  return {
    counts,
    cellOfRow: () =>
      (cellOfRow ??= numberRows(rowKeys(kernels, classCount, column), keyOfCell, size)),
    evaluate: (weights) =>
      kernels.map((kernel, k) =>
        evaluateCells(kernel, fillCells(weights, slots[k]!, groupCount * classCount ** 2)),
      ),
  };
}

function classCountOf(kernel: TableKernel): number {
  return kernel.kind === "counts" ? kernel.matrix.classCount : kernel.classCount;
}

/** The cell of each row as one number; -1 where its group is not known. */
function rowKeys(
  kernels: readonly TableKernel[],
  classCount: number,
  column: GroupColumn | null,
): Float64Array {
  const { truth } = kernels[0]!;
  const keys = new Float64Array(truth.length);
  for (let i = 0; i < keys.length; i++) {
    const group = column === null ? 0 : column.codes[i]!;
    keys[i] = group < 0 ? -1 : group * classCount + truth[i]!;
  }
  for (const { prediction } of kernels)
    for (let i = 0; i < keys.length; i++)
      if (keys[i]! >= 0) keys[i] = keys[i]! * classCount + prediction[i]!;
  return keys;
}

/** Counts that two predictions of one truth were found to have together. */
interface KeptCounts {
  readonly truth: Codes;
  readonly second: Codes | undefined;
  readonly counts: Float64Array;
}

const latestCounts = new WeakMap<object, KeptCounts>();

/** Rows by truth and predictions, directly addressed; the latest of a prediction is kept. */
function countJointly(kernels: readonly TableKernel[], classCount: number): Float64Array {
  const [first, second] = kernels as [TableKernel, TableKernel?];
  const known = latestCounts.get(first.prediction);
  if (known?.truth === first.truth && known.second === second?.prediction) return known.counts;
  const counts = new Float64Array(classCount ** (kernels.length + 1));
  const { truth, prediction } = first;
  const other = second?.prediction;
  for (let i = 0; i < truth.length; i++) {
    const key = truth[i]! * classCount + prediction[i]!;
    counts[other === undefined ? key : key * classCount + other[i]!]!++;
  }
  latestCounts.set(first.prediction, { truth, second: other, counts });
  return counts;
}

/** Rows that only the first, or only the second, of two predictions of one truth has right. */
export function discordantRows(first: CountKernel, second: CountKernel): Discordant {
  const { classCount } = first.matrix;
  if (classCount ** 3 > largestDirectTable) return compareRows(first, second);
  const counts = countJointly([first, second], classCount);
  let [onlyFirst, onlySecond] = [0, 0];
  counts.forEach((count, key) => {
    const truth = Math.floor(key / classCount ** 2);
    const isFirst = Math.floor(key / classCount) % classCount === truth;
    const isSecond = key % classCount === truth;
    if (isFirst && !isSecond) onlyFirst += count;
    if (isSecond && !isFirst) onlySecond += count;
  });
  return { onlyFirst, onlySecond };
}

function compareRows(first: CountKernel, second: CountKernel): Discordant {
  let [onlyFirst, onlySecond] = [0, 0];
  const { truth } = first;
  for (let i = 0; i < truth.length; i++) {
    const isFirst = first.prediction[i] === truth[i];
    if (isFirst === (second.prediction[i] === truth[i])) continue;
    if (isFirst) onlyFirst++;
    else onlySecond++;
  }
  return { onlyFirst, onlySecond };
}

interface CellCounts {
  /** Ascending: the rows' order does not matter. */
  readonly keyOfCell: readonly number[];
  readonly counts: Float64Array;
}

function usedCells(counts: Float64Array): CellCounts {
  const keyOfCell: number[] = [];
  counts.forEach((count, key) => {
    if (count > 0) keyOfCell.push(key);
  });
  return { keyOfCell, counts: Float64Array.from(keyOfCell, (key) => counts[key]!) };
}

function countKeys(keys: Float64Array, size: number): CellCounts {
  if (size <= largestDirectTable) {
    const counts = new Float64Array(size);
    for (let i = 0; i < keys.length; i++) if (keys[i]! >= 0) counts[keys[i]!]!++;
    return usedCells(counts);
  }
  const counts = new Map<number, number>();
  for (const key of keys) if (key >= 0) counts.set(key, (counts.get(key) ?? 0) + 1);
  const keyOfCell = [...counts.keys()].sort((a, b) => a - b);
  return { keyOfCell, counts: Float64Array.from(keyOfCell, (key) => counts.get(key)!) };
}

/** The cell of each row, by the cells' keys. */
function numberRows(keys: Float64Array, keyOfCell: readonly number[], size: number): Int32Array {
  const cellOfKey = new Map(keyOfCell.map((key, cell) => [key, cell]));
  const direct = new Int32Array(size <= largestDirectTable ? size : 0);
  if (direct.length > 0) for (const [key, cell] of cellOfKey) direct[key] = cell;
  const cellOfRow = new Int32Array(keys.length).fill(-1);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    if (key >= 0) cellOfRow[i] = direct.length > 0 ? direct[key]! : cellOfKey.get(key)!;
  }
  return cellOfRow;
}

/** Where each joint cell counts in the matrix (or matrices a group) of one kernel. */
function slotsOf(
  keyOfCell: readonly number[],
  { classCount, kernels, k }: { classCount: number; kernels: number; k: number },
): Int32Array {
  return Int32Array.from(keyOfCell, (key) => {
    const truthAndGroup = Math.floor(key / classCount ** kernels);
    const prediction = Math.floor(key / classCount ** (kernels - 1 - k)) % classCount;
    return truthAndGroup * classCount + prediction;
  });
}

function fillCells(weights: Float64Array, slots: Int32Array, size: number): Float64Array {
  const cells = new Float64Array(size);
  for (let cell = 0; cell < weights.length; cell++) cells[slots[cell]!]! += weights[cell]!;
  return cells;
}

function evaluateCells(kernel: TableKernel, cells: Float64Array): number {
  if (kernel.kind === "counts") {
    const { classCount, classes } = kernel.matrix;
    return kernel.evaluate(confusionFromCells(cells, classCount, classes)).value ?? Number.NaN;
  }
  const { column, classCount, positive } = kernel;
  const tables = groupTables(cells, { groups: column.names, classCount, positive });
  return kernel.evaluate(tables).value ?? Number.NaN;
}

/** Weight of each cell over all rows. */
export function cellWeights(table: JointTable, weights: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(table.counts.length);
  const cellOfRow = table.cellOfRow();
  for (let i = 0; i < cellOfRow.length; i++)
    if (cellOfRow[i]! >= 0) sums[cellOfRow[i]!]! += weights[i]!;
  return sums;
}
