import { parseThresholds, type Threshold } from "#core";

/** What a rollout can be held to: figures of Cloud Monitoring. */
const ROLLOUT_METRICS = ["error_rate", "p50_ms", "p95_ms", "p99_ms"] as const;

const QUANTILES: Readonly<Record<string, number>> = { p50_ms: 0.5, p95_ms: 0.95, p99_ms: 0.99 };

/** The quantile that a latency metric is, or `null` for another metric. */
export function quantileOfMetric(metric: string): number | null {
  return QUANTILES[metric] ?? null;
}

/**
 * Reads the thresholds of a rollout. Arguments, slices, versions and bounds from below against
 * stable are refused: nothing could judge them.
 *
 * @throws Error that names the line
 */
export function readRolloutThresholds(raw: string): readonly Threshold[] {
  const thresholds = parseThresholds(raw, { metrics: ROLLOUT_METRICS, references: ["stable"] });
  for (const threshold of thresholds) checkThreshold(threshold);
  return thresholds;
}

function checkThreshold(threshold: Threshold): void {
  const refuse = (what: string): never => {
    throw new Error(`Threshold line ${threshold.line}: ${what}.`);
  };
  if (threshold.argument !== null || threshold.slice !== null)
    refuse(`${threshold.metric} takes no argument and no slice in a rollout`);
  if (threshold.metric.startsWith("run."))
    refuse(`there is no metric "${threshold.metric}" in a rollout`);
  for (const { operator, limit } of threshold.bounds) {
    if (limit.kind === "number") continue;
    if (limit.reference !== "stable")
      refuse(`"${limit.reference}" does not serve; a rollout compares with stable`);
    if (operator !== "<=" && operator !== "<")
      refuse(`a bound against stable is an upper one (<=), found ${operator}`);
  }
}
