import fc from "fast-check";
import { expect, test } from "vitest";
import { areWithinUnit, findMissingCode, findNonFinite } from "./find-row.ts";

const cells = fc.array(
  fc.oneof(fc.double(), fc.constantFrom(0, -0, 1, Number.NaN, Infinity, -Infinity)),
  { maxLength: 12 },
);

test("searches find what the arrays' own methods find", () => {
  fc.assert(
    fc.property(cells, (drawn) => {
      const values = Float64Array.from(drawn);
      expect(findNonFinite(values)).toBe(values.findIndex((value) => !Number.isFinite(value)));
      expect(areWithinUnit(values)).toBe(values.every((value) => value >= 0 && value <= 1));
      const codes = Int32Array.from(drawn, (value) => (value >= 0 ? 1 : -1));
      expect(findMissingCode(codes)).toBe(codes.findIndex((code) => code < 0));
    }),
  );
});
