import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatInstant, parseDayBytes, parseIsoDate } from "./date-text.ts";

describe("parseIsoDate", () => {
  it.each([
    ["2024-02-29", "2024-02-29T00:00:00.000Z", true],
    ["2024-02-29T12:30", "2024-02-29T12:30:00.000Z", false],
    ["2024-02-29 12:30:05.25", "2024-02-29T12:30:05.250Z", false],
    ["2024-02-29T00:30:00+02:00", "2024-02-28T22:30:00.000Z", false],
    ["2024-02-29T00:30:00-0530", "2024-02-29T06:00:00.000Z", false],
  ])("reads %s", (text, iso, dateOnly) => {
    const date = parseIsoDate(text);
    expect(new Date(date?.ms ?? 0).toISOString()).toBe(iso);
    expect(date?.dateOnly).toBe(dateOnly);
  });

  it.each(["2023-02-29", "2024-13-01", "2024-1-1", "20240229", "2024-02-29T25:00", "2024-04-31"])(
    "takes %s for no date",
    (text) => {
      expect(parseIsoDate(text)).toBeUndefined();
      if (text.length <= 10) expect(parseDayBytes(Buffer.from(text.padEnd(10)), 0)).toBeNaN();
    },
  );

  it("agrees with the byte form and reads back what formatInstant writes", () => {
    const day = fc.integer({ min: -600_000, max: 2_000_000 });
    fc.assert(
      fc.property(day, (days) => {
        const ms = days * 86_400_000;
        const text = formatInstant(ms);
        expect(parseIsoDate(text)).toEqual({ ms, dateOnly: true });
        expect(parseDayBytes(Buffer.from(text), 0)).toBe(ms);
      }),
    );
  });
});
