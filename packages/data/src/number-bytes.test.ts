import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decimalNumber,
  notNumber,
  parsed,
  parseNumberBytes,
  unsafeWholeNumber,
  wholeNumber,
} from "./number-bytes.ts";

function parse(text: string): { kind: number; value: number | undefined } {
  const bytes = Buffer.from(text);
  const kind = parseNumberBytes(bytes, 0, bytes.length);
  return { kind, value: kind === notNumber ? undefined : parsed[0] };
}

describe("parseNumberBytes", () => {
  it("gives bit for bit what Number gives for any double as JavaScript writes it", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(parse(String(value)).value).toBe(Number(String(value)));
      }),
      { numRuns: 5000 },
    );
  });

  it("gives bit for bit what Number gives for decimals of 1 to 25 digits", () => {
    const digits = fc.stringMatching(/^\d{1,20}$/);
    const decimal = fc.tuple(
      fc.constantFrom("", "-", "+"),
      digits,
      fc.stringMatching(/^\d{0,22}$/),
    );
    fc.assert(
      fc.property(decimal, ([sign, whole, fraction]) => {
        const text = `${sign}${whole}.${fraction}`;
        expect(Object.is(parse(text).value, Number(text))).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });

  it("rounds decimals that lie beside the middle of two doubles correctly", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
        fc.integer({ min: -2, max: 2 }),
        (value, nudge) => {
          const bits = new DataView(new ArrayBuffer(8));
          bits.setFloat64(0, value);
          bits.setBigInt64(0, bits.getBigInt64(0) + 1n);
          const middle = ((value + bits.getFloat64(0)) / 2).toPrecision(19);
          const text = `${middle.slice(0, -1)}${Math.min(9, Math.max(0, Number(middle.at(-1)) + nudge))}`;
          expect(parse(text).value).toBe(Number(text));
        },
      ),
      { numRuns: 10_000 },
    );
  });

  it.each([
    ["0", wholeNumber, 0],
    ["-0", wholeNumber, -0],
    ["007", wholeNumber, 7],
    ["9007199254740991", wholeNumber, 9007199254740991],
    ["9007199254740993", unsafeWholeNumber, 9007199254740992],
    ["1.0", decimalNumber, 1],
    [".5", decimalNumber, 0.5],
    ["5.", decimalNumber, 5],
    ["1e2", decimalNumber, 100],
    ["-1.5E-3", decimalNumber, -0.0015],
    [" 1.5 ", decimalNumber, 1.5],
    ["NaN", decimalNumber, Number.NaN],
    ["inf", decimalNumber, Number.POSITIVE_INFINITY],
    ["-Infinity", decimalNumber, Number.NEGATIVE_INFINITY],
  ])("reads %s", (text, kind, value) => {
    expect(parse(text)).toEqual({ kind, value });
  });

  it.each(["", "-", ".", "1e", "e5", "1.2.3", "0x10", "1_000", "1,5", "12a", "--1", "NaNs"])(
    "takes %j for no number",
    (text) => {
      expect(parse(text).kind).toBe(notNumber);
    },
  );
});
