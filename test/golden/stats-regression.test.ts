import { describe, expect, test } from "vitest";
import {
  type Measured,
  type RegressionRows,
  computeMetric,
  explainedVariance,
  maxError,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanPinballLoss,
  meanSquaredError,
  medianAbsoluteError,
  rSquared,
  rSquaredVarianceWeighted,
  residualQuantiles,
  rootMeanSquaredError,
  symmetricMeanAbsolutePercentageError,
  uniformAverage,
} from "#stats";
import { type Golden, expectMeasured, readGolden } from "./golden-file.ts";

interface RegressionCase {
  readonly name: string;
  readonly input: {
    readonly y_true: readonly number[] | readonly (readonly number[])[];
    readonly y_pred: readonly number[] | readonly (readonly number[])[];
    readonly sample_weight?: readonly number[];
  };
  readonly expected: Record<string, Golden> & {
    readonly pinball: Record<string, Golden>;
    readonly raw_values?: Record<string, Golden[]> & { readonly pinball: Record<string, Golden[]> };
    readonly residual_quantiles?: { readonly q: number[]; readonly values: number[] };
    readonly smape?: { readonly value: number };
  };
}

const metrics: Record<string, (rows: RegressionRows) => Measured> = {
  mse: meanSquaredError,
  rmse: rootMeanSquaredError,
  mae: meanAbsoluteError,
  median_ae: medianAbsoluteError,
  r2: rSquared,
  mape: meanAbsolutePercentageError,
  explained_variance: explainedVariance,
};
const catalogNames: Record<string, string> = { median_ae: "median_absolute_error" };

const cases = readGolden<RegressionCase>("regression.json");
const single = cases.filter((one) => typeof one.input.y_true[0] === "number");
const multiple = cases.filter((one) => typeof one.input.y_true[0] !== "number");

test("the file holds 14 cases of one target and 2 of several", () => {
  expect([single.length, multiple.length]).toEqual([14, 2]);
});

describe.each(single)("$name", ({ input, expected }) => {
  const rows: RegressionRows = {
    truth: input.y_true as number[],
    prediction: input.y_pred as number[],
    weights: input.sample_weight,
  };
  const evaluation = { task: "regression" as const, ...rows };

  test.each(Object.keys(metrics))("%s agrees, by function and by name", (name) => {
    expect.hasAssertions();
    expectMeasured(metrics[name]!(rows), expected[name]!);
    expectMeasured(
      computeMetric(catalogNames[name] ?? name, undefined, evaluation),
      expected[name]!,
    );
  });

  test("pinball losses agree", () => {
    expect.hasAssertions();
    for (const [level, value] of Object.entries(expected.pinball)) {
      expectMeasured(meanPinballLoss(rows, Number(level)), value);
      expectMeasured(computeMetric("pinball", level, evaluation), value);
    }
  });

  test("max error, SMAPE and residual quantiles agree", () => {
    expect.hasAssertions();
    expectMeasured(maxError(rows), expected["max_error"]!);
    expectMeasured(computeMetric("max_error", undefined, evaluation), expected["max_error"]!);
    expectMeasured(symmetricMeanAbsolutePercentageError(rows), expected.smape!.value);
    expectMeasured(computeMetric("smape", undefined, evaluation), expected.smape!.value);
    const { q, values } = expected.residual_quantiles!;
    residualQuantiles(rows, q).forEach((value, k) => expectMeasured({ value }, values[k]!));
  });
});

/** scikit-learn's weighted mean of a constant 2 is not 2, so it divides by rounding there: -1e31. */
const roundingOfAConstant = 1e20;

describe.each(multiple)("$name", ({ input, expected }) => {
  const columns = (rows: readonly (readonly number[])[]): number[][] =>
    rows[0]!.map((_, k) => rows.map((row) => row[k]!));
  const rows = {
    truth: columns(input.y_true as number[][]),
    prediction: columns(input.y_pred as number[][]),
    weights: input.sample_weight,
  };
  const raw = expected.raw_values!;
  const outputs = rows.truth.map((truth, k) => ({
    truth,
    prediction: rows.prediction[k]!,
    weights: rows.weights,
  }));

  test.each(Object.keys(metrics))("%s agrees for each target and on average", (name) => {
    let isConstant = false;
    outputs.forEach((output, k) => {
      const golden = raw[name]![k]!;
      if (typeof golden === "number" && golden < -roundingOfAConstant) {
        isConstant = true;
        expect(metrics[name]!(output)).toEqual({ value: 0 });
      } else expectMeasured(metrics[name]!(output), golden);
    });
    if (isConstant) expect(expected[name]).toBeLessThan(-roundingOfAConstant);
    else expectMeasured(uniformAverage(rows, metrics[name]!), expected[name]!);
  });

  test("pinball losses agree for each target and on average", () => {
    expect.hasAssertions();
    for (const [level, values] of Object.entries(raw.pinball)) {
      outputs.forEach((output, k) =>
        expectMeasured(meanPinballLoss(output, Number(level)), values[k]!),
      );
      const average = uniformAverage(rows, (output) => meanPinballLoss(output, Number(level)));
      expectMeasured(average, expected.pinball[level]!);
    }
  });

  test("R² weighted by variance agrees", () => {
    expect.hasAssertions();
    expectMeasured(rSquaredVarianceWeighted(rows), expected["r2_variance_weighted"]!);
  });
});
