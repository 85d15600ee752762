import type { BinnedFeatures } from "./bin-features.ts";

/** Sums over the rows of a node. */
export interface NodeSums {
  readonly gradient: number;
  readonly hessian: number;
  readonly rows: number;
}

/** The best way to divide a node. */
export interface Split {
  readonly feature: number;
  /** Rows whose code is at most this go left. */
  readonly bin: number;
  readonly missingLeft: boolean;
  readonly gain: number;
  readonly left: NodeSums;
}

/** What a split must respect. */
export interface SplitLimits {
  readonly l2: number;
  readonly minChildRows: number;
  readonly minChildHessian: number;
}

/** Sum of gradients, of hessians and of rows for each bin of each feature, interleaved. */
export type Histogram = Float64Array;

/** Adds up the given rows' gradients and hessians by bin, for the features that are in use. */
export function fillHistogram(
  histogram: Histogram,
  binned: BinnedFeatures,
  {
    rows,
    gradients,
    hessians,
    features,
  }: {
    readonly rows: Int32Array;
    readonly gradients: Float64Array;
    readonly hessians: Float64Array;
    readonly features: Int32Array;
  },
): void {
  histogram.fill(0);
  const count = rows.length;
  for (const feature of features) {
    const column = feature * binned.rows;
    const offset = binned.offsets[feature]!;
    for (let index = 0; index < count; index += 1) {
      const row = rows[index]!;
      const at = (offset + binned.codes[column + row]!) * 3;
      histogram[at]! += gradients[row]!;
      histogram[at + 1]! += hessians[row]!;
      histogram[at + 2]! += 1;
    }
  }
}

/** The split that lowers the regularised second-order loss most, or `null` when none is allowed and useful. */
export function findBestSplit(
  histogram: Histogram,
  sums: NodeSums,
  {
    binned,
    features,
    limits,
  }: {
    readonly binned: BinnedFeatures;
    readonly features: Int32Array;
    readonly limits: SplitLimits;
  },
): Split | null {
  let best: Split | null = null;
  for (const feature of features) {
    const start = binned.offsets[feature]!;
    const bins = binned.offsets[feature + 1]! - start - 1;
    const found = findFeatureSplit(histogram, sums, {
      start,
      bins,
      limits,
      least: best?.gain ?? minGain,
    });
    if (found !== null) best = { ...found, feature };
  }
  return best;
}

/** Below this, a gain is rounding. */
const minGain = 1e-10;

interface FeatureSearch {
  readonly start: number;
  readonly bins: number;
  readonly limits: SplitLimits;
  readonly least: number;
}

function findFeatureSplit(
  histogram: Histogram,
  sums: NodeSums,
  search: FeatureSearch,
): Omit<Split, "feature"> | null {
  const missingAt = (search.start + search.bins) * 3;
  const missingRows = histogram[missingAt + 2]!;
  const right = scanBins(histogram, sums, { ...search, carried: null });
  if (missingRows === 0) {
    // Nothing was learned about missing values here: they follow the larger child.
    return right && { ...right, missingLeft: right.left.rows * 2 >= sums.rows };
  }
  const carried = {
    gradient: histogram[missingAt]!,
    hessian: histogram[missingAt + 1]!,
    rows: missingRows,
  };
  const left = scanBins(histogram, sums, {
    ...search,
    carried,
    least: right?.gain ?? search.least,
  });
  return left ?? right;
}

/** Tries every cut with missing values on the right, or on the left when their sums are carried. */
function scanBins(
  histogram: Histogram,
  sums: NodeSums,
  { start, bins, limits, least, carried }: FeatureSearch & { readonly carried: NodeSums | null },
): Omit<Split, "feature"> | null {
  const { l2, minChildRows, minChildHessian } = limits;
  let gradient = carried?.gradient ?? 0;
  let hessian = carried?.hessian ?? 0;
  let rows = carried?.rows ?? 0;
  const whole = (sums.gradient * sums.gradient) / (sums.hessian + l2);
  let bestGain = least;
  let best: Omit<Split, "feature"> | null = null;
  for (let bin = 0; bin < bins; bin += 1) {
    const at = (start + bin) * 3;
    gradient += histogram[at]!;
    hessian += histogram[at + 1]!;
    rows += histogram[at + 2]!;
    const restRows = sums.rows - rows;
    const restHessian = sums.hessian - hessian;
    if (rows < minChildRows || hessian < minChildHessian) continue;
    if (restRows < minChildRows || restHessian < minChildHessian) break;
    const restGradient = sums.gradient - gradient;
    const gain =
      (gradient * gradient) / (hessian + l2) +
      (restGradient * restGradient) / (restHessian + l2) -
      whole;
    if (gain > bestGain) {
      bestGain = gain;
      best = { bin, missingLeft: carried !== null, gain, left: { gradient, hessian, rows } };
    }
  }
  return best;
}
