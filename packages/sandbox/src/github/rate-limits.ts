import { ApiError } from "./replies.ts";
import type { Caller } from "./tokens.ts";

/** Requests that callers have an hour. */
export interface HourlyRequests {
  readonly anonymous: number;
  readonly person: number;
  /** For all jobs of a repository together. */
  readonly job: number;
}

/** What is left of an hour's requests. */
export interface RateLimit {
  readonly limit: number;
  readonly used: number;
  readonly remaining: number;
  /** Seconds since 1970. */
  readonly reset: number;
}

/** The live limits, with Enterprise Cloud's for jobs: the sandbox packs a week into minutes. */
export const defaultHourlyRequests: HourlyRequests = {
  anonymous: 5000,
  person: 5000,
  job: 15_000,
};

/** Counts requests by caller. */
export interface RateLimiter {
  /** Counts one request; 403 when none is left. */
  spend(caller: Caller): RateLimit;
  read(caller: Caller): RateLimit;
}

const windowMs = 3_600_000;

/** A limiter whose hours begin with a caller's first request. */
export function createRateLimiter(hourly: HourlyRequests): RateLimiter {
  const windows = new Map<string, { readonly endsAt: number; readonly used: number }>();

  function measure(caller: Caller, spent: number): RateLimit {
    const key = keyOf(caller);
    const known = windows.get(key);
    const isCurrent = known !== undefined && known.endsAt > Date.now();
    const endsAt = isCurrent ? known.endsAt : Date.now() + windowMs;
    const used = (isCurrent ? known.used : 0) + spent;
    windows.set(key, { endsAt, used });
    const limit = hourly[caller.kind];
    const reset = Math.ceil(endsAt / 1000);
    return { limit, used: Math.min(used, limit), remaining: Math.max(0, limit - used), reset };
  }

  return {
    read: (caller) => measure(caller, 0),
    spend: (caller) => {
      const before = measure(caller, 0);
      if (before.remaining > 0) return measure(caller, 1);
      const whom = caller.kind === "job" ? "installation" : "user";
      throw new ApiError(403, `API rate limit exceeded for ${whom}.`, {
        headers: composeRateHeaders(before),
      });
    },
  };
}

function keyOf(caller: Caller): string {
  switch (caller.kind) {
    case "anonymous":
      return "anonymous";
    case "person":
      return `person:${caller.login}`;
    case "job":
      return `job:${caller.job.repository}`;
  }
}

/** The headers in which GitHub tells of a limit. */
export function composeRateHeaders(limit: RateLimit): Record<string, string> {
  return {
    "x-ratelimit-limit": String(limit.limit),
    "x-ratelimit-remaining": String(limit.remaining),
    "x-ratelimit-used": String(limit.used),
    "x-ratelimit-reset": String(limit.reset),
    "x-ratelimit-resource": "core",
  };
}
