import { forEachBlock } from "../row-blocks.ts";
import { type Undefined, undefinedBecause } from "../metrics/measure.ts";

/** A number with the standard error that its sampling gives. */
export interface Estimate {
  readonly value: number;
  readonly standardError: number;
  /** Rows that it rests on. */
  readonly n: number;
}

/** The losses of two predictors on the same rows. */
export interface PairedLosses {
  readonly own: ArrayLike<number>;
  readonly naive: ArrayLike<number>;
  readonly weights?: ArrayLike<number> | undefined;
}

/**
 * The share of a naive predictor's loss that another one removes: 1 - mean(own) / mean(naive). At
 * most 1, 0 for no gain, negative where it is worse. With the error rate as loss and the most
 * frequent class as the naive answer this is Goodman and Kruskal's lambda (1954).
 *
 * The standard error is that of a ratio of means over the same rows (delta method; Cochran 1977,
 * section 6.4). Undefined where the naive predictor makes no error.
 *
 * @throws RangeError where lengths differ.
 */
export function errorReduction({ own, naive, weights }: PairedLosses): Estimate | Undefined {
  const n = own.length;
  if (naive.length !== n) throw new RangeError(`${naive.length} naive losses for ${n} rows`);
  const sums: LossSums = { own, naive, weights, total: 0, ownSum: 0, naiveSum: 0, squares: 0 };
  forEachBlock(n, (from, to) => addLosses(sums, from, to));
  const { total, ownSum, naiveSum } = sums;
  if (!(total > 0)) return undefinedBecause("there are no rows");
  if (!(naiveSum > 0)) return undefinedBecause("the naive answer makes no error");
  const ratio = ownSum / naiveSum;
  forEachBlock(n, (from, to) => addSquares({ sums, ratio }, from, to));
  const { squares } = sums;
  const spread = n > 1 ? (squares * n) / (n - 1) : squares;
  return { value: 1 - ratio, standardError: Math.sqrt(spread) / naiveSum, n };
}

interface LossSums extends PairedLosses {
  total: number;
  ownSum: number;
  naiveSum: number;
  /** Of what each row adds to the ratio's error. */
  squares: number;
}

function addLosses(sums: LossSums, from: number, to: number): void {
  const { own, naive, weights } = sums;
  let { total, ownSum, naiveSum } = sums;
  for (let i = from; i < to; i++) {
    const weight = weights === undefined ? 1 : weights[i]!;
    total += weight;
    ownSum += weight * own[i]!;
    naiveSum += weight * naive[i]!;
  }
  sums.total = total;
  sums.ownSum = ownSum;
  sums.naiveSum = naiveSum;
}

function addSquares(
  { sums, ratio }: { readonly sums: LossSums; readonly ratio: number },
  from: number,
  to: number,
): void {
  const { own, naive, weights } = sums;
  let { squares } = sums;
  for (let i = from; i < to; i++) {
    const weight = weights === undefined ? 1 : weights[i]!;
    const part = weight * (own[i]! - ratio * naive[i]!);
    squares += part * part;
  }
  sums.squares = squares;
}

/** The same for root mean losses: 1 - sqrt(mean(own) / mean(naive)), e.g. RMSE from squared errors. */
export function rootErrorReduction(losses: PairedLosses): Estimate | Undefined {
  const found = errorReduction(losses);
  if (found.value === null) return found;
  const root = Math.sqrt(1 - found.value);
  return {
    value: 1 - root,
    standardError: root > 0 ? found.standardError / (2 * root) : found.standardError,
    n: found.n,
  };
}
