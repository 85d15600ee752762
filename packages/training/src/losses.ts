import { DataError, type Task } from "#core";

/** What the model is to predict, coded: class indices for classification, values for regression. */
export interface Target {
  readonly task: Task;
  /** One a row of the part it was read for. */
  readonly values: Float64Array;
  /** Row weights, 1 by default. */
  readonly weights: Float64Array;
  readonly classes: readonly string[];
}

/** How many raw outputs a model has: a logit a class, one logit for two classes, one value for regression. */
export function countOutputs(target: Pick<Target, "task" | "classes">): number {
  return target.task === "multiclass" ? target.classes.length : 1;
}

/** Probabilities never enter a logarithm below this. */
const smallest = 1e-15;

/**
 * Weighted mean loss of raw outputs: log loss (natural, from logits) or squared error.
 *
 * @param outputs row-major, `countOutputs` a row
 * @throws DataError when all weights are zero
 */
export function computeLoss(outputs: Float64Array, target: Target): number {
  const width = countOutputs(target);
  const rows = target.values.length;
  let loss = 0;
  let weight = 0;
  for (let row = 0; row < rows; row += 1) {
    const rowWeight = target.weights[row] ?? 1;
    weight += rowWeight;
    loss +=
      rowWeight * lossOfRow(outputs, row * width, target.values[row] ?? 0, target.task, width);
  }
  if (!(weight > 0)) {
    throw new DataError({
      code: "NO_WEIGHT",
      message: `The weights of all ${rows} rows sum to ${weight}; a sum above 0 was expected.`,
    });
  }
  return loss / weight;
}

function lossOfRow(
  ...[outputs, start, value, task, width]: readonly [Float64Array, number, number, Task, number]
): number {
  const first = outputs[start] ?? 0;
  if (task === "regression") return (first - value) ** 2;
  if (task === "binary") return softplus(value === 1 ? -first : first);
  return logSumExp(outputs, start, width) - (outputs[start + value] ?? Math.log(smallest));
}

/** ln(1 + e^x) without overflow. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** 1 / (1 + e^-x) without overflow. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const power = Math.exp(x);
  return power / (1 + power);
}

function logSumExp(values: Float64Array, start: number, width: number): number {
  let highest = -Infinity;
  for (let k = 0; k < width; k += 1) highest = Math.max(highest, values[start + k] ?? 0);
  let sum = 0;
  for (let k = 0; k < width; k += 1) sum += Math.exp((values[start + k] ?? 0) - highest);
  return highest + Math.log(sum);
}

/** Softmax of `width` values from `start`, written to the same places of `into`. */
export function writeSoftmax(
  values: Float64Array,
  into: Float64Array,
  { start, width }: { readonly start: number; readonly width: number },
): void {
  const total = logSumExp(values, start, width);
  for (let k = 0; k < width; k += 1) into[start + k] = Math.exp((values[start + k] ?? 0) - total);
}

/** Probabilities of all classes, row-major, from raw outputs. Two classes come from one logit. */
export function toProbabilities(
  outputs: Float64Array,
  target: Pick<Target, "task" | "classes">,
): Float64Array {
  if (target.task === "binary") {
    const both = new Float64Array(outputs.length * 2);
    outputs.forEach((logit, row) => {
      both[row * 2] = sigmoid(-logit);
      both[row * 2 + 1] = sigmoid(logit);
    });
    return both;
  }
  const width = target.classes.length;
  const probabilities = new Float64Array(outputs.length);
  for (let start = 0; start < outputs.length; start += width) {
    writeSoftmax(outputs, probabilities, { start, width });
  }
  return probabilities;
}
