const dayMs = 86_400_000;

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
  if (hour === undefined) return { ms: back.getTime(), dateOnly: true };
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) > 59) return undefined;
  const clock = (Number(hour) * 60 + Number(minute)) * 60 + Number(second ?? 0);
  const thousandths = fraction === undefined ? 0 : Number(`0.${fraction}`) * 1000;
  return { ms: back.getTime() + clock * 1000 + thousandths - zoneMs(zone), dateOnly: false };
}

function zoneMs(zone: string | undefined): number {
  if (zone === undefined || zone === "Z" || zone === "z") return 0;
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (zone.startsWith("-") ? -minutes : minutes) * 60_000;
}

/** `2024-02-29` for a whole day, else `2024-02-29T12:30:00.500Z`: the text that keys and categories use. */
export function formatInstant(ms: number): string {
  const iso = new Date(ms).toISOString();
  return ms % dayMs === 0 ? iso.slice(0, 10) : iso;
}

/**
 * Reads `YYYY-MM-DD` from ten bytes without making a string.
 *
 * @returns milliseconds since 1970 UTC, NaN when it is not such a date
 */
export function parseDayBytes(bytes: Uint8Array, start: number): number {
  if (bytes[start + 4] !== 45 || bytes[start + 7] !== 45) return Number.NaN;
  const year = twoDigits(bytes, start) * 100 + twoDigits(bytes, start + 2);
  const month = twoDigits(bytes, start + 5);
  const day = twoDigits(bytes, start + 8);
  if (!(year >= 100 && month >= 1 && month <= 12 && day >= 1)) return Number.NaN;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const monthDays =
    month === 2
      ? leap
        ? 29
        : 28
      : month === 4 || month === 6 || month === 9 || month === 11
        ? 30
        : 31;
  return day > monthDays ? Number.NaN : daysFromCivil(year, month, day) * dayMs;
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar, by counting years from March. */
function daysFromCivil(year: number, month: number, day: number): number {
  const shiftedYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - 48;
  const ones = (bytes[at + 1] as number) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}
