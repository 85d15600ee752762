/** What is to be predicted: codes of classes, or numbers. */
export type ArrayTarget =
  | { readonly kind: "classes"; readonly codes: ArrayLike<number>; readonly count: number }
  | { readonly kind: "values"; readonly values: Float64Array };

/** A step function of one number: below or at `upTo[k]` (and above the one before) it answers `answers[k]`. */
export interface Steps {
  /** Ascending; one less than there are answers. */
  readonly upTo: readonly number[];
  readonly answers: readonly number[];
}

/** How far a tree grows. */
export interface TreeLimits {
  readonly maxDepth: number;
  readonly minLeafRows: number;
}

/** Rows in ascending order of one number. */
export interface SortedRows {
  readonly x: Float64Array;
  /** Classes or values, in the same order. */
  readonly y: ArrayLike<number>;
}

/**
 * A decision tree on one number (CART: Breiman 1984): each split is where the Gini impurity of
 * classes, or the squared error of values, falls most (the lowest of equals), halfway between two
 * values. Leaves answer their most frequent class (the lowest code of equals) or their mean.
 */
export function growTree(rows: SortedRows, target: ArrayTarget, limits: TreeLimits): Steps {
  const upTo: number[] = [];
  const answers: number[] = [];
  const grow = (from: number, to: number, depth: number): void => {
    const cut = depth < limits.maxDepth ? bestCut(rows, target, { from, to, ...limits }) : -1;
    if (cut < 0) {
      answers.push(answerOf(rows.y, target, from, to));
      return;
    }
    grow(from, cut, depth + 1);
    upTo.push((rows.x[cut - 1]! + rows.x[cut]!) / 2);
    grow(cut, to, depth + 1);
  };
  grow(0, rows.x.length, 0);
  return { upTo, answers };
}

interface Node {
  readonly from: number;
  readonly to: number;
  readonly minLeafRows: number;
}

/** Where the right side of the best split begins; -1 where no split improves. */
function bestCut(rows: SortedRows, target: ArrayTarget, node: Node): number {
  return target.kind === "classes"
    ? bestCutOfClasses(rows, target.count, node)
    : bestCutOfValues(rows, node);
}

function bestCutOfClasses({ x, y }: SortedRows, count: number, node: Node): number {
  const { from, to, minLeafRows } = node;
  const left = new Float64Array(count);
  const right = new Float64Array(count);
  for (let i = from; i < to; i++) right[y[i]!]!++;
  // Sums of squared counts: the larger, the purer. Kept up to date row by row.
  let leftSquares = 0;
  let rightSquares = 0;
  for (const many of right) rightSquares += many * many;
  let best = rightSquares / (to - from);
  let cut = -1;
  for (let i = from; i < to - minLeafRows; i++) {
    const code = y[i]!;
    leftSquares += 2 * left[code]! + 1;
    rightSquares -= 2 * right[code]! - 1;
    left[code]!++;
    right[code]!--;
    if (i + 1 - from < minLeafRows || x[i] === x[i + 1]) continue;
    const purity = leftSquares / (i + 1 - from) + rightSquares / (to - i - 1);
    if (purity <= best) continue;
    best = purity;
    cut = i + 1;
  }
  return cut;
}

function bestCutOfValues({ x, y }: SortedRows, { from, to, minLeafRows }: Node): number {
  let total = 0;
  for (let i = from; i < to; i++) total += y[i]!;
  let best = (total * total) / (to - from);
  // Rounding must not pass for an improvement where all values are equal.
  best += Math.abs(best) * 1e-12;
  let cut = -1;
  let left = 0;
  for (let i = from; i < to - minLeafRows; i++) {
    left += y[i]!;
    if (i + 1 - from < minLeafRows || x[i] === x[i + 1]) continue;
    const right = total - left;
    const explained = (left * left) / (i + 1 - from) + (right * right) / (to - i - 1);
    if (explained <= best) continue;
    best = explained;
    cut = i + 1;
  }
  return cut;
}

function answerOf(y: ArrayLike<number>, target: ArrayTarget, from: number, to: number): number {
  if (target.kind === "values") {
    let sum = 0;
    for (let i = from; i < to; i++) sum += y[i]!;
    return to > from ? sum / (to - from) : 0;
  }
  const counts = new Float64Array(target.count);
  for (let i = from; i < to; i++) counts[y[i]!]!++;
  return largestPlace(counts);
}

/** The place of the largest number; the first of equals. */
export function largestPlace(numbers: ArrayLike<number>): number {
  let best = 0;
  for (let k = 1; k < numbers.length; k++) if (numbers[k]! > numbers[best]!) best = k;
  return best;
}
