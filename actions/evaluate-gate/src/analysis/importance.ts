import { findColumn, takeRows, type Table } from "#core";
import { computeMetric, createRandom, describeMetric, type Evaluation } from "#stats";
import type { Candidate } from "../candidate.ts";
import { evaluateCandidate } from "../evaluations.ts";
import type { Inputs } from "../inputs.ts";
import { headlineMetrics } from "../metric-lists.ts";
import { columnsOf, type OpenModel } from "../score-model.ts";
import { leftOut, type FeatureImportance, type Importance, type Part } from "./error-analysis.ts";
import { shuffle } from "./segment-tests.ts";

/** What is measured, and how much of it. */
export interface ImportancePlan {
  readonly metric: { readonly name: string; readonly argument?: string };
  /** Rows scored; more are sampled. */
  readonly rows: number;
  readonly repeats: number;
  /** Rows scored in all, at most, unless fewer than 500 rows a column would be left. */
  readonly mostScored: number;
  readonly budgetMs: number;
  readonly seed: number;
  stopwatch(): number;
}

/** Fewer rows tell columns apart badly. */
const FEWEST_ROWS = 500;

/**
 * The metric that importance is told in: the first threshold's that is a metric of all rows with a
 * better direction, else the first that a report shows.
 */
export function chooseMetric(
  thresholds: Inputs["thresholds"],
  evaluation: Evaluation,
): ImportancePlan["metric"] | null {
  for (const { metric, argument, slice } of thresholds) {
    const known = describeMetric(metric);
    const isOfRows = known !== undefined && known.argument?.kind !== "column";
    if (!isOfRows || slice !== null || known.higherIsBetter === null) continue;
    const wanted = { name: metric, ...(argument !== null && { argument }) };
    if (computeMetric(metric, argument ?? undefined, evaluation).value !== null) return wanted;
  }
  const first = headlineMetrics(evaluation).find(
    ({ metric }) => computeMetric(metric, undefined, evaluation).value !== null,
  );
  return first === undefined ? null : { name: first.metric };
}

/**
 * Permutation importance (Breiman 2001; Fisher, Rudin & Dominici 2019): one column's values are
 * shuffled among the rows, the model scores them anew, and the metric's loss on the very same rows
 * is that column's importance. Of one repeat all columns are shuffled by the same order. A column
 * that the model does not read has exactly 0. Rounds over all columns go on until `repeats` or the
 * time is used up; a round that was not finished is not counted, but for the first.
 */
export async function measureImportance(
  candidate: Candidate & { readonly open: OpenModel },
  plan: ImportancePlan,
): Promise<Part<Importance>> {
  const began = plan.stopwatch();
  const random = createRandom(plan.seed);
  const columns = [...new Set(await columnsOf(candidate.open, candidate.rows.table))];
  const affordable = Math.floor(plan.mostScored / (columns.length * plan.repeats));
  const rows = Math.min(plan.rows, Math.max(FEWEST_ROWS, affordable));
  const sample = sampleCandidate(candidate, columns, { plan: { ...plan, rows }, random });
  const base = await measure(sample.candidate, sample.candidate.rows.table, plan);
  if (typeof base === "string") return leftOut(base);
  const isHigherBetter = describeMetric(plan.metric.name)?.higherIsBetter === true;
  const drops = new Map<string, number[]>(columns.map((name) => [name, []]));
  const order = Uint32Array.from({ length: sample.rows }, (_, row) => row);
  let repeats = 0;
  for (; repeats < plan.repeats; repeats++) {
    shuffle(order, order.length, random);
    const round = new Map<string, number>();
    for (const name of columns) {
      if (plan.stopwatch() - began > plan.budgetMs) break;
      const shuffled = shuffleColumn(sample.candidate.rows.table, name, order);
      const value = await measure(sample.candidate, shuffled, plan);
      if (typeof value === "string") continue;
      // 0 minus 0 is never -0.
      round.set(name, (isHigherBetter ? base - value : value - base) + 0);
    }
    if (round.size < columns.length && repeats > 0) break;
    for (const [name, drop] of round) drops.get(name)?.push(drop);
    if (round.size < columns.length) {
      repeats++;
      break;
    }
  }
  const found = [...drops].filter(([, values]) => values.length > 0);
  if (found.length === 0)
    return leftOut(`scoring the rows once took longer than ${plan.budgetMs / 1000} s`);
  const { name, argument } = plan.metric;
  return {
    kind: "found",
    metric: argument === undefined ? name : `${name}(${argument})`,
    higherIsBetter: isHigherBetter,
    value: base,
    rows: sample.rows,
    ofRows: candidate.rows.table.rows,
    repeats,
    features: found
      .map(([column, values]) => summarise(column, values))
      .sort((left, right) => right.mean - left.mean),
    leftOut: [...drops].filter(([, values]) => values.length === 0).map(([column]) => column),
  };
}

function summarise(column: string, values: readonly number[]): FeatureImportance {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    column,
    mean,
    deviation: values.length < 2 ? null : Math.sqrt(squares / (values.length - 1)),
  };
}

/** Some of the rows, drawn at random, with the columns that the model reads. */
function sampleCandidate(
  candidate: Candidate,
  columns: readonly string[],
  {
    plan,
    random,
  }: { readonly plan: ImportancePlan; readonly random: ReturnType<typeof createRandom> },
): { readonly candidate: Candidate; readonly rows: number } {
  const { rows } = candidate;
  const all = Uint32Array.from({ length: rows.table.rows }, (_, row) => row);
  const isAll = all.length <= plan.rows;
  if (!isAll) shuffle(all, plan.rows, random);
  const drawn = isAll ? all : all.slice(0, plan.rows).sort();
  const wanted = columns.flatMap((name) => findColumn(rows.table, name) ?? []);
  const extra = rows.weight === null ? [rows.target] : [rows.target, rows.weight];
  const features = { rows: rows.table.rows, columns: wanted };
  const [target = rows.target, weight = null] = takeRows(
    { rows: rows.table.rows, columns: extra },
    drawn,
  ).columns;
  return {
    rows: drawn.length,
    candidate: {
      ...candidate,
      rows: {
        name: rows.name,
        digest: rows.digest,
        isTestPart: rows.isTestPart,
        // Nothing is joined or resampled here; making the whole rows' keys is dear.
        keys: new BigUint64Array(0),
        ids: [],
        clusters: null,
        table: isAll ? features : takeRows(features, drawn),
        target,
        weight: weight?.kind === "number" ? weight : null,
      },
    },
  };
}

function shuffleColumn(table: Table, name: string, order: Uint32Array): Table {
  return {
    rows: table.rows,
    columns: table.columns.map((column) =>
      column.name === name
        ? (takeRows({ rows: table.rows, columns: [column] }, order).columns[0] ?? column)
        : column,
    ),
  };
}

/** The metric of the model's answers on a table of the same rows, or why it has no value. */
async function measure(
  candidate: Candidate,
  table: Table,
  { metric }: ImportancePlan,
): Promise<number | string> {
  const answers = await candidate.open?.answer(table, candidate.rows.name);
  if (answers === undefined) return "the model is not scored in this process";
  const { name, argument } = metric;
  const found = computeMetric(name, argument, evaluateCandidate({ ...candidate, answers }));
  return found.value ?? `${name} has no value on the rows drawn: ${found.reason ?? "undefined"}`;
}
