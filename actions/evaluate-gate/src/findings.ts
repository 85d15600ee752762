import {
  findColumn,
  judgeWhole,
  referencesOf,
  type Judgement,
  type Measure,
  type WholeVerdict,
} from "#core";
import { forgetLosses, type Evaluation } from "#stats";
import { analyseErrors, checkAnalysisInputs } from "./analysis/analyse-errors.ts";
import type { ErrorAnalysis } from "./analysis/error-analysis.ts";
import { closeReferences, scoreReferences } from "./baseline.ts";
import type { CheckFinding } from "./checks/finding.ts";
import { runChecks } from "./checks/run-checks.ts";
import type { Reference, ScoredReference } from "./reference.ts";
import type { Candidate, ScoringContext } from "./candidate.ts";
import { evaluateCandidate, evaluatePair, type Pair } from "./evaluations.ts";
import type { Inputs } from "./inputs.ts";
import { judgeThresholds } from "./judge.ts";
import { measureLatencies, type Latencies } from "./latency.ts";
import { compareHeadlines, type ComparedMetric } from "./compare-headlines.ts";
import { measureQuantity, type Bench } from "./measure.ts";
import { allMetrics, headlineMetrics, type NamedQuantity } from "./metric-lists.ts";
import { MISSING_VALUE, namedSlices, sliceBy, type Slice } from "./slices.ts";
import { stopIfCancelled } from "./stop-if-cancelled.ts";
import type { Subject } from "./subject.ts";
import { COST_METRICS, isCostMetric } from "./vocabulary.ts";

/** Metrics of the rows that share a value. */
export interface SliceFindings extends Slice {
  readonly metrics: ReadonlyMap<string, Measure>;
}

/** Everything that was found out; the report and evaluation.json are made of it. */
export interface Findings {
  readonly subject: Subject;
  readonly candidate: Candidate;
  readonly evaluation: Evaluation;
  readonly whole: WholeVerdict;
  readonly judgements: readonly Judgement[];
  readonly metrics: ReadonlyMap<string, Measure>;
  /** What the input `baseline` names. */
  readonly baseline: Reference;
  readonly pair: Pair | null;
  readonly compared: readonly ComparedMetric[];
  readonly slices: readonly SliceFindings[];
  readonly latencies: Latencies | null;
  /** Where and why the model errs; `null` with `error-analysis: off`. */
  readonly analysis: ErrorAnalysis | null;
  readonly checks: readonly CheckFinding[];
}

/** Scores the references, measures, compares and judges. */
export async function findOut(candidate: Candidate, context: ScoringContext): Promise<Findings> {
  const { inputs, subject } = context;
  checkAnalysisInputs(inputs, candidate.rows.table);
  const slicesOf = sliceReader(candidate);
  for (const column of namedSlices(inputs.slices)) slicesOf(column);
  const references = await scoreReferences(candidate, context);
  const baseline = references.get("baseline") ?? { kind: "absent", why: "nothing is compared" };
  try {
    const latencies = await measureAllLatencies(candidate, references, context);
    const bench = createBench(candidate, { context, latencies });
    await stopIfCancelled(context.ports);
    const judgements = judgeThresholds(inputs.thresholds, {
      bench,
      references,
      slicesOf,
      minSliceRows: inputs.minSliceRows,
      plainBounds: inputs.plainBounds,
      correction: inputs.correction,
    });
    const { evaluation } = bench;
    const pair = baseline.kind === "scored" ? bench.pairWith(baseline) : null;
    const compared = baseline.kind === "scored" ? compareHeadlines(baseline, inputs, bench) : [];
    // Eight bytes a row that nobody asks for again.
    if (pair !== null) forgetLosses(pair.reference);
    await stopIfCancelled(context.ports);
    const metrics = measureAll(judgements, bench);
    const measured = { evaluation, metrics, latencies: latencies.get(null) ?? null };
    await stopIfCancelled(context.ports);
    const checks = await runChecks(candidate, context, measured);
    const findings: Findings = {
      subject,
      candidate,
      ...measured,
      judgements,
      checks,
      whole: explainNone(judgeWhole(judgements, inputs.onInconclusive, checks), inputs),
      baseline,
      pair,
      compared,
      slices: measureSlices(inputs, bench, slicesOf),
      analysis: await analyseErrors({ candidate, evaluation, pair, context }),
    };
    // Nothing that is written is made of a row's losses.
    for (const one of [evaluation, pair?.candidate, pair?.reference])
      if (one !== undefined) forgetLosses(one);
    return findings;
  } finally {
    await closeReferences(references);
  }
}

/** With baseline: none it is not the first version that leaves bounds unheld. */
function explainNone(whole: WholeVerdict, { baseline, baselinePredictions }: Inputs): WholeVerdict {
  if (baseline.kind !== "none" || baselinePredictions !== null) return whole;
  return {
    ...whole,
    reason: whole.reason
      .replace("first version: not compared", "baseline: none, not compared")
      .replace("First version: not compared", "Baseline: none, not compared"),
  };
}

type LatencyMap = ReadonlyMap<ScoredReference | null, Latencies>;

/** The candidate's latency always, a reference's only when a threshold compares it. */
async function measureAllLatencies(
  candidate: Candidate,
  references: ReadonlyMap<string, Reference>,
  { inputs, ports }: ScoringContext,
): Promise<LatencyMap> {
  const found = new Map<ScoredReference | null, Latencies>();
  const { table } = candidate.rows;
  if (candidate.open !== null)
    found.set(null, await measureLatencies(candidate.open, table, ports.stopwatch));
  const compared = inputs.thresholds.filter(
    ({ metric }) => isCostMetric(metric) && metric !== "size_mb",
  );
  for (const name of referencesOf(compared)) {
    const reference = references.get(name);
    if (reference?.kind !== "scored" || reference.open === null || found.has(reference)) continue;
    found.set(reference, await measureLatencies(reference.open, table, ports.stopwatch));
  }
  return found;
}

function createBench(
  candidate: Candidate,
  { context, latencies }: { readonly context: ScoringContext; readonly latencies: LatencyMap },
): Bench {
  const { inputs, subject } = context;
  const groups = groupColumns(inputs, candidate);
  const pairs = new Map<ScoredReference, Pair>();
  return {
    candidate,
    evaluation: evaluateCandidate(candidate, groups),
    run: subject.run,
    options: {
      confidence: inputs.confidence,
      resamples: inputs.resamples,
      seed: inputs.seed,
      interval: inputs.intervals,
      ...(inputs.zeroDivision !== "undefined" && {
        zeroDivision: inputs.zeroDivision === "1" ? 1 : 0,
      }),
    },
    timeOrdered: subject.time !== null && candidate.meaning.task === "regression",
    midP: inputs.mcnemar === "mid-p",
    cluster: subject.cluster,
    pairWith: (reference) => {
      const known = pairs.get(reference);
      if (known !== undefined) return known;
      const pair = evaluatePair(candidate, reference, { groups, time: subject.time });
      pairs.set(reference, pair);
      return pair;
    },
    latencies: (of) => latencies.get(of) ?? null,
  };
}

/** Columns that a threshold's argument names, for metrics that compare groups. */
function groupColumns(inputs: Inputs, candidate: Candidate): readonly string[] {
  const named = inputs.thresholds.flatMap(({ argument }) => (argument === null ? [] : [argument]));
  return [...new Set(named)].filter((name) => findColumn(candidate.rows.table, name) !== undefined);
}

function sliceReader(candidate: Candidate): (column: string) => readonly Slice[] {
  const known = new Map<string, readonly Slice[]>();
  return (column) => {
    const slices = known.get(column) ?? sliceBy(candidate.rows.table, column);
    known.set(column, slices);
    return slices;
  };
}

/** Metrics that nothing is decided on get an interval of this share of the resamples. */
const SIDE_SHARE = 0.1;
/**
 * Beyond these many rows times resamples the bootstrap of rows gives way to a cheaper method, and
 * of the metrics that nothing is decided on only those get an interval that need no sorted rows.
 */
const ROW_BUDGET = 40_000_000;

function measureAll(judgements: readonly Judgement[], bench: Bench): ReadonlyMap<string, Measure> {
  const costs = COST_METRICS.map((metric): NamedQuantity => ({
    metric,
    argument: null,
    rows: null,
    name: metric,
  }));
  const headlines = new Set(headlineMetrics(bench.evaluation).map(({ name }) => name));
  const { resamples: full } = bench.options;
  const isLarge = bench.evaluation.truth.length * full > ROW_BUDGET;
  const resamples = isLarge ? full : Math.max(100, Math.round(full * SIDE_SHARE));
  const interval = isLarge ? "cheap" : undefined;
  const aside: Bench = { ...bench, options: { ...bench.options, resamples, interval } };
  const judged = new Map(judgements.map(({ metric, measure }) => [metric, measure]));
  const measures = [...allMetrics(bench.evaluation), ...costs].map((quantity) => {
    const on = headlines.has(quantity.name) ? bench : aside;
    return [
      quantity.name,
      judged.get(quantity.name) ?? measureQuantity(quantity, on).measure,
    ] as const;
  });
  return new Map([...measures, ...judged]);
}

/** Slices of one column beyond these are in no report. */
const MOST_SLICES = 40;

function measureSlices(
  inputs: Inputs,
  bench: Bench,
  slicesOf: (column: string) => readonly Slice[],
): readonly SliceFindings[] {
  const asked = inputs.thresholds.flatMap(({ slice }) => (slice === null ? [] : [slice.column]));
  const named = namedSlices(inputs.slices);
  const columns = [...new Set([...named, ...asked])].filter(
    (name) => named.includes(name) || findColumn(bench.candidate.rows.table, name) !== undefined,
  );
  const shown = headlineMetrics(bench.evaluation).slice(0, 4);
  return columns.flatMap((column) =>
    slicesOf(column)
      .filter(({ rows, value }) => rows.length >= inputs.minSliceRows || value === MISSING_VALUE)
      .slice(0, MOST_SLICES)
      .map((slice) => ({
        ...slice,
        metrics: new Map(
          shown.map((quantity) => [
            quantity.name,
            measureQuantity({ ...quantity, rows: slice.rows }, bench).measure,
          ]),
        ),
      })),
  );
}
