import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calendarLimits, readCivilDay, readDatePart } from "./calendar.ts";

const dayMs = 86_400_000;

describe("readCivilDay", () => {
  it("agrees with the platform's calendar on every day that it can hold", () => {
    fc.assert(
      fc.property(fc.integer({ min: calendarLimits.first, max: calendarLimits.last }), (day) => {
        const date = new Date(day * dayMs);
        const newYear = new Date(0);
        newYear.setUTCFullYear(date.getUTCFullYear(), 0, 1);
        expect(readCivilDay(day)).toEqual({
          year: date.getUTCFullYear(),
          month: date.getUTCMonth() + 1,
          dayOfYear: day - newYear.getTime() / dayMs + 1,
          weekday: (date.getUTCDay() + 6) % 7,
        });
      }),
      { numRuns: 2000 },
    );
  });
});

describe("readDatePart", () => {
  it("knows the last day of a leap year", () => {
    const day = Date.UTC(2024, 11, 31) / dayMs;
    expect(readDatePart(day, "day_of_year")).toBe(366);
    expect(readDatePart(day, "tuesday")).toBe(1);
    expect(readDatePart(day, "monday")).toBe(0);
  });

  it("reads every full hour as that hour, although its fraction of a day is not exact", () => {
    for (let hour = 0; hour < 24; hour += 1) {
      const days = Date.UTC(2026, 2, 5, hour) / dayMs;
      expect(readDatePart(days, "hour")).toBe(hour);
    }
  });

  it("stays in the day until its last millisecond", () => {
    const days = Date.UTC(2026, 2, 5, 23, 59, 59, 999) / dayMs;
    expect(readDatePart(days, "hour")).toBe(23);
    expect(readDatePart(days, "day_of_year")).toBe(64);
  });

  it("gives NaN for a missing date", () => {
    expect(readDatePart(Number.NaN, "year")).toBeNaN();
  });

  it("moves dates beyond the calendar to its ends", () => {
    expect(readDatePart(1e12, "year")).toBe(9999);
    expect(readDatePart(-1e12, "year")).toBe(1);
  });
});
