/** What each metric is, in a sentence, for the page of metrics. */
export const METRIC_DEFINITIONS: Readonly<Record<string, string>> = {
  accuracy: "Share of rows predicted right.",
  balanced_accuracy: "Mean of the classes' recalls: each class counts alike.",
  precision: "Of the rows predicted as the class, the share that are of it.",
  recall: "Of the rows of the class, the share predicted as it.",
  specificity: "Of the rows not of the class, the share not predicted as it.",
  f1: "Harmonic mean of precision and recall of the class.",
  f_beta:
    "Weighted harmonic mean of precision and recall; the argument is beta: 2 lets recall count more, 0.5 precision.",
  mcc: "Matthews' correlation of truth and prediction.",
  cohen_kappa: "Agreement of truth and prediction beyond what their frequencies alone would give.",
  selection_rate: "Share of rows predicted as the class.",
  log_loss: "Mean of minus the logarithm of the true class's probability.",
  brier:
    "Mean squared distance of probability and outcome: of the positive class of two (0 to 1), summed over several classes (0 to 2).",
  roc_auc:
    "Chance that a row of the class scores above a row of another; of several classes it needs the class, or take `roc_auc_ovr` or `roc_auc_ovo`.",
  roc_auc_ovr: "Mean of the classes' areas, each class against all others.",
  roc_auc_ovr_weighted: "Mean of the classes' areas, weighted by their rows.",
  roc_auc_ovr_micro: "Area over all pairs of row and class together.",
  roc_auc_ovo: "Mean of the areas over all pairs of classes, both ways.",
  roc_auc_ovo_weighted: "Mean of the areas over all pairs of classes, weighted by their rows.",
  average_precision:
    "Precision averaged over the steps of recall; of several classes without an argument the mean over them.",
  average_precision_weighted: "Mean of the classes' average precisions, weighted by their rows.",
  average_precision_micro: "Average precision over all pairs of row and class together.",
  top_k_accuracy: "Share of rows whose class is among the k highest scores.",
  precision_at_threshold: "Precision when a score from the argument on counts as positive.",
  recall_at_threshold: "Recall when a score from the argument on counts as positive.",
  ece: "Mean gap between probability and frequency over bins of equal width; of several classes of the most likely one.",
  mce: "The largest gap of any bin.",
  mse: "Mean squared error.",
  rmse: "Root of the mean squared error.",
  mae: "Mean absolute error.",
  median_absolute_error: "Median of the absolute errors.",
  max_error: "The largest absolute error.",
  r2: "1 less the squared error's share of the truth's variance: 0 is the mean's, below 0 worse.",
  explained_variance: "As `r2`, but without the error's mean: a constant shift costs nothing.",
  mape: "Mean of the absolute errors as shares of the truth: 0.1 is 10 %.",
  smape: "Mean of twice the absolute error over the sum of both sizes.",
  pinball: "Mean loss of a prediction of the argument's quantile.",
  demographic_parity_difference: "Largest less smallest selection rate of the column's groups.",
  demographic_parity_ratio: "Smallest over largest selection rate of the groups.",
  equalized_odds_difference:
    "The larger gap between groups of the true and of the false positive rates.",
  equalized_odds_ratio:
    "The smaller ratio between groups of the true and of the false positive rates.",
  equal_opportunity_difference: "Gap between groups of the true positive rate.",
  equal_opportunity_ratio: "Smallest over largest true positive rate of the groups.",
};

const AVERAGES: Readonly<Record<string, string>> = {
  micro: "over all rows and classes together",
  macro: "mean over the classes",
  weighted: "mean over the classes, weighted by their rows",
};

/** @throws RangeError for a metric without a definition */
export function defineMetric(name: string): string {
  const own = METRIC_DEFINITIONS[name];
  if (own !== undefined) return own;
  const [, base = "", average = ""] = /^(.*)_(micro|macro|weighted)$/.exec(name) ?? [];
  if (METRIC_DEFINITIONS[base] === undefined)
    throw new RangeError(`metric ${name} has no definition: add it to metric-definitions.ts`);
  return `\`${base}\`, ${AVERAGES[average]}.`;
}
