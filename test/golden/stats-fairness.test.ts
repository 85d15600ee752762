import { describe, expect, test } from "vitest";
import {
  type ClassificationEvaluation,
  type Measured,
  computeMetric,
  countGroups,
  demographicParityDifference,
  demographicParityRatio,
  equalOpportunityDifference,
  equalOpportunityRatio,
  equalizedOddsDifference,
  equalizedOddsRatio,
  groupRates,
} from "#stats";
import { type Golden, expectMeasured, readGolden } from "./golden-file.ts";

interface FairnessCase {
  readonly name: string;
  readonly input: {
    readonly y_true: readonly number[];
    readonly y_pred: readonly number[];
    readonly group: readonly string[];
    readonly sample_weight?: readonly number[];
  };
  readonly expected: Record<string, Golden> & {
    readonly by_group: Record<string, Record<"selection_rate" | "tpr" | "fpr", number>>;
  };
}

const cases = readGolden<FairnessCase>("fairness.json");

test("the file holds 8 cases", () => {
  expect(cases).toHaveLength(8);
});

describe.each(cases)("$name", ({ input, expected }) => {
  const names = [...new Set(input.group)].sort();
  const column = { names, codes: input.group.map((name) => names.indexOf(name)) };
  const evaluation: ClassificationEvaluation = {
    task: "binary",
    classes: ["0", "1"],
    truth: input.y_true,
    prediction: input.y_pred,
    weights: input.sample_weight,
    groups: { group: column },
  };
  const tables = countGroups(evaluation, column);
  const asFairlearn = { emptyRate: "zero" } as const;
  /** Fairlearn's 0/0 is NaN; here a ratio of nothing is undefined. */
  const expectRatio = (found: Measured, golden: Golden): void => {
    expectMeasured(found, golden === "NaN" ? { undefined: true } : golden);
  };

  test("rates of each group agree", () => {
    const rates = groupRates(tables, asFairlearn);
    expect(rates.map((group) => group.name)).toEqual(Object.keys(expected.by_group).sort());
    for (const group of rates) {
      const golden = expected.by_group[group.name]!;
      expectMeasured(group.selectionRate, golden.selection_rate);
      expectMeasured(group.truePositiveRate, golden.tpr);
      expectMeasured(group.falsePositiveRate, golden.fpr);
    }
  });

  test("differences agree", () => {
    expect.hasAssertions();
    expectMeasured(demographicParityDifference(tables), expected["demographic_parity_difference"]!);
    expectMeasured(
      equalizedOddsDifference(tables, asFairlearn),
      expected["equalized_odds_difference"]!,
    );
    expectMeasured(
      equalizedOddsDifference(tables, { ...asFairlearn, aggregate: "mean" }),
      expected["equalized_odds_difference_mean"]!,
    );
    expectMeasured(
      equalOpportunityDifference(tables, asFairlearn),
      expected["equal_opportunity_difference"]!,
    );
  });

  test("ratios agree", () => {
    expect.hasAssertions();
    expectRatio(demographicParityRatio(tables), expected["demographic_parity_ratio"]!);
    expectRatio(equalizedOddsRatio(tables, asFairlearn), expected["equalized_odds_ratio"]!);
    expectRatio(equalOpportunityRatio(tables, asFairlearn), expected["equal_opportunity_ratio"]!);
  });

  test("metrics by name agree", () => {
    expect.hasAssertions();
    const rate = computeMetric("selection_rate", undefined, evaluation);
    expectMeasured(rate, expected["selection_rate_overall"]!);
    for (const name of [
      "demographic_parity_difference",
      "demographic_parity_ratio",
      "equalized_odds_difference",
      "equalized_odds_ratio",
      "equal_opportunity_difference",
      "equal_opportunity_ratio",
    ])
      expectRatio(computeMetric(name, "group", evaluation, asFairlearn), expected[name]!);
  });
});
