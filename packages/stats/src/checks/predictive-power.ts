import { type Undefined, undefinedBecause } from "../metrics/measure.ts";
import { quantilesOf } from "../quantiles.ts";
import { sortedOrder } from "../sorting.ts";
import { type Estimate, errorReduction } from "./error-reduction.ts";
import { type ArrayTarget, growTree, largestPlace, type TreeLimits } from "./single-column-tree.ts";

/** One column: numbers (NaN is missing) or codes of categories (-1 is missing). */
export type ArrayFeature =
  | { readonly kind: "numbers"; readonly values: Float64Array }
  | { readonly kind: "categories"; readonly codes: ArrayLike<number>; readonly count: number };

/** How the column's answers are learnt. */
export interface PredictivePowerOptions {
  /** Fold of each row, from 0; each row is answered by what the other folds taught. */
  readonly folds: ArrayLike<number>;
  readonly foldCount: number;
  /** Of the tree on numbers; 5 when left out. */
  readonly maxDepth?: number | undefined;
  /** 5 when left out. */
  readonly minLeafRows?: number | undefined;
}

/**
 * How well one column alone predicts the target, from 0 (no better than the naive answer) to 1
 * (always right): `1 - loss / naive loss`, on rows that the predictor was not made of.
 *
 * - Loss: the share of wrong classes, or the mean absolute error.
 * - Naive answer: the most frequent class, or the median, of all rows.
 * - Predictor: of a number, a decision tree of at most 5 levels with at least 5 rows a leaf
 *   ({@link growTree}); of a category, the most frequent class or the mean among the rows of that
 *   category. Missing cells are a category of their own; one that the other folds lack gets the
 *   most frequent class or the mean of all their rows.
 *
 * The idea is the predictive power score's (Wetschoreck, Krabel & Krishnamurthy 2020), which has
 * weighted F1 in the place of the error rate; with the error rate the score is Goodman and
 * Kruskal's lambda (1954) out of fold. Negative scores are 0.
 *
 * @throws RangeError where lengths differ.
 */
export function predictivePower(
  feature: ArrayFeature,
  target: ArrayTarget,
  options: PredictivePowerOptions,
): Estimate | Undefined {
  const truth = target.kind === "classes" ? target.codes : target.values;
  const n = truth.length;
  const length = feature.kind === "numbers" ? feature.values.length : feature.codes.length;
  if (length !== n || options.folds.length !== n)
    throw new RangeError(`${length} cells and ${options.folds.length} folds for ${n} rows`);
  const answers =
    feature.kind === "numbers"
      ? answerByTree(feature.values, target, options)
      : answerByCategory(feature, target, options);
  const naive = naiveAnswer(target);
  if (naive === null) return undefinedBecause("there are no rows");
  const loss = (answer: number, row: number): number =>
    target.kind === "classes" ? Number(answer !== truth[row]) : Math.abs(answer - truth[row]!);
  const found = errorReduction({
    own: answers.map(loss),
    naive: Float64Array.from(answers, (_, row) => loss(naive, row)),
  });
  return found.value === null ? found : { ...found, value: Math.max(0, found.value) };
}

/** The most frequent class or the median; `null` without rows. */
export function naiveAnswer(target: ArrayTarget): number | null {
  if (target.kind === "values")
    return target.values.length === 0 ? null : quantilesOf(target.values, [0.5])[0]!;
  if (target.codes.length === 0) return null;
  const counts = new Float64Array(target.count);
  for (let i = 0; i < target.codes.length; i++) counts[target.codes[i]!]!++;
  return largestPlace(counts);
}

/** Each category's answer in one fold's teaching, `fallback` where it has none. */
function answerByCategory(
  { codes, count }: Extract<ArrayFeature, { kind: "categories" }>,
  target: ArrayTarget,
  { folds, foldCount }: PredictivePowerOptions,
): Float64Array {
  const width = target.kind === "classes" ? target.count : 2;
  const all = tally({ codes, count, target, width, isTaught: () => true });
  const answers = new Float64Array(codes.length);
  for (let fold = 0; fold < foldCount; fold++) {
    const own = tally({ codes, count, target, width, isTaught: (row) => folds[row] === fold });
    const taught = all.map((value, at) => value - own[at]!);
    const fallback = answerOfCells(sumCells(taught, width), target, 0);
    const byCategory = Array.from({ length: count + 1 }, (_, category) =>
      answerOfCells(taught.subarray(category * width, (category + 1) * width), target, fallback),
    );
    for (let row = 0; row < answers.length; row++)
      if (folds[row] === fold) answers[row] = byCategory[codes[row]! + 1]!;
  }
  return answers;
}

/** Counts of classes, or count and sum of values, by category; the missing cells come first. */
function tally(request: {
  readonly codes: ArrayLike<number>;
  readonly count: number;
  readonly target: ArrayTarget;
  readonly width: number;
  readonly isTaught: (row: number) => boolean;
}): Float64Array {
  const { codes, count, target, width, isTaught } = request;
  const cells = new Float64Array((count + 1) * width);
  for (let row = 0; row < codes.length; row++) {
    if (!isTaught(row)) continue;
    const at = (codes[row]! + 1) * width;
    if (target.kind === "classes") cells[at + target.codes[row]!]!++;
    else {
      cells[at]!++;
      cells[at + 1]! += target.values[row]!;
    }
  }
  return cells;
}

function sumCells(cells: Float64Array, width: number): Float64Array {
  const sums = new Float64Array(width);
  for (let at = 0; at < cells.length; at++) sums[at % width]! += cells[at]!;
  return sums;
}

function answerOfCells(cells: Float64Array, target: ArrayTarget, fallback: number): number {
  if (target.kind === "values") return cells[0]! > 0 ? cells[1]! / cells[0]! : fallback;
  const best = largestPlace(cells);
  return cells[best]! > 0 ? best : fallback;
}

function answerByTree(
  values: Float64Array,
  target: ArrayTarget,
  options: PredictivePowerOptions,
): Float64Array {
  const { folds, foldCount } = options;
  const order = sortedOrder(values);
  // NaN sorts last: what follows are the missing cells.
  let present = order.length;
  while (present > 0 && Number.isNaN(values[order[present - 1]!]!)) present--;
  const answers =
    present < order.length
      ? answerByCategory(missingAsCategory(values), target, options)
      : new Float64Array(order.length);
  const limits: TreeLimits = {
    maxDepth: options.maxDepth ?? 5,
    minLeafRows: options.minLeafRows ?? 5,
  };
  const truth = target.kind === "classes" ? target.codes : target.values;
  const sorted = { x: new Float64Array(present), y: new Float64Array(present) };
  const foldAt = new Int32Array(present);
  for (let at = 0; at < present; at++) {
    const row = order[at]!;
    sorted.x[at] = values[row]!;
    sorted.y[at] = truth[row]!;
    foldAt[at] = folds[row]!;
  }
  for (let fold = 0; fold < foldCount; fold++) {
    const taught = withoutFold(sorted, foldAt, fold);
    if (taught.x.length === 0) continue;
    const { upTo, answers: leaves } = growTree(taught, target, limits);
    let leaf = 0;
    for (let at = 0; at < present; at++) {
      if (foldAt[at] !== fold) continue;
      while (leaf < upTo.length && sorted.x[at]! > upTo[leaf]!) leaf++;
      answers[order[at]!] = leaves[leaf]!;
    }
  }
  return answers;
}

/** The rows that teach: all but those of a fold, still in order. */
function withoutFold(
  { x, y }: { readonly x: Float64Array; readonly y: Float64Array },
  foldAt: Int32Array,
  fold: number,
): { readonly x: Float64Array; readonly y: Float64Array } {
  const kept = { x: new Float64Array(x.length), y: new Float64Array(x.length) };
  let count = 0;
  for (let at = 0; at < x.length; at++) {
    if (foldAt[at] === fold) continue;
    kept.x[count] = x[at]!;
    kept.y[count] = y[at]!;
    count++;
  }
  return { x: kept.x.subarray(0, count), y: kept.y.subarray(0, count) };
}

/** Missing cells apart from present ones: what a missing cell says is answered as a category's. */
function missingAsCategory(values: Float64Array): Extract<ArrayFeature, { kind: "categories" }> {
  return {
    kind: "categories",
    codes: Int8Array.from(values, (value) => (Number.isNaN(value) ? -1 : 0)),
    count: 1,
  };
}
