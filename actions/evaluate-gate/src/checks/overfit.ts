import { findColumn, takeRows, type Measure, type NumberColumn } from "#core";
import { describeMetric, intervalOf, normalQuantile } from "#stats";
import { formatNumber } from "#report";
import { evaluateCandidate } from "../evaluations.ts";
import { headlineMetrics } from "../metric-lists.ts";
import { FEWEST_ROWS, sampleNote, sampleRows, type CheckContext } from "./check-context.ts";
import { percent, type Outcome } from "./finding.ts";

/** Training rows that are scored. */
const MOST_ROWS = 10_000;
const RESAMPLES = 200;

/** How much worse the model is here than on the rows that it was trained on. */
export async function checkOverfit(
  context: CheckContext,
  asked: string | null,
): Promise<{ readonly gap: Outcome }> {
  return { gap: await measureGap(context, asked) };
}

/** A metric on training rows. */
interface TrainingMeasure {
  readonly metric: string;
  readonly measure: Measure;
  /** Where it comes from, for people. */
  readonly from: string;
}

async function measureGap(context: CheckContext, asked: string | null): Promise<Outcome> {
  const metric = asked ?? chooseMetric(context);
  const found = (await scoreTraining(metric, context)) ?? readRunMetric(metric, asked, context);
  if (found === null) return whyUnknown(context);
  const own = context.metrics.get(found.metric);
  if (own === undefined || own.value === null || found.measure.value === null) {
    const why = own?.reason ?? found.measure.reason ?? "it is no metric of this task";
    return { kind: "unknown", why: `${found.metric} is undefined: ${why}.` };
  }
  return compare(found, { measure: own, value: own.value, trained: found.measure.value }, context);
}

/** The first threshold's metric where it is one of the task's usual ones, else the first of these. */
function chooseMetric({ evaluation, scoring }: CheckContext): string {
  const usual = headlineMetrics(evaluation).map(({ name }) => name);
  const named = scoring.inputs.thresholds
    .filter(({ slice, argument }) => slice === null && argument === null)
    .map(({ metric }) => describeMetric(metric)?.name ?? metric)
    .find((metric) => usual.includes(metric) && metric !== "ece");
  return named ?? usual[0] ?? "accuracy";
}

/** Scores at most 10,000 training rows, where the model is open in this process. */
async function scoreTraining(
  metric: string,
  { candidate, training, scoring }: CheckContext,
): Promise<TrainingMeasure | null> {
  const { open } = candidate;
  if (open === null || training.kind === "unknown" || training.target === null) return null;
  const { inputs } = scoring;
  const rows = labelled(training.target, sampleRows(training.table.rows, MOST_ROWS, inputs.seed));
  if (rows.length === 0) return null;
  const table = takeRows(training.table, rows);
  const target = findColumn(table, training.target.name);
  if (target === undefined || isUnknownClass(target, candidate)) return null;
  const weight =
    candidate.rows.weight === null ? null : weightOf(findColumn(table, candidate.rows.weight.name));
  const answers = await open.answer(table, training.name);
  const evaluation = evaluateCandidate({
    ...candidate,
    rows: { ...candidate.rows, table, target, weight, name: training.name },
    answers,
  });
  const { value, low, high, n, reason } = intervalOf({ name: metric }, evaluation, {
    confidence: inputs.confidence,
    resamples: RESAMPLES,
    seed: inputs.seed,
  });
  const note = rows.length < training.table.rows ? sampleNote(rows.length, inputs.seed) : "";
  return {
    metric,
    measure: { value, low, high, n, ...(reason !== undefined && { reason }) },
    from: `training rows${note}`,
  };
}

function labelled(
  target: NonNullable<ReturnType<typeof findColumn>>,
  rows: Uint32Array,
): Uint32Array {
  return rows.filter((row) =>
    target.kind === "text" ? (target.codes[row] ?? -1) >= 0 : !Number.isNaN(target.values[row]),
  );
}

/** A training target that cannot be held against the model's answers. */
function isUnknownClass(
  target: NonNullable<ReturnType<typeof findColumn>>,
  { meaning }: CheckContext["candidate"],
): boolean {
  if (meaning.task === "regression") return target.kind !== "number";
  if (target.kind !== "text") return false;
  const used = new Set(target.codes);
  return target.levels.some((level, code) => used.has(code) && !meaning.classes.includes(level));
}

function weightOf(column: ReturnType<typeof findColumn>): NumberColumn | null {
  return column?.kind === "number" ? column : null;
}

/** The run's own metric of its training part; of the task's usual ones when the one wanted is not there. */
function readRunMetric(
  metric: string,
  asked: string | null,
  { scoring, evaluation }: CheckContext,
): TrainingMeasure | null {
  const written = scoring.subject.run?.metrics["train"] ?? {};
  const names = [
    metric,
    ...(asked === null ? headlineMetrics(evaluation).map(({ name }) => name) : []),
  ];
  const name = names.find((one) => typeof written[one] === "number");
  if (name === undefined) return null;
  return {
    metric: name,
    measure: { value: written[name] ?? null },
    from: "training rows, by run.json",
  };
}

function whyUnknown({ candidate, training }: CheckContext): Outcome {
  const how = "run.json has no metrics of the training part";
  if (candidate.open === null)
    return { kind: "unknown", why: `The model is not scored in this process, and ${how}.` };
  if (training.kind === "unknown") return training;
  const why = `${training.name} cannot be scored with a known target, and ${how}.`;
  return { kind: "unknown", why };
}

/**
 * The gap is the difference over the larger of both numbers, so that it lies in 0..1 whichever
 * direction is better, also for a loss of 0 in training.
 */
function compare(
  { metric, measure: training, from }: TrainingMeasure,
  {
    measure,
    value,
    trained,
  }: { readonly measure: Measure; readonly value: number; readonly trained: number },
  { scoring, candidate }: CheckContext,
): Outcome {
  const isHigherBetter = describeMetric(metric)?.higherIsBetter ?? true;
  const scale = Math.max(Math.abs(value), Math.abs(trained));
  const worse = isHigherBetter ? trained - value : value - trained;
  const gap = scale === 0 ? 0 : worse / scale;
  const { confidence } = scoring.inputs;
  const z = normalQuantile((1 + confidence) / 2);
  const reach =
    scale === 0 ? 0 : (z * Math.hypot(errorOf(measure, z), errorOf(training, z))) / scale;
  const isFew = candidate.rows.table.rows < FEWEST_ROWS;
  const words =
    gap > 0
      ? `${percent(gap)} worse than on`
      : gap < 0
        ? `${percent(-gap)} better than on`
        : "the same as on";
  return {
    kind: "measured",
    value: gap,
    low: isFew ? -1 : gap - reach,
    high: isFew ? 1 : gap + reach,
    found: `${metric} is ${formatNumber(value)} here, ${words} ${from} (${formatNumber(trained)}).`,
    advice:
      "A gap alone does not make a model bad (forests and boosting often have one), but a simpler or more regularised one may do better here.",
  };
}

/** The standard error behind an interval. */
function errorOf({ low, high }: Measure, z: number): number {
  return typeof low === "number" && typeof high === "number" ? (high - low) / (2 * z) : 0;
}
