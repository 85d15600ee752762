import { describeMetric, metricCatalog, type Evaluation, type MetricDescription } from "#stats";
import type { Quantity } from "./measure.ts";

/** A metric with the name under which it is filed. */
export interface NamedQuantity extends Quantity {
  readonly name: string;
}

/** What a report shows first, by task. */
const HEADLINES: Readonly<Record<Evaluation["task"], readonly string[]>> = {
  binary: [
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1",
    "roc_auc",
    "average_precision",
    "log_loss",
    "brier",
    "ece",
  ],
  multiclass: [
    "accuracy",
    "balanced_accuracy",
    "f1_macro",
    "f1_weighted",
    "roc_auc_ovr",
    "log_loss",
    "brier",
    "ece",
  ],
  regression: ["rmse", "mae", "median_absolute_error", "r2", "mape", "max_error"],
};

/** Names of {@link headlineMetrics} by the task alone: some may be missing from an evaluation. */
export function headlineNames(task: Evaluation["task"]): readonly string[] {
  return HEADLINES[task];
}

/** Per-class metrics of a classifier with several classes. */
const PER_CLASS = ["precision", "recall", "f1"];
const MOST_CLASSES = 30;

/** The metrics that a report shows first. */
export function headlineMetrics(evaluation: Evaluation): readonly NamedQuantity[] {
  return HEADLINES[evaluation.task]
    .filter((name) => fits(name, evaluation))
    .map((name) => named(name));
}

/** Every metric that fits the task and the answers and needs no argument; of many classes also each one's. */
export function allMetrics(evaluation: Evaluation): readonly NamedQuantity[] {
  const whole = [...metricCatalog.keys()]
    .filter((name) => fits(name, evaluation))
    .map((name) => named(name));
  if (evaluation.task !== "multiclass" || evaluation.classes.length > MOST_CLASSES) return whole;
  const each = evaluation.classes.flatMap((label) => PER_CLASS.map((name) => named(name, label)));
  return [...whole, ...each];
}

function named(metric: string, argument: string | null = null): NamedQuantity {
  return {
    metric,
    argument,
    rows: null,
    name: argument === null ? metric : `${metric}(${argument})`,
  };
}

function fits(name: string, evaluation: Evaluation): boolean {
  const metric = metricCatalog.get(name);
  if (metric === undefined || !metric.tasks.includes(evaluation.task)) return false;
  if (metric.argument?.required === true || isOfOneClass(metric, evaluation)) return false;
  return (
    metric.needs === "labels" ||
    (evaluation.task !== "regression" && evaluation.scores !== undefined)
  );
}

/** Rates of one class mean nothing without it where there are several. */
function isOfOneClass({ name, argument }: MetricDescription, evaluation: Evaluation): boolean {
  return (
    evaluation.task === "multiclass" && argument?.kind === "class" && name !== "average_precision"
  );
}

/** Whether more is better; `null` where neither is, or the name is no metric of rows. */
export function isHigherBetter(metric: string): boolean | null {
  return describeMetric(metric)?.higherIsBetter ?? null;
}
