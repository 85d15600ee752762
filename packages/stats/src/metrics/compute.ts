import type { MetricOptions, MetricReference } from "./bind-request.ts";
import { bindMetric } from "./bind.ts";
import type { Evaluation } from "./evaluation.ts";
import { countGroups } from "./fairness.ts";
import type { Kernel } from "./kernel.ts";
import { type Measured, defined, undefinedBecause } from "./measure.ts";
import { weightedMean } from "./regression.ts";

/**
 * Computes a metric by its name in thresholds.
 *
 * @param name a name of {@link metricCatalog} or an alias.
 * @param argument the text between the parentheses: a class name, a number or a column.
 * @returns the value, or `null` with the reason: an unknown name, an argument that does not fit, no
 * scores, one class only, nothing to divide by.
 */
export function computeMetric(
  name: string,
  argument: string | undefined,
  evaluation: Evaluation,
  options: MetricOptions = {},
): Measured {
  return measure({ name, argument }, evaluation, options);
}

/** {@link computeMetric} of a {@link MetricReference}. */
export function measure(
  reference: MetricReference,
  evaluation: Evaluation,
  options: MetricOptions = {},
): Measured {
  const kernel = bindMetric(reference, evaluation, options);
  return "kind" in kernel ? valueOfKernel(kernel, evaluation) : kernel;
}

/** The value of a bound metric on all its rows. */
export function valueOfKernel(kernel: Kernel, evaluation: Evaluation): Measured {
  switch (kernel.kind) {
    case "counts":
      return kernel.evaluate(kernel.matrix);
    case "groups":
      if (evaluation.task === "regression") return undefinedBecause("groups need a classifier");
      return kernel.evaluate(countGroups(evaluation, kernel.column));
    case "means":
      return kernel.value ?? combinedMeans(kernel, evaluation.weights);
    case "rows":
      return kernel.evaluate(evaluation.weights);
  }
}

function combinedMeans(
  kernel: Kernel & { readonly kind: "means" },
  weights: ArrayLike<number> | undefined,
): Measured {
  const means: number[] = [];
  for (const rows of kernel.rows) {
    const mean = weightedMean(rows, weights);
    if (mean.value === null) return mean;
    means.push(mean.value);
  }
  return defined(kernel.combine(means));
}
