import type { Column, Table, Task } from "#core";
import { cellAt, DataError, findColumn, InputError, suggestNearest } from "#core";
import type { Target } from "./losses.ts";

/** What a target column means: the task and, for classification, the classes in the model's order. */
export interface TargetMeaning {
  readonly task: Task;
  /** By code unit, or by value when the column holds numbers; empty for regression. */
  readonly classes: readonly string[];
  readonly notes: readonly string[];
}

/** Whole-number targets with at most this many values are taken for classes when the task is `auto`. */
const maxNumberClasses = 10;

/**
 * Reads the task and the classes off the training rows.
 *
 * @throws InputError when the column cannot serve the asked task
 * @throws DataError when the rows cannot: one class only, or a class with one row
 */
export function readTargetMeaning(
  column: Column,
  train: Uint32Array,
  asked: Task | "auto",
): TargetMeaning {
  if (column.kind === "date") {
    throw new InputError({
      code: "TARGET_IS_DATE",
      message: `The target ${column.name} holds dates; numbers or classes were expected.`,
      hint: "Turn it into a number (e.g. days from now) or into classes first.",
    });
  }
  const counts = countCells(column, train);
  const task = asked === "auto" ? guessTask(column, counts.size) : asked;
  const notes =
    asked === "auto"
      ? [`task: ${task}, by the ${counts.size} values of ${column.name} in the training part.`]
      : [];
  if (task === "regression") {
    if (column.kind === "text") {
      const [example] = counts.keys();
      throw new InputError({
        code: "TARGET_NOT_NUMERIC",
        message: `The target ${column.name} holds text (e.g. ${JSON.stringify(example)}); task: regression expects numbers.`,
        hint: "Set task: multiclass or binary, or name a column of numbers as target.",
      });
    }
    return { task, classes: [], notes };
  }
  checkClasses(column.name, task, counts);
  return { task, classes: sortClasses(column, [...counts.keys()]), notes };
}

function guessTask(column: Column, distinct: number): Task {
  if (column.kind === "number" && !(column.integer && distinct <= maxNumberClasses)) {
    return "regression";
  }
  return distinct === 2 ? "binary" : "multiclass";
}

function countCells(column: Column, rows: Uint32Array): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const name = readClass(column, row);
    if (name !== null) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** A cell as a class's name; `null` where it is missing or no number. */
export function readClass(column: Column, row: number): string | null {
  const cell = cellAt(column, row);
  return cell === null || Number.isNaN(cell) || cell === "" ? null : String(cell);
}

function sortClasses(column: Column, classes: readonly string[]): string[] {
  if (column.kind === "number") return classes.toSorted((a, b) => Number(a) - Number(b));
  return classes.toSorted((a, b) => (a < b ? -1 : 1));
}

function checkClasses(name: string, task: Task, counts: ReadonlyMap<string, number>): void {
  if (counts.size < 2) {
    const found = counts.size === 0 ? "no value" : `one class (${[...counts.keys()].join()})`;
    throw new DataError({
      code: "ONE_CLASS",
      message: `The target ${name} holds ${found} in the training part; two or more classes were expected.`,
      hint: "Check the target column and the split.",
    });
  }
  if (task === "binary" && counts.size > 2) {
    throw new InputError({
      code: "TOO_MANY_CLASSES",
      message: `The target ${name} holds ${counts.size} classes; task: binary expects two.`,
      hint: "Set task: multiclass, or merge classes first.",
    });
  }
  const lonely = [...counts].filter(([, count]) => count === 1).map(([label]) => label);
  if (lonely.length > 0) {
    const shown = lonely.slice(0, 5).join(", ");
    throw new DataError({
      code: "CLASS_TOO_SMALL",
      message: `${lonely.length} of the ${counts.size} classes of ${name} (${shown}) ${lonely.length === 1 ? "has" : "have"} one training row; two or more were expected.`,
      hint: "Merge rare classes, bring more rows, or set task: regression if the target is a quantity.",
    });
  }
}

/** Rows of a part that can be learned from or judged, and their coded target. */
export interface CodedPart {
  readonly rows: Uint32Array;
  readonly target: Target;
  /** Rows left out: their target is missing, or a class that the training part lacks. */
  readonly dropped: number;
}

/** Codes the target of the given rows and drops those that have none. */
export function codeTarget(
  column: Column,
  rows: Uint32Array,
  {
    task,
    classes,
    weight,
  }: Pick<TargetMeaning, "task" | "classes"> & { readonly weight: Column | null },
): CodedPart {
  const codes = new Map(classes.map((name, code) => [name, code]));
  const read = (row: number): number => {
    if (task !== "regression") return codes.get(readClass(column, row) ?? "") ?? Number.NaN;
    const cell = cellAt(column, row);
    return typeof cell === "number" && Number.isFinite(cell) ? cell : Number.NaN;
  };
  const kept = rows.filter((row) => !Number.isNaN(read(row)));
  return {
    rows: kept,
    dropped: rows.length - kept.length,
    target: {
      task,
      classes,
      values: Float64Array.from(kept, read),
      weights: Float64Array.from(kept, (row) => readWeight(weight, row)),
    },
  };
}

function readWeight(column: Column | null, row: number): number {
  if (column === null) return 1;
  const weight = cellAt(column, row);
  if (typeof weight === "number" && weight >= 0 && Number.isFinite(weight)) return weight;
  throw new DataError({
    code: "WRONG_WEIGHT",
    message: `Row ${row + 1} of the weight column ${column.name} holds ${weight === null ? "nothing" : JSON.stringify(weight)}; a number at or above 0 was expected.`,
  });
}

/** Weights multiplied so that every class counts alike: rows / (classes · rows of the class). */
export function balanceClasses(target: Target): Target {
  const sums = new Float64Array(target.classes.length);
  let total = 0;
  target.values.forEach((code, row) => {
    const weight = target.weights[row] ?? 1;
    sums[code] = (sums[code] ?? 0) + weight;
    total += weight;
  });
  const factors = sums.map((sum) => total / (sums.length * Math.max(sum, 1e-300)));
  return {
    ...target,
    weights: target.weights.map((weight, row) => weight * (factors[target.values[row] ?? 0] ?? 1)),
  };
}

/** The named column, or an {@link InputError} that offers the nearest name. */
export function requireColumn(table: Table, name: string, input: string): Column {
  const column = findColumn(table, name);
  if (column !== undefined) return column;
  throw new InputError({
    code: "UNKNOWN_COLUMN",
    message: `${input} names the column ${name}, which the data does not have.`,
    hint: suggestNearest(
      name,
      table.columns.map((candidate) => candidate.name),
    ),
  });
}
