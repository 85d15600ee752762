/** What one model gets right and wrong at each threshold. */
export interface OperatingModel {
  readonly name: string;
  /** Rows of the positive class, or their weight. */
  readonly positives: number;
  readonly negatives: number;
  /** Of the rows whose score is at least the threshold; one a threshold. */
  readonly truePositives: readonly number[];
  readonly falsePositives: readonly number[];
}

/** How a binary model's answers depend on the score from which a row counts as positive. */
export interface OperatingPoints {
  /** Negative class, positive class. */
  readonly classes: readonly [string, string];
  /** Ascending; the same for every model. */
  readonly thresholds: readonly number[];
  readonly models: readonly OperatingModel[];
  /** Intervals hold this confidence; `null` where rows are weighted and none is given. */
  readonly confidence: number | null;
}

/** The four counts at a threshold. */
export interface OperatingCounts {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
}

/** A model's counts at the threshold of that place. */
export function countsAt(model: OperatingModel, place: number): OperatingCounts {
  const truePositives = model.truePositives[place] ?? 0;
  const falsePositives = model.falsePositives[place] ?? 0;
  return {
    truePositives,
    falsePositives,
    falseNegatives: model.positives - truePositives,
    trueNegatives: model.negatives - falsePositives,
  };
}

/** Scores, which rows are positive, and what each row weighs. */
export interface ScoredRows {
  readonly name: string;
  readonly scores: ArrayLike<number>;
  /** 1 where a row is of the positive class. */
  readonly positive: ArrayLike<number>;
  readonly weights?: ArrayLike<number> | undefined;
  /** Rows by ascending score, NaN last, where that is known: counting is then one walk along it. */
  readonly order?: Uint32Array | undefined;
}

/** Counts what a model gets right and wrong at each of some ascending thresholds. */
export function countOperatingPoints(
  rows: ScoredRows,
  thresholds: readonly number[],
): OperatingModel {
  const { name, scores, positive, weights, order } = rows;
  if (order !== undefined && weights === undefined && endsWithNumber(scores, order))
    return countAlongOrder({ name, scores, positive, order }, thresholds);
  const truePositives = new Float64Array(thresholds.length + 1);
  const falsePositives = new Float64Array(thresholds.length + 1);
  for (let row = 0; row < scores.length; row++) {
    const weight = weights?.[row] ?? 1;
    // In how many thresholds the row counts as positive: those up to its score.
    const reached = countUpTo(thresholds, scores[row] ?? Number.NaN);
    const tally = positive[row] === 1 ? truePositives : falsePositives;
    tally[reached] = (tally[reached] ?? 0) + weight;
  }
  const positives = truePositives.reduce((sum, value) => sum + value, 0);
  const negatives = falsePositives.reduce((sum, value) => sum + value, 0);
  return {
    name,
    positives,
    negatives,
    truePositives: sumFromEnd(truePositives),
    falsePositives: sumFromEnd(falsePositives),
  };
}

function endsWithNumber(scores: ArrayLike<number>, order: Uint32Array): boolean {
  return order.length > 0 && !Number.isNaN(scores[order.at(-1) ?? 0] ?? Number.NaN);
}

/** The same counts by a few searches in the order, and one walk for the positives between them. */
function countAlongOrder(
  { name, scores, positive, order }: ScoredRows & { readonly order: Uint32Array },
  thresholds: readonly number[],
): OperatingModel {
  const rows = order.length;
  const starts = thresholds.map((threshold) => firstReaching(scores, order, threshold));
  const truePositives = thresholds.map(() => 0);
  const falsePositives = thresholds.map(() => 0);
  let positives = 0;
  let end = rows;
  for (let place = thresholds.length - 1; place >= -1; place--) {
    const start = starts[place] ?? 0;
    for (let rank = start; rank < end; rank++)
      positives += positive[order[rank] ?? 0] === 1 ? 1 : 0;
    end = start;
    if (place < 0) break;
    truePositives[place] = positives;
    falsePositives[place] = rows - start - positives;
  }
  return { name, positives, negatives: rows - positives, truePositives, falsePositives };
}

/** How many rows score below a threshold. */
function firstReaching(scores: ArrayLike<number>, order: Uint32Array, threshold: number): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((scores[order[middle] ?? 0] ?? 0) < threshold) low = middle + 1;
    else high = middle;
  }
  return low;
}

function countUpTo(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Sums of the places beyond each; the first place, of rows below every threshold, falls away. */
function sumFromEnd(counts: Float64Array): number[] {
  const sums: number[] = [];
  let sum = 0;
  for (let place = counts.length - 1; place >= 1; place--) {
    sum += counts[place] ?? 0;
    sums.push(sum);
  }
  return sums.toReversed();
}

/**
 * Up to 101 thresholds that a reader may choose: evenly over the scores' range, and at the scores'
 * quantiles, so that a model whose scores lie close together can be looked at as well. The order of
 * the rows by score, where it is known, spares sorting them again.
 */
export function chooseThresholds(
  scores: ArrayLike<number>,
  order?: Uint32Array,
): readonly number[] {
  const { at, length } = order === undefined ? sortFinite(scores) : finitePart(scores, order);
  const low = Math.min(0, length === 0 ? 0 : at(0));
  const high = Math.max(1, length === 0 ? 1 : at(length - 1));
  const even = Array.from({ length: 51 }, (_, k) => low + ((high - low) * k) / 50);
  const quantiles = Array.from({ length: length === 0 ? 0 : 50 }, (_, k) =>
    at(Math.floor(((k + 0.5) / 50) * length)),
  );
  const rounded = [...even, ...quantiles].map((value) => Number(value.toPrecision(4)));
  return [...new Set(rounded)].toSorted((left, right) => left - right);
}

/** Finite scores by their rank. */
interface Ascending {
  readonly length: number;
  readonly at: (rank: number) => number;
}

function sortFinite(scores: ArrayLike<number>): Ascending {
  const sorted = Float64Array.from(scores).filter(Number.isFinite).sort();
  return { length: sorted.length, at: (rank) => sorted[rank] ?? 0 };
}

/** What stands between the infinite scores and those that are no number. */
function finitePart(scores: ArrayLike<number>, order: Uint32Array): Ascending {
  const scoreAt = (rank: number): number => scores[order[rank] ?? 0] ?? Number.NaN;
  let start = 0;
  let end = order.length;
  while (start < end && !Number.isFinite(scoreAt(start))) start++;
  while (end > start && !Number.isFinite(scoreAt(end - 1))) end--;
  return { length: end - start, at: (rank) => scoreAt(start + rank) };
}
