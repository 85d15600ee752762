import { describe, expect, test } from "vitest";
import {
  type CountPair,
  binSample,
  binnedKolmogorovSmirnov,
  binnedWasserstein,
  chiSquaredHomogeneity,
  chiSquaredQuantile,
  cramersV,
  driftNoise,
  hellingerDistance,
  jensenShannonDistance,
  jensenShannonDivergence,
  kolmogorovSmirnovTest,
  kullbackLeibler,
  largestShareDifference,
  normedWasserstein,
  populationStabilityIndex,
  quantileEdges,
  standardDeviation,
  totalVariation,
  wassersteinDistance,
} from "#stats";
import { type Golden, expectMeasured, isUndefined, readGolden } from "./golden-file.ts";

interface CountsGolden {
  readonly [name: string]: unknown;
  readonly "zeros_floored_at_1e-4": Record<string, Golden>;
  readonly chi2_homogeneity: Golden & {
    readonly statistic: number;
    readonly dof: number;
    readonly p: number;
    readonly empty_columns_dropped: number;
    readonly with_yates?: { readonly statistic: number; readonly p: number };
  };
  readonly null_bound?: Record<string, number>;
}
interface BinsGolden extends CountsGolden {
  readonly inner_edges: number[];
  readonly reference_counts: number[];
  readonly current_counts: number[];
  readonly reference_sums: number[];
  readonly current_sums: number[];
}
interface DriftCase {
  readonly name: string;
  readonly input: {
    readonly reference_counts?: number[];
    readonly current_counts?: number[];
    readonly reference?: number[];
    readonly current?: number[];
    readonly bins?: number[];
  };
  readonly expected: CountsGolden;
}

const cases = readGolden<DriftCase>("drift.json");
const counted = cases.filter((one) => one.input.reference_counts !== undefined);
const sampled = cases.filter((one) => one.input.reference !== undefined);

test("the file holds 12 cases of counts and 11 of samples", () => {
  expect([counted.length, sampled.length]).toEqual([12, 11]);
});

function expectDivergences(pair: CountPair, golden: CountsGolden): void {
  const swapped = { reference: pair.current, current: pair.reference };
  const floor = { floor: 0 };
  const found: Record<string, number> = {
    js_distance_natural: jensenShannonDistance(pair),
    js_distance_base2: jensenShannonDistance(pair, { base: 2 }),
    js_divergence_natural: jensenShannonDivergence(pair),
    hellinger: hellingerDistance(pair),
    l_infinity: largestShareDifference(pair),
    total_variation: totalVariation(pair),
    kl_reference_to_current: kullbackLeibler(pair, floor),
    kl_current_to_reference: kullbackLeibler(swapped, floor),
    psi: populationStabilityIndex(pair, floor),
  };
  for (const [name, value] of Object.entries(found))
    expectMeasured({ value }, golden[name] as Golden);
  const floored = golden["zeros_floored_at_1e-4"];
  expectMeasured({ value: populationStabilityIndex(pair) }, floored["psi"]!);
  expectMeasured({ value: kullbackLeibler(pair) }, floored["kl_reference_to_current"]!);
  expectMeasured({ value: kullbackLeibler(swapped) }, floored["kl_current_to_reference"]!);
}

function expectHomogeneity(pair: CountPair, golden: CountsGolden): void {
  const chi2 = golden.chi2_homogeneity;
  const found = chiSquaredHomogeneity(pair);
  expectMeasured(cramersV(pair), golden["cramers_v_bias_corrected"] as Golden);
  if (isUndefined(chi2)) {
    expect(found).toBeNull();
    return;
  }
  expectMeasured({ value: found!.statistic }, chi2.statistic);
  expectMeasured({ value: found!.p }, chi2.p);
  expect([found!.degreesOfFreedom, found!.emptyBins]).toEqual([
    chi2.dof,
    chi2.empty_columns_dropped,
  ]);
  if (chi2.with_yates === undefined) return;
  const corrected = chiSquaredHomogeneity(pair, { yates: true })!;
  expectMeasured({ value: corrected.statistic }, chi2.with_yates.statistic);
  expectMeasured({ value: corrected.p }, chi2.with_yates.p);
}

/** The bound holds for any sizes; the rule uses it from 1,000 rows, so counts are scaled up to it. */
function expectNullBound(pair: CountPair, golden: CountsGolden): void {
  const bound = golden.null_bound;
  if (bound?.["psi_99"] === undefined) return;
  const rows = (counts: ArrayLike<number>): number => Array.from(counts).reduce((a, b) => a + b, 0);
  const [n, m] = [rows(pair.reference), rows(pair.current)];
  const unit = 1 / n + 1 / m;
  expectMeasured({ value: chiSquaredQuantile(0.99, bound["bins"]! - 1) * unit }, bound["psi_99"]);
  const times = 1e6;
  const scaled = (counts: ArrayLike<number>): number[] => Array.from(counts, (c) => c * times);
  const column = {
    reference: { counts: scaled(pair.reference) },
    current: { counts: scaled(pair.current) },
    isOrdered: false,
  };
  const request = { column, score: 0, confidence: 0.99, simulations: 1, seed: 1 };
  const psi = driftNoise({ ...request, statistic: "psi" }).bound * times;
  const js = driftNoise({ ...request, statistic: "js" }).bound * Math.sqrt(times);
  expectMeasured({ value: psi }, bound["psi_99"]);
  expectMeasured({ value: js }, bound["js_distance_natural_99"]!);
  expectMeasured({ value: js * js }, bound["js_divergence_natural_99"]!);
}

test.each(counted)("$name", ({ input, expected }) => {
  expect.hasAssertions();
  const pair = { reference: input.reference_counts!, current: input.current_counts! };
  expectDivergences(pair, expected);
  expectHomogeneity(pair, expected);
  expectNullBound(pair, expected);
});

describe.each(sampled)("$name", ({ input, expected }) => {
  const pair = { reference: input.reference!, current: input.current! };

  test("Kolmogorov-Smirnov agrees", () => {
    expect.hasAssertions();
    const methods = { ks_auto: "auto", ks_exact: "exact", ks_asymp: "asymptotic" } as const;
    for (const [name, method] of Object.entries(methods)) {
      const golden = expected[name] as { statistic: number; p: number };
      const found = kolmogorovSmirnovTest(pair.reference, pair.current, method);
      if ("reason" in found) throw new Error(found.reason);
      expectMeasured({ value: found.statistic }, golden.statistic);
      // The law itself agrees with mpmath to 1e-10 (special.json); SciPy's is 3e-6 off here.
      expectMeasured({ value: found.p }, golden.p, method === "asymptotic" ? 4e-6 : 1e-9);
    }
  });

  test("Wasserstein agrees, plain and normed", () => {
    expect.hasAssertions();
    const plain = wassersteinDistance(pair);
    const deviation = standardDeviation(pair.reference);
    expectMeasured({ value: plain }, expected["wasserstein"] as Golden);
    const normed = expected["wasserstein_over_reference_sd_ddof0"] as Golden;
    expectMeasured(normedWasserstein(pair), normed);
    const sample = expected["wasserstein_over_reference_sd_ddof1"] as Golden;
    if (!isUndefined(sample)) {
      const n = pair.reference.length;
      expectMeasured({ value: (plain / deviation) * Math.sqrt((n - 1) / n) }, sample);
    }
    const guarded = expected["wasserstein_over_max_sd_0.001"] as Golden;
    expectMeasured({ value: plain / Math.max(deviation, 0.001) }, guarded);
  });

  test.each(input.bins!)("statistics in %i bins of equal reference counts agree", (bins) => {
    const golden = expected[`reference_quantile_bins_${bins}`] as BinsGolden;
    const edges = quantileEdges(pair.reference, bins);
    const reference = binSample(pair.reference, edges);
    const current = binSample(pair.current, edges);
    expect(Array.from(reference.counts)).toEqual(golden.reference_counts);
    expect(Array.from(current.counts)).toEqual(golden.current_counts);
    const columns = [
      [edges, golden.inner_edges],
      [reference.sums, golden.reference_sums],
      [current.sums, golden.current_sums],
    ] as const;
    for (const [found, values] of columns)
      values.forEach((value, k) => expectMeasured({ value: found[k]! }, value));
    const counts = { reference: reference.counts, current: current.counts };
    expectDivergences(counts, golden);
    expectHomogeneity(counts, golden);
    expectNullBound(counts, golden);
    expectMeasured({ value: binnedKolmogorovSmirnov(counts) }, golden["ks_from_bins"] as Golden);
  });
});

test("with 100 bins KS is within 2e-3 and Wasserstein within 2e-3 deviations of the exact ones", () => {
  const { input, expected } = sampled.find((one) => one.input.bins!.includes(100))!;
  const edges = quantileEdges(input.reference!, 100);
  const reference = binSample(input.reference!, edges);
  const current = binSample(input.current!, edges);
  const counts = { reference: reference.counts, current: current.counts };
  const exact = expected["ks_exact"] as { statistic: number };
  expect(Math.abs(binnedKolmogorovSmirnov(counts) - exact.statistic)).toBeLessThan(2e-3);
  const binned = binnedWasserstein({ reference, current });
  const distance = Math.abs(binned - (expected["wasserstein"] as number));
  expect(distance / standardDeviation(input.reference!)).toBeLessThan(2e-3);
});
