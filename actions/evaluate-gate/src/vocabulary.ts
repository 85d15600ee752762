import type { MetricRange, ThresholdVocabulary } from "#core";
import { allMetricNames, rangeOfMetric } from "#stats/catalog";

/** What a model costs to run; measured here, not computed from rows. */
export const COST_METRICS = ["size_mb", "p50_ms", "p95_ms", "p99_ms"] as const;
export type CostMetric = (typeof COST_METRICS)[number];

/** The mean of a per-row number of the predictions: `mean(ndcg)`. */
export const MEAN_METRIC = "mean";

/** Every name that a threshold of the gate may begin with; `run.…` is known besides. */
export const GATE_METRICS: readonly string[] = [...allMetricNames(), MEAN_METRIC, ...COST_METRICS];

/** The numbers that a metric of the gate can be; `undefined` for any: of a mean, of a run's own. */
export function rangeOfGateMetric(name: string): MetricRange | undefined {
  return isCostMetric(name) ? { low: 0, high: Number.POSITIVE_INFINITY } : rangeOfMetric(name);
}

/** Names that other tools give, and what they are here. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ["pr_auc", "Write average_precision, the area under precision and recall in steps."],
  ["auc_pr", "Write average_precision, the area under precision and recall in steps."],
  ["auprc", "Write average_precision, the area under precision and recall in steps."],
  ["auroc", "Write roc_auc."],
  ["gini", "Write a bound of roc_auc: gini is 2 roc_auc - 1."],
  ["error_rate", "Write a bound of accuracy: the error rate is 1 - accuracy."],
  ["tpr", "Write recall."],
  ["tnr", "Write specificity."],
  ["fpr", "Write a bound of specificity: the false positive rate is 1 - specificity."],
  ["fnr", "Write a bound of recall: the false negative rate is 1 - recall."],
  ["f2", "Write f_beta(2)."],
  ["ndcg", "Write mean(ndcg), of a column of the predictions with each row's."],
  ["map", "Write mean(ap), of a column of the predictions with each row's."],
  ["mrr", "Write mean(rr), of a column of the predictions with each row's."],
]);

/** What the gate's thresholds may name. */
export const GATE_VOCABULARY: ThresholdVocabulary = {
  metrics: GATE_METRICS,
  rangeOf: rangeOfGateMetric,
  hintOf: (name) => OTHER_NAMES.get(name.toLowerCase()),
};

/** Whether a name is one of {@link COST_METRICS}. */
export function isCostMetric(name: string): name is CostMetric {
  return (COST_METRICS as readonly string[]).includes(name);
}
