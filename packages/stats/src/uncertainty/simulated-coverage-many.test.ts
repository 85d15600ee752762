import { afterAll, describe, expect, test } from "vitest";
import { coverageOf, faultsOf, rowOf, tableHead } from "./testing/coverage.ts";
import { laws } from "./testing/laws.ts";

/**
 * How often intervals hold the truth. SLIPWAY_SIMULATIONS sets how many samples there are; from 1,000
 * on a table is printed.
 */
const samples = Number(process.env["SLIPWAY_SIMULATIONS"] ?? 60);
const isLong = samples >= 1000;
const lines: string[] = [];
afterAll(() => {
  if (isLong) console.log([tableHead, ...lines].join("\n"));
});

/** Every law in the long run; what is quickly drawn in the short one. */
const simulated = laws.filter(
  ({ name, mostRows }) => mostRows === undefined && (isLong || name === "accuracy"),
);

describe("of samples of 2,000 rows", () => {
  const rows = 2000;

  test.each(simulated)(
    "the intervals of $name hold the truth as often as they say",
    (law) => {
      const shares = coverageOf(law, { rows, samples });
      lines.push(rowOf(law, shares, { rows, samples }));
      if (isLong) console.log(lines.at(-1));
      expect(faultsOf(law, shares, { rows, samples })).toEqual([]);
    },
    900_000,
  );
});
