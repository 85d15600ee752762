import {
  DataError,
  InputError,
  type Column,
  type NumberColumn,
  type Table,
  type Task,
  type TextColumn,
} from "#core";
import {
  readTable,
  requireColumn,
  requireNumber,
  requirePresentCells,
  requireWeight,
  type LoadedTable,
} from "./read-table.ts";
import type { ReadOptions } from "./read-options.ts";
import { findNamingDifference } from "./class-names.ts";
import {
  checkProbabilities,
  choosePositive,
  readScores,
  type ClassScores,
} from "./prediction-scores.ts";
import { toText } from "./to-text.ts";

/** Which columns of a predictions file mean what. */
export interface PredictionsColumns {
  readonly target: string;
  readonly prediction?: string;
  /** One column (the score of the positive class), one a class in the order of `classes`, or `class=column` each. */
  readonly scores?: readonly string[];
  /** The classes in order; by default those found, sorted. */
  readonly classes?: readonly string[];
  readonly positiveClass?: string;
  readonly id?: readonly string[];
  readonly weight?: string;
  /** By default what target and scores show. */
  readonly task?: Task;
  /** Fewest rows; default 10. */
  readonly minRows?: number;
}

/** The rows of a predictions file, checked. */
export interface Predictions {
  readonly task: Task;
  readonly table: LoadedTable;
  readonly target: Column;
  readonly prediction: Column | null;
  /** For classification: in order; empty for regression. */
  readonly classes: readonly string[];
  readonly positiveClass: string | null;
  /** One a class, or one for the positive class alone; empty without scores. */
  readonly scores: readonly ClassScores[];
  /** Whether scores are in [0, 1] and, with one a class, sum to 1. */
  readonly probabilities: boolean;
  readonly weight: NumberColumn | null;
  readonly id: readonly Column[];
  /** Any further columns of numbers: per-row measures that thresholds can name. */
  readonly measures: readonly NumberColumn[];
}

/**
 * Reads and checks predictions made by a model of any kind.
 *
 * @throws InputError for unknown columns or classes; DataError `TOO_FEW_ROWS`, `MISSING_TARGET`,
 * `BAD_SCORE`, `PROBABILITIES_DO_NOT_SUM`, `BAD_WEIGHT`, `UNKNOWN_CLASS` naming the first row,
 * `NO_COMMON_CLASS`
 */
export async function readPredictions(
  source: string | readonly string[],
  columns: PredictionsColumns,
  options: ReadOptions = {},
): Promise<Predictions> {
  return interpretPredictions(await readTable(source, options), columns);
}

/**
 * Checks rows that were read, or joined, as predictions with their truths.
 *
 * @throws as {@link readPredictions}
 */
export function interpretPredictions(table: LoadedTable, columns: PredictionsColumns): Predictions {
  const file = table.files.map(({ uri }) => uri).join(", ");
  const minRows = columns.minRows ?? 10;
  if (table.rows < minRows) throw tooFewRows(file, table.rows, minRows);
  const target = requireColumn(table, columns.target, file);
  requirePresentCells(target, file);
  const prediction =
    columns.prediction === undefined ? null : requireColumn(table, columns.prediction, file);
  if (prediction !== null) requirePresentCells(prediction, file);
  const task = columns.task ?? chooseTask(target, prediction, columns);
  const weight = columns.weight === undefined ? null : requireWeight(table, columns.weight, file);
  const id = (columns.id ?? []).map((name) => requireColumn(table, name, file));
  const facts = { table, target, prediction, weight, id };
  if (task === "regression") {
    requireNumber(table, columns.target);
    if (columns.prediction === undefined) throw noPrediction(file, "prediction");
    requireNumber(table, columns.prediction);
    return {
      ...facts,
      task,
      classes: [],
      positiveClass: null,
      scores: [],
      probabilities: false,
      measures: measuresOf(table, columns),
    };
  }
  const named = columns.classes ?? classesOfScores(columns);
  if (named === null && prediction !== null) requireCommonClass(target, prediction, file);
  const classes = named ?? classesFound(target, prediction);
  const scores = readScores(table, { columns, classes, file });
  if (prediction === null && scores.length === 0) throw noPrediction(file, "prediction or scores");
  const known = checkClasses([target, ...(prediction === null ? [] : [prediction])], classes, file);
  return {
    ...facts,
    task: known.length === 2 ? "binary" : "multiclass",
    classes: known,
    positiveClass: known.length === 2 ? choosePositive(known, columns) : null,
    scores,
    probabilities: checkProbabilities(scores, file),
    measures: measuresOf(table, columns),
  };
}

function chooseTask(target: Column, prediction: Column | null, columns: PredictionsColumns): Task {
  if ((columns.scores?.length ?? 0) > 0 || target.kind === "text") return "multiclass";
  if (target.kind === "number" && target.integer) {
    const values = new Set(toText(target).levels);
    const predicted = prediction?.kind === "number" ? prediction : null;
    if (
      values.size <= 20 &&
      (predicted === null || toText(predicted).levels.every((level) => values.has(level)))
    )
      return "multiclass";
  }
  return "regression";
}

/** The classes that `class=column` names; `null` where the scores name none. */
function classesOfScores({ scores = [] }: PredictionsColumns): readonly string[] | null {
  const named = scores.flatMap((score) => {
    const at = score.indexOf("=");
    return at < 0 ? [] : [score.slice(0, at).trim()];
  });
  return named.length > 1 ? named : null;
}

/** A number with separators, a currency or a unit, which is read as text. */
const WRITTEN_NUMBER = /^[^\d\s]{0,4}\s?-?\d[\d.,'_ ]*\s?[^\d\s]{0,4}$/;

function hintOfOtherValues(target: Column, prediction: Column): string {
  const [text] = [target, prediction].filter(({ kind }) => kind === "text");
  const isOneOfNumbers = target.kind === "number" || prediction.kind === "number";
  const levels = text === undefined ? [] : usedLevels(toText(text));
  const areNumbers = levels.length > 2 && levels.every((level) => WRITTEN_NUMBER.test(level));
  return text !== undefined && isOneOfNumbers && areNumbers
    ? `${text.name} was read as text: for a regression write plain numbers, such as 100624.5, without separators or units. For classes write them alike in both columns.`
    : "Write the classes alike in both columns; if they are alike and every row is wrong, name them with classes:.";
}

/** Predictions that share no value with the truths are written in another way, not all wrong. */
function requireCommonClass(target: Column, prediction: Column, file: string): void {
  const [truths, predicted] = [target, prediction].map((column) => usedLevels(toText(column)));
  if (truths === undefined || predicted === undefined) return;
  const known = new Set(truths);
  if (predicted.length === 0 || predicted.some((level) => known.has(level))) return;
  throw new DataError({
    code: "NO_COMMON_CLASS",
    message: `${file}: ${prediction.name} holds ${nameSome(predicted)}; target ${target.name} holds ${nameSome(truths)}: no value is in both.`,
    hint: hintOfOtherValues(target, prediction),
    place: { file, column: prediction.name },
  });
}

/** How many values a message names. */
const MOST_NAMED = 5;

function nameSome(levels: readonly string[]): string {
  const shown = sortClasses(levels).slice(0, MOST_NAMED);
  const named = shown.map((level) => (level.length > 40 ? `${level.slice(0, 40)}…` : level));
  return [...named, ...(levels.length > MOST_NAMED ? ["…"] : [])].join(", ");
}

function classesFound(target: Column, prediction: Column | null): readonly string[] {
  const found = new Set<string>();
  for (const column of [target, ...(prediction === null ? [] : [prediction])]) {
    for (const level of usedLevels(toText(column))) found.add(level);
  }
  return sortClasses([...found]);
}

/** Numbers by their size, else by their letters. */
function sortClasses(names: readonly string[]): readonly string[] {
  return names.every((name) => name.trim() !== "" && Number.isFinite(Number(name)))
    ? names.toSorted((left, right) => Number(left) - Number(right))
    : names.toSorted((left, right) => (left < right ? -1 : 1));
}

const knownLevels = new WeakMap<TextColumn, readonly string[]>();

/** The levels that a row holds; `""` where a cell is missing. Looked for once a column. */
function usedLevels(column: TextColumn): readonly string[] {
  const known = knownLevels.get(column) ?? findUsedLevels(column);
  knownLevels.set(column, known);
  return known;
}

function findUsedLevels({ codes, levels }: TextColumn): readonly string[] {
  const isUsed = new Uint8Array(levels.length + 1);
  for (let row = 0; row < codes.length; row++) isUsed[(codes[row] as number) + 1] = 1;
  return ["", ...levels].filter((_, at) => isUsed[at] === 1);
}

function checkClasses(
  columns: readonly Column[],
  classes: readonly string[],
  file: string,
): readonly string[] {
  const known = new Set(classes);
  for (const column of columns) {
    const text = toText(column);
    const strange = usedLevels(text).find((level) => !known.has(level));
    if (strange === undefined) continue;
    const row = text.codes.findIndex((code) => !known.has(text.levels[code] ?? ""));
    throw new DataError({
      code: "UNKNOWN_CLASS",
      message: `${file}, row ${row + 1}: ${column.name} holds ${JSON.stringify(text.levels[text.codes[row] ?? -1])}, which is none of the classes ${classes.join(", ")}.`,
      hint: hintOfStrangeClass(column.name, usedLevels(text), classes),
      place: { file, row: row + 1, column: column.name },
    });
  }
  return classes;
}

function hintOfStrangeClass(
  column: string,
  found: readonly string[],
  classes: readonly string[],
): string {
  return findNamingDifference(found, classes) === null
    ? "Name all classes, or a score for each."
    : `${column} seems to hold the same classes under other names (${nameSome(found)}): name them alike in the target, the predictions, scores: and classes:.`;
}

function measuresOf(table: Table, columns: PredictionsColumns): readonly NumberColumn[] {
  const taken = new Set([
    columns.target,
    columns.prediction,
    columns.weight,
    ...(columns.id ?? []),
    ...(columns.scores ?? []).map((score) => score.slice(score.indexOf("=") + 1).trim()),
  ]);
  return table.columns.filter(
    (column): column is NumberColumn => column.kind === "number" && !taken.has(column.name),
  );
}

function tooFewRows(file: string, rows: number, least: number): DataError {
  return new DataError({
    code: "TOO_FEW_ROWS",
    message: `${file} holds ${rows} ${rows === 1 ? "row" : "rows"}; at least ${least} are needed to judge a model.`,
    hint: "Evaluate on more rows.",
    place: { file },
  });
}

function noPrediction(file: string, what: string): InputError {
  return new InputError({
    code: "NO_PREDICTION",
    message: `No column of ${file} is named as ${what}.`,
    hint: `Set ${what}.`,
  });
}
