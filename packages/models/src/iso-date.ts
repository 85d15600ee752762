const dayMs = 86_400_000;

const isoPattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|z|[+-]\d\d(?::?\d\d)?)?)?$/;

/**
 * Reads an ISO 8601 date (`2024-02-29`) or date-time (`2024-02-29T12:30:00Z`, a blank for the
 * `T`, `+02:00`; UTC where no zone is given) as days since 1970-01-01 UTC, the fraction being the
 * time of day.
 *
 * @returns NaN for any other text, also for days that do not exist
 */
export function countDays(text: string): number {
  const match = isoPattern.exec(text.trim());
  if (match === null) return Number.NaN;
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "0", zone] = match;
  // Date.UTC takes years below 100 for the twentieth century's.
  if (Number(year) < 100) return Number.NaN;
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const back = new Date(midnight);
  const exists = back.getUTCMonth() + 1 === Number(month) && back.getUTCDate() === Number(day);
  if (!exists || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return Number.NaN;
  const clockMs =
    ((Number(hour) * 60 + Number(minute)) * 60 + Number(second) + Number(`0.${fraction}`)) * 1000;
  return daysOfMs(midnight + clockMs - zoneMs(zone));
}

/** Milliseconds since 1970 UTC as days since then. */
export function daysOfMs(ms: number): number {
  return ms / dayMs;
}

function zoneMs(zone: string | undefined): number {
  if (zone === undefined || zone === "Z" || zone === "z") return 0;
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (zone.startsWith("-") ? -minutes : minutes) * 60_000;
}
