import { findColumn, type NumberColumn, type Table } from "#core";
import { toText } from "#data";
import type { Evaluation, GroupColumn, Scores } from "#stats";
import { takeAnswers, takeCodes, type Answers, type ClassAnswers } from "./answers.ts";
import { codesIn } from "./class-codes.ts";
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
  const key = groups.join("\n");
  const known = evaluated.get(candidate);
  if (known?.key === key) return known.evaluation;
  const { answers, meaning } = candidate;
  const { classes } = meaning;
  const evaluation = buildEvaluation({ candidate, rows: null, answers, meaning, classes, groups });
  evaluated.set(candidate, { key, evaluation });
  return evaluation;
}

/** The latest evaluation of each candidate: a pair of all its rows shares it. */
const evaluated = new WeakMap<
  Candidate,
  { readonly key: string; readonly evaluation: Evaluation }
>();

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
  const rows = order === null ? reference.rows : takePlaces(reference.rows, order);
  const mine = takeAnswers(candidate.answers, rows);
  const theirs = order === null ? reference.answers : takeAnswers(reference.answers, order);
  const { meaning } = candidate;
  const classes = [...new Set([...meaning.classes, ...reference.meaning.classes])];
  const isWhole = mine === candidate.answers;
  const shared = { candidate, rows: isWhole ? null : rows, classes, groups, meaning };
  const first =
    isWhole && classes.length === meaning.classes.length
      ? evaluateCandidate(candidate, groups)
      : buildEvaluation({ ...shared, answers: mine });
  const second = buildEvaluation({ ...shared, answers: theirs, truth: first.truth });
  // One array for both: comparisons then see at once that the rows are the same.
  const truth = first.truth;
  return {
    candidate: first,
    reference: { ...second, truth, weights: first.weights },
    rows,
    measures: { candidate: mine.measures, reference: theirs.measures },
  };
}

function takePlaces(rows: Uint32Array, order: Uint32Array): Uint32Array {
  const taken = new Uint32Array(order.length);
  for (let at = 0; at < taken.length; at++) taken[at] = rows[order[at] ?? 0] ?? 0;
  return taken;
}

/** The order of rows in time; `null` where they stay as they stand. */
function orderByTime(
  rows: Uint32Array,
  column: ReturnType<typeof findColumn> | null,
): Uint32Array | null {
  if (column === null || column === undefined || column.kind === "text") return null;
  return Uint32Array.from(rows, (_, at) => at).sort(
    (left, right) =>
      (column.values[rows[left] ?? 0] ?? 0) - (column.values[rows[right] ?? 0] ?? 0) ||
      left - right,
  );
}

interface Building {
  readonly candidate: Candidate;
  /** Places in the candidate's rows; `null` for all of them. */
  readonly rows: Uint32Array | null;
  /** Already of those rows. */
  readonly answers: Answers;
  /** The truth of those rows, where it is known. */
  readonly truth?: Evaluation["truth"];
  readonly meaning: Meaning;
  readonly classes: readonly string[];
  readonly groups: readonly string[];
}

function buildEvaluation(building: Building): Evaluation {
  const { candidate, rows, answers, meaning, classes } = building;
  const { target, weight, table, name } = candidate.rows;
  const weights = weight === null ? {} : { weights: takeNumbers(weight.values, rows) };
  if (answers.kind === "values") {
    const truth = building.truth ?? takeNumbers((target as NumberColumn).values, rows);
    return { task: "regression", truth, prediction: answers.values, ...weights };
  }
  const scores = scoresFor(answers, meaning, classes);
  return {
    task: classes.length === 2 ? "binary" : "multiclass",
    classes,
    ...(classes.length === 2 && { positive: classes.indexOf(meaning.positiveClass ?? "") }),
    truth: building.truth ?? takeSome(codesIn(target, classes, name), rows),
    prediction: relabel(answers, classes),
    ...(scores !== null && { scores }),
    groups: groupsOf(table, rows, building.groups),
    ...weights,
  };
}

function takeNumbers(values: Float64Array, rows: ArrayLike<number> | null): Float64Array {
  if (rows === null) return values;
  const taken = new Float64Array(rows.length);
  for (let at = 0; at < taken.length; at++) taken[at] = values[rows[at] ?? 0] ?? Number.NaN;
  return taken;
}

function takeSome(codes: Int32Array, rows: Uint32Array | null): Int32Array {
  return rows === null ? codes : takeCodes(codes, rows);
}

function relabel(answers: ClassAnswers, classes: readonly string[]): Int32Array {
  const places = Int32Array.from(answers.classes, (name) => classes.indexOf(name));
  if (places.every((place, code) => place === code)) return answers.labels;
  const labels = new Int32Array(answers.labels.length);
  for (let row = 0; row < labels.length; row++) labels[row] = places[answers.labels[row] ?? 0] ?? 0;
  return labels;
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
  rows: Uint32Array | null,
  names: readonly string[],
): Readonly<Record<string, GroupColumn>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const column = findColumn(table, name);
      if (column === undefined) return [];
      const text = toText(column);
      return [[name, { codes: takeSome(text.codes, rows), names: text.levels }] as const];
    }),
  );
}

/** The same evaluation of some of its rows. */
export function takeEvaluation(evaluation: Evaluation, rows: ArrayLike<number>): Evaluation {
  const take = (column: ArrayLike<number>): Float64Array => {
    const taken = new Float64Array(rows.length);
    for (let at = 0; at < taken.length; at++) taken[at] = column[rows[at] ?? 0] ?? Number.NaN;
    return taken;
  };
  const weights = evaluation.weights === undefined ? {} : { weights: take(evaluation.weights) };
  if (evaluation.task === "regression") {
    const { truth, prediction } = evaluation;
    return { task: "regression", truth: take(truth), prediction: take(prediction), ...weights };
  }
  const { scores, groups = {} } = evaluation;
  let taken: Scores | undefined;
  return {
    ...evaluation,
    truth: takeCodes(evaluation.truth, rows),
    prediction: takeCodes(evaluation.prediction, rows),
    // Most metrics of slices need labels only: scores are taken when they are asked for.
    get scores() {
      if (scores === undefined) return undefined;
      return (taken ??= ArrayBuffer.isView(scores) ? take(scores) : scores.map(take));
    },
    groups: Object.fromEntries(
      Object.entries(groups).map(([name, { codes, names }]) => [
        name,
        { names, codes: takeCodes(codes, rows) },
      ]),
    ),
    ...weights,
  };
}
