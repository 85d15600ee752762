import type { CurvePoint } from "../curve.ts";
import type { Target } from "../losses.ts";
import { countOutputs, sigmoid, softplus, writeSoftmax } from "../losses.ts";
import type { Matrix } from "../matrix.ts";
import type { DenseLayer } from "./dense-model.ts";
import { minimize } from "./minimize.ts";

/** A fitted layer and how the fit went. */
export interface SoftmaxFit {
  readonly layer: DenseLayer;
  readonly converged: boolean;
  readonly curve: readonly CurvePoint[];
}

/**
 * Logistic (two classes, one logit) or softmax regression with an L2 penalty on the weights,
 * not on the bias: minimises the weighted sum of log losses + l2 / 2 · ‖weights‖².
 * Equals scikit-learn's `LogisticRegression(C=1 / l2)` at its optimum.
 */
export function fitSoftmax(
  matrix: Matrix,
  target: Target,
  { l2, maxSteps }: { readonly l2: number; readonly maxSteps: number },
): SoftmaxFit {
  const width = countOutputs(target);
  const size = (matrix.columns + 1) * width;
  const totalWeight = target.weights.reduce((sum, weight) => sum + weight, 0);
  const curve: CurvePoint[] = [];
  const objective = (point: Float64Array, gradient: Float64Array): number => {
    gradient.fill(0);
    const loss = accumulate(matrix, target, { point, gradient });
    const penalty = addPenalty(point, gradient, { l2, size: size - width });
    // Per unit of weight, so that one tolerance fits data of any size.
    for (let index = 0; index < size; index += 1) {
      gradient[index] = (gradient[index] ?? 0) / totalWeight;
    }
    return (loss + penalty) / totalWeight;
  };
  const minimum = minimize(objective, new Float64Array(size), {
    maxSteps,
    tolerance: 1e-8,
    onStep: (step, value) => curve.push({ step, train: value, validation: null }),
  });
  const split = size - width;
  return {
    converged: minimum.converged,
    curve,
    layer: {
      inputs: matrix.columns,
      outputs: width,
      weights: Float32Array.from(minimum.point.subarray(0, split)),
      bias: Float32Array.from(minimum.point.subarray(split)),
    },
  };
}

function addPenalty(
  point: Float64Array,
  gradient: Float64Array,
  { l2, size }: { readonly l2: number; readonly size: number },
): number {
  let squares = 0;
  for (let index = 0; index < size; index += 1) {
    const weight = point[index] ?? 0;
    squares += weight * weight;
    gradient[index] = (gradient[index] ?? 0) + l2 * weight;
  }
  return (l2 / 2) * squares;
}

/** Adds every row's gradient to `gradient` and returns the weighted sum of losses. */
function accumulate(
  matrix: Matrix,
  target: Target,
  { point, gradient }: { readonly point: Float64Array; readonly gradient: Float64Array },
): number {
  const { columns, values } = matrix;
  const width = countOutputs(target);
  const logits = new Float64Array(width);
  const errors = new Float64Array(width);
  let loss = 0;
  for (let row = 0; row < matrix.rows; row += 1) {
    const start = row * columns;
    for (let k = 0; k < width; k += 1) logits[k] = point[columns * width + k] ?? 0;
    for (let j = 0; j < columns; j += 1) {
      const value = values[start + j] ?? 0;
      if (value === 0) continue;
      for (let k = 0; k < width; k += 1) {
        logits[k] = (logits[k] ?? 0) + value * (point[j * width + k] ?? 0);
      }
    }
    loss += writeErrors(logits, errors, target, row);
    for (let k = 0; k < width; k += 1) {
      const place = columns * width + k;
      gradient[place] = (gradient[place] ?? 0) + (errors[k] ?? 0);
    }
    for (let j = 0; j < columns; j += 1) {
      const value = values[start + j] ?? 0;
      if (value === 0) continue;
      for (let k = 0; k < width; k += 1) {
        gradient[j * width + k] = (gradient[j * width + k] ?? 0) + value * (errors[k] ?? 0);
      }
    }
  }
  return loss;
}

/** Writes weight · (probability - truth) and returns the row's weighted loss. */
function writeErrors(
  ...[logits, errors, target, row]: readonly [Float64Array, Float64Array, Target, number]
): number {
  const truth = target.values[row] ?? 0;
  const weight = target.weights[row] ?? 1;
  const width = logits.length;
  if (width === 1) {
    const logit = logits[0] ?? 0;
    errors[0] = weight * (sigmoid(logit) - truth);
    return weight * softplus(truth === 1 ? -logit : logit);
  }
  writeSoftmax(logits, errors, { start: 0, width });
  const loss = -weight * Math.log(Math.max(errors[truth] ?? 0, 1e-300));
  errors[truth] = (errors[truth] ?? 0) - 1;
  for (let k = 0; k < width; k += 1) errors[k] = (errors[k] ?? 0) * weight;
  return loss;
}
