/** What is read off a date. Years and months count as people write them; Monday is weekday 0. */
export type DatePart =
  | "year"
  | "month"
  | "day_of_year"
  | "day_of_year_sin"
  | "day_of_year_cos"
  | "day_of_week"
  | Weekday
  | "hour"
  | "hour_sin"
  | "hour_cos";

/** Names of the weekdays, Monday first. */
export const weekdays = [
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
  "sunday",
] as const;

/** A weekday's name, as a date part 1 on that day and 0 on others. */
export type Weekday = (typeof weekdays)[number];

/** Whether a date part is a weekday's indicator. */
export function isWeekday(part: DatePart): part is Weekday {
  return weekdays.some((weekday) => weekday === part);
}

/** Days since 1970 of 0001-01-01 and 9999-12-31: dates outside are moved to the nearer one. */
export const calendarLimits = { first: -719162, last: 2932896 } as const;

/** Days from 0000-03-01, where the shifted calendar starts, to 1970-01-01. */
export const daysBeforeEpoch = 719468;

/** Added before hours are cut off: 5:00 as a fraction of a day, times 24, is a hair below 5. */
export const hourSlack = 1e-6;

/** Sine and cosine over the year at day 1 … 366 (index 0 … 365), in float32. */
export const yearCircle = makeCircle(366, 365.25);

/** Sine and cosine over the day at hour 0 … 23, in float32. */
export const dayCircle = makeCircle(24, 24);

function makeCircle(
  size: number,
  period: number,
): { readonly sin: Float32Array; readonly cos: Float32Array } {
  const angles = Array.from({ length: size }, (_, index) => (2 * Math.PI * index) / period);
  return {
    sin: Float32Array.from(angles, Math.sin),
    cos: Float32Array.from(angles, Math.cos),
  };
}

/** A calendar day. */
interface CivilDay {
  readonly year: number;
  readonly month: number;
  readonly dayOfYear: number;
  readonly weekday: number;
}

/**
 * The Gregorian calendar day of a count of whole days since 1970-01-01.
 *
 * @see Hinnant, "chrono-Compatible Low-Level Date Algorithms" (civil_from_days)
 */
export function readCivilDay(day: number): CivilDay {
  const shifted = day + daysBeforeEpoch;
  const era = Math.floor(shifted / 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36524) -
      Math.floor(dayOfEra / 146096)) /
      365,
  );
  const dayOfMarchYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfMarchYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const before = year - 1;
  const newYear =
    365 * before + Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  return {
    year,
    month,
    dayOfYear: day - (newYear + calendarLimits.first) + 1,
    // 1970-01-01 was a Thursday.
    weekday: (((day + 3) % 7) + 7) % 7,
  };
}

/** One part of an instant given as days since 1970 UTC (a fraction is the time of day); NaN where it is missing. */
export function readDatePart(days: number, part: DatePart): number {
  if (Number.isNaN(days)) return Number.NaN;
  const kept = Math.min(Math.max(days, calendarLimits.first), calendarLimits.last);
  const day = Math.floor(kept);
  const hour = Math.min(Math.floor((kept - day) * 24 + hourSlack), 23);
  const civil = readCivilDay(day);
  if (isWeekday(part)) return weekdays[civil.weekday] === part ? 1 : 0;
  switch (part) {
    case "year":
      return civil.year;
    case "month":
      return civil.month;
    case "day_of_year":
      return civil.dayOfYear;
    case "day_of_year_sin":
      return yearCircle.sin[civil.dayOfYear - 1] ?? 0;
    case "day_of_year_cos":
      return yearCircle.cos[civil.dayOfYear - 1] ?? 0;
    case "day_of_week":
      return civil.weekday;
    case "hour":
      return hour;
    case "hour_sin":
      return dayCircle.sin[hour] ?? 0;
    case "hour_cos":
      return dayCircle.cos[hour] ?? 0;
  }
}
