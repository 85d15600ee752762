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

/** What the gate's thresholds may name. */
export const GATE_VOCABULARY: ThresholdVocabulary = {
  metrics: GATE_METRICS,
  rangeOf: rangeOfGateMetric,
};

/** Whether a name is one of {@link COST_METRICS}. */
export function isCostMetric(name: string): name is CostMetric {
  return (COST_METRICS as readonly string[]).includes(name);
}
