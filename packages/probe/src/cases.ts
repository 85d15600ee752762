import type { GoldenCase } from "#core";
import { findDifferences, type Difference, type Tolerance } from "./compare.ts";
import type { Protocol } from "./protocols.ts";
import { ask, type Target } from "./request.ts";

/** How one golden case ended. */
export interface CaseResult {
  /** Counts from 1. */
  readonly number: number;
  readonly latencyMs: number;
  /** Why there was no answer of the right form; `null` when there was one. */
  readonly failure: string | null;
  readonly differences: readonly Difference[];
}

/** Asks every golden case once, one after the other. */
export async function runCases(
  target: Target,
  cases: readonly GoldenCase[],
  {
    protocol,
    tolerance,
    signal,
  }: { readonly protocol: Protocol; readonly tolerance: Tolerance; readonly signal: AbortSignal },
): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  for (const [index, goldenCase] of cases.entries()) {
    const answer = await ask(target, protocol.encode(goldenCase.request), signal);
    const base = { number: index + 1, latencyMs: answer.latencyMs };
    if (answer.kind === "failed") {
      results.push({ ...base, failure: answer.why, differences: [] });
      continue;
    }
    const predictions = answer.status < 300 ? protocol.decode(answer.text) : undefined;
    if (predictions === undefined) {
      const failure = `answered ${answer.status}: ${answer.text.slice(0, 200)}`;
      results.push({ ...base, failure, differences: [] });
      continue;
    }
    const differences = findDifferences(goldenCase.response.predictions, predictions, tolerance);
    results.push({ ...base, failure: null, differences });
  }
  return results;
}

/** Whether a case was answered as expected. */
export function isMatch(result: CaseResult): boolean {
  return result.failure === null && result.differences.length === 0;
}
