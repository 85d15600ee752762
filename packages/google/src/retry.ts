import type { Clock } from "#core";

/** How often and how patiently a call is repeated. */
export interface RetryPolicy {
  /** Attempts in all, the first one included. */
  readonly attempts: number;
  /** Upper bound of the first wait; it doubles with each attempt. */
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
}

/** Six attempts over about half a minute. */
export const standardRetryPolicy: RetryPolicy = {
  attempts: 6,
  firstDelayMs: 1_000,
  longestDelayMs: 16_000,
};

/** What the next wait depends on. */
export interface Backoff {
  readonly policy: RetryPolicy;
  /** The attempt that failed, counted from 1. */
  readonly attempt: number;
  /** What the service asked for by `Retry-After`, if it did. */
  readonly retryAfterMs: number | null;
}

/**
 * Milliseconds to wait before the next attempt: exponential with half of it as jitter, and never
 * less than the service asked for.
 */
export function backoffMs({ policy, attempt, retryAfterMs }: Backoff, random: number): number {
  const ceiling = Math.min(policy.longestDelayMs, policy.firstDelayMs * 2 ** (attempt - 1));
  const jittered = ceiling / 2 + (ceiling / 2) * random;
  return Math.max(jittered, retryAfterMs ?? 0);
}

/** Milliseconds that a `Retry-After` header asks for (seconds or an HTTP date), or `null`. */
export function parseRetryAfter(header: string | null, nowMs: number): number | null {
  if (header === null || header.trim() === "") return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds * 1000 : null;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}

/** What {@link withRetries} repeats and under which rules. */
export interface Retrying {
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  /** A number in [0, 1), for jitter. */
  readonly random: () => number;
  readonly signal?: AbortSignal | undefined;
  /** Whether this failure may be repeated, and how long the service asked to wait. */
  readonly judge: (error: unknown) => {
    readonly retry: boolean;
    readonly retryAfterMs: number | null;
  };
}

/** Runs `attempt` until it succeeds, fails for good, or the policy is used up. */
export async function withRetries<T>(
  { policy, clock, random, signal, judge }: Retrying,
  attempt: (attemptNumber: number) => Promise<T>,
): Promise<T> {
  const { default: pRetry } = await import("p-retry");
  return await pRetry(attempt, {
    retries: policy.attempts - 1,
    // The waiting is done on the given clock, in shouldRetry; p-retry itself adds none.
    minTimeout: 0,
    factor: 1,
    async shouldRetry({ error, attemptNumber }) {
      if (signal?.aborted) return false;
      const { retry, retryAfterMs } = judge(error);
      if (!retry) return false;
      await clock.wait(
        backoffMs({ policy, attempt: attemptNumber, retryAfterMs }, random()),
        signal,
      );
      return true;
    },
  });
}
