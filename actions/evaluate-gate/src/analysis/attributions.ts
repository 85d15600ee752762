import { findColumn, type Table } from "#core";
import type { Attributions } from "#models";
import { createRandom, type Random } from "#stats";
import type { Answers } from "../answers.ts";
import type { Candidate } from "../candidate.ts";
import { columnsOf, type OpenModel } from "../score-model.ts";
import { stopIfCancelled } from "../stop-if-cancelled.ts";
import {
  leftOut,
  type AttributionSummary,
  type Contribution,
  type Part,
} from "./error-analysis.ts";
import { shuffle } from "./segment-tests.ts";

/** Which predictions are explained, and how much that may cost. */
export interface AttributionPlan {
  /** Places of the worst errors, the worst first. */
  readonly worst: readonly number[];
  /** Rows drawn for the global picture. */
  readonly rows: number;
  /** Rows that stand for the average. */
  readonly background: number;
  /** Orders of the columns drawn a row, where values are sampled. */
  readonly samples: number;
  /** Rows that the model scores in all, at most, where values are sampled. */
  readonly mostScored: number;
  readonly budgetMs: number;
  readonly seed: number;
  stopwatch(): number;
}

/** What predictions are made of: those of the worst errors one by one, those of many on average. */
export interface Explained {
  readonly summary: AttributionSummary;
  /** By place, the largest by size first, of the predicted class; without rows that time did not allow. */
  readonly contributions: ReadonlyMap<number, readonly Contribution[]>;
}

/** Contributions kept of each row. */
const MOST_CONTRIBUTIONS = 10;
/** Rows explained between two looks at the clock: each look costs exact values a new start. */
const STEPS = { "sampled-shapley": 10, "tree-shap": 50 } as const;

/**
 * Explains the worst errors, then rows drawn at random, with Shapley values (exact for trees, else
 * sampled) against rows that stand for the average. One row is explained first to see what it
 * costs; what does not fit into the time is left out, rows drawn at random first.
 */
export async function attribute(
  candidate: Candidate & { readonly open: OpenModel },
  plan: AttributionPlan,
): Promise<Part<Explained>> {
  const began = plan.stopwatch();
  const spent = (): number => plan.stopwatch() - began;
  const random = createRandom(plan.seed);
  const drawn = drawPlaces(candidate.rows.table.rows, plan.rows, random);
  const background = drawPlaces(candidate.rows.table.rows, plan.background, random);
  const explain = await explainer(candidate, { background, plan });
  const first = plan.worst[0] ?? drawn[0] ?? 0;
  const { method, columns } = await explain([first]);
  const each = spent();
  const inTime = Math.floor((plan.budgetMs - each) / each);
  if (inTime < 1)
    return leftOut(
      `explaining one prediction took ${(each / 1000).toFixed(1)} s of the ${plan.budgetMs / 1000} s`,
    );
  const contributions = new Map<number, readonly Contribution[]>();
  const affordable =
    method === "tree-shap" ? Number.POSITIVE_INFINITY : affordableRows(plan, columns);
  const worst = plan.worst.slice(0, Math.min(inTime, Math.ceil(affordable / 2)));
  if (worst.length > 0) {
    const found = await explain(worst);
    worst.forEach((row, at) => {
      contributions.set(row, contributionsOf(found, at, outputOf(found, candidate.answers, row)));
    });
  }
  const tally = createTally();
  const step = STEPS[method];
  const most = Math.max(1, Math.min(drawn.length, affordable - worst.length));
  const chosen = spread(drawn, most);
  const { signal } = candidate.open.options;
  for (let from = 0; from < chosen.length; from += step) {
    if (signal !== undefined) await stopIfCancelled({ signal });
    if (from > 0 && spent() > plan.budgetMs) break;
    tally.add(await explain(chosen.slice(from, from + step)));
  }
  return { kind: "found", summary: tally.summarise(background.length), contributions };
}

/** Rows whose values can be sampled: each asks the model once a column and order. */
function affordableRows(
  { mostScored, samples }: AttributionPlan,
  columns: readonly string[],
): number {
  return Math.floor(mostScored / (samples * Math.max(1, columns.length)));
}

/** So many of the places, evenly over all of them: they are in the file's order, which may mean something. */
function spread(places: readonly number[], count: number): readonly number[] {
  return Array.from(
    { length: count },
    (_, at) => places[Math.floor((at * places.length) / count)] ?? 0,
  );
}

/** Places drawn without replacement, ascending; all where there are not more. */
function drawPlaces(rows: number, count: number, random: Random): readonly number[] {
  const all = Uint32Array.from({ length: rows }, (_, row) => row);
  if (rows > count) shuffle(all, count, random);
  return [...all.subarray(0, Math.min(rows, count)).sort()];
}

async function explainer(
  { open, rows }: Candidate & { readonly open: OpenModel },
  { background, plan }: { readonly background: readonly number[]; readonly plan: AttributionPlan },
): Promise<(rows: readonly number[]) => Promise<Attributions>> {
  const { explainRows } = await import("#models");
  const names = [...new Set(await columnsOf(open, rows.table))];
  const table: Table = {
    rows: rows.table.rows,
    columns: names.flatMap((name) => findColumn(rows.table, name) ?? []),
  };
  const { samples, seed } = plan;
  return (places) =>
    explainRows(open.model, table, { ...open.options, rows: places, background, samples, seed });
}

/** The output that a row's contributions are told of: the predicted class, else the only one. */
function outputOf({ outputs }: Attributions, answers: Answers, row: number): number {
  if (answers.kind === "values") return 0;
  return Math.max(0, outputs.indexOf(answers.classes[answers.labels[row] ?? 0] ?? ""));
}

function contributionsOf(
  { columns, values }: Attributions,
  at: number,
  output: number,
): readonly Contribution[] {
  return columns
    .map((column, place) => ({ column, value: values[output]?.[place]?.[at] ?? 0 }))
    .sort((left, right) => Math.abs(right.value) - Math.abs(left.value))
    .slice(0, MOST_CONTRIBUTIONS);
}

/** Adds up the sizes of attributions over calls. */
function createTally(): {
  readonly add: (found: Attributions) => void;
  readonly summarise: (background: number) => AttributionSummary;
} {
  const sums = new Map<string, number>();
  let rows = 0;
  let last: Attributions | null = null;
  let error: number | null = null;
  return {
    add: (found) => {
      found.columns.forEach((column, place) => {
        const sizes = found.values.map((ofOutput) =>
          (ofOutput[place] ?? new Float64Array(0)).reduce((sum, value) => sum + Math.abs(value), 0),
        );
        const size = sizes.reduce((sum, value) => sum + value, 0) / Math.max(1, sizes.length);
        sums.set(column, (sums.get(column) ?? 0) + size);
      });
      rows += found.values[0]?.[0]?.length ?? 0;
      if (found.error !== null) error = Math.max(error ?? 0, found.error);
      last = found;
    },
    summarise: (background) => ({
      method: last?.method ?? "sampled-shapley",
      scale: last?.scale ?? "value",
      outputs: last?.outputs ?? [],
      rows,
      background,
      features: [...sums]
        .map(([column, sum]) => ({ column, meanSize: rows === 0 ? 0 : sum / rows }))
        .sort((left, right) => right.meanSize - left.meanSize),
      error,
    }),
  };
}
