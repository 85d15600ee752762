import { type ClassificationEvaluation, positiveOf, scoreColumns } from "./evaluation.ts";
import {
  type RankingAverage,
  concatenatedRanking,
  rankingOfClass,
  rowsOfClass,
} from "./multiclass-ranking.ts";
import type { Measured } from "./measure.ts";
import { countHits } from "./rank-layout.ts";
import {
  type RankedRows,
  type RankingInput,
  averagePrecision,
  rankRows,
  rocAuc,
  sumTie,
  tie,
} from "./ranking.ts";
import { forEachBlock } from "../row-blocks.ts";

/**
 * How a metric moves with each row: its derivative by the number of times that the row counts, at
 * one each. The sum of their squares is the metric's variance under resampling of many rows (the
 * infinitesimal jackknife: Jaeckel 1972; Efron 1982, chapter 6).
 */
export interface Influence {
  readonly value: number;
  /** One a row; they sum to 0. Of an area of one class they are worked out each time that they are read. */
  readonly rows: Float64Array;
}

/** The influence of rows on a ranking's area, or `null` where it is undefined. */
export type RankingInfluence = (input: RankingInput) => Influence | null;

/** Which truth an influence was computed for: the latest of a column of scores is kept. */
interface Kept {
  readonly input: RankingInput;
  readonly found: Influence | null;
}

/**
 * Keeps the latest influence of each column of scores, so that measuring and comparing share what is
 * known of it; but not its rows, which take less time to walk again than memory to keep.
 */
function keepingLatest(area: RankingArea): RankingInfluence {
  const latest = new WeakMap<Float64Array, Kept>();
  return (input) => {
    const known = latest.get(input.scores);
    if (
      known !== undefined &&
      known.input.truth === input.truth &&
      known.input.positive === input.positive &&
      known.input.weights === input.weights
    )
      return known.found;
    const value = area.measure(input).value;
    const found: Influence | null =
      value === null
        ? null
        : {
            value,
            get rows() {
              return area.influencesOf(input, value);
            },
          };
    latest.set(input.scores, { input, found });
    return found;
  };
}

/** An area of a ranking, and how each row moves it. */
interface RankingArea {
  readonly measure: (input: RankingInput) => Measured;
  readonly influencesOf: (input: RankingInput, value: number) => Float64Array;
}

interface ClassWeights {
  readonly positives: number;
  readonly negatives: number;
}

function classWeights(input: RankingInput): ClassWeights {
  const { truth, positive, weights } = input;
  if (weights === undefined) {
    const positives = countHits(input);
    return { positives, negatives: truth.length - positives };
  }
  let positives = 0;
  let total = 0;
  for (let i = 0; i < truth.length; i++) {
    const weight = weights[i]!;
    total += weight;
    if (truth[i] === positive) positives += weight;
  }
  return { positives, negatives: total - positives };
}

/**
 * Influence of each row on the area under the ROC curve: of a positive row its share of negatives
 * ranked below it less the area, by the weight of the positives; of a negative row likewise.
 */
export const rocAucInfluence: RankingInfluence = keepingLatest({
  measure: rocAuc,
  influencesOf: placeRows,
});

function placeRows(input: RankingInput, auc: number): Float64Array {
  const ranked = rankRows(input);
  const rows = new Float64Array(ranked.order.length);
  const walk: AreaWalk = {
    ...classWeights(input),
    ranked,
    rows,
    auc,
    positivesBelow: 0,
    negativesBelow: 0,
  };
  forEachBlock(ranked.ends.length, (from, to) => placeGroups(walk, from, to));
  return rows;
}

interface AreaWalk extends ClassWeights {
  readonly ranked: RankedRows;
  readonly rows: Float64Array;
  readonly auc: number;
  positivesBelow: number;
  negativesBelow: number;
}

/** Fills the influence of groups of equal score, from the lowest up. */
function placeGroups(walk: AreaWalk, from: number, to: number): void {
  const { ranked, rows, auc, positives, negatives } = walk;
  const { ends } = ranked;
  let { positivesBelow, negativesBelow } = walk;
  let start = from === 0 ? 0 : ends[from - 1]!;
  for (let group = from; group < to; group++) {
    const end = ends[group]!;
    sumTie(ranked, start, end);
    const positive = tie[0]!;
    const negative = tie[1]!;
    ofClass[1] = ((negativesBelow + negative / 2) / negatives - auc) / positives;
    ofClass[0] = (1 - (positivesBelow + positive / 2) / positives - auc) / negatives;
    fillGroup({ ranked, rows, start, end });
    positivesBelow += positive;
    negativesBelow += negative;
    start = end;
  }
  walk.positivesBelow = positivesBelow;
  walk.negativesBelow = negativesBelow;
}

/** The influence of a negative and of a positive row of one group; in place, as {@link tie} is. */
const ofClass = new Float64Array(2);

/** Gives each row of a group {@link ofClass} of its own, looked up: whether a row is positive no processor foresees. */
function fillGroup(group: {
  readonly ranked: RankedRows;
  readonly rows: Float64Array;
  readonly start: number;
  readonly end: number;
}): void {
  const { order, hits, weights } = group.ranked;
  for (let k = group.start; k < group.end; k++) {
    const row = order[k]!;
    const weight = weights === undefined ? 1 : weights[row]!;
    group.rows[row] = weight * ofClass[hits[k]!]!;
  }
}

/**
 * Influence of each row on average precision. A row changes the precision at every threshold at or
 * below its score; a positive one adds its own step besides.
 */
export const averagePrecisionInfluence: RankingInfluence = keepingLatest({
  measure: averagePrecision,
  influencesOf: weighRows,
});

function weighRows(input: RankingInput, value: number): Float64Array {
  const { positives, negatives } = classWeights(input);
  const ranked = rankRows(input);
  const rows = new Float64Array(ranked.order.length);
  const walk: PrecisionWalk = {
    ranked,
    rows,
    value,
    positives,
    positivesLeft: positives,
    predicted: positives + negatives,
    gainBelow: 0,
    lossBelow: 0,
  };
  forEachBlock(ranked.ends.length, (from, to) => weighGroups(walk, from, to));
  return rows;
}

interface PrecisionWalk {
  readonly ranked: RankedRows;
  readonly rows: Float64Array;
  readonly value: number;
  readonly positives: number;
  positivesLeft: number;
  predicted: number;
  gainBelow: number;
  lossBelow: number;
}

/** Fills the influence of groups of equal score, from the lowest up. */
function weighGroups(walk: PrecisionWalk, from: number, to: number): void {
  const { ranked, rows, value, positives } = walk;
  const { ends } = ranked;
  let { positivesLeft, predicted, gainBelow, lossBelow } = walk;
  let start = from === 0 ? 0 : ends[from - 1]!;
  for (let group = from; group < to; group++) {
    const end = ends[group]!;
    sumTie(ranked, start, end);
    const positive = tie[0]!;
    const precision = predicted > 0 ? positivesLeft / predicted : 0;
    if (positive > 0) {
      gainBelow += (positive / predicted) * (1 - precision);
      lossBelow += (positive / predicted) * precision;
    }
    ofClass[1] = (precision - value + gainBelow) / positives;
    ofClass[0] = -lossBelow / positives;
    fillGroup({ ranked, rows, start, end });
    positivesLeft -= positive;
    predicted -= positive + tie[1]!;
    start = end;
  }
  walk.positivesLeft = positivesLeft;
  walk.predicted = predicted;
  walk.gainBelow = gainBelow;
  walk.lossBelow = lossBelow;
}

/** Influence on an average over the classes; `null` where it is undefined. */
export function averageInfluence(
  evaluation: ClassificationEvaluation,
  average: RankingAverage,
  influence: RankingInfluence,
): Influence | null {
  if (average === "micro") return microInfluence(evaluation, influence);
  const { truth, weights, classes } = evaluation;
  const found: Influence[] = [];
  for (let code = 0; code < classes.length; code++) {
    const input = rankingOfClass(evaluation, code);
    const one = "scores" in input ? influence(input) : null;
    if (one === null) return null;
    found.push(one);
  }
  const totals = new Float64Array(classes.length);
  for (let i = 0; i < truth.length; i++)
    totals[truth[i]!]! += weights === undefined ? 1 : weights[i]!;
  const total = totals.reduce((sum, weight) => sum + weight, 0);
  const shares = classes.map((_, code) =>
    average === "macro" ? 1 / classes.length : totals[code]! / total,
  );
  const value = found.reduce((sum, one, code) => sum + shares[code]! * one.value, 0);
  const rows = new Float64Array(truth.length);
  found.forEach((one, code) => {
    const share = shares[code]!;
    const own = one.rows;
    for (let i = 0; i < rows.length; i++) rows[i]! += share * own[i]!;
  });
  // A row also moves the share of its own class.
  if (average === "weighted")
    for (let i = 0; i < rows.length; i++) {
      const weight = weights === undefined ? 1 : weights[i]!;
      rows[i]! += (weight * (found[truth[i]!]!.value - value)) / total;
    }
  return { value, rows };
}

function microInfluence(
  evaluation: ClassificationEvaluation,
  influence: RankingInfluence,
): Influence | null {
  const ranking = concatenatedRanking(evaluation);
  const pooled = ranking === null ? null : influence(ranking);
  if (pooled === null) return null;
  const count = evaluation.truth.length;
  const rows = new Float64Array(count);
  const all = pooled.rows;
  for (let at = 0; at < all.length; at += count)
    for (let i = 0; i < count; i++) rows[i]! += all[at + i]!;
  return { value: pooled.value, rows };
}

/** Influence on the mean area over pairs of classes; `null` where it is undefined. */
export function oneVsOneInfluence(
  evaluation: ClassificationEvaluation,
  average: "macro" | "weighted",
): Influence | null {
  if (evaluation.task === "binary") {
    const ranking = rankingOfClass(evaluation, positiveOf(evaluation));
    return "scores" in ranking ? rocAucInfluence(ranking) : null;
  }
  const { classes, weights, truth } = evaluation;
  const columns = scoreColumns(evaluation)?.columns;
  if (columns === undefined) return null;
  const places = classes.map((_, code) => rowsOfClass(evaluation, code));
  const present = places.flatMap((own, code) => (own.length > 0 ? [code] : []));
  const pairs: PairInfluence[] = [];
  for (const a of present)
    for (const b of present) {
      if (a >= b) continue;
      const own = Uint32Array.from([...places[a]!, ...places[b]!]);
      const pair = pairInfluence({ own, truth, weights, columns, codes: [a, b] });
      if (pair === null) return null;
      pairs.push({ ...pair, weight: average === "macro" ? 1 : pair.weight });
    }
  const total = pairs.reduce((sum, { weight }) => sum + weight, 0);
  const value = pairs.reduce((sum, pair) => sum + (pair.weight * pair.value) / total, 0);
  const rows = new Float64Array(truth.length);
  for (const pair of pairs)
    for (let k = 0; k < pair.own.length; k++) {
      const row = pair.own[k]!;
      rows[row]! += (pair.weight / total) * pair.rows[k]!;
      if (average === "weighted")
        rows[row]! += ((weights === undefined ? 1 : weights[row]!) * (pair.value - value)) / total;
    }
  return pairs.length === 0 ? null : { value, rows };
}

interface PairInfluence extends Influence {
  readonly own: Uint32Array;
  readonly weight: number;
}

function pairInfluence(pair: {
  readonly own: Uint32Array;
  readonly truth: ArrayLike<number>;
  readonly weights: ArrayLike<number> | undefined;
  readonly columns: readonly Float64Array[];
  readonly codes: readonly [number, number];
}): PairInfluence | null {
  const { own, columns } = pair;
  const truth = Int32Array.from(own, (row) => pair.truth[row]!);
  const weights =
    pair.weights === undefined ? undefined : Float64Array.from(own, (row) => pair.weights![row]!);
  const rows = new Float64Array(own.length);
  let value = 0;
  for (const positive of pair.codes) {
    const scores = Float64Array.from(own, (row) => columns[positive]![row]!);
    const one = rocAucInfluence({ scores, truth, positive, weights });
    if (one === null) return null;
    value += one.value / 2;
    const part = one.rows;
    for (let k = 0; k < rows.length; k++) rows[k]! += part[k]! / 2;
  }
  const weight = weights === undefined ? own.length : weights.reduce((sum, one) => sum + one, 0);
  return { value, rows, own, weight };
}
