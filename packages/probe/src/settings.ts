/**
 * What an action needs to read the settings of a smoke test, without the test itself.
 *
 * @module
 */
export { parseTolerance } from "./compare.ts";
export * from "./smoke-metrics.ts";
