/**
 * What error analysis finds, as plain data: the report's text, its charts and evaluation.json are
 * all made of it. Shares and p values are in 0..1; losses are in the unit of {@link LossName}; rows
 * and places count from 0 here and from 1 wherever people read them.
 */

/**
 * What a row's loss is, so that its mean is the metric of that name:
 * `brier` where scores are probabilities (0 to 1 for two classes, 0 to 2 for more), `zero_one`
 * where a classifier gives labels alone (1 when wrong), `absolute_error` for regression (the
 * target's unit).
 */
export type LossName = "brier" | "zero_one" | "absolute_error";

/** A part that was done, or why it was left out. */
export type Part<T> =
  | ({ readonly kind: "found" } & T)
  | { readonly kind: "left-out"; readonly why: string };

/** One column's value in a segment's description. */
export interface SegmentTerm {
  readonly column: string;
  readonly value: string;
}

/** Rows that share values of one or two columns and on which the model is worse than elsewhere. */
export interface WeakSegment {
  /** One or two. */
  readonly terms: readonly SegmentTerm[];
  /** Rows of the evaluation in it (of the rows searched, where those are a sample). */
  readonly rows: number;
  /** Mean loss inside and elsewhere. */
  readonly loss: number;
  readonly restLoss: number;
  /** `loss - restLoss`, above 0, with ends each of which holds for all segments searched together. */
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  /** The difference in standard deviations of all rows' losses. */
  readonly effect: number;
  /** p, adjusted for having searched. */
  readonly adjustedP: number;
  /** Share of rows predicted right, of a classifier; `null` for regression. */
  readonly accuracy: number | null;
  readonly restAccuracy: number | null;
}

/** How weak segments were looked for. */
export interface SegmentSearch {
  /**
   * `permutation`: all rows; p by the maximum over all candidates under shuffled losses.
   * `halves`: found on one half of the rows, tested and estimated on the other.
   */
  readonly method: "permutation" | "halves";
  /** Rows searched, and of how many. */
  readonly rows: number;
  readonly ofRows: number;
  /** Columns looked at alone, those looked at in pairs, and how many were left aside. */
  readonly columns: number;
  readonly pairedColumns: number;
  readonly columnsLeftOut: number;
  /** Whether entities, not rows, were halved and counted. */
  readonly clustered: boolean;
  readonly candidates: number;
  /** Shuffles of the losses. */
  readonly permutations: number;
  readonly minRows: number;
  readonly leastEffect: number;
  /** Chance of naming any segment when none is weak. */
  readonly level: number;
}

/** The weakest segments, the largest difference first; none where chance explains all. */
export interface WeakSegments {
  readonly search: SegmentSearch;
  readonly segments: readonly WeakSegment[];
}

/** A column's share in one prediction. */
export interface Contribution {
  readonly column: string;
  /** In the unit of the attributions' scale; above 0 it raised the output. */
  readonly value: number;
}

/** A row that the model got badly wrong. Without values of columns unless they were asked for. */
export interface WorstError {
  /** Place in the evaluation's rows, from 0. */
  readonly row: number;
  /** The file it stands in, where there are several, and its place there from 0. */
  readonly file: string | null;
  readonly rowInFile: number;
  readonly loss: number;
  /** Classes, of a classifier. */
  readonly truth: string | null;
  readonly predicted: string | null;
  /** Score of the predicted class; `null` where there are no scores. */
  readonly score: number | null;
  /** Prediction minus truth, of a regression. */
  readonly residual: number | null;
  /** Only columns that `show-values` names. */
  readonly values: readonly { readonly column: string; readonly value: number | string | null }[];
  /** The largest by size first; `null` where they were not computed. */
  readonly contributions: readonly Contribution[] | null;
}

/** The rows with the largest loss, the largest first. */
export interface WorstErrors {
  readonly errors: readonly WorstError[];
  /** Rows that were wrong at all (regression: off by anything). */
  readonly wrongRows: number;
}

/** How often one class is taken for another, and the change against the baseline. */
export interface ConfusionPair {
  readonly truth: string;
  readonly predicted: string;
  /** Rows, unweighted. */
  readonly count: number;
  /** Of the rows of the true class. */
  readonly share: number;
  readonly change: ConfusionChange | null;
}

/** A confusion on the rows that both models were scored on. */
export interface ConfusionChange {
  /** Common rows that the candidate and the baseline confuse so. */
  readonly candidate: number;
  readonly baseline: number;
  /** Rows that only one of both confuses so. */
  readonly onlyCandidate: number;
  readonly onlyBaseline: number;
  /** Of the test that {@link Confusions} names. */
  readonly p: number;
  /** By Holm over all pairs that either model confuses. */
  readonly adjustedP: number;
}

/** The most frequent confusions, then rarer ones that changed. */
export interface Confusions {
  readonly pairs: readonly ConfusionPair[];
  /** Pairs that occur at all. */
  readonly kinds: number;
  /** Tests that the correction counts; 0 without a baseline. */
  readonly tested: number;
  /**
   * `mcnemar-exact` on rows; where rows belong to entities Wilcoxon's signed ranks of each entity's
   * difference, `wilcoxon-entities`.
   */
  readonly test: "mcnemar-exact" | "wilcoxon-entities";
  readonly level: number;
}

/** How much worse the metric gets when one column's values are shuffled among the rows. */
export interface FeatureImportance {
  readonly column: string;
  /** Mean over the repeats, in the metric's unit; above 0 the metric got worse. */
  readonly mean: number;
  /** Standard deviation over the repeats; `null` with one. */
  readonly deviation: number | null;
}

/** Permutation importance, the largest first. */
export interface Importance {
  readonly metric: string;
  readonly higherIsBetter: boolean;
  /** The metric on the same rows, unshuffled. */
  readonly value: number;
  readonly rows: number;
  readonly ofRows: number;
  readonly repeats: number;
  readonly features: readonly FeatureImportance[];
  /** Columns that the time budget left no room for. */
  readonly leftOut: readonly string[];
}

/** What the predictions of many rows are made of. */
export interface AttributionSummary {
  readonly method: "tree-shap" | "sampled-shapley";
  readonly scale: "probability" | "margin" | "value";
  readonly outputs: readonly string[];
  /** Rows drawn at random that the mean is over. */
  readonly rows: number;
  /** Rows that a prediction is compared with. */
  readonly background: number;
  /** Mean size of each column's share, over rows and outputs; the largest first. */
  readonly features: readonly { readonly column: string; readonly meanSize: number }[];
  /** Standard error of the sampling of one value; `null` when exact. */
  readonly error: number | null;
}

/** Names of the parts, as `timings` calls them. */
export type PartName = "segments" | "worst" | "confusions" | "importance" | "attributions";

/** Everything that error analysis found. */
export interface ErrorAnalysis {
  readonly extent: "auto" | "full";
  readonly loss: LossName;
  /** Weighted where rows are. */
  readonly meanLoss: number;
  readonly segments: Part<WeakSegments>;
  readonly worst: Part<WorstErrors>;
  readonly confusions: Part<Confusions>;
  readonly importance: Part<Importance>;
  readonly attributions: Part<AttributionSummary>;
  readonly timings: readonly { readonly part: PartName; readonly ms: number }[];
}

/** A part that was left out. */
export function leftOut(why: string): { readonly kind: "left-out"; readonly why: string } {
  return { kind: "left-out", why };
}
