import type { Codes } from "./evaluation.ts";
import { hitsInOrder, layoutOf } from "./rank-layout.ts";
import { type Measured, defined, undefinedBecause } from "./measure.ts";
import { forEachBlock } from "../row-blocks.ts";

/** Scores of one class, and which rows are of it. Higher scores mean the class is likelier. */
export interface RankingInput {
  readonly scores: Float64Array;
  readonly truth: Codes;
  /** Code of the class that the scores are of; every other code is negative. */
  readonly positive: number;
  readonly weights?: ArrayLike<number> | undefined;
}

const nanScores = "some scores are not a number";
/** Why a ranking of no positive row has no area. */
export const noPositives = "no row is of the positive class";
const noNegatives = "every row is of the positive class";

/** What areas of an unweighted ranking came to: the latest of a column of scores is kept. */
interface KeptArea {
  readonly truth: Codes;
  readonly positive: number;
  readonly found: Measured;
}

type Area = (input: RankingInput) => Measured;

/** Keeps an area without row weights; with weights, which a bootstrap changes in place, it is computed. */
function keepingLatest(compute: Area): Area {
  const latest = new WeakMap<Float64Array, KeptArea>();
  return (input) => {
    if (input.weights !== undefined) return compute(input);
    const { scores, truth, positive } = input;
    const known = latest.get(scores);
    if (known !== undefined && known.truth === truth && known.positive === positive)
      return known.found;
    const found = compute(input);
    latest.set(scores, { truth, positive, found });
    return found;
  };
}

/** A ranking laid out by score, with what tells positives from negatives. */
export interface RankedRows {
  readonly order: Uint32Array;
  /** Where each group of equal scores ends, by ascending score. */
  readonly ends: Uint32Array;
  readonly hits: Uint8Array;
  readonly weights: ArrayLike<number> | undefined;
}

/** Lays out a ranking without NaN. */
export function rankRows(input: RankingInput): RankedRows {
  const { order, ends } = layoutOf(input.scores);
  return { order, ends, hits: hitsInOrder(input), weights: input.weights };
}

/** Where {@link sumTie} leaves the weight of positives and of negatives. */
export const tie = new Float64Array(2);

/** Adds up the rows of equal score from `start` to `end`; a result in place, as it is wanted a million times. */
export function sumTie(ranked: RankedRows, start: number, end: number): void {
  const { order, hits, weights } = ranked;
  let positive = 0;
  let negative = 0;
  if (weights === undefined) {
    for (let k = start; k < end; k++) positive += hits[k]!;
    negative = end - start - positive;
  } else
    for (let k = start; k < end; k++) {
      const weight = weights[order[k]!]!;
      // By multiplication: whether a row is positive is what a processor cannot foresee.
      const hit = hits[k]! * weight;
      positive += hit;
      negative += weight - hit;
    }
  tie[0] = positive;
  tie[1] = negative;
}

/**
 * Area under the ROC curve: the chance that a positive row scores above a negative one, ties half;
 * in 0..1. Undefined where only one class is present.
 */
export const rocAuc: Area = keepingLatest((input) => {
  if (layoutOf(input.scores).hasNan) return undefinedBecause(nanScores);
  const sums: PairSums = { pairs: 0, positives: 0, negatives: 0 };
  walkDown(rankRows(input), sums, addPairs);
  const { pairs, positives, negatives } = sums;
  if (!(positives > 0)) return undefinedBecause(noPositives);
  if (!(negatives > 0)) return undefinedBecause(noNegatives);
  return defined(Math.min(1, pairs / positives / negatives));
});

/** Some groups of equal score, counted from the highest. */
export interface GroupsDown {
  readonly ranked: RankedRows;
  readonly from: number;
  readonly to: number;
}

/** Adds up all groups of equal score from the highest down, block after block. */
export function walkDown<Sums>(
  ranked: RankedRows,
  sums: Sums,
  add: (groups: GroupsDown, sums: Sums) => void,
): void {
  forEachBlock(ranked.ends.length, (from, to) => add({ ranked, from, to }, sums));
}

interface PairSums {
  /** Pairs of a negative and a positive above it. */
  pairs: number;
  positives: number;
  negatives: number;
}

function addPairs({ ranked, from, to }: GroupsDown, sums: PairSums): void {
  const { ends } = ranked;
  let { pairs, positives, negatives } = sums;
  for (let group = ends.length - 1 - from; group >= ends.length - to; group--) {
    sumTie(ranked, group === 0 ? 0 : ends[group - 1]!, ends[group]!);
    pairs += tie[1]! * (positives + tie[0]! / 2);
    positives += tie[0]!;
    negatives += tie[1]!;
  }
  sums.pairs = pairs;
  sums.positives = positives;
  sums.negatives = negatives;
}

/**
 * Average precision: precision at each threshold weighted by the recall it adds (a step sum, not
 * the trapezoid); in 0..1. Undefined where no row is positive.
 */
export const averagePrecision: Area = keepingLatest((input) => {
  if (layoutOf(input.scores).hasNan) return undefinedBecause(nanScores);
  const sums: PrecisionSums = { precisions: 0, truePositives: 0, predicted: 0 };
  walkDown(rankRows(input), sums, addPrecisions);
  const { precisions, truePositives } = sums;
  if (!(truePositives > 0)) return undefinedBecause(noPositives);
  return defined(Math.min(1, precisions / truePositives));
});

interface PrecisionSums {
  /** Precision at each positive's threshold. */
  precisions: number;
  truePositives: number;
  predicted: number;
}

function addPrecisions({ ranked, from, to }: GroupsDown, sums: PrecisionSums): void {
  const { ends } = ranked;
  let { precisions, truePositives, predicted } = sums;
  for (let group = ends.length - 1 - from; group >= ends.length - to; group--) {
    sumTie(ranked, group === 0 ? 0 : ends[group - 1]!, ends[group]!);
    truePositives += tie[0]!;
    predicted += tie[0]! + tie[1]!;
    if (tie[0]! > 0) precisions += (tie[0]! * truePositives) / predicted;
  }
  sums.precisions = precisions;
  sums.truePositives = truePositives;
  sums.predicted = predicted;
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
  readonly truePositives: Float64Array;
  readonly falsePositives: Float64Array;
  readonly thresholds: Float64Array;
}

function cumulate(input: RankingInput): Cumulated {
  const ranked = rankRows(input);
  const { order, ends } = ranked;
  const truePositives = new Float64Array(ends.length);
  const falsePositives = new Float64Array(ends.length);
  const thresholds = new Float64Array(ends.length);
  let points = 0;
  let [positives, negatives] = [0, 0];
  for (let group = ends.length - 1; group >= 0; group--) {
    sumTie(ranked, group === 0 ? 0 : ends[group - 1]!, ends[group]!);
    if (!(tie[0]! + tie[1]! > 0)) continue;
    positives += tie[0]!;
    negatives += tie[1]!;
    truePositives[points] = positives;
    falsePositives[points] = negatives;
    thresholds[points] = input.scores[order[ends[group]! - 1]!]!;
    points++;
  }
  return {
    truePositives: truePositives.subarray(0, points),
    falsePositives: falsePositives.subarray(0, points),
    thresholds: thresholds.subarray(0, points),
  };
}

/** The same numbers after a first one. */
function after(first: number, rest: Float64Array, divisor = 1): Float64Array {
  const found = new Float64Array(rest.length + 1);
  found[0] = first;
  for (let k = 0; k < rest.length; k++) found[k + 1] = rest[k]! / divisor;
  return found;
}

/** Every point of the ROC curve; `null` where only one class is present or a score is NaN. */
export function rocCurve(input: RankingInput): RocCurve | null {
  if (rocAuc(input).value === null) return null;
  const { truePositives, falsePositives, thresholds } = cumulate(input);
  const positives = truePositives.at(-1)!;
  const negatives = falsePositives.at(-1)!;
  return {
    falsePositiveRate: after(0, falsePositives, negatives),
    truePositiveRate: after(0, truePositives, positives),
    thresholds: after(Infinity, thresholds),
  };
}

/** Every point of the precision-recall curve; `null` where no row is positive or a score is NaN. */
export function precisionRecallCurve(input: RankingInput): PrecisionRecallCurve | null {
  if (averagePrecision(input).value === null) return null;
  const { truePositives, falsePositives, thresholds } = cumulate(input);
  const positives = truePositives.at(-1)!;
  const precision = truePositives.map((tp, k) => tp / (tp + falsePositives[k]!));
  return {
    precision: after(1, precision).reverse(),
    recall: after(0, truePositives, positives).reverse(),
    thresholds: thresholds.slice().reverse(),
  };
}
