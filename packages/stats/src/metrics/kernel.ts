import type { ConfusionMatrix } from "./confusion.ts";
import type { BinSums, BinnedRows } from "./calibration.ts";
import type { Codes, GroupColumn } from "./evaluation.ts";
import type { GroupTables } from "./fairness.ts";
import type { Influence } from "./influence.ts";
import type { Measured } from "./measure.ts";
import type { RankingInput } from "./ranking.ts";

/** Successes among trials, where a metric is a plain share of rows. */
export interface Proportion {
  readonly successes: number;
  readonly trials: number;
}

/** A metric of truth against prediction counts alone. */
export interface CountKernel {
  readonly kind: "counts";
  readonly truth: Codes;
  readonly prediction: Codes;
  readonly matrix: ConfusionMatrix;
  readonly evaluate: (matrix: ConfusionMatrix) => Measured;
  /** The share that the metric is, when it is one. */
  readonly proportion?: ((matrix: ConfusionMatrix) => Proportion) | undefined;
  /** Whether the metric is the share of rows predicted right. */
  readonly isAccuracy?: boolean | undefined;
}

/** A metric of counts in each group of a column. */
export interface GroupKernel {
  readonly kind: "groups";
  readonly truth: Codes;
  readonly prediction: Codes;
  readonly column: GroupColumn;
  readonly classCount: number;
  readonly positive: number;
  readonly evaluate: (tables: GroupTables) => Measured;
}

/** A metric that is a function of weighted means of numbers each row has by itself. */
export interface MeanKernel {
  readonly kind: "means";
  readonly rows: readonly Float64Array[];
  /** From the weighted means of `rows` to the metric; NaN where undefined. */
  readonly combine: (means: ArrayLike<number>) => number;
  /** The metric's value on all rows, where it is computed better than by `combine`. */
  readonly value?: Measured | undefined;
  /** Whether the only row numbers are 0 and 1. */
  readonly isShare?: boolean | undefined;
  /** Loss of each row whose paired differences tests rank. */
  readonly losses?: Float64Array | undefined;
  /** Where a rising function of the metric is a plain mean: intervals are made of that mean. */
  readonly pivot?: Pivot | undefined;
}

/** A rising function and its inverse. */
export interface Pivot {
  readonly of: (metric: number) => number;
  readonly back: (mean: number) => number;
}

/** A metric that has to look at all rows together. */
export interface RowKernel {
  readonly kind: "rows";
  readonly rowCount: number;
  readonly evaluate: (weights: ArrayLike<number> | undefined) => Measured;
  /** The ranking whose area the metric is, when DeLong's variance holds for it. */
  readonly ranking?: RankingInput | undefined;
  /** How the metric moves with each row at the evaluation's own weights; `null` where undefined. */
  readonly influence?: (() => Influence | null) | undefined;
  /** The rows as cells of bins, where the metric is a function of their sums; `null` where undefined. */
  readonly binned?: (() => BinnedRows | null) | undefined;
  /** From the sums of {@link binned} to the metric. */
  readonly combineBins?: ((sums: BinSums) => number) | undefined;
}

/** A metric bound to rows, in the form that resampling can work with. */
export type Kernel = CountKernel | GroupKernel | MeanKernel | RowKernel;
