import { InputError, SlipwayError, type Table } from "#core";
import { showablePart } from "#report";
import type { Evaluation } from "#stats";
import type { ScoringContext, Candidate } from "../candidate.ts";
import type { Pair } from "../evaluations.ts";
import type { Inputs } from "../inputs.ts";
import { MEAN_METRIC } from "../vocabulary.ts";
import { requireNamedColumn, wantsSearch } from "../slices.ts";
import { attribute, type Explained } from "./attributions.ts";
import { findConfusions, type ClassifierPair } from "./confusion-pairs.ts";
import {
  leftOut,
  type Confusions,
  type ErrorAnalysis,
  type Part,
  type PartName,
  type WeakSegments,
} from "./error-analysis.ts";
import { chooseMetric, measureImportance } from "./importance.ts";
import { rowLossesOf, type RowLosses } from "./row-losses.ts";
import { findWeakSegments } from "./weak-segments.ts";
import { countWrong, describeErrors, findWorstRows, type FileRows } from "./worst-errors.ts";

/**
 * How much is done of what asks the model again, and how long it may take. `auto` also bounds how
 * many rows each part has scored, so that an ordinary job pays tenths of a second whatever its columns.
 */
export const EXTENTS = {
  auto: {
    importanceRows: 2000,
    repeats: 3,
    explainedRows: 100,
    background: 50,
    samples: 40,
    mostScored: 45_000,
    budgetMs: 2000,
  },
  full: {
    importanceRows: 20_000,
    repeats: 10,
    explainedRows: 1000,
    background: 100,
    samples: 400,
    mostScored: Number.POSITIVE_INFINITY,
    budgetMs: 60_000,
  },
} as const;

/** What error analysis reads of the gate. */
export interface Analysing {
  readonly candidate: Candidate;
  readonly evaluation: Evaluation;
  readonly pair: Pair | null;
  readonly context: ScoringContext;
}

/**
 * Checks what the inputs ask of error analysis, before anything is measured.
 *
 * @throws InputError `UNKNOWN_COLUMN` where `show-values` names a column that is not there,
 * `NO_SEARCH` where segments are asked for and error analysis is off
 */
export function checkAnalysisInputs(inputs: Inputs, table: Table): void {
  for (const name of inputs.showValues ?? []) requireNamedColumn(table, name, "show-values");
  if (inputs.errorAnalysis !== "off" || !wantsSearch(inputs.slices)) return;
  throw new InputError({
    code: "NO_SEARCH",
    message: "slices: auto searches for weak segments, which error-analysis: off leaves out.",
    hint: "Leave auto out of slices, or error-analysis at auto.",
  });
}

/**
 * Looks at where and why the model errs. What only reads the answers is always whole; what asks the
 * model again keeps to the extent's rows, repeats and time, and what then does not fit is said to
 * be left out. `null` with `error-analysis: off`. */
export async function analyseErrors(analysing: Analysing): Promise<ErrorAnalysis | null> {
  const { candidate, evaluation, pair, context } = analysing;
  const { inputs, ports } = context;
  if (inputs.errorAnalysis === "off") return null;
  const timings: { part: PartName; ms: number }[] = [];
  const timed = async <T>(part: PartName, work: () => Promise<T> | T): Promise<T> => {
    const began = ports.stopwatch();
    const found = await work();
    timings.push({ part, ms: ports.stopwatch() - began });
    return found;
  };
  const losses = rowLossesOf(evaluation);
  const level = Number((1 - inputs.confidence).toPrecision(12));
  const worstRows = await timed("worst", () => findWorstRows(losses, evaluation));
  const segments = await timed("segments", () => searchSegments(losses, analysing, level));
  const confusions = await timed("confusions", () =>
    partOf(
      findConfusions(evaluation, withEntities(pair, candidate), level),
      "a regression has no classes to confuse",
    ),
  );
  const importance = await timed("importance", () => askImportance(analysing));
  const explained = await timed("attributions", () => askAttributions(analysing, worstRows));
  const described = describeErrors(worstRows, {
    losses,
    evaluation,
    table: candidate.rows.table,
    files: filesOf(candidate.rows.table),
    shown: inputs.showValues ?? [],
  });
  return {
    extent: inputs.errorAnalysis,
    loss: losses.name,
    meanLoss: losses.mean,
    segments,
    worst: {
      kind: "found",
      wrongRows: countWrong(evaluation),
      errors: described.map((one) => ({
        ...one,
        contributions:
          explained.kind === "found" ? (explained.contributions.get(one.row) ?? null) : null,
      })),
    },
    confusions,
    importance,
    attributions: explained.kind === "found" ? { kind: "found", ...explained.summary } : explained,
    timings,
  };
}

function withEntities(pair: Pair | null, { rows }: Candidate): ClassifierPair | null {
  if (pair === null) return null;
  const { clusters } = rows;
  return {
    candidate: pair.candidate,
    reference: pair.reference,
    clusters: clusters && Int32Array.from(pair.rows, (row) => clusters[row]!),
  };
}

function partOf(found: Confusions | null, why: string): Part<Confusions> {
  return found === null ? leftOut(why) : { kind: "found", ...found };
}

/** Rows of a table that was read from files know which. */
function filesOf(table: Table & { readonly files?: readonly FileRows[] }): readonly FileRows[] {
  return table.files ?? [];
}

function searchSegments(
  losses: RowLosses,
  { candidate, evaluation, context }: Analysing,
  level: number,
): Part<WeakSegments> {
  const { inputs } = context;
  if (!wantsSearch(inputs.slices)) return leftOut("slices: does not ask for auto");
  const { weights } = evaluation;
  return {
    kind: "found",
    ...findWeakSegments({
      table: describingColumns(candidate.rows.table, context),
      losses: losses.values,
      weights: weights === undefined ? undefined : Float64Array.from(weights),
      hits: hitsOf(evaluation),
      clusters: candidate.rows.clusters ?? undefined,
      minRows: inputs.minSliceRows,
      level,
      seed: inputs.seed,
    }),
  };
}

function hitsOf(evaluation: Evaluation): Uint8Array | undefined {
  if (evaluation.task === "regression") return undefined;
  const { truth, prediction } = evaluation;
  return Uint8Array.from({ length: truth.length }, (_, row) =>
    truth[row] === prediction[row] ? 1 : 0,
  );
}

/** Not what the answer or the truth says of a row itself: those would only name the errors again. */
function describingColumns(table: Table, { inputs, subject }: ScoringContext): Table {
  const answers =
    inputs.predictions === null
      ? []
      : [inputs.prediction, ...(inputs.scores ?? []).map((name) => name.split("=").at(-1) ?? name)];
  const judged = inputs.thresholds.flatMap(({ metric, argument }) =>
    metric === MEAN_METRIC && argument !== null ? [argument] : [],
  );
  const hidden = new Set([
    subject.target,
    ...subject.id.filter(() => subject.id.length === 1),
    ...(subject.weight === null ? [] : [subject.weight]),
    ...(subject.cluster === null ? [] : [subject.cluster]),
    ...answers,
    ...judged,
  ]);
  const isScore = (name: string): boolean =>
    inputs.predictions !== null && inputs.scores === null && name.startsWith("score_");
  return {
    rows: table.rows,
    columns: table.columns.filter(({ name }) => !hidden.has(name) && !isScore(name)),
  };
}

async function askImportance({
  candidate,
  evaluation,
  context,
}: Analysing): Promise<ErrorAnalysis["importance"]> {
  const { inputs, ports } = context;
  const { open } = candidate;
  if (open === null || inputs.errorAnalysis === "off") return leftOut(notAsked(candidate));
  const metric = chooseMetric(inputs.thresholds, evaluation);
  if (metric === null) return leftOut("no metric has a value on these rows");
  const { importanceRows, repeats, mostScored, budgetMs } = EXTENTS[inputs.errorAnalysis];
  return withoutFaults(() =>
    measureImportance(
      { ...candidate, open },
      {
        metric,
        rows: importanceRows,
        repeats,
        mostScored,
        budgetMs,
        seed: inputs.seed,
        stopwatch: ports.stopwatch,
      },
    ),
  );
}

async function askAttributions(
  { candidate, context }: Analysing,
  worst: readonly number[],
): Promise<Part<Explained>> {
  const { inputs, ports } = context;
  const { open } = candidate;
  if (open === null || inputs.errorAnalysis === "off") return leftOut(notAsked(candidate));
  const { explainedRows, ...extent } = EXTENTS[inputs.errorAnalysis];
  const plan = { worst, rows: explainedRows, ...extent, seed: inputs.seed };
  return withoutFaults(() =>
    attribute({ ...candidate, open }, { ...plan, stopwatch: ports.stopwatch }),
  );
}

/** Why a model cannot be asked again with other values. */
function notAsked({ scoredBy }: Candidate): string {
  return `it needs the model in this process to score changed rows, and this one was scored ${scoredBy}`;
}

/** A model may refuse rows that no one has: that is no reason to lose the verdict. */
async function withoutFaults<T>(work: () => Promise<Part<T>>): Promise<Part<T>> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof SlipwayError) return leftOut(showablePart(cause.message, 300));
    throw cause;
  }
}
