import { quantilesOf } from "../quantiles.ts";
import { forEachBlock } from "../row-blocks.ts";
import {
  type ClassificationEvaluation,
  indicatorOf,
  positiveOf,
  scoreColumns,
  scoresOfClass,
} from "./evaluation.ts";
import { type Measured, type Undefined, defined, undefinedBecause } from "./measure.ts";
import { probabilityProblem, topLabels } from "./probability.ts";

/** Predicted probabilities and whether the event came about (1 or 0). */
export interface CalibrationInput {
  readonly probabilities: Float64Array;
  readonly outcomes: ArrayLike<number>;
  readonly weights?: ArrayLike<number> | undefined;
  readonly bins?: number | undefined;
  /** Equally wide bins (default), or bins of equal counts. */
  readonly strategy?: "uniform" | "quantile" | undefined;
}

/** One bin of the reliability curve; empty bins are left out. */
export interface ReliabilityBin {
  readonly bin: number;
  readonly rows: number;
  readonly weight: number;
  readonly meanConfidence: number;
  readonly meanOutcome: number;
}

/** The reliability curve with the expected and the largest gap between confidence and outcome. */
export interface Calibration {
  readonly edges: readonly number[];
  readonly bins: readonly ReliabilityBin[];
  /** Mean gap weighted by the bins' weights, in 0..1. */
  readonly expectedError: Measured;
  /** Largest gap of a bin, in 0..1. */
  readonly maximumError: Measured;
}

/**
 * Bins probabilities and compares each bin's mean with the share of events in it (ECE, MCE: Naeini
 * 2015). Bins are closed on the right: a probability of exactly 0.1 is in the first of ten.
 *
 * @throws RangeError where `bins` is not a whole number of at least 1.
 */
export function calibrationOf(input: CalibrationInput): Calibration {
  const { probabilities, outcomes, weights, bins = 10, strategy = "uniform" } = input;
  if (!(Number.isInteger(bins) && bins >= 1))
    throw new RangeError(`bins is ${bins}, not a whole number from 1`);
  const known = latestCalibrations.get(probabilities);
  const isKept = weights === undefined && known?.outcomes === outcomes;
  if (isKept && known.bins === bins && known.strategy === strategy) return known.found;
  const found = computeCalibration(input, { bins, strategy });
  if (weights === undefined)
    latestCalibrations.set(probabilities, { outcomes, bins, strategy, found });
  return found;
}

/** The latest calibration without row weights, which a bootstrap changes in place, by its probabilities. */
const latestCalibrations = new WeakMap<
  Float64Array,
  {
    readonly outcomes: ArrayLike<number>;
    readonly bins: number;
    readonly strategy: string;
    readonly found: Calibration;
  }
>();

function computeCalibration(
  input: CalibrationInput,
  { bins, strategy }: { readonly bins: number; readonly strategy: string },
): Calibration {
  const edges = edgesOf(input.probabilities, bins, strategy);
  const { rows, sums, confidences, events } = addUpBins(input, edges);
  const found: ReliabilityBin[] = [];
  for (let bin = 0; bin < bins; bin++) {
    const weight = sums[bin]!;
    if (!(weight > 0)) continue;
    found.push({
      bin,
      rows: rows[bin]!,
      weight,
      meanConfidence: confidences[bin]! / weight,
      meanOutcome: events[bin]! / weight,
    });
  }
  return { edges, bins: found, ...gapsOf(found) };
}

/** Of each bin: rows, their weight, and the weighted sums of probabilities and of outcomes. */
function addUpBins(
  input: CalibrationInput,
  edges: readonly number[],
): Readonly<Record<"rows" | "sums" | "confidences" | "events", Float64Array>> {
  const { probabilities, outcomes, weights } = input;
  const binOf = input.strategy === "quantile" ? quantileBin : uniformBin;
  const bins = edges.length - 1;
  const [rows, sums] = [new Float64Array(bins), new Float64Array(bins)];
  const [confidences, events] = [new Float64Array(bins), new Float64Array(bins)];
  forEachBlock(probabilities.length, (from, to) => {
    for (let i = from; i < to; i++) {
      const p = probabilities[i]!;
      const bin = binOf(p, edges);
      const weight = weights === undefined ? 1 : weights[i]!;
      rows[bin]!++;
      sums[bin]! += weight;
      confidences[bin]! += weight * p;
      events[bin]! += weight * outcomes[i]!;
    }
  });
  return { rows, sums, confidences, events };
}

function edgesOf(probabilities: Float64Array, bins: number, strategy: string): number[] {
  const levels = Array.from({ length: bins + 1 }, (_, k) => (k === bins ? 1 : k * (1 / bins)));
  return strategy === "uniform" ? levels : quantilesOf(probabilities, levels);
}

function uniformBin(p: number, edges: readonly number[]): number {
  const bins = edges.length - 1;
  let bin = Math.min(bins - 1, Math.max(0, Math.floor(p * bins)));
  while (bin > 0 && p <= edges[bin]!) bin--;
  while (bin < bins - 1 && p > edges[bin + 1]!) bin++;
  return bin;
}

function quantileBin(p: number, edges: readonly number[]): number {
  let low = 1;
  let high = edges.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]! < p) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function gapsOf(
  bins: readonly ReliabilityBin[],
): Pick<Calibration, "expectedError" | "maximumError"> {
  if (bins.length === 0) {
    const none = undefinedBecause("there are no rows");
    return { expectedError: none, maximumError: none };
  }
  let sum = 0;
  let weights = 0;
  let largest = 0;
  for (const bin of bins) {
    const gap = Math.abs(bin.meanConfidence - bin.meanOutcome);
    sum += gap * bin.weight;
    weights += bin.weight;
    largest = Math.max(largest, gap);
  }
  return { expectedError: defined(sum / weights), maximumError: defined(largest) };
}

/**
 * Calibration of a classifier: of the positive class where the task is binary, else of the highest
 * score of each row (the first of equals) and whether that class is the true one.
 */
export function calibrationOfEvaluation(
  evaluation: ClassificationEvaluation,
  options: Pick<CalibrationInput, "bins" | "strategy"> = {},
): Calibration | Undefined {
  const problem = probabilityProblem(evaluation);
  if (problem !== null) return undefinedBecause(problem);
  const { weights } = evaluation;
  const { probabilities, outcomes } = confidences(evaluation);
  return calibrationOf({ probabilities, outcomes, weights, ...options });
}

/** Rows by bin of confidence and by outcome: cell `2 * bin + outcome`. */
export interface BinnedRows {
  readonly binCount: number;
  readonly cells: Uint16Array;
  readonly confidences: Float64Array;
}

/** What the expected and the largest gap are made of, one a bin. */
export interface BinSums {
  /** Sum of confidences less the sum of outcomes. */
  readonly gaps: Float64Array;
  readonly rows: Float64Array;
}

const mostBins = 1 << 14;
const latestBinned = new WeakMap<Float64Array, BinnedRows>();

/** The bin and outcome of each row, kept for its confidences; `null` where they are no probabilities. */
export function binConfidences(
  evaluation: ClassificationEvaluation,
  bins: number,
): BinnedRows | null {
  if (bins > mostBins || probabilityProblem(evaluation) !== null) return null;
  const { probabilities, outcomes } = confidences(evaluation);
  const known = latestBinned.get(probabilities);
  if (known?.binCount === bins) return known;
  const edges = edgesOf(probabilities, bins, "uniform");
  const cells = new Uint16Array(probabilities.length);
  for (let i = 0; i < cells.length; i++)
    cells[i] = 2 * uniformBin(probabilities[i]!, edges) + outcomes[i]!;
  const made = { binCount: bins, cells, confidences: probabilities };
  latestBinned.set(probabilities, made);
  return made;
}

/** The expected calibration error of bins. */
export function expectedGap({ gaps, rows }: BinSums): number {
  let sum = 0;
  let total = 0;
  for (let bin = 0; bin < gaps.length; bin++) {
    sum += Math.abs(gaps[bin]!);
    total += rows[bin]!;
  }
  return sum / total;
}

/** The largest gap of a bin that holds rows. */
export function largestGap({ gaps, rows }: BinSums): number {
  let largest = 0;
  for (let bin = 0; bin < gaps.length; bin++)
    if (rows[bin]! > 0) largest = Math.max(largest, Math.abs(gaps[bin]!) / rows[bin]!);
  return largest;
}

type Confidences = Pick<CalibrationInput, "probabilities" | "outcomes">;

const confidencesOf = new WeakMap<object, WeakMap<object, Confidences>>();

/** Kept by scores and truth, so that a bootstrap does not look for the highest scores each time. */
function confidences(evaluation: ClassificationEvaluation): Confidences {
  const { columns } = scoreColumns(evaluation)!;
  const byTruth = confidencesOf.get(columns) ?? new WeakMap<object, Confidences>();
  confidencesOf.set(columns, byTruth);
  const known = byTruth.get(evaluation.truth);
  if (known !== undefined) return known;
  const made = makeConfidences(evaluation, columns);
  byTruth.set(evaluation.truth, made);
  return made;
}

function makeConfidences(
  evaluation: ClassificationEvaluation,
  columns: readonly Float64Array[],
): Confidences {
  const { truth, task } = evaluation;
  if (task === "multiclass") {
    const { confidence, hits } = topLabels(columns, truth);
    return { probabilities: confidence, outcomes: hits };
  }
  const positive = positiveOf(evaluation);
  const found = scoresOfClass(evaluation, positive);
  if (found.value === null) throw new RangeError(found.reason);
  const outcomes = indicatorOf(truth, positive);
  return { probabilities: found.scores, outcomes };
}
