import { parseIsoDate } from "#core";

const dayMs = 86_400_000;

/**
 * Reads an ISO 8601 date or date-time as days since 1970-01-01 UTC, the fraction being the time of
 * day.
 *
 * @returns NaN for any other text, also for days that do not exist
 */
export function countDays(text: string): number {
  return daysOfMs(parseIsoDate(text.trim())?.ms ?? Number.NaN);
}

/** Milliseconds since 1970 UTC as days since then. */
export function daysOfMs(ms: number): number {
  return ms / dayMs;
}
