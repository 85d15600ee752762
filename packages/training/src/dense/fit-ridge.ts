import { InputError } from "#core";
import type { Target } from "../losses.ts";
import type { Matrix } from "../matrix.ts";
import type { DenseLayer } from "./dense-model.ts";
import { solvePositiveDefinite } from "./solve-positive-definite.ts";

/**
 * Ridge regression in closed form: minimises the weighted sum of squared errors
 * + l2 · ‖weights‖², the bias free. Equals scikit-learn's `Ridge(alpha=l2)`.
 *
 * @throws InputError when l2 is 0 and the features are linearly dependent
 */
export function fitRidge(
  matrix: Matrix,
  target: Target,
  { l2 }: { readonly l2: number },
): DenseLayer {
  const { columns } = matrix;
  const means = averageColumns(matrix, target);
  const gram = new Float64Array(columns * columns);
  const right = new Float64Array(columns);
  addRows(matrix, target, { means, gram, right });
  for (let j = 0; j < columns; j += 1) {
    gram[j * columns + j] = (gram[j * columns + j] ?? 0) + l2;
    for (let k = 0; k < j; k += 1) gram[j * columns + k] = gram[k * columns + j] ?? 0;
  }
  const weights = solvePositiveDefinite(gram, right);
  if (weights === null) {
    throw new InputError({
      code: "FEATURES_DEPENDENT",
      message: `The ${columns} features are linearly dependent and params.l2 is ${l2}, so least squares has no single solution.`,
      hint: "Set params.l2 above 0, e.g. 1.",
    });
  }
  const offset = weights.reduce((sum, weight, j) => sum + weight * (means.features[j] ?? 0), 0);
  return {
    inputs: columns,
    outputs: 1,
    weights: Float32Array.from(weights),
    bias: Float32Array.of(means.target - offset),
  };
}

interface Means {
  readonly features: Float64Array;
  readonly target: number;
}

function averageColumns(matrix: Matrix, target: Target): Means {
  const features = new Float64Array(matrix.columns);
  let targetSum = 0;
  let total = 0;
  for (let row = 0; row < matrix.rows; row += 1) {
    const weight = target.weights[row] ?? 1;
    total += weight;
    targetSum += weight * (target.values[row] ?? 0);
    for (let j = 0; j < matrix.columns; j += 1) {
      const value = matrix.values[row * matrix.columns + j] ?? 0;
      features[j] = (features[j] ?? 0) + weight * value;
    }
  }
  return { features: features.map((sum) => sum / total), target: targetSum / total };
}

/** Adds each row to the upper half of the centred Gram matrix and to the right-hand side. */
function addRows(
  matrix: Matrix,
  target: Target,
  {
    means,
    gram,
    right,
  }: {
    readonly means: Means;
    readonly gram: Float64Array;
    readonly right: Float64Array;
  },
): void {
  const { columns } = matrix;
  const centred = new Float64Array(columns);
  for (let row = 0; row < matrix.rows; row += 1) {
    for (let j = 0; j < columns; j += 1) {
      centred[j] = (matrix.values[row * columns + j] ?? 0) - (means.features[j] ?? 0);
    }
    const weight = target.weights[row] ?? 1;
    const error = weight * ((target.values[row] ?? 0) - means.target);
    for (let j = 0; j < columns; j += 1) {
      const weighted = weight * (centred[j] ?? 0);
      right[j] = (right[j] ?? 0) + error * (centred[j] ?? 0);
      for (let k = j; k < columns; k += 1) {
        gram[j * columns + k] = (gram[j * columns + k] ?? 0) + weighted * (centred[k] ?? 0);
      }
    }
  }
}
