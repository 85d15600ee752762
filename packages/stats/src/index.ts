/**
 * Pure numerics of evaluation and drift: metrics, intervals, tests, divergences, special functions.
 * Nothing here reads a file, a clock or an unseeded random number; callers map columns to codes.
 *
 * - `computeMetric(name, argument, evaluation)`: a metric by its name in thresholds.
 * - `intervalOf(metric, evaluation)`: the metric with the interval of its sampling noise.
 * - `compareOnRows({ metric, candidate, reference })`: a paired difference with interval and test.
 * - `judgeColumn(column)` and `correctColumns(columns)`: drift by the default rule.
 * - `evidentlyColumnDrift(column)` and `evidentlyDatasetDrift(columns)`: drift as Evidently has it.
 * - `createRandom(seed)`: the one generator, xoshiro128**.
 *
 * What is undefined is `{ value: null, reason }`; what a caller must not pass throws a RangeError.
 *
 * @example
 * const evaluation = { task: "binary", classes: ["no", "yes"], truth, prediction, scores };
 * computeMetric("f_beta", "2", evaluation); // { value: 0.81 }
 * intervalOf({ name: "roc_auc" }, evaluation); // { value, low, high, n, method: "delong", ... }
 *
 * @module
 */
export * from "./checks/error-reduction.ts";
export * from "./checks/predictive-power.ts";
export * from "./checks/rate-gap.ts";
export * from "./checks/reliability.ts";
export type { ArrayTarget } from "./checks/single-column-tree.ts";
export * from "./drift/divergences.ts";
export * from "./drift/evidently.ts";
export * from "./drift/merge-bins.ts";
export * from "./drift/noise.ts";
export * from "./drift/rule.ts";
export * from "./drift/samples.ts";
export * from "./drift/statistic.ts";
export * from "./hypothesis/contingency.ts";
export * from "./hypothesis/diebold-mariano.ts";
export * from "./hypothesis/kolmogorov-smirnov.ts";
export * from "./hypothesis/multiplicity.ts";
export * from "./hypothesis/outcome.ts";
export * from "./hypothesis/proportions.ts";
export * from "./hypothesis/wilcoxon.ts";
export type { MetricOptions, MetricReference } from "./metrics/bind-request.ts";
export * from "./metrics/calibration.ts";
export * from "./metrics/catalog.ts";
export * from "./metrics/compute.ts";
export * from "./metrics/confusion.ts";
export * from "./metrics/count-metrics.ts";
export * from "./metrics/curve-thinning.ts";
export * from "./metrics/evaluation.ts";
export * from "./metrics/fairness.ts";
export * from "./metrics/measure.ts";
export * from "./metrics/multiclass-ranking.ts";
export * from "./metrics/probability.ts";
export { orderOfScores } from "./metrics/rank-layout.ts";
export * from "./metrics/ranges.ts";
export * from "./metrics/ranking.ts";
export * from "./metrics/regression.ts";
export * from "./quantiles.ts";
export * from "./random/binomial.ts";
export * from "./random/generator.ts";
export * from "./random/multinomial.ts";
export { sortedOrder } from "./sorting.ts";
export * from "./special/beta.ts";
export * from "./special/chi-squared.ts";
export * from "./special/gamma.ts";
export * from "./special/kolmogorov.ts";
export * from "./special/normal.ts";
export * from "./special/student-t.ts";
export * from "./uncertainty/bootstrap-interval.ts";
export * from "./uncertainty/comparison.ts";
export * from "./uncertainty/delong.ts";
export * from "./uncertainty/interval.ts";
