import { expect, test } from "vitest";
import {
  chiSquaredQuantile,
  chiSquaredSf,
  erf,
  erfc,
  kolmogorovSf,
  kolmogorovTwoSidedSf,
  logGamma,
  normalCdf,
  normalQuantile,
  regularizedBeta,
  regularizedGammaP,
  regularizedGammaQ,
  studentQuantile,
  studentSf,
} from "#stats";
import { isClose, numberOf, readGolden } from "./golden-file.ts";

interface SpecialCase {
  readonly name: string;
  readonly tolerance: number;
  readonly expected: { readonly rows: readonly { args: readonly unknown[]; value: unknown }[] };
}

const functions: Record<string, (a: number, b: number, c: number) => number> = {
  lgamma: (x) => logGamma(x),
  gamma_p: (a, x) => regularizedGammaP(a, x),
  gamma_q: (a, x) => regularizedGammaQ(a, x),
  beta_i: (a, b, x) => regularizedBeta(a, b, x),
  erf: (x) => erf(x),
  erfc: (x) => erfc(x),
  normal_cdf: (z) => normalCdf(z),
  normal_quantile: (p) => normalQuantile(p),
  t_sf: (t, df) => studentSf(t, df),
  t_quantile: (p, df) => studentQuantile(p, df),
  chi2_sf: (x, df) => chiSquaredSf(x, df),
  chi2_quantile: (p, df) => chiSquaredQuantile(p, df),
  kolmogorov_sf: (x) => kolmogorovSf(x),
  kstwo_sf: (n, d) => kolmogorovTwoSidedSf(n, d),
  "kstwo_sf, large n": (n, d) => kolmogorovTwoSidedSf(n, d),
};

/** Calls with as many arguments as the file gives; the functions ignore the rest. */
function callWith(
  f: (a: number, b: number, c: number) => number,
  [a = Number.NaN, b = Number.NaN, c = Number.NaN]: readonly number[],
): number {
  return f(a, b, c);
}

const cases = readGolden<SpecialCase>("special.json");

test("the file holds the 15 functions with 1,196 points that are checked here", () => {
  expect(cases.map((one) => one.name)).toEqual(Object.keys(functions));
  expect(cases.reduce((sum, one) => sum + one.expected.rows.length, 0)).toBe(1196);
});

/** Kolmogorov's points of each number of rows apart, for the work grows with them; the rest as they are. */
const parts = cases.flatMap(({ name, tolerance, expected: { rows } }) =>
  name.startsWith("kstwo")
    ? [...Map.groupBy(rows, ({ args }) => args[0])].map(([n, own]) => ({
        title: `${name}, n = ${String(n)}`,
        name,
        tolerance,
        rows: own,
      }))
    : [{ title: name, name, tolerance, rows }],
);

test.each(parts)("$title agrees with mpmath at every point", ({ name, tolerance, rows }) => {
  const misses = rows.flatMap(({ args, value }) => {
    const found = callWith(functions[name]!, args.map(numberOf));
    return isClose(found, numberOf(value), tolerance, 0) ? [] : [{ args, found, value }];
  });
  expect(misses).toEqual([]);
});
