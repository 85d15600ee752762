import type { Evaluation } from "../metrics/evaluation.ts";
import type { Kernel } from "../metrics/kernel.ts";

/**
 * How far a share that n rows never showed may be from 0 all the same: the end of Clopper and
 * Pearson's interval at no success in n trials. Resampling rows that do not vary gives an interval
 * without width, which would call a handful of rows proof.
 *
 * @see Clopper & Pearson (1934), doi:10.1093/biomet/26.4.404; Hanley & Lippman-Hand (1983): the
 * rule of three
 */
export function reachOfNone(units: number, confidence = 0.95): number {
  return 1 - ((1 - confidence) / 2) ** (1 / units);
}

/** Narrower than this an interval of shares is the rounding of weighted sums. */
const roundingWidth = 1e-12;

/** Whether no resample moved an estimate, but for rounding. */
export function isWithoutWidth({
  low,
  high,
}: {
  readonly low: number | null;
  readonly high: number | null;
}): boolean {
  return low !== null && high !== null && high - low <= roundingWidth;
}

/** One-sided p values of "the truth is below, or above, a value" where no row varies. */
export interface NoVariation {
  readonly low: number;
  readonly high: number;
  readonly tailsAt: (value: number) => { readonly below: number; readonly above: number };
}

/**
 * The interval of an estimate that no resample moved, from the rows that the metric rests on; `null`
 * for metrics that are no shares of rows, whose equal values are equal losses.
 */
export function withoutVariation(
  estimate: number,
  kernels: readonly Kernel[],
  {
    evaluation,
    clusters,
    confidence,
  }: {
    readonly evaluation: Evaluation;
    readonly clusters?: ArrayLike<number> | undefined;
    readonly confidence?: number | undefined;
  },
): NoVariation | null {
  const found = kernels.map((kernel) => unitsOf(kernel, evaluation));
  const known = found.filter((units) => units !== null);
  if (known.length < kernels.length || known.length === 0) return null;
  const units = Math.max(1, Math.min(...known, entitiesOf(clusters)));
  // Correlations and kappa lie in -1..1, everything else of counts in 0..1.
  const reach = reachOfNone(units, confidence);
  const isDifference = kernels.length > 1;
  const tail = (distance: number): number =>
    distance > 0 ? Math.max(0, 1 - distance) ** units : 1;
  return {
    low: Math.max(isDifference ? -1 : Math.min(0, estimate), estimate - reach),
    high: Math.min(1, estimate + reach),
    tailsAt: (value) => ({ below: tail(value - estimate), above: tail(estimate - value) }),
  };
}

/** Rows that a metric's shares are of: its own trials, else those of the rarest class. */
function unitsOf(kernel: Kernel, evaluation: Evaluation): number | null {
  if (evaluation.task === "regression") return null;
  const { weights } = evaluation;
  if (kernel.kind === "counts") {
    const own = kernel.proportion?.(kernel.matrix).trials;
    return own === undefined ? rarestClass(evaluation) : own * rowsPerWeight(weights);
  }
  return kernel.kind === "rows" && kernel.influence !== undefined ? rarestClass(evaluation) : null;
}

function rarestClass({ truth, weights }: Evaluation): number {
  const counts = new Map<number, number>();
  for (let i = 0; i < truth.length; i++) {
    const weight = weights === undefined ? 1 : weights[i]!;
    if (weight > 0) counts.set(truth[i]!, (counts.get(truth[i]!) ?? 0) + weight);
  }
  return Math.min(...counts.values()) * rowsPerWeight(weights);
}

/** How many evenly weighted rows a weight of 1 is worth (Kish 1965): weights of any unit count alike. */
function rowsPerWeight(weights: ArrayLike<number> | undefined): number {
  if (weights === undefined) return 1;
  let [sum, squares] = [0, 0];
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i]!;
    squares += weights[i]! * weights[i]!;
  }
  return sum / squares;
}

function entitiesOf(clusters: ArrayLike<number> | undefined): number {
  return clusters === undefined ? Number.POSITIVE_INFINITY : new Set(Array.from(clusters)).size;
}

/** Whether two classifiers gave the very same labels and scores for every row: one model, then. */
export function answerAlike(first: Evaluation, second: Evaluation): boolean {
  if (first.task === "regression" || second.task === "regression") return false;
  if (first.scores === undefined || second.scores === undefined) return false;
  const [left, right] = [columnsOf(first.scores), columnsOf(second.scores)];
  return (
    isSame(first.prediction, second.prediction) &&
    left.length === right.length &&
    left.every((column, at) => isSame(column, right[at] ?? []))
  );
}

function columnsOf(
  scores: ArrayLike<number> | readonly ArrayLike<number>[],
): readonly ArrayLike<number>[] {
  return ArrayBuffer.isView(scores)
    ? [scores as unknown as ArrayLike<number>]
    : (scores as readonly ArrayLike<number>[]);
}

function isSame(left: ArrayLike<number>, right: ArrayLike<number>): boolean {
  if (left === right) return true;
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}
