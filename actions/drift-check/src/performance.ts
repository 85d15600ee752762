import {
  cellAt,
  InputError,
  measureName,
  type Column,
  type Difference,
  type Measure,
  type RunRecord,
  type Table,
  type Threshold,
} from "#core";
import {
  idColumns,
  joinId,
  readTable,
  requireColumn,
  toText,
  type ColumnKind,
  type RemoteSources,
} from "#data";
import { describeMetric, driftStatistics, intervalOf, type Evaluation } from "#stats";
import type { ColumnFacts } from "./column-facts.ts";
import type { GivenAnswer, GivenAnswers } from "./given-answers.ts";
import type { Reference } from "./reference.ts";

/** A metric now, and in the reference's own evaluation. */
export interface MetricPair {
  readonly current: Measure;
  readonly reference: Measure | null;
  readonly difference: Difference | null;
  /** Whether the whole interval of the difference is on the bad side of 0. */
  readonly worse: boolean;
}

/** How good the model is on the current data, as far as the truth is known. */
export interface Performance {
  /** Predictions whose truth is known. */
  readonly rows: number;
  /** Rows of the labels' files that belong to no prediction. */
  readonly unmatched: number;
  readonly metrics: Readonly<Record<string, MetricPair>>;
  /** The joined labels, for their own drift; `null` without any. */
  readonly labels: Table | null;
}

/** What late labels are joined with. */
export interface TruthRequest {
  readonly files: readonly string[];
  readonly workspace: string;
  readonly remote: RemoteSources;
  readonly facts: ColumnFacts;
  /** Types of the reference's columns that are not to be inferred. */
  readonly types: Readonly<Record<string, ColumnKind>>;
  readonly answers: GivenAnswers;
  readonly reference: Reference;
  readonly thresholds: readonly Threshold[];
}

/** Joins late labels to the predictions by id and measures how good they were. */
export async function measurePerformance(request: TruthRequest): Promise<Performance> {
  const { target } = request.facts;
  if (target === null) {
    throw new InputError({
      code: "NO_TARGET",
      message: "ground-truth is given, but the target column is not known.",
      hint: "Give target: the label's column.",
    });
  }
  const truth = await readTable(request.files, {
    directory: request.workspace,
    remote: request.remote,
    typesWherePresent: request.types,
  });
  const ids = idColumns(truth.columns, request.facts.ids);
  if (ids === null) {
    throw new InputError({
      code: "NO_ID_COLUMN",
      message: `ground-truth has no column id${request.facts.ids.length > 0 ? ` and not all of ${request.facts.ids.join(", ")}` : ""}: it has ${truth.columns.map(({ name }) => name).join(", ")}.`,
      hint: "Name the columns that together are the predictions' id: id:.",
    });
  }
  const label = requireColumn(truth, target, "ground-truth");
  const joined = joinRows(request.answers, ids, label);
  const evaluation = evaluate(joined.pairs, request.reference.run, label);
  return {
    rows: joined.pairs.length,
    unmatched: truth.rows - joined.pairs.length,
    metrics: evaluation === null ? {} : measureAll(evaluation, request),
    labels: joined.pairs.length === 0 ? null : labelTable(label, joined.rows),
  };
}

interface JoinedPair {
  readonly truth: string | number;
  readonly answer: GivenAnswer;
}

function joinRows(
  answers: GivenAnswers,
  ids: readonly Column[],
  label: Column,
): { readonly pairs: readonly JoinedPair[]; readonly rows: readonly number[] } {
  const pairs: JoinedPair[] = [];
  const rows: number[] = [];
  const used = new Set<string>();
  const length = label.kind === "text" ? label.codes.length : label.values.length;
  for (let row = 0; row < length; row++) {
    const id = joinId(ids, row);
    const truth = cellAt(label, row);
    const answer = id === null ? undefined : answers.get(id);
    if (id === null || truth === null || answer === undefined || answer.prediction === null)
      continue;
    if (used.has(id)) continue;
    used.add(id);
    pairs.push({ truth, answer });
    rows.push(row);
  }
  return { pairs, rows };
}

function labelTable(label: Column, rows: readonly number[]): Table {
  const text = toText(label);
  const column: Column =
    label.kind === "number"
      ? {
          ...label,
          values: Float64Array.from(rows, (row) => label.values[row] ?? Number.NaN),
          missing: null,
        }
      : { ...text, codes: Int32Array.from(rows, (row) => text.codes[row] ?? -1) };
  return { rows: rows.length, columns: [column] };
}

/** The joined rows as metrics read them; `null` without rows. */
function evaluate(
  pairs: readonly JoinedPair[],
  run: RunRecord | null,
  label: Column,
): Evaluation | null {
  if (pairs.length === 0) return null;
  const isRegression =
    run?.task === "regression" ||
    (run?.task === undefined && label.kind === "number" && !label.integer);
  if (isRegression) {
    return {
      task: "regression",
      truth: Float64Array.from(pairs, ({ truth }) => Number(truth)),
      prediction: Float64Array.from(pairs, ({ answer }) => Number(answer.prediction)),
    };
  }
  return classEvaluation(pairs, run);
}

function classEvaluation(pairs: readonly JoinedPair[], run: RunRecord | null): Evaluation {
  const known = run?.classes ?? [];
  const seen = pairs.flatMap(({ truth, answer }) => [String(truth), String(answer.prediction)]);
  const added = [...new Set(seen)].filter((name) => !known.includes(name)).sort();
  const classes = [...known, ...added];
  const codeOf = new Map(classes.map((name, code) => [name, code]));
  const scored = pairs.every(({ answer }) => answer.scores !== null);
  const positive = classes.indexOf(run?.positive_class ?? "");
  return {
    task: classes.length === 2 ? "binary" : "multiclass",
    classes,
    ...(classes.length === 2 && positive >= 0 && { positive }),
    truth: Int32Array.from(pairs, ({ truth }) => codeOf.get(String(truth)) ?? 0),
    prediction: Int32Array.from(pairs, ({ answer }) => codeOf.get(String(answer.prediction)) ?? 0),
    ...(scored && {
      scores: classes.map((name) =>
        Float64Array.from(pairs, ({ answer }) => answer.scores?.[name] ?? 0),
      ),
    }),
  };
}

/** Intervals as evaluate-gate makes them. */
const PERFORMANCE_CONFIDENCE = 0.95;

function measureAll(
  evaluation: Evaluation,
  { reference, thresholds }: TruthRequest,
): Readonly<Record<string, MetricPair>> {
  const before = reference.evaluation?.metrics ?? {};
  const usual = evaluation.task === "regression" ? ["rmse", "mae"] : ["accuracy", "f1_macro"];
  const asked = thresholds
    .filter(({ metric }) => describeMetric(metric) !== undefined && !driftStatistics.has(metric))
    .map((threshold) => measureName(threshold));
  const names = [...new Set([...asked, ...Object.keys(before), ...usual])];
  return Object.fromEntries(
    names.flatMap((name) => {
      const pair = measureOne(name, evaluation, before[name] ?? null);
      return pair === null ? [] : [[name, pair] as const];
    }),
  );
}

function measureOne(
  name: string,
  evaluation: Evaluation,
  reference: Measure | null,
): MetricPair | null {
  const parts = /^([^([]+)(?:\(([^)]*)\))?$/.exec(name);
  const metric = describeMetric(parts?.[1] ?? "");
  if (parts === null || metric === undefined || !metric.tasks.includes(evaluation.task))
    return null;
  const found = intervalOf({ name: metric.name, argument: parts[2] }, evaluation, {
    confidence: PERFORMANCE_CONFIDENCE,
  });
  const { value, low, high, n, reason } = found;
  const current: Measure = { value, low, high, n, ...(reason !== undefined && { reason }) };
  const difference = reference === null ? null : compareMeasures(current, reference);
  return { current, reference, difference, worse: isWorse(difference, metric.higherIsBetter) };
}

function isWorse(difference: Difference | null, higherIsBetter: boolean | null): boolean {
  const { low, high } = difference ?? {};
  if (typeof low !== "number" || typeof high !== "number" || higherIsBetter === null) return false;
  return higherIsBetter ? high < 0 : low > 0;
}

/**
 * The difference of two measures on different rows, current minus reference, with an interval
 * recovered from both measures' own.
 *
 * @see Zou & Donner (2008), doi:10.1002/sim.3095: the square-and-add rule of Newcombe (1998)
 */
export function compareMeasures(current: Measure, reference: Measure): Difference {
  const [now, then] = [endsOf(current), endsOf(reference)];
  if (now === null || then === null) {
    return { value: null, reason: "one of both has no value or no interval" };
  }
  const value = now.value - then.value;
  return {
    value,
    low: value - Math.hypot(now.value - now.low, then.high - then.value),
    high: value + Math.hypot(now.high - now.value, then.value - then.low),
    n: current.n ?? null,
    test: "intervals of independent rows",
  };
}

function endsOf({
  value,
  low,
  high,
}: Measure): { value: number; low: number; high: number } | null {
  return typeof value === "number" && typeof low === "number" && typeof high === "number"
    ? { value, low, high }
    : null;
}
