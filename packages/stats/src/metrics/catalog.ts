import type { Task } from "./evaluation.ts";

/** What a metric's argument names. */
export interface MetricArgument {
  readonly kind: "class" | "number" | "column" | "number-and-class";
  readonly required: boolean;
  /** Used when the argument is left out. */
  readonly default?: number;
}

/** The numbers that a metric can be. */
export type MetricScale =
  /** 0 to 1. */
  | "share"
  /** -1 (or lower) to 1. */
  | "correlation"
  /** From 0, no unit. */
  | "loss"
  /** The target's unit. */
  | "target"
  /** The target's unit squared. */
  | "target-squared";

/** What a metric is for; read it before asking for the metric. */
export interface MetricDescription {
  readonly name: string;
  readonly tasks: readonly Task[];
  /** `labels`: truth and prediction; `scores`: also the classes' scores. */
  readonly needs: "labels" | "scores";
  /** `null` where neither direction is better. */
  readonly higherIsBetter: boolean | null;
  readonly argument?: MetricArgument;
  readonly scale: MetricScale;
}

type Facts = Omit<MetricDescription, "name">;

const classifiers: readonly Task[] = ["binary", "multiclass"];
const labels: Facts = {
  tasks: classifiers,
  needs: "labels",
  higherIsBetter: true,
  scale: "share",
};
const ofClass: MetricArgument = { kind: "class", required: false };
const scores: Facts = { ...labels, needs: "scores" };
const binaryScores: Facts = {
  ...scores,
  tasks: ["binary"],
  argument: { kind: "number", required: true },
};
const error: Facts = {
  tasks: ["regression"],
  needs: "labels",
  higherIsBetter: false,
  scale: "target",
};
const parity: Facts = {
  tasks: ["binary"],
  needs: "labels",
  higherIsBetter: false,
  scale: "share",
  argument: { kind: "column", required: true },
};

/** A rate of one class with its averages. */
function rates(name: string, argument: MetricArgument = ofClass): Record<string, Facts> {
  const { argument: _, ...averaged } = labels;
  const shared =
    argument.kind === "number-and-class"
      ? { argument: { kind: "number", required: true } as const }
      : {};
  return {
    [name]: { ...labels, argument },
    [`${name}_micro`]: { ...averaged, ...shared },
    [`${name}_macro`]: { ...averaged, ...shared },
    [`${name}_weighted`]: { ...averaged, ...shared },
  };
}

const facts: Record<string, Facts> = {
  accuracy: labels,
  balanced_accuracy: labels,
  ...rates("precision"),
  ...rates("recall"),
  ...rates("specificity"),
  ...rates("f1"),
  ...rates("f_beta", { kind: "number-and-class", required: true }),
  mcc: { ...labels, scale: "correlation" },
  cohen_kappa: { ...labels, scale: "correlation" },
  selection_rate: { ...labels, higherIsBetter: null, argument: ofClass },
  log_loss: { ...scores, higherIsBetter: false, scale: "loss" },
  brier: { ...scores, higherIsBetter: false, scale: "loss" },
  roc_auc: { ...scores, argument: ofClass },
  roc_auc_ovr: scores,
  roc_auc_ovr_weighted: scores,
  roc_auc_ovr_micro: scores,
  roc_auc_ovo: scores,
  roc_auc_ovo_weighted: scores,
  average_precision: { ...scores, argument: ofClass },
  average_precision_weighted: scores,
  average_precision_micro: scores,
  top_k_accuracy: {
    ...scores,
    tasks: ["multiclass"],
    argument: { kind: "number", required: false, default: 2 },
  },
  precision_at_threshold: binaryScores,
  recall_at_threshold: binaryScores,
  ece: {
    ...scores,
    higherIsBetter: false,
    argument: { kind: "number", required: false, default: 10 },
  },
  mce: {
    ...scores,
    higherIsBetter: false,
    argument: { kind: "number", required: false, default: 10 },
  },
  mse: { ...error, scale: "target-squared" },
  rmse: error,
  mae: error,
  median_absolute_error: error,
  max_error: error,
  r2: { ...error, higherIsBetter: true, scale: "correlation" },
  explained_variance: { ...error, higherIsBetter: true, scale: "correlation" },
  mape: { ...error, scale: "loss" },
  smape: { ...error, scale: "loss" },
  pinball: { ...error, argument: { kind: "number", required: false, default: 0.5 } },
  demographic_parity_difference: parity,
  demographic_parity_ratio: { ...parity, higherIsBetter: true },
  equalized_odds_difference: parity,
  equalized_odds_ratio: { ...parity, higherIsBetter: true },
  equal_opportunity_difference: parity,
  equal_opportunity_ratio: { ...parity, higherIsBetter: true },
};

/** Every metric by its name in thresholds. */
export const metricCatalog: ReadonlyMap<string, MetricDescription> = new Map(
  Object.entries(facts).map(([name, fact]) => [name, { name, ...fact }]),
);

/** Other names that are accepted, mostly scikit-learn's long ones. */
export const metricAliases: ReadonlyMap<string, string> = new Map([
  ["accuracy_score", "accuracy"],
  ["balanced_accuracy_score", "balanced_accuracy"],
  ["precision_score", "precision"],
  ["recall_score", "recall"],
  ["sensitivity", "recall"],
  ["f1_score", "f1"],
  ["fbeta", "f_beta"],
  ["fbeta_score", "f_beta"],
  ["matthews_corrcoef", "mcc"],
  ["cohen_kappa_score", "cohen_kappa"],
  ["brier_score", "brier"],
  ["brier_score_loss", "brier"],
  ["auc", "roc_auc"],
  ["roc_auc_weighted", "roc_auc_ovr_weighted"],
  ["roc_auc_score", "roc_auc"],
  ["average_precision_macro", "average_precision"],
  ["average_precision_score", "average_precision"],
  ["top_k_accuracy_score", "top_k_accuracy"],
  ["expected_calibration_error", "ece"],
  ["maximum_calibration_error", "mce"],
  ["mean_squared_error", "mse"],
  ["root_mean_squared_error", "rmse"],
  ["mean_absolute_error", "mae"],
  ["r2_score", "r2"],
  ["mean_absolute_percentage_error", "mape"],
  ["symmetric_mean_absolute_percentage_error", "smape"],
  ["explained_variance_score", "explained_variance"],
  ["mean_pinball_loss", "pinball"],
]);

/** Every name that {@link computeMetric} understands, aliases included; for "nearest known name". */
export function allMetricNames(): readonly string[] {
  return [...metricCatalog.keys(), ...metricAliases.keys()];
}

/** The description behind a name or alias; `undefined` for an unknown name. */
export function describeMetric(name: string): MetricDescription | undefined {
  return metricCatalog.get(metricAliases.get(name) ?? name);
}
