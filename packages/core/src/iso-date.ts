/** An instant read from text. */
export interface ParsedDate {
  /** Milliseconds since 1970 UTC; microseconds are kept as a fraction. */
  readonly ms: number;
  /** Whether no time of day was written. */
  readonly dateOnly: boolean;
}

const pattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|z|[+-]\d\d(?::?\d\d)?)?)?$/;

/**
 * Reads an ISO 8601 date (`2024-02-29`) or date-time (`2024-02-29T12:30:00.5Z`, a blank for the
 * `T`, `+02:00`); a date-time without zone is taken as UTC. `undefined` for any other text,
 * also for days that do not exist.
 */
export function parseIsoDate(text: string): ParsedDate | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  // Date.UTC takes years below 100 for the twentieth century's.
  if (Number(year) < 100) return undefined;
  const dayStart = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const back = new Date(dayStart);
  if (back.getUTCMonth() + 1 !== Number(month) || back.getUTCDate() !== Number(day))
    return undefined;
  if (hour === undefined) return { ms: dayStart, dateOnly: true };
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) > 59) return undefined;
  const clock = (Number(hour) * 60 + Number(minute)) * 60 + Number(second ?? 0);
  const thousandths = fraction === undefined ? 0 : Number(`0.${fraction}`) * 1000;
  return { ms: dayStart + clock * 1000 + thousandths - zoneMs(zone), dateOnly: false };
}

function zoneMs(zone: string | undefined): number {
  if (zone === undefined || zone === "Z" || zone === "z") return 0;
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (zone.startsWith("-") ? -minutes : minutes) * 60_000;
}

/**
 * Writes an instant as {@link parseIsoDate} reads it: `2024-02-29T12:30:00.500Z`, with microseconds
 * where it has any, as `2024-02-29T12:30:00.500250Z`. What is finer is rounded; from 1831 to 2109 every
 * microsecond is exact.
 *
 * @throws RangeError where the instant is none that JavaScript's dates reach
 */
export function formatIsoInstant(ms: number): string {
  if (Number.isInteger(ms)) return new Date(ms).toISOString();
  const micros = Math.round((ms - Math.floor(ms)) * 1000);
  const iso = new Date(Math.floor(ms) + (micros === 1000 ? 1 : 0)).toISOString();
  if (micros === 0 || micros === 1000) return iso;
  return iso.replace("Z", `${String(micros).padStart(3, "0")}Z`);
}
