import {
  cellAt,
  DataError,
  findColumn,
  InputError,
  type Column,
  type Table,
  type Task,
} from "#core";

/** What a target column means to a trainer of the user's own. */
export interface TargetMeaning {
  readonly task: Task | null;
  /** Sorted as the built-in trainer sorts them; empty for regression. */
  readonly classes: readonly string[];
}

/** Whole numbers of more different values than these are quantities: the built-in trainer's rule. */
const MOST_NUMBER_CLASSES = 10;
const POSITIVE_WORDS = new Set(["1", "true", "yes", "positive", "pos", "y", "t"]);

/** Rows whose target is there: the others can neither teach nor judge. */
export function findLabelledRows(table: Table, target: string | null): Uint32Array {
  const rows = Uint32Array.from({ length: table.rows }, (_, row) => row);
  const column = target === null ? undefined : findColumn(table, target);
  return column === undefined ? rows : rows.filter((row) => readLabel(column, row) !== null);
}

/**
 * Reads task and classes off the labelled rows.
 *
 * @throws DataError `NO_TARGET`, `ONE_CLASS`, `SMALL_CLASS`; InputError `TASK_DISAGREES`
 */
export function readTargetMeaning(
  table: Table,
  target: string | null,
  asked: Task | "auto",
): TargetMeaning {
  const column = target === null ? undefined : findColumn(table, target);
  if (column === undefined) return { task: asked === "auto" ? null : asked, classes: [] };
  const seen = countLabels(column, table.rows);
  const task = asked === "auto" ? guessTask(column, seen.size) : asked;
  if (task === "regression") {
    refuseText(column, seen);
    return { task, classes: [] };
  }
  refuseClasses(column.name, seen, task);
  const classes = [...seen.keys()].sort((left, right) =>
    column.kind === "number" ? Number(left) - Number(right) : left < right ? -1 : 1,
  );
  return { task, classes };
}

/** The positive one of two classes, where their names tell. */
export function positiveClassOf(task: Task | null, classes: readonly string[]): string | null {
  const likely = classes.filter((name) => POSITIVE_WORDS.has(name.toLowerCase()));
  return task === "binary" && likely.length === 1 ? (likely[0] ?? null) : null;
}

interface Label {
  readonly count: number;
  readonly firstRow: number;
}

function countLabels(column: Column, rows: number): ReadonlyMap<string, Label> {
  const seen = new Map<string, Label>();
  for (let row = 0; row < rows; row += 1) {
    const label = readLabel(column, row);
    if (label === null) continue;
    const known = seen.get(label);
    seen.set(label, { count: (known?.count ?? 0) + 1, firstRow: known?.firstRow ?? row + 1 });
  }
  return seen;
}

function readLabel(column: Column, row: number): string | null {
  const cell = cellAt(column, row);
  return cell === null || cell === "" || Number.isNaN(cell) ? null : String(cell);
}

function guessTask(column: Column, distinct: number): Task {
  const counts = column.kind === "number" && column.integer && distinct <= MOST_NUMBER_CLASSES;
  if (column.kind !== "text" && !counts) return "regression";
  return distinct === 2 ? "binary" : "multiclass";
}

function refuseText(column: Column, seen: ReadonlyMap<string, Label>): void {
  if (seen.size === 0) throw noTarget(column.name);
  if (column.kind === "number") return;
  const [example = ""] = seen.keys();
  throw new InputError({
    code: "TASK_DISAGREES",
    message: `target: ${column.name} holds ${column.kind === "date" ? "dates" : "text"} (${JSON.stringify(example)}); a regression needs numbers.`,
    hint: "Set task: multiclass or binary, or name a column of numbers.",
  });
}

function refuseClasses(name: string, seen: ReadonlyMap<string, Label>, task: Task): void {
  const [first] = seen.keys();
  if (first === undefined) throw noTarget(name);
  if (seen.size === 1) {
    throw new DataError({
      code: "ONE_CLASS",
      message: `target: ${name} holds ${JSON.stringify(first)} in every row; two or more classes are needed.`,
      hint: "Check the target and what the data was filtered by.",
    });
  }
  if (task === "binary" && seen.size > 2) {
    throw new InputError({
      code: "TASK_DISAGREES",
      message: `target: ${name} holds ${seen.size} classes; task: binary needs two.`,
      hint: "Set task: multiclass, or merge classes first.",
    });
  }
  const lonely = [...seen].find(([, { count }]) => count === 1);
  if (lonely === undefined) return;
  throw new DataError({
    code: "SMALL_CLASS",
    message: `target: class ${JSON.stringify(lonely[0])} of ${name} has one row (row ${lonely[1].firstRow}); at least two are needed.`,
    hint: "Add rows of that class, join it with another, or set task: regression when the target is a quantity.",
  });
}

function noTarget(name: string): DataError {
  return new DataError({
    code: "NO_TARGET",
    message: `target: ${name} is missing in every row.`,
    hint: "Check the target and the data.",
  });
}
