import fc from "fast-check";
import { expect, it } from "vitest";
import type { NumberProfile, Table } from "#core";
import { profileTable } from "#data";
import {
  commonSpan,
  drawBar,
  drawBlocks,
  quantileOfSummary,
  shareByCell,
} from "./summary-figures.ts";

function summarise(values: readonly number[], bins = 100): NumberProfile {
  const table: Table = {
    rows: values.length,
    columns: [
      {
        kind: "number",
        name: "x",
        values: Float64Array.from(values),
        missing: null,
        integer: false,
      },
    ],
  };
  const [column] = profileTable(table, { bins }).columns;
  if (column?.kind !== "number") throw new Error("no number");
  return column;
}

it("finds quantiles between the edges of bins", () => {
  const summary = summarise(Array.from({ length: 1001 }, (_, index) => index));
  expect(quantileOfSummary(summary, 0)).toBe(0);
  expect(quantileOfSummary(summary, 1)).toBe(1000);
  expect(quantileOfSummary(summary, 0.5)).toBeCloseTo(500, -1);
  expect(quantileOfSummary(summarise([]), 0.5)).toBeNull();
});

it("keeps a wide end bin at its mean", () => {
  // Half of the rows are 0, the others 1 but for one of 1000: the upper bin's mean is about 21.
  const values = [
    ...Array.from({ length: 50 }, () => 0),
    ...Array.from({ length: 49 }, () => 1),
    1000,
  ];
  const median = quantileOfSummary(summarise(values, 2), 0.75);
  expect(median).toBeLessThan(25);
});

it("shares out all rows over the cells, whatever the span", () => {
  const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(number, { minLength: 1, maxLength: 200 }),
      fc.array(number, { minLength: 1, maxLength: 200 }),
      (left, right) => {
        const [first, second] = [summarise(left), summarise(right)];
        const span = commonSpan(first, second);
        if (span === null) throw new Error("no span");
        for (const summary of [first, second]) {
          const shares = shareByCell(summary, span, 16);
          expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
          expect(Math.min(...shares)).toBeGreaterThanOrEqual(-1e-9);
        }
      },
    ),
  );
});

it("has quantiles that never fall", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 }),
      (values) => {
        const summary = summarise(values);
        const levels = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1].map(
          (level) => quantileOfSummary(summary, level) ?? 0,
        );
        for (const [index, value] of levels.entries())
          expect(value).toBeGreaterThanOrEqual((levels[index - 1] ?? -Infinity) - 1e-6);
      },
    ),
  );
});

it("draws shares against the largest", () => {
  expect(drawBlocks([0, 0.01, 0.5, 1], 1)).toBe("\u2007▁▅█");
  expect(drawBar(0.5, 1, 4)).toBe("██");
  expect(drawBar(0.001, 1, 4)).toBe("▏");
  expect(drawBar(0, 1, 4)).toBe("");
});
