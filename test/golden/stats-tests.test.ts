import { describe, expect, test } from "vitest";
import {
  type Alternative,
  type FourfoldTable,
  acceleration,
  basicInterval,
  bcaInterval,
  benjaminiHochberg,
  biasCorrection,
  chiSquaredTest,
  compareOnRows,
  delongCovariance,
  delongDifference,
  delongInterval,
  dieboldMarianoTest,
  fisherExactTest,
  holm,
  intervalOf,
  kolmogorovSmirnovTest,
  mcNemarChiSquared,
  mcNemarTest,
  percentileInterval,
  quantilesOf,
  standardDeviation,
  twoProportionTest,
  wilcoxonTest,
  wilsonInterval,
} from "#stats";
import { type Golden, expectMeasured, isUndefined, readGolden } from "./golden-file.ts";

type Numbers = readonly number[];
interface TestCase<Input = Record<string, unknown>, Expected = Record<string, unknown>> {
  readonly name: string;
  readonly kind: string;
  readonly input: Input;
  readonly expected: Expected;
}

const cases = readGolden<TestCase>("tests.json");

function casesOf<Input, Expected>(kind: string): TestCase<Input, Expected>[] {
  return cases.filter((one) => one.kind === kind) as TestCase<Input, Expected>[];
}

test("the file holds 82 cases of 12 kinds", () => {
  const counts: Record<string, number> = {};
  for (const { kind } of cases) counts[kind] = (counts[kind] ?? 0) + 1;
  expect(counts).toEqual({
    wilson: 8,
    mcnemar: 9,
    delong: 7,
    wilcoxon: 9,
    diebold_mariano: 6,
    chi2_contingency: 9,
    fisher_exact: 7,
    ks_2samp: 8,
    two_proportion_z: 5,
    multiplicity: 5,
    bootstrap_given_distribution: 3,
    bootstrap_statistical: 6,
  });
});

/** p values below 1e-100 are good to 1e-6 only, as the file's README says. */
function expectNumber(found: number | null, golden: Golden, relative = 1e-9): void {
  const loose = typeof golden === "number" && golden < 1e-100 && golden > 0 ? 1e-6 : relative;
  expectMeasured(
    found === null ? { value: null, reason: "none" } : { value: found },
    golden,
    loose,
  );
}

test.each(
  casesOf<{ successes: number; n: number }, Record<string, { low: number; high: number }>>(
    "wilson",
  ),
)("$name", ({ input, expected }) => {
  expect.hasAssertions();
  for (const [confidence, golden] of Object.entries(expected)) {
    const { low, high } = wilsonInterval(input.successes, input.n, Number(confidence));
    expectNumber(low, golden.low);
    expectNumber(high, golden.high);
  }
});

interface McNemarExpected {
  readonly exact_p: number;
  readonly mid_p: number;
  readonly one_sided_a_better_exact_p?: number;
  readonly one_sided_a_better_mid_p?: number;
  readonly chi2_continuity?: { statistic: number; p: number };
  readonly chi2_plain?: { statistic: number; p: number };
}

test.each(casesOf<{ only_a_right: number; only_b_right: number }, McNemarExpected>("mcnemar"))(
  "$name",
  ({ input, expected }) => {
    const discordant = { onlyFirst: input.only_a_right, onlySecond: input.only_b_right };
    const found = mcNemarTest(discordant);
    expectNumber(found.exact, expected.exact_p);
    expectNumber(found.mid, expected.mid_p);
    const pairs = [
      [false, expected.chi2_plain],
      [true, expected.chi2_continuity],
    ] as const;
    for (const [continuity, golden] of pairs) {
      const outcome = mcNemarChiSquared(discordant, { continuity });
      if ("reason" in outcome) {
        expect(golden).toBeUndefined();
        continue;
      }
      expectNumber(outcome.statistic, golden!.statistic);
      expectNumber(outcome.p, golden!.p);
    }
    if (expected.one_sided_a_better_exact_p === undefined) return;
    expectNumber(found.firstBetterExact, expected.one_sided_a_better_exact_p);
    expectNumber(found.firstBetterMid, expected.one_sided_a_better_mid_p!);
  },
);

interface DelongExpected {
  readonly auc: Numbers;
  readonly covariance: readonly Numbers[];
  readonly n_positive: number;
  readonly n_negative: number;
  readonly ci95_normal_clipped: readonly [number, number][];
  readonly difference?: {
    readonly estimate: number;
    readonly variance: number;
    readonly z: Golden;
    readonly p_two_sided?: number;
    readonly p_a_greater?: number;
    readonly ci95?: readonly [number, number];
  };
}

test.each(
  casesOf<{ y_true: Numbers; score_a: Numbers; score_b?: Numbers }, DelongExpected>("delong"),
)("$name", ({ input, expected }) => {
  const scores = [input.score_a, ...(input.score_b === undefined ? [] : [input.score_b])];
  const rankings = scores.map((values) => ({
    scores: Float64Array.from(values),
    truth: input.y_true,
    positive: 1,
  }));
  const found = delongCovariance(rankings);
  if ("reason" in found) throw new Error(found.reason);
  expect([found.positives, found.negatives]).toEqual([expected.n_positive, expected.n_negative]);
  expected.auc.forEach((auc, k) => {
    expectNumber(found.aucs[k]!, auc);
    const variance = found.covariance[k]![k]!;
    const { low, high } = delongInterval(found.aucs[k]!, variance);
    expectNumber(low, expected.ci95_normal_clipped[k]![0]);
    expectNumber(high, expected.ci95_normal_clipped[k]![1]);
    expected.covariance[k]!.forEach((value, j) => expectNumber(found.covariance[k]![j]!, value));
  });
  const golden = expected.difference;
  expect(golden === undefined).toBe(rankings.length === 1);
  if (golden === undefined) return;
  const pair = delongDifference(rankings[0]!, rankings[1]!);
  if ("reason" in pair) throw new Error(pair.reason);
  expectNumber(pair.difference, golden.estimate);
  expectNumber(pair.variance, golden.variance);
  expectNumber(pair.z, golden.z);
  if (isUndefined(golden.z)) return;
  expectNumber(pair.p, golden.p_two_sided!);
  expectNumber(pair.pAbove, golden.p_a_greater!);
  expectNumber(pair.low, golden.ci95![0]);
  expectNumber(pair.high, golden.ci95![1]);
});

type WilcoxonExpected = Record<string, Golden & { statistic: number; p: Golden }>;

describe.each(casesOf<{ difference: Numbers }, WilcoxonExpected>("wilcoxon"))(
  "$name",
  ({ input, expected }) => {
    test("the file holds 36 variants", () => {
      expect(Object.keys(expected)).toHaveLength(36);
    });

    test.each(Object.entries(expected))("%s", (variant, golden) => {
      const [zeros, method, alternative, continuity] = variant.split(" ");
      const found = wilcoxonTest(input.difference, {
        zeros: zeros as "wilcox",
        method: method as "auto",
        alternative: alternative as Alternative,
        continuity: continuity === "continuity",
      });
      if (isUndefined(golden) || golden.p === "NaN") {
        expect(found).toHaveProperty("reason");
        return;
      }
      if ("reason" in found) throw new Error(found.reason);
      expectNumber(found.statistic, golden.statistic);
      expectNumber(found.p, golden.p);
    });
  },
);

interface DieboldMarianoExpected {
  readonly mean_difference: number;
  readonly long_run_variance: number;
  readonly dm: number;
  readonly hln: number;
  readonly df: number;
  readonly p_two_sided: number;
  readonly p_a_worse: number;
}

test.each(
  casesOf<
    { error_a: Numbers; error_b: Numbers; horizon: number },
    Record<"squared" | "absolute", DieboldMarianoExpected | { undefined: true }>
  >("diebold_mariano"),
)("$name", ({ input, expected }) => {
  for (const loss of ["squared", "absolute"] as const) {
    const golden = expected[loss];
    const { error_a: first, error_b: second, horizon } = input;
    const found = dieboldMarianoTest({ first, second, horizon, loss });
    if ("undefined" in golden) {
      expect(found).toHaveProperty("reason");
      continue;
    }
    if ("reason" in found) throw new Error(found.reason);
    expectNumber(found.meanDifference, golden.mean_difference);
    expectNumber(found.longRunVariance, golden.long_run_variance);
    expectNumber(found.statistic, golden.dm);
    expectNumber(found.corrected, golden.hln);
    expect(found.degreesOfFreedom).toBe(golden.df);
    expectNumber(found.p, golden.p_two_sided);
    expectNumber(found.firstWorse, golden.p_a_worse);
  }
});

type Contingency = Golden & { statistic: number; p: number; dof: number; expected: Numbers[] };

test.each(
  casesOf<{ table: Numbers[] }, Record<"with_yates_when_dof_1" | "without_yates", Contingency>>(
    "chi2_contingency",
  ),
)("$name", ({ input, expected }) => {
  for (const yates of [true, false]) {
    const golden = expected[yates ? "with_yates_when_dof_1" : "without_yates"];
    const found = chiSquaredTest(input.table, { yates });
    if (isUndefined(golden)) {
      expect(found).toHaveProperty("reason");
      continue;
    }
    if ("reason" in found) throw new Error(found.reason);
    expectNumber(found.statistic, golden.statistic);
    expectNumber(found.p, golden.p);
    expect(found.degreesOfFreedom).toBe(golden.dof);
    golden.expected.forEach((row, i) =>
      row.forEach((count, j) => expectNumber(found.expected[i]![j]!, count)),
    );
  }
});

test.each(
  casesOf<{ table: FourfoldTable }, Record<Alternative, { odds_ratio: Golden; p: number }>>(
    "fisher_exact",
  ),
)("$name", ({ input, expected }) => {
  expect.hasAssertions();
  for (const alternative of ["two-sided", "greater", "less"] as const) {
    const golden = expected[alternative];
    const found = fisherExactTest(input.table, alternative);
    expectNumber(
      found.oddsRatio,
      golden.odds_ratio === "NaN" ? { undefined: true } : golden.odds_ratio,
    );
    expectNumber(found.p, golden.p);
  }
});

test.each(
  casesOf<
    { x: Numbers; y: Numbers },
    Record<"exact" | "asymp" | "auto", { statistic: number; p: Golden }>
  >("ks_2samp"),
)("$name", ({ input, expected }) => {
  const methods = { exact: "exact", asymp: "asymptotic", auto: "auto" } as const;
  for (const [theirs, ours] of Object.entries(methods)) {
    const golden = expected[theirs as keyof typeof methods];
    const found = kolmogorovSmirnovTest(input.x, input.y, ours);
    if (golden.p === "NaN") {
      expect(found).toHaveProperty("reason");
      continue;
    }
    if ("reason" in found) throw new Error(found.reason);
    expectNumber(found.statistic, golden.statistic);
    expectNumber(found.p, golden.p, ours === "asymptotic" ? 1e-6 : 1e-9);
  }
});

test.each(
  casesOf<
    { successes: [number, number]; n: [number, number] },
    Record<Alternative, Golden & { z: number; p: number }>
  >("two_proportion_z"),
)("$name", ({ input, expected }) => {
  const [first, second] = [0, 1].map((k) => ({
    successes: input.successes[k]!,
    trials: input.n[k]!,
  }));
  for (const alternative of ["two-sided", "greater", "less"] as const) {
    const golden = expected[alternative];
    const found = twoProportionTest(first!, second!, alternative);
    if (isUndefined(golden)) {
      expect(found).toHaveProperty("reason");
      continue;
    }
    if ("reason" in found) throw new Error(found.reason);
    expectNumber(found.statistic, golden.z);
    expectNumber(found.p, golden.p);
  }
});

test.each(
  casesOf<
    { p: Numbers },
    Record<"benjamini_hochberg" | "holm", { adjusted: Numbers; "reject_at_0.05": boolean[] }>
  >("multiplicity"),
)("$name", ({ input, expected }) => {
  for (const [name, adjust] of [
    ["benjamini_hochberg", benjaminiHochberg],
    ["holm", holm],
  ] as const) {
    const adjusted = adjust(input.p);
    expected[name].adjusted.forEach((p, k) => expectNumber(adjusted[k]!, p));
    expect(adjusted.map((p) => p <= 0.05)).toEqual(expected[name]["reject_at_0.05"]);
  }
});

const statistics: Record<string, (x: Numbers) => number> = {
  mean: (x) => x.reduce((sum, value) => sum + value, 0) / x.length,
  median: (x) => quantilesOf(x, [0.5])[0]!,
  "std (ddof 1)": (x) => standardDeviation(x) * Math.sqrt(x.length / (x.length - 1)),
};

test.each(
  casesOf<
    { x: Numbers; statistic: string; distribution: Numbers },
    Record<string, number & { low: number; high: number }>
  >("bootstrap_given_distribution"),
)("$name", ({ input, expected }) => {
  expect.hasAssertions();
  const { x, distribution } = input;
  const statistic = statistics[input.statistic]!;
  const estimate = statistic(x);
  const jackknife = { values: x.map((_, k) => statistic(x.toSpliced(k, 1))) };
  expectNumber(estimate, expected["estimate"]!);
  expectNumber(statistics["std (ddof 1)"]!(distribution), expected["standard_error"]!);
  expectNumber(acceleration(jackknife), expected["acceleration"]!);
  expectNumber(biasCorrection({ distribution, estimate }), expected["bias_z0"]!);
  for (const confidence of [0.9, 0.95]) {
    const result = { distribution, estimate, confidence };
    const intervals = {
      percentile: percentileInterval(result),
      basic: basicInterval(result),
      BCa: bcaInterval({ ...result, jackknife }),
    };
    for (const [method, { low, high }] of Object.entries(intervals)) {
      expectNumber(low, expected[`${method} ${confidence}`]!.low);
      expectNumber(high, expected[`${method} ${confidence}`]!.high);
    }
  }
});

type Ends = Record<"low" | "high", { readonly mean: number; readonly sd: number }>;
interface StatisticalInput {
  readonly metric: string;
  readonly y: Numbers;
  readonly a: Numbers;
  readonly b: Numbers;
  readonly resamples: number;
}

describe.each(
  casesOf<StatisticalInput, { estimate: number; percentile: Ends; BCa: Ends }>(
    "bootstrap_statistical",
  ),
)("$name", ({ input, expected }) => {
  const { metric, y, a, b, resamples } = input;
  const isRegression = metric === "rmse" || metric === "mae difference";
  const evaluationOf = (values: Numbers): Parameters<typeof intervalOf>[1] =>
    isRegression
      ? { task: "regression", truth: y, prediction: values }
      : {
          task: "binary",
          classes: ["0", "1"],
          truth: y,
          prediction: metric.startsWith("auc") ? y : values,
          scores: Float64Array.from(values),
        };
  const [first, second] = [evaluationOf(a), evaluationOf(b)];
  const name = metric.replace(" difference", "");

  test.each(["percentile", "bca"] as const)("%s", (interval) => {
    const options = { interval, resamples, seed: 1 };
    const found = metric.endsWith("difference")
      ? compareOnRows({ metric: { name }, candidate: first, reference: second, ...options })
      : intervalOf({ name }, first, options);
    const estimate = "difference" in found ? found.difference : found.value;
    expectNumber(estimate, expected.estimate);
    const golden = expected[interval === "bca" ? "BCa" : "percentile"];
    const oneRow = metric === "accuracy" || metric === "f1" ? 1 / y.length : 0;
    for (const end of ["low", "high"] as const) {
      const distance = Math.abs(found[end]! - golden[end].mean);
      expect(distance).toBeLessThanOrEqual(Math.max(5 * golden[end].sd, oneRow));
    }
  });
});
