import type { Target } from "./losses.ts";
import { computeLoss, countOutputs } from "./losses.ts";
import { findLargest } from "./trained-model.ts";

/** A few numbers by name, to follow a training by; the gate computes the ones that count. */
export type ProgressMetrics = Readonly<Record<string, number | null>>;

/** `accuracy` and `log_loss`, or `rmse`, `mae` and `r2`, all weighted; `null` where undefined. */
export function computeProgressMetrics(outputs: Float64Array, target: Target): ProgressMetrics {
  const { values, weights, task } = target;
  if (values.length === 0) return {};
  const loss = computeLoss(outputs, target);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const average = (valueAt: (row: number) => number): number =>
    values.reduce((sum, _, row) => sum + (weights[row] ?? 1) * valueAt(row), 0) / total;
  if (task !== "regression") {
    const width = countOutputs(target);
    const pick = (row: number): number =>
      task === "binary"
        ? Number((outputs[row] ?? 0) > 0)
        : findLargest(outputs, row * width, width);
    return { accuracy: average((row) => Number(pick(row) === values[row])), log_loss: loss };
  }
  const mean = average((row) => values[row] ?? 0);
  const variance = average((row) => ((values[row] ?? 0) - mean) ** 2);
  return {
    rmse: Math.sqrt(loss),
    mae: average((row) => Math.abs((outputs[row] ?? 0) - (values[row] ?? 0))),
    r2: variance > 0 ? 1 - loss / variance : null,
  };
}
