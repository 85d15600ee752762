import type { Undefined } from "../metrics/measure.ts";

/** Which departures from the null hypothesis count. */
export type Alternative = "two-sided" | "greater" | "less";

/** A test's statistic and its p value in 0..1. */
export interface TestResult {
  readonly statistic: number;
  readonly p: number;
}

/** A test's result, or why it has none. */
export type TestOutcome = TestResult | Undefined;

/** Whether a test has a result. */
export function hasResult(outcome: TestOutcome): outcome is TestResult {
  return "p" in outcome;
}
