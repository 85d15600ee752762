import { DataError, InputError } from "#core";
import { areWithinUnit, findNonFinite } from "./find-row.ts";
import { requireColumn, requireNumber, type LoadedTable } from "./read-table.ts";

/** A score a row of one class. */
export interface ClassScores {
  readonly name: string;
  readonly values: Float64Array;
}

/** Which columns hold scores, and of what. */
export interface ScoreColumns {
  readonly scores?: readonly string[];
  readonly positiveClass?: string;
}

const positiveWords = new Set(["1", "true", "yes", "positive", "pos", "y", "t"]);

/** The positive one of two classes: as named, else the one that is called 1, true, yes or the like. @throws InputError `UNKNOWN_CLASS`, `NO_POSITIVE_CLASS` */
export function choosePositive(classes: readonly string[], columns: ScoreColumns): string {
  const { positiveClass } = columns;
  if (positiveClass !== undefined) {
    if (classes.includes(positiveClass)) return positiveClass;
    throw new InputError({
      code: "UNKNOWN_CLASS",
      message: `positive-class: ${JSON.stringify(positiveClass)} is none of the classes ${classes.join(", ")}.`,
      hint: `Use ${classes.join(" or ")}.`,
    });
  }
  const likely = classes.filter((name) => positiveWords.has(name.toLowerCase()));
  const [only] = likely;
  if (likely.length === 1 && only !== undefined) return only;
  throw new InputError({
    code: "NO_POSITIVE_CLASS",
    message: `The classes are ${classes.join(" and ")}: which is the positive one cannot be told.`,
    hint: `Set positive-class to ${classes.join(" or ")}.`,
  });
}

/** The columns of scores, one a class in the classes' order or one for the positive class. @throws InputError `SCORES_DO_NOT_FIT`; DataError `BAD_SCORE` */
export function readScores(
  table: LoadedTable,
  facts: {
    readonly columns: ScoreColumns;
    readonly classes: readonly string[];
    readonly file: string;
  },
): readonly ClassScores[] {
  const { columns, classes, file } = facts;
  const wanted = columns.scores ?? [];
  const [only] = wanted;
  if (wanted.length === 1 && only !== undefined && !only.includes("=")) {
    const name = choosePositive(classes, columns);
    return [{ name, values: requireScores(table, only, file) }];
  }
  const pairs = wanted.map((score, index) => {
    const at = score.indexOf("=");
    return at < 0
      ? { name: classes[index] ?? "", column: score }
      : { name: score.slice(0, at).trim(), column: score.slice(at + 1).trim() };
  });
  if (pairs.length > 0 && pairs.length !== classes.length) {
    throw new InputError({
      code: "SCORES_DO_NOT_FIT",
      message: `scores names ${pairs.length} columns for ${classes.length} classes (${classes.join(", ")}).`,
      hint: "Name one column a class, in the classes' order or as class=column, or one column for the positive class.",
    });
  }
  const byClass = new Map(pairs.map(({ name, column }) => [name, column]));
  return pairs.length === 0
    ? []
    : classes.map((name) => {
        const column = byClass.get(name);
        if (column !== undefined) return { name, values: requireScores(table, column, file) };
        throw new InputError({
          code: "SCORES_DO_NOT_FIT",
          message: `scores names no column for class ${JSON.stringify(name)}.`,
          hint: `Add ${name}=column.`,
        });
      });
}

function requireScores(table: LoadedTable, name: string, file: string): Float64Array {
  requireColumn(table, name, `scores: ${file}`);
  const { values, missing } = requireNumber(table, name);
  const row = findNonFinite(values);
  if (row < 0) return values;
  throw new DataError({
    code: "BAD_SCORE",
    message: `${file}, row ${row + 1}: score ${name} is ${missing?.[row] === 1 ? "missing" : String(values[row])}; a finite number is expected.`,
    hint: "A model that yields NaN is broken for that row (missing inputs, overflow): correct it or drop the row.",
    place: { file, row: row + 1, column: name },
  });
}

/** Scores that were rounded to two decimals still pass. */
const sumTolerance = 0.01;

/** Whether scores are probabilities. @throws DataError `PROBABILITIES_DO_NOT_SUM` when they are in [0, 1] and do not sum to 1 */
export function checkProbabilities(scores: readonly ClassScores[], file: string): boolean {
  if (scores.length === 0) return false;
  const within = scores.every(({ values }) => areWithinUnit(values));
  if (!within || scores.length === 1) return within;
  const rows = scores[0]?.values.length ?? 0;
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (const { values } of scores) sum += values[row] as number;
    if (Math.abs(sum - 1) > sumTolerance) {
      throw new DataError({
        code: "PROBABILITIES_DO_NOT_SUM",
        message: `${file}, row ${row + 1}: the scores of ${scores.map(({ name }) => name).join(", ")} sum to ${Number(sum.toPrecision(6))}, not to 1.`,
        hint: "Give one probability a class (softmax), in the right columns.",
        place: { file, row: row + 1 },
      });
    }
  }
  return true;
}
