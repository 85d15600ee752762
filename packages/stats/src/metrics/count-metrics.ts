import { type ConfusionMatrix, nameOfClass } from "./confusion.ts";
import { type Measured, defined, undefinedBecause } from "./measure.ts";

/** Which class a rate is of, or how the rates of all classes are averaged. */
export type ClassChoice =
  | { readonly kind: "class"; readonly code: number }
  | { readonly kind: "micro" }
  | { readonly kind: "macro" }
  | { readonly kind: "weighted" };

/** How to treat rates with nothing to divide by. */
export interface CountOptions {
  /** The value of 0/0; undefined with a reason when left out. */
  readonly zeroDivision?: 0 | 1 | undefined;
  /**
   * Whether averages take in classes that neither truth nor prediction holds: `count` (default) as
   * scikit-learn does with `labels` of all known classes, `ignore` as it does without `labels`.
   */
  readonly absentClasses?: "count" | "ignore" | undefined;
}

/** Numerator and denominator of a rate, and what an empty denominator means. */
interface Ratio {
  readonly of: (counts: ClassCounts) => readonly [numerator: number, denominator: number];
  readonly name: string;
  readonly emptyBecause: string;
}

/** Weights of one class against the rest. */
export interface ClassCounts {
  readonly truePositive: number;
  readonly falsePositive: number;
  readonly falseNegative: number;
  readonly trueNegative: number;
}

/**
 * One class against the rest. Off-diagonal cells are added up rather than taken off the totals, which
 * would leave nothing of small weights beside large ones.
 */
export function countsOfClass(matrix: ConfusionMatrix, code: number): ClassCounts {
  const { classCount, cells, truthTotals } = matrix;
  let [falsePositive, falseNegative, trueNegative] = [0, 0, 0];
  for (let other = 0; other < classCount; other++) {
    if (other === code) continue;
    const mistaken = cells[other * classCount + code]!;
    falsePositive += mistaken;
    falseNegative += cells[code * classCount + other]!;
    trueNegative += truthTotals[other]! - mistaken;
  }
  const truePositive = cells[code * classCount + code]!;
  return { truePositive, falsePositive, falseNegative, trueNegative };
}

const precisionRatio: Ratio = {
  name: "precision",
  of: (c) => [c.truePositive, c.truePositive + c.falsePositive],
  emptyBecause: "is never predicted",
};
const recallRatio: Ratio = {
  name: "recall",
  of: (c) => [c.truePositive, c.truePositive + c.falseNegative],
  emptyBecause: "has no true rows",
};
const specificityRatio: Ratio = {
  name: "specificity",
  of: (c) => [c.trueNegative, c.trueNegative + c.falsePositive],
  emptyBecause: "has no rows of other classes beside it",
};

/** Share of rows predicted right; in 0..1. Undefined without rows. */
export function accuracy(matrix: ConfusionMatrix): Measured {
  if (!(matrix.total > 0)) return undefinedBecause("there are no rows");
  return defined(diagonalOf(matrix) / matrix.total);
}

function diagonalOf({ cells, classCount }: ConfusionMatrix): number {
  let sum = 0;
  for (let k = 0; k < classCount; k++) sum += cells[k * classCount + k]!;
  return sum;
}

/** Mean recall over the classes that truth holds; in 0..1. Undefined without rows. */
export function balancedAccuracy(matrix: ConfusionMatrix): Measured {
  let sum = 0;
  let present = 0;
  for (let k = 0; k < matrix.classCount; k++) {
    const support = matrix.truthTotals[k]!;
    if (!(support > 0)) continue;
    sum += matrix.cells[k * matrix.classCount + k]! / support;
    present++;
  }
  return present === 0 ? undefinedBecause("there are no rows") : defined(sum / present);
}

/** TP / (TP + FP); in 0..1. Undefined where a class asked for is never predicted. */
export function precision(
  matrix: ConfusionMatrix,
  choice: ClassChoice,
  options: CountOptions = {},
): Measured {
  return rate(precisionRatio, matrix, { choice, ...options });
}

/** TP / (TP + FN); in 0..1. Undefined where a class asked for has no true rows. */
export function recall(
  matrix: ConfusionMatrix,
  choice: ClassChoice,
  options: CountOptions = {},
): Measured {
  return rate(recallRatio, matrix, { choice, ...options });
}

/** TN / (TN + FP); in 0..1. Undefined where every row is of the class asked for. */
export function specificity(
  matrix: ConfusionMatrix,
  choice: ClassChoice,
  options: CountOptions = {},
): Measured {
  return rate(specificityRatio, matrix, { choice, ...options });
}

/**
 * (1 + b²) TP / ((1 + b²) TP + b² FN + FP); in 0..1. Undefined where a class asked for is neither
 * true nor predicted.
 *
 * @throws RangeError where `beta` is not a positive number.
 */
export function fBeta(
  matrix: ConfusionMatrix,
  choice: ClassChoice,
  options: CountOptions & { readonly beta: number },
): Measured {
  const { beta, ...rest } = options;
  if (!(beta > 0 && beta < Infinity)) throw new RangeError(`beta is ${beta}, not a number above 0`);
  const square = beta * beta;
  const ratio: Ratio = {
    name: beta === 1 ? "f1" : `f_beta(${beta})`,
    of: (c) => {
      const weighted = (1 + square) * c.truePositive;
      return [weighted, weighted + square * c.falseNegative + c.falsePositive];
    },
    emptyBecause: "is neither true nor predicted in any row",
  };
  return rate(ratio, matrix, { choice, ...rest });
}

type RateOptions = CountOptions & { readonly choice: ClassChoice };

function rate(ratio: Ratio, matrix: ConfusionMatrix, options: RateOptions): Measured {
  const { choice } = options;
  switch (choice.kind) {
    case "class":
      return rateOfClass(ratio, matrix, { ...options, choice });
    case "micro":
      return microRate(ratio, matrix, options);
    case "macro":
      return averageRate(ratio, matrix, options, () => 1);
    case "weighted":
      return averageRate(ratio, matrix, options, (code) => matrix.truthTotals[code]!);
  }
}

function rateOfClass(
  ratio: Ratio,
  matrix: ConfusionMatrix,
  options: CountOptions & { readonly choice: { readonly code: number } },
): Measured {
  const { code } = options.choice;
  const [numerator, denominator] = ratio.of(countsOfClass(matrix, code));
  if (denominator > 0) return defined(numerator / denominator);
  if (options.zeroDivision !== undefined) return defined(options.zeroDivision);
  return undefinedBecause(
    `${ratio.name} is undefined: ${nameOfClass(matrix, code)} ${ratio.emptyBecause}`,
  );
}

function microRate(ratio: Ratio, matrix: ConfusionMatrix, options: CountOptions): Measured {
  let numerator = 0;
  let denominator = 0;
  for (let code = 0; code < matrix.classCount; code++) {
    const [above, below] = ratio.of(countsOfClass(matrix, code));
    numerator += above;
    denominator += below;
  }
  if (denominator > 0) return defined(numerator / denominator);
  if (options.zeroDivision !== undefined) return defined(options.zeroDivision);
  return undefinedBecause(`${ratio.name} is undefined: there is nothing to divide by`);
}

function averageRate(
  ratio: Ratio,
  matrix: ConfusionMatrix,
  options: CountOptions,
  weightOf: (code: number) => number,
): Measured {
  let sum = 0;
  let weights = 0;
  for (let code = 0; code < matrix.classCount; code++) {
    if (options.absentClasses === "ignore" && isAbsent(matrix, code)) continue;
    const one = rateOfClass(ratio, matrix, { ...options, choice: { code } });
    if (one.value === null) return one;
    sum += one.value * weightOf(code);
    weights += weightOf(code);
  }
  return weights > 0 ? defined(sum / weights) : undefinedBecause("there are no rows");
}

function isAbsent(matrix: ConfusionMatrix, code: number): boolean {
  return !(matrix.truthTotals[code]! > 0 || matrix.predictionTotals[code]! > 0);
}

/**
 * Matthews's correlation of truth and prediction, for any number of classes; in -1..1, and 0 where
 * truth or prediction is constant (Gorodkin 2004).
 */
export function matthewsCorrelation(matrix: ConfusionMatrix): Measured {
  const { total, truthTotals, predictionTotals, classCount } = matrix;
  if (!(total > 0)) return undefinedBecause("there are no rows");
  let covariance = 0;
  for (let code = 0; code < classCount; code++) {
    const one = countsOfClass(matrix, code);
    covariance += one.truePositive * one.trueNegative - one.falsePositive * one.falseNegative;
  }
  const spread = Math.sqrt(pairsApart(truthTotals) * pairsApart(predictionTotals));
  return defined(spread > 0 ? Math.max(-1, Math.min(1, covariance / spread)) : 0);
}

/** The weight of ordered pairs of rows that are of two classes: the total's square less the classes'. */
function pairsApart(totals: Float64Array): number {
  let [before, pairs] = [0, 0];
  for (const weight of totals) {
    pairs += 2 * weight * before;
    before += weight;
  }
  return pairs;
}

/** How far apart two classes count in Cohen's kappa. */
export type KappaWeights = "unweighted" | "linear" | "quadratic";

/**
 * Cohen's kappa: agreement beyond what the two margins give by chance; at most 1. Undefined where
 * truth and prediction are one and the same class throughout.
 */
export function cohenKappa(
  matrix: ConfusionMatrix,
  weights: KappaWeights = "unweighted",
): Measured {
  const { classCount, cells, truthTotals, predictionTotals, total } = matrix;
  let observed = 0;
  let expected = 0;
  for (let t = 0; t < classCount; t++) {
    for (let p = 0; p < classCount; p++) {
      const penalty = disagreement(Math.abs(t - p), weights);
      observed += penalty * cells[t * classCount + p]!;
      expected += penalty * truthTotals[t]! * predictionTotals[p]!;
    }
  }
  if (!(expected > 0))
    return undefinedBecause("truth and prediction are one and the same class in every row");
  return defined(1 - (observed * total) / expected);
}

function disagreement(distance: number, weights: KappaWeights): number {
  if (weights === "unweighted") return distance === 0 ? 0 : 1;
  return weights === "linear" ? distance : distance * distance;
}
