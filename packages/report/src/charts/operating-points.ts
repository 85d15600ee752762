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
}

/** Counts what a model gets right and wrong at each of some ascending thresholds. */
export function countOperatingPoints(
  { name, scores, positive, weights }: ScoredRows,
  thresholds: readonly number[],
): OperatingModel {
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
 * quantiles, so that a model whose scores lie close together can be looked at as well.
 */
export function chooseThresholds(scores: ArrayLike<number>): readonly number[] {
  const sorted = Float64Array.from(scores).filter(Number.isFinite).sort();
  const low = Math.min(0, sorted[0] ?? 0);
  const high = Math.max(1, sorted.at(-1) ?? 1);
  const even = Array.from({ length: 51 }, (_, k) => low + ((high - low) * k) / 50);
  const quantiles = Array.from(
    { length: sorted.length === 0 ? 0 : 50 },
    (_, k) => sorted[Math.floor(((k + 0.5) / 50) * sorted.length)] ?? 0,
  );
  const rounded = [...even, ...quantiles].map((value) => Number(value.toPrecision(4)));
  return [...new Set(rounded)].toSorted((left, right) => left - right);
}
