import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseIsoDate } from "#core";
import { formatInstant, parseDayBytes } from "./date-text.ts";

describe("parseDayBytes", () => {
  it.each(["2023-02-29", "2024-13-01", "2024-1-1", "20240229", "2024-04-31"])(
    "takes %s for no date",
    (text) => {
      expect(parseDayBytes(Buffer.from(text.padEnd(10)), 0)).toBeNaN();
    },
  );

  it("agrees with the text form and reads back what formatInstant writes", () => {
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
