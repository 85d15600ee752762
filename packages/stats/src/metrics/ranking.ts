import type { Codes } from "./evaluation.ts";
import { hitsInOrder, layoutOf } from "./rank-layout.ts";
import { type Measured, defined, undefinedBecause } from "./measure.ts";

/** Scores of one class, and which rows are of it. Higher scores mean the class is likelier. */
export interface RankingInput {
  readonly scores: Float64Array;
  readonly truth: Codes;
  /** Code of the class that the scores are of; every other code is negative. */
  readonly positive: number;
  readonly weights?: ArrayLike<number> | undefined;
}

const nanScores = "some scores are not a number";
const noPositives = "no row is of the positive class";
const noNegatives = "every row is of the positive class";

/** Weights of the rows that share a score, from the highest score down. */
interface TieTotals {
  readonly positives: Float64Array;
  readonly negatives: Float64Array;
}

function tieTotals(input: RankingInput): TieTotals {
  const { weights } = input;
  const { order, ends } = layoutOf(input.scores);
  const hits = hitsInOrder(input);
  const groups = ends.length;
  const positives = new Float64Array(groups);
  const negatives = new Float64Array(groups);
  let start = 0;
  for (let group = 0; group < groups; group++) {
    const end = ends[group]!;
    let positive = 0;
    let negative = 0;
    for (let k = start; k < end; k++) {
      const weight = weights === undefined ? 1 : weights[order[k]!]!;
      if (hits[k] === 1) positive += weight;
      else negative += weight;
    }
    positives[groups - 1 - group] = positive;
    negatives[groups - 1 - group] = negative;
    start = end;
  }
  return { positives, negatives };
}

/**
 * Area under the ROC curve: the chance that a positive row scores above a negative one, ties half;
 * in 0..1. Undefined where only one class is present.
 */
export function rocAuc(input: RankingInput): Measured {
  if (layoutOf(input.scores).hasNan) return undefinedBecause(nanScores);
  const { positives, negatives } = tieTotals(input);
  let above = 0;
  let pairs = 0;
  let negativesBelow = 0;
  for (let group = 0; group < positives.length; group++) {
    pairs += negatives[group]! * (above + positives[group]! / 2);
    above += positives[group]!;
    negativesBelow += negatives[group]!;
  }
  if (!(above > 0)) return undefinedBecause(noPositives);
  if (!(negativesBelow > 0)) return undefinedBecause(noNegatives);
  return defined(pairs / above / negativesBelow);
}

/**
 * Average precision: precision at each threshold weighted by the recall it adds (a step sum, not
 * the trapezoid); in 0..1. Undefined where no row is positive.
 */
export function averagePrecision(input: RankingInput): Measured {
  if (layoutOf(input.scores).hasNan) return undefinedBecause(nanScores);
  const { positives, negatives } = tieTotals(input);
  let truePositives = 0;
  let predicted = 0;
  let sum = 0;
  for (let group = 0; group < positives.length; group++) {
    const positive = positives[group]!;
    truePositives += positive;
    predicted += positive + negatives[group]!;
    if (positive > 0) sum += (positive * truePositives) / predicted;
  }
  if (!(truePositives > 0)) return undefinedBecause(noPositives);
  return defined(sum / truePositives);
}

/** A ROC curve by falling threshold; the first point is (0, 0) at Infinity. */
export interface RocCurve {
  readonly falsePositiveRate: Float64Array;
  readonly truePositiveRate: Float64Array;
  readonly thresholds: Float64Array;
}

/** A precision-recall curve by rising threshold; the last point is recall 0, precision 1. */
export interface PrecisionRecallCurve {
  readonly precision: Float64Array;
  readonly recall: Float64Array;
  /** One fewer than there are points. */
  readonly thresholds: Float64Array;
}

interface Cumulated {
  readonly truePositives: number[];
  readonly falsePositives: number[];
  readonly thresholds: number[];
}

function cumulate(input: RankingInput): Cumulated {
  const found: Cumulated = { truePositives: [], falsePositives: [], thresholds: [] };
  const { positives, negatives } = tieTotals(input);
  const { order, ends } = layoutOf(input.scores);
  let truePositives = 0;
  let falsePositives = 0;
  for (let group = 0; group < positives.length; group++) {
    if (!(positives[group]! + negatives[group]! > 0)) continue;
    truePositives += positives[group]!;
    falsePositives += negatives[group]!;
    found.truePositives.push(truePositives);
    found.falsePositives.push(falsePositives);
    found.thresholds.push(input.scores[order[ends[ends.length - 1 - group]! - 1]!]!);
  }
  return found;
}

/** Every point of the ROC curve; `null` where only one class is present or a score is NaN. */
export function rocCurve(input: RankingInput): RocCurve | null {
  if (rocAuc(input).value === null) return null;
  const { truePositives, falsePositives, thresholds } = cumulate(input);
  const positives = truePositives.at(-1)!;
  const negatives = falsePositives.at(-1)!;
  return {
    falsePositiveRate: Float64Array.from([0, ...falsePositives], (v) => v / negatives),
    truePositiveRate: Float64Array.from([0, ...truePositives], (v) => v / positives),
    thresholds: Float64Array.from([Infinity, ...thresholds]),
  };
}

/** Every point of the precision-recall curve; `null` where no row is positive or a score is NaN. */
export function precisionRecallCurve(input: RankingInput): PrecisionRecallCurve | null {
  if (averagePrecision(input).value === null) return null;
  const { truePositives, falsePositives, thresholds } = cumulate(input);
  const positives = truePositives.at(-1)!;
  const precision = truePositives.map((tp, k) => tp / (tp + falsePositives[k]!));
  const recall = truePositives.map((tp) => tp / positives);
  return {
    precision: Float64Array.from([...precision.reverse(), 1]),
    recall: Float64Array.from([...recall.reverse(), 0]),
    thresholds: Float64Array.from(thresholds.reverse()),
  };
}
