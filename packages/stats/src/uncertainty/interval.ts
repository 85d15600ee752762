import type { MetricOptions, MetricReference } from "../metrics/bind-request.ts";
import { bindMetric } from "../metrics/bind.ts";
import { describeMetric } from "../metrics/catalog.ts";
import { valueOfKernel } from "../metrics/compute.ts";
import type { Evaluation } from "../metrics/evaluation.ts";
import type { Kernel, Proportion, RowKernel } from "../metrics/kernel.ts";
import { rangeOfMetric } from "../metrics/ranges.ts";
import { createRandom } from "../random/generator.ts";
import { type Interval, normalResult, wilsonInterval } from "../hypothesis/proportions.ts";
import { type BootstrapKind, type BootstrapMethod, bootstrap } from "./bootstrap.ts";
import { isWithoutWidth, withoutVariation } from "./no-variation.ts";
import { lawOfInfluence, logitInterval } from "./ranking-law.ts";
import type { ResamplingPlan } from "./resampling.ts";

/** How intervals are made. */
export interface UncertaintyOptions extends MetricOptions {
  /** In 0..1, 0.95 when left out. */
  readonly confidence?: number | undefined;
  /** Bootstrap resamples, 2,000 when left out. */
  readonly resamples?: number | undefined;
  /** Seed of the bootstrap, 42 when left out. The same rows and seed give the same interval. */
  readonly seed?: number | undefined;
  /** Cluster code of each row (from 0) where rows of one entity belong together. */
  readonly clusters?: ArrayLike<number> | undefined;
  /**
   * `auto` (default): Wilson for shares of rows, DeLong on the logit's scale for areas under ROC
   * curves, and the same from each row's influence for their averages and average precision;
   * bootstrap t for means of up to 5,000 rows; else percentiles, expanded for few rows, and of gaps that
   * noise lifts (calibration, fairness) widened by their mirror image; `percentile`
   * and `bca` bootstrap every metric; `cheap` is `auto` without the intervals that need a look at all
   * rows together.
   */
  readonly interval?: BootstrapKind | undefined;
}

/** Options of {@link intervalOf}. */
export interface IntervalOptions extends UncertaintyOptions {
  /** A value that the metric is held against; gives `pBelow` and `pAbove`. */
  readonly against?: number | undefined;
}

/** How an interval came about. */
export type IntervalMethod = "wilson" | "delong" | "clopper-pearson" | BootstrapMethod;

/** A metric with its interval; nulls with a reason where there is none. */
export interface MetricInterval {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** Rows. */
  readonly n: number;
  readonly method: IntervalMethod | null;
  /** Resamples in which the metric was defined; `null` without a bootstrap. */
  readonly resamples: number | null;
  /** One-sided p of "the true value is below `against`"; `null` without `against`. */
  readonly pBelow: number | null;
  readonly pAbove: number | null;
  readonly reason?: string | undefined;
}

/** An interval without a value. */
function noInterval(n: number, reason: string, value: number | null = null): MetricInterval {
  return {
    value,
    low: null,
    high: null,
    n,
    method: null,
    resamples: null,
    pBelow: null,
    pAbove: null,
    reason,
  };
}

/**
 * A metric with the interval that its sampling noise gives; the method is in the result.
 *
 * Many rows are not resampled one by one; with 2,000 resamples: count metrics resample confusion
 * counts, at any size; means of up to 5,000 rows weigh the rows anew for a bootstrap t, of more draw
 * from their normal limit; of more than 10,000 rows calibration errors resample bins, weighted or
 * clustered areas and average precision take their spread from each row's influence, and what is left
 * from a group jackknife. `method` says which.
 */
export function intervalOf(
  metric: MetricReference,
  evaluation: Evaluation,
  options: IntervalOptions = {},
): MetricInterval {
  const n = evaluation.truth.length;
  const kernel = bindMetric(metric, evaluation, options);
  if (!("kind" in kernel)) return noInterval(n, kernel.reason);
  const measured = valueOfKernel(kernel, evaluation);
  if (measured.value === null) return noInterval(n, measured.reason);
  if (options.interval === "cheap" && kernel.kind === "rows")
    return noInterval(n, "no interval was asked for", measured.value);
  if (isMaximum(metric)) return noInterval(n, NO_LAW_OF_MAXIMUM, measured.value);
  const request = { metric, evaluation, options };
  const found =
    closedForm(kernel, measured.value, request) ?? bootstrapped(kernel, measured.value, request);
  return widen(found, kernel, request);
}

/** Why a largest error has no interval: no resample can exceed it, however large the next may be. */
export const NO_LAW_OF_MAXIMUM = "resampling tells nothing of a maximum";

/** Whether a metric is the largest of its rows. */
export function isMaximum(metric: MetricReference): boolean {
  return describeMetric(metric.name)?.name === "max_error";
}

/** Rows of which none varies are not proof: see {@link withoutVariation}. */
function widen(
  found: MetricInterval,
  kernel: Kernel,
  { evaluation, options }: Request,
): MetricInterval {
  if (found.value === null || !isWithoutWidth(found)) return found;
  const wider = withoutVariation(found.value, [kernel], { evaluation, ...options });
  if (wider === null) return found;
  const tails = options.against === undefined ? null : wider.tailsAt(options.against);
  return {
    ...found,
    low: wider.low,
    high: wider.high,
    method: "clopper-pearson",
    pBelow: tails?.below ?? null,
    pAbove: tails?.above ?? null,
  };
}

interface Request {
  readonly metric: MetricReference;
  readonly evaluation: Evaluation;
  readonly options: IntervalOptions;
}

/** The interval by a formula, where one holds for the metric and the rows. */
function closedForm(kernel: Kernel, value: number, request: Request): MetricInterval | null {
  const { evaluation, options } = request;
  const isPlain = evaluation.weights === undefined && options.clusters === undefined;
  if (!isPlain || !["auto", "cheap"].includes(options.interval ?? "auto")) return null;
  const share = proportionOf(kernel, value);
  if (share !== null) return wilson(share, value, request);
  return kernel.kind === "rows" ? ofRanks(kernel, value, request) : null;
}

function proportionOf(kernel: Kernel, value: number): Proportion | null {
  if (kernel.kind === "counts") return kernel.proportion?.(kernel.matrix) ?? null;
  if (kernel.kind !== "means" || kernel.isShare !== true) return null;
  const trials = kernel.rows[0]!.length;
  return { successes: value * trials, trials };
}

function wilson(
  { successes, trials }: Proportion,
  value: number,
  request: Request,
): MetricInterval {
  const { evaluation, options } = request;
  const { against } = options;
  const interval = wilsonInterval(successes, trials, options.confidence);
  const p = against === undefined ? null : scoreTails(value, trials, against);
  return {
    value,
    ...interval,
    n: evaluation.truth.length,
    method: "wilson",
    resamples: null,
    pBelow: p?.below ?? null,
    pAbove: p?.above ?? null,
  };
}

/** The score test that Wilson's interval inverts. */
function scoreTails(
  value: number,
  trials: number,
  against: number,
): { readonly below: number; readonly above: number } {
  const spread = against * (1 - against);
  if (!(spread > 0) || !(trials > 0))
    return { below: value < against ? 0 : 1, above: value > against ? 0 : 1 };
  const z = (value - against) / Math.sqrt(spread / trials);
  return { below: normalResult(z, "less").p, above: normalResult(z, "greater").p };
}

/** The interval of a metric of ranks, from what each row does to it. */
function ofRanks(
  kernel: RowKernel,
  value: number,
  { evaluation, options }: Request,
): MetricInterval | null {
  if (evaluation.task === "regression") return null;
  const { truth, classes } = evaluation;
  const influence = kernel.influence?.() ?? null;
  const law = influence === null ? null : lawOfInfluence(influence, truth, classes.length);
  if (law === null) return null;
  const { low, high, tailsAt } = logitInterval(value, law, options.confidence);
  const tails = options.against === undefined ? null : tailsAt(options.against);
  return {
    value,
    low,
    high,
    n: truth.length,
    method: kernel.ranking === undefined ? "infinitesimal-jackknife" : "delong",
    resamples: null,
    pBelow: tails?.below ?? null,
    pAbove: tails?.above ?? null,
  };
}

/** A plan to resample kernels over the rows of an evaluation. */
export function planOf(
  kernels: readonly Kernel[],
  evaluation: Evaluation,
  options: UncertaintyOptions,
): ResamplingPlan {
  return {
    kernels,
    rowCount: evaluation.truth.length,
    weights: evaluation.weights,
    clusters: options.clusters,
    resamples: options.resamples ?? 2000,
    random: createRandom(options.seed ?? 42),
    seed: options.seed ?? 42,
    statistic: ([first, second]) => (second === undefined ? first! : first! - second),
  };
}

function bootstrapped(
  kernel: Kernel,
  value: number,
  { metric, evaluation, options }: Request,
): MetricInterval {
  const n = evaluation.truth.length;
  const { confidence = 0.95, interval } = options;
  const found = bootstrap(planOf([kernel], evaluation, options), value, interval);
  if (found === null)
    return noInterval(n, "the metric is undefined in most resamples of these rows", value);
  const { intervalAt, resamples, method, tailsAt } = found;
  const tails = options.against === undefined ? null : tailsAt(options.against);
  return {
    value,
    ...withinRange(metric, withoutRounding(intervalAt(confidence), value)),
    n,
    method,
    resamples,
    pBelow: tails?.below ?? null,
    pAbove: tails?.above ?? null,
  };
}

/** An interval whose ends are the estimate where only rounding parts them: of rows that do not differ. */
function withoutRounding({ low, high }: Interval, value: number): Interval {
  const rounding = 1e-12 * Math.abs(value);
  return {
    low: Math.abs(low - value) <= rounding ? value : low,
    high: Math.abs(high - value) <= rounding ? value : high,
  };
}

/** An interval without what no value of the metric can be: losses are not below 0. */
function withinRange({ name }: MetricReference, { low, high }: Interval): Interval {
  const range = rangeOfMetric(name);
  return {
    low: Math.max(range?.low ?? -Infinity, low),
    high: Math.min(range?.high ?? Infinity, high),
  };
}
