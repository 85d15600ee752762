import { describe, expect, it } from "vitest";
import type { Target } from "../losses.ts";
import { fitRidge } from "./fit-ridge.ts";
import { fitSoftmax } from "./fit-softmax.ts";
import { minimize } from "./minimize.ts";
import { solvePositiveDefinite } from "./solve-positive-definite.ts";

const matrix = {
  rows: 8,
  columns: 2,
  values: Float32Array.of(0, 1, 1, 0, 2, 1, 3, 3, 4, 1, 5, 0, 1, 2, 2, 4),
};
const ones = new Float64Array(8).fill(1);
const weights = Float64Array.of(1, 2, 1, 1, 3, 1, 1, 2);

function target(
  facts: Pick<Target, "task" | "classes"> & { values: number[]; weights?: Float64Array },
): Target {
  return { weights: ones, ...facts, values: Float64Array.from(facts.values) };
}

function round(values: ArrayLike<number>): number[] {
  return Array.from(values, (value) => Number(value.toFixed(5)));
}

describe("fitSoftmax", () => {
  it("ends where scikit-learn 1.9.1's LogisticRegression(C=2) ends on three classes", () => {
    const truth = target({
      task: "multiclass",
      classes: ["a", "b", "c"],
      values: [0, 0, 1, 1, 2, 2, 0, 1],
    });
    const { layer, converged } = fitSoftmax(matrix, truth, { l2: 0.5, maxSteps: 500 });
    expect(converged).toBe(true);
    expect(round(layer.weights)).toEqual(
      round([
        -1.3342082594625833, 0.13065599728503738, 1.203552262177547, -0.16176164218051856,
        0.6371179856830893, -0.4753563435025705,
      ]),
    );
    expect(round(layer.bias)).toEqual(
      round([3.1530102400969624, -0.5220623004955967, -2.630947939601366]),
    );
  });

  it("ends where scikit-learn ends on two classes with row weights", () => {
    const truth = target({
      task: "binary",
      classes: ["n", "y"],
      values: [0, 0, 0, 1, 1, 1, 0, 1],
      weights,
    });
    const { layer } = fitSoftmax(matrix, truth, { l2: 0.5, maxSteps: 500 });
    expect(round(layer.weights)).toEqual(round([1.722867718092511, 1.0539340096234848]));
    expect(round(layer.bias)).toEqual(round([-5.431274907218686]));
  });

  it("says so when it was stopped before the optimum", () => {
    const truth = target({ task: "binary", classes: ["n", "y"], values: [0, 0, 0, 1, 1, 1, 0, 1] });
    expect(fitSoftmax(matrix, truth, { l2: 0.5, maxSteps: 2 }).converged).toBe(false);
  });
});

describe("fitRidge", () => {
  const truth = target({
    task: "regression",
    classes: [],
    values: [1, 2, 2.5, 4, 3.5, 5, 2, 4.5],
    weights,
  });

  it("equals scikit-learn's Ridge(alpha=0.5) with row weights", () => {
    const layer = fitRidge(matrix, truth, { l2: 0.5 });
    expect(round(layer.weights)).toEqual(round([0.6307059361326978, 0.450075099588585]));
    expect(round(layer.bias)).toEqual(round([0.9673480049631027]));
  });

  it("refuses dependent features without a penalty", () => {
    const twice = {
      ...matrix,
      values: matrix.values.map((_, at) => matrix.values[at - (at % 2)] ?? 0),
    };
    expect(() => fitRidge(twice, truth, { l2: 0 })).toThrow(
      /linearly dependent and params.l2 is 0/,
    );
    expect(fitRidge(twice, truth, { l2: 1 }).weights[0]).toBeCloseTo(
      fitRidge(twice, truth, { l2: 1 }).weights[1] ?? 0,
      6,
    );
  });
});

describe("minimize", () => {
  it("finds the bottom of Rosenbrock's valley", () => {
    const minimum = minimize(
      (point, gradient) => {
        const [x = 0, y = 0] = point;
        gradient[0] = -2 * (1 - x) - 400 * x * (y - x * x);
        gradient[1] = 200 * (y - x * x);
        return (1 - x) ** 2 + 100 * (y - x * x) ** 2;
      },
      Float64Array.of(-1.2, 1),
      { maxSteps: 200, tolerance: 1e-9 },
    );
    expect(minimum.converged).toBe(true);
    expect(round(minimum.point)).toEqual(round([1, 1]));
  });
});

describe("solvePositiveDefinite", () => {
  it("solves a system worked by hand", () => {
    // 4x + 2y = 10 and 2x + 3y = 11 at x = 1, y = 3.
    expect(
      round(solvePositiveDefinite(Float64Array.of(4, 2, 2, 3), Float64Array.of(10, 11)) ?? []),
    ).toEqual(round([1, 3]));
  });

  it("gives null for a matrix that is not positive definite", () => {
    expect(solvePositiveDefinite(Float64Array.of(1, 2, 2, 1), Float64Array.of(1, 1))).toBeNull();
  });
});
