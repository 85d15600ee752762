import { confusionFromCells } from "../metrics/confusion.ts";
import type { Codes } from "../metrics/evaluation.ts";
import { groupTables } from "../metrics/fairness.ts";
import type { CountKernel, GroupKernel } from "../metrics/kernel.ts";

/** A kernel that sees only counts of codes. */
export type TableKernel = CountKernel | GroupKernel;

/**
 * Rows of one or two kernels over the same truth as cells: rows that agree in truth, predictions
 * and group are one cell.
 */
export interface JointTable {
  /** Cell of each row; -1 where the row is left out. */
  readonly cellOfRow: Int32Array;
  readonly cellCount: number;
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
  const keys = new Float64Array(first.truth.length);
  for (let i = 0; i < keys.length; i++) {
    const group = column === null ? 0 : column.codes[i]!;
    keys[i] = group < 0 ? -1 : group * classCount + first.truth[i]!;
  }
  for (const { prediction } of kernels) addCode(keys, prediction, classCount);
  const size = groupCount * classCount ** (kernels.length + 1);
  const { cellOfRow, keyOfCell } = numberCells(keys, size);
  const slots = kernels.map((_, k) =>
    slotsOf(keyOfCell, { classCount, kernels: kernels.length, k }),
  );
  return {
    cellOfRow,
    cellCount: keyOfCell.length,
    evaluate: (weights) =>
      kernels.map((kernel, k) =>
        evaluateCells(kernel, fillCells(weights, slots[k]!, groupCount * classCount ** 2)),
      ),
  };
}

function classCountOf(kernel: TableKernel): number {
  return kernel.kind === "counts" ? kernel.matrix.classCount : kernel.classCount;
}

function addCode(keys: Float64Array, prediction: Codes, classCount: number): void {
  for (let i = 0; i < keys.length; i++)
    if (keys[i]! >= 0) keys[i] = keys[i]! * classCount + prediction[i]!;
}

/** Numbers the cells that hold a row, by ascending key: the rows' order does not matter. */
function numberCells(
  keys: Float64Array,
  size: number,
): { readonly cellOfRow: Int32Array; readonly keyOfCell: readonly number[] } {
  const keyOfCell = [...(size <= largestDirectTable ? usedKeys(keys, size) : new Set(keys))]
    .filter((key) => key >= 0)
    .sort((a, b) => a - b);
  const cellOfKey = new Map(keyOfCell.map((key, cell) => [key, cell]));
  const direct = new Int32Array(size <= largestDirectTable ? size : 0);
  if (direct.length > 0) for (const [key, cell] of cellOfKey) direct[key] = cell;
  const cellOfRow = new Int32Array(keys.length).fill(-1);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    if (key >= 0) cellOfRow[i] = direct.length > 0 ? direct[key]! : cellOfKey.get(key)!;
  }
  return { cellOfRow, keyOfCell };
}

function usedKeys(keys: Float64Array, size: number): number[] {
  const isUsed = new Uint8Array(size);
  for (let i = 0; i < keys.length; i++) if (keys[i]! >= 0) isUsed[keys[i]!] = 1;
  return Array.from(isUsed.keys()).filter((key) => isUsed[key] === 1);
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
export function cellWeights(
  table: JointTable,
  weights: ArrayLike<number> | undefined,
): Float64Array {
  const sums = new Float64Array(table.cellCount);
  const { cellOfRow } = table;
  for (let i = 0; i < cellOfRow.length; i++)
    if (cellOfRow[i]! >= 0) sums[cellOfRow[i]!]! += weights === undefined ? 1 : weights[i]!;
  return sums;
}
