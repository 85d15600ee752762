import { type MetricScale, describeMetric } from "./catalog.ts";

/** The numbers that a metric can be, both ends among them; an end may be infinite. */
export interface ValueRange {
  readonly low: number;
  readonly high: number;
}

const RANGES: Readonly<Record<MetricScale, ValueRange>> = {
  share: { low: 0, high: 1 },
  correlation: { low: -1, high: 1 },
  loss: { low: 0, high: Number.POSITIVE_INFINITY },
  target: { low: 0, high: Number.POSITIVE_INFINITY },
  "target-squared": { low: 0, high: Number.POSITIVE_INFINITY },
};

const OWN_RANGES: ReadonlyMap<string, ValueRange> = new Map([
  // Squared distances of two distributions over several classes; of two classes half of it is summed.
  ["brier", { low: 0, high: 2 }],
  ["smape", { low: 0, high: 2 }],
  ["r2", { low: Number.NEGATIVE_INFINITY, high: 1 }],
  ["explained_variance", { low: Number.NEGATIVE_INFINITY, high: 1 }],
]);

/** The numbers that a metric can be, by its name or an alias; `undefined` for an unknown name. */
export function rangeOfMetric(name: string): ValueRange | undefined {
  const metric = describeMetric(name);
  return metric === undefined ? undefined : (OWN_RANGES.get(metric.name) ?? RANGES[metric.scale]);
}
