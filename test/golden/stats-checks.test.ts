import { describe, expect, it } from "vitest";
import { predictivePower, recalibrationLine } from "#stats";
import { isClose, readGolden } from "./golden-file.ts";

interface PowerCase {
  readonly name: string;
  readonly kind: "predictive_power";
  readonly input: {
    readonly x: readonly number[];
    readonly y: readonly number[];
    readonly folds: number;
    readonly classes: boolean;
  };
  readonly expected: { readonly score: number };
}

interface RecalibrationCase {
  readonly name: string;
  readonly kind: "recalibration";
  readonly input: {
    readonly p: readonly number[];
    readonly y: readonly number[];
    readonly w: readonly number[] | null;
  };
  readonly expected: { readonly intercept: number; readonly slope: number };
}

const cases = readGolden<PowerCase | RecalibrationCase>("checks.json");

describe("predictivePower agrees with scikit-learn's trees out of fold", () => {
  it.each(cases.filter((one) => one.kind === "predictive_power"))("$name", (one) => {
    const { x, y, folds, classes } = one.input;
    const found = predictivePower(
      { kind: "numbers", values: Float64Array.from(x) },
      classes
        ? { kind: "classes", codes: y, count: Math.max(...y) + 1 }
        : { kind: "values", values: Float64Array.from(y) },
      { folds: Uint8Array.from(x, (_, row) => row % folds), foldCount: folds },
    );
    expect(isClose(found.value ?? Number.NaN, one.expected.score)).toBe(true);
  });
});

describe("recalibrationLine agrees with statsmodels' binomial GLM", () => {
  it.each(cases.filter((one) => one.kind === "recalibration"))("$name", (one) => {
    const { p, y, w } = one.input;
    const found = recalibrationLine({
      probabilities: Float64Array.from(p),
      outcomes: y,
      weights: w ?? undefined,
    });
    if (found.value === null) throw new Error(found.reason);
    expect(isClose(found.slope, one.expected.slope)).toBe(true);
    expect(isClose(found.intercept, one.expected.intercept, 1e-9, 1e-10)).toBe(true);
  });
});
