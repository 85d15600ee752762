/**
 * Names, ranges and directions of what Slipway measures, without the numerics behind them: what an
 * action needs to read its inputs, loaded in a millisecond.
 *
 * @module
 */
export * from "./metrics/catalog.ts";
export { rangeOfMetric } from "./metrics/ranges.ts";
export { driftStatistics, type DriftStatistic } from "./drift/statistic.ts";
