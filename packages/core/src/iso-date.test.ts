import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatIsoInstant, parseIsoDate } from "./iso-date.ts";

describe("parseIsoDate", () => {
  it.each([
    ["2024-02-29", "2024-02-29T00:00:00.000Z", true],
    ["2024-02-29T12:30", "2024-02-29T12:30:00.000Z", false],
    ["2024-02-29 12:30:05.25", "2024-02-29T12:30:05.250Z", false],
    ["2024-02-29T00:30:00+02:00", "2024-02-28T22:30:00.000Z", false],
    ["2024-02-29T00:30:00-0530", "2024-02-29T06:00:00.000Z", false],
    ["2024-02-29T06:00:00,5 +00", "2024-02-29T06:00:00.500Z", false],
  ])("reads %s", (text, iso, dateOnly) => {
    const date = parseIsoDate(text);
    expect(new Date(date?.ms ?? 0).toISOString()).toBe(iso);
    expect(date?.dateOnly).toBe(dateOnly);
  });

  it("keeps microseconds as a fraction", () => {
    expect(parseIsoDate("1970-01-01T00:00:00.000250Z")?.ms).toBeCloseTo(0.25, 12);
  });

  it.each([
    "",
    "yesterday",
    "2023-02-29",
    "2024-13-01",
    "2024-04-31",
    "2024-1-1",
    "20240229",
    "29.02.2024",
    "0050-01-01",
    "2024-02-29T24:00",
    "2024-02-29T12:60",
    "2024-02-29T12:30:60",
    " 2024-02-29",
  ])("takes %j for no date", (text) => {
    expect(parseIsoDate(text)).toBeUndefined();
  });

  it("agrees with JavaScript's own instants, to the millisecond", () => {
    const instants = fc.date({
      min: new Date("0100-01-01T00:00:00Z"),
      max: new Date("9999-12-31T23:59:59.999Z"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(instants, (instant) => {
        expect(parseIsoDate(instant.toISOString())?.ms).toBe(instant.getTime());
      }),
    );
  });
});

describe("formatIsoInstant", () => {
  it.each([
    "2024-02-29T12:30:00.500Z",
    "2024-02-29T12:30:00.500250Z",
    "2024-02-29T12:30:00.000001Z",
    "1969-12-31T23:59:59.999999Z",
    "1970-01-01T00:00:00.570Z",
  ])("writes %s as it was read", (text) => {
    expect(formatIsoInstant(parseIsoDate(text)?.ms ?? 0)).toBe(text);
  });

  it("rounds what is finer than a microsecond", () => {
    expect(formatIsoInstant(parseIsoDate("1970-01-01T00:00:00.9999996Z")?.ms ?? 0)).toBe(
      "1970-01-01T00:00:01.000Z",
    );
  });

  it("is read back to the microsecond, for as long as doubles hold one", () => {
    // 2^42 ms are 139 years: beyond them a double's last digit is coarser than half a microsecond.
    const micros = fc.integer({ min: -(2 ** 42) * 1000, max: 2 ** 42 * 1000 });
    fc.assert(
      fc.property(micros, (instant) => {
        const back = parseIsoDate(formatIsoInstant(instant / 1000))?.ms ?? Number.NaN;
        expect(Math.round(back * 1000)).toBe(instant);
      }),
      { numRuns: 1000 },
    );
  });
});
