import { formatIsoInstant } from "#core";

const dayMs = 86_400_000;

/** `2024-02-29` for a whole day, else `2024-02-29T12:30:00.500Z`, with microseconds where there are any: the text that keys and categories use. */
export function formatInstant(ms: number): string {
  const iso = formatIsoInstant(ms);
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
