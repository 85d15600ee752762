import { bindCountMetric } from "./bind-counts.ts";
import { bindRegressionMetric } from "./bind-regression.ts";
import { bindScoreMetric } from "./bind-scores.ts";
import type { BindRequest, MetricOptions, MetricReference } from "./bind-request.ts";
import { type MetricDescription, describeMetric } from "./catalog.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Kernel } from "./kernel.ts";
import { type Undefined, undefinedBecause } from "./measure.ts";

/** Binds a metric to rows, or says why it has no value on them. */
export function bindMetric(
  reference: MetricReference,
  evaluation: Evaluation,
  options: MetricOptions = {},
): Kernel | Undefined {
  const metric = describeMetric(reference.name);
  if (metric === undefined) return undefinedBecause(`no metric is called "${reference.name}"`);
  // Not trimmed: a class may begin with a blank, as " >50K" does.
  const argument = reference.argument?.trim() ? reference.argument : undefined;
  const fault = faultOf(metric, argument, evaluation);
  if (fault !== null) return undefinedBecause(fault);
  const request: BindRequest = { metric, argument, options };
  if (evaluation.task === "regression") return bindRegressionMetric(request, evaluation);
  return metric.needs === "scores"
    ? bindScoreMetric(request, evaluation)
    : bindCountMetric(request, evaluation);
}

function faultOf(
  metric: MetricDescription,
  argument: string | undefined,
  evaluation: Evaluation,
): string | null {
  const { name } = metric;
  if (!metric.tasks.includes(evaluation.task))
    return `${name} is for ${metric.tasks.join(" or ")}, the task is ${evaluation.task}`;
  if (metric.argument === undefined && argument !== undefined)
    return `${name} takes no argument, found "${argument}"`;
  if (metric.argument?.required === true && argument === undefined)
    return `${name} needs an argument: ${name}(${metric.argument.kind.replaceAll("-", " ")})`;
  return null;
}
