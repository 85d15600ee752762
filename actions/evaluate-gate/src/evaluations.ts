import { findColumn, type NumberColumn, type Table } from "#core";
import { toText } from "#data";
import type { Evaluation, GroupColumn } from "#stats";
import { takeAnswers, type Answers, type ClassAnswers } from "./answers.ts";
import { codesIn } from "./answer-files.ts";
import type { ScoredReference } from "./reference.ts";
import type { Candidate } from "./candidate.ts";
import type { Meaning } from "./meaning.ts";

/** Two models on the same rows. */
export interface Pair {
  readonly candidate: Evaluation;
  readonly reference: Evaluation;
  /** Places in the candidate's rows, in the order of both. */
  readonly rows: Uint32Array;
  readonly measures: {
    readonly candidate: ReadonlyMap<string, Float64Array>;
    readonly reference: ReadonlyMap<string, Float64Array>;
  };
}

/** The candidate's answers as metrics read them; `groups` are the columns that fairness metrics name. */
export function evaluateCandidate(
  candidate: Candidate,
  groups: readonly string[] = [],
): Evaluation {
  const { rows, answers, meaning } = candidate;
  const all = Uint32Array.from({ length: rows.table.rows }, (_, row) => row);
  return buildEvaluation({
    candidate,
    rows: all,
    answers,
    meaning,
    classes: meaning.classes,
    groups,
  });
}

/** Both models' answers on their common rows, over the classes of both. */
export function evaluatePair(
  candidate: Candidate,
  reference: ScoredReference,
  { groups, time }: { readonly groups: readonly string[]; readonly time: string | null },
): Pair {
  const order = orderByTime(
    reference.rows,
    time === null ? null : findColumn(candidate.rows.table, time),
  );
  const rows = Uint32Array.from(order, (at) => reference.rows[at] ?? 0);
  const mine = takeAnswers(candidate.answers, rows);
  const theirs = takeAnswers(reference.answers, order);
  const { meaning } = candidate;
  const classes = [...new Set([...meaning.classes, ...reference.meaning.classes])];
  const shared = { candidate, rows, classes, groups, meaning };
  const first = buildEvaluation({ ...shared, answers: mine });
  const second = buildEvaluation({ ...shared, answers: theirs });
  // One array for both: comparisons then see at once that the rows are the same.
  const truth = first.truth;
  return {
    candidate: first,
    reference: { ...second, truth, weights: first.weights },
    rows,
    measures: { candidate: mine.measures, reference: theirs.measures },
  };
}

function orderByTime(rows: Uint32Array, column: ReturnType<typeof findColumn> | null): Uint32Array {
  const places = Uint32Array.from(rows, (_, at) => at);
  if (column === null || column === undefined || column.kind === "text") return places;
  return places.sort(
    (left, right) =>
      (column.values[rows[left] ?? 0] ?? 0) - (column.values[rows[right] ?? 0] ?? 0) ||
      left - right,
  );
}

interface Building {
  readonly candidate: Candidate;
  /** Places in the candidate's rows. */
  readonly rows: Uint32Array;
  /** Already of those rows. */
  readonly answers: Answers;
  readonly meaning: Meaning;
  readonly classes: readonly string[];
  readonly groups: readonly string[];
}

function buildEvaluation(building: Building): Evaluation {
  const { candidate, rows, answers, meaning, classes } = building;
  const { target, weight, table, name } = candidate.rows;
  const weights = weight === null ? {} : { weights: weightsOf(weight, rows) };
  if (answers.kind === "values") {
    const truth = Float64Array.from(
      rows,
      (row) => (target as NumberColumn).values[row] ?? Number.NaN,
    );
    return { task: "regression", truth, prediction: answers.values, ...weights };
  }
  const codes = codesIn(target, classes, name);
  const scores = scoresFor(answers, meaning, classes);
  return {
    task: classes.length === 2 ? "binary" : "multiclass",
    classes,
    ...(classes.length === 2 && { positive: classes.indexOf(meaning.positiveClass ?? "") }),
    truth: Int32Array.from(rows, (row) => codes[row] ?? 0),
    prediction: relabel(answers, classes),
    ...(scores !== null && { scores }),
    groups: groupsOf(table, rows, building.groups),
    ...weights,
  };
}

function weightsOf(weight: NumberColumn, rows: Uint32Array): Float64Array {
  return Float64Array.from(rows, (row) => weight.values[row] ?? 0);
}

function relabel(answers: ClassAnswers, classes: readonly string[]): Int32Array {
  const places = answers.classes.map((name) => classes.indexOf(name));
  return answers.labels.map((label) => places[label] ?? 0);
}

/** One column a class; a class that the model does not know has the score 0. */
function scoresFor(
  answers: ClassAnswers,
  meaning: Meaning,
  classes: readonly string[],
): Float64Array | readonly Float64Array[] | null {
  const [only] = answers.scores;
  if (only === undefined) return null;
  if (answers.scores.length === 1) return only.name === meaning.positiveClass ? only.values : null;
  const byClass = new Map(answers.scores.map(({ name, values }) => [name, values]));
  return classes.map((name) => byClass.get(name) ?? new Float64Array(only.values.length));
}

function groupsOf(
  table: Table,
  rows: Uint32Array,
  names: readonly string[],
): Readonly<Record<string, GroupColumn>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const column = findColumn(table, name);
      if (column === undefined) return [];
      const text = toText(column);
      const codes = Int32Array.from(rows, (row) => text.codes[row] ?? -1);
      return [[name, { codes, names: text.levels }] as const];
    }),
  );
}

/** The same evaluation of some of its rows. */
export function takeEvaluation(evaluation: Evaluation, rows: ArrayLike<number>): Evaluation {
  const weights =
    evaluation.weights === undefined
      ? {}
      : { weights: Float64Array.from(rows, (row) => evaluation.weights?.[row] ?? 0) };
  const truth = Float64Array.from(rows, (row) => evaluation.truth[row] ?? 0);
  const prediction = Float64Array.from(rows, (row) => evaluation.prediction[row] ?? 0);
  if (evaluation.task === "regression")
    return { task: "regression", truth, prediction, ...weights };
  const { scores, groups = {} } = evaluation;
  const take = (column: Float64Array | Float32Array) =>
    Float64Array.from(rows, (row) => column[row] ?? Number.NaN);
  return {
    ...evaluation,
    truth: Int32Array.from(truth),
    prediction: Int32Array.from(prediction),
    ...(scores !== undefined && {
      scores: ArrayBuffer.isView(scores) ? take(scores) : scores.map(take),
    }),
    groups: Object.fromEntries(
      Object.entries(groups).map(([name, { codes, names }]) => [
        name,
        { names, codes: Int32Array.from(rows, (row) => codes[row] ?? -1) },
      ]),
    ),
    ...weights,
  };
}
