import { InputError, joinInputFaults, suggestNearest, type ErrorFacts } from "#core";
import * as z from "zod/mini";

/** A family of models that the built-in trainer fits. */
export type ModelKind = "softmax" | "linear" | "trees" | "mlp";

const wholeFrom = (low: number, high: number) => z.int().check(z.gte(low), z.lte(high));
const above = (low: number) => z.number().check(z.gt(low));
const share = z.number().check(z.gt(0), z.lte(1));

/** The built-in trainer's params. Those without a default take the model kind's own. */
const paramsSchema = z.object({
  model: z.prefault(z.enum(["auto", "softmax", "linear", "trees", "mlp"]), "auto"),
  /** Penalty on squared weights; softmax, linear and trees 1, mlp 0.0001. */
  l2: z.optional(z.number().check(z.gte(0))),
  /** Step of the boosting (0.1) and of Adam (0.001). */
  learning_rate: z.optional(above(0)),
  /** Rounds (trees: 30) or epochs (mlp: 20) without a better validation loss; 0 never stops early. */
  early_stopping: z.optional(wholeFrom(0, 10_000)),
  /** Iterations of the linear solver. */
  max_iterations: z.prefault(wholeFrom(1, 100_000), 1000),
  /** Rounds of boosting at most. */
  trees: z.prefault(wholeFrom(1, 10_000), 500),
  max_leaves: z.prefault(wholeFrom(2, 4096), 31),
  /** 0 for no limit. */
  max_depth: z.prefault(wholeFrom(0, 64), 0),
  min_child_samples: z.prefault(wholeFrom(1, 1_000_000), 20),
  min_child_weight: z.prefault(z.number().check(z.gte(0)), 1e-3),
  max_bins: z.prefault(wholeFrom(2, 255), 255),
  subsample: z.prefault(share, 1),
  colsample: z.prefault(share, 1),
  hidden: z.prefault(
    z.union([
      wholeFrom(1, 4096),
      z.array(wholeFrom(1, 4096)).check(z.minLength(1), z.maxLength(8)),
    ]),
    [32],
  ),
  epochs: z.prefault(wholeFrom(1, 100_000), 200),
  batch_size: z.prefault(wholeFrom(1, 65_536), 32),
  impute: z.prefault(z.enum(["median", "mean"]), "median"),
  missing_indicator: z.prefault(z.boolean(), true),
  /** Levels of a text column with fewer training rows count as `other`. */
  min_level_rows: z.prefault(wholeFrom(1, 1_000_000), 3),
  max_levels: z.prefault(wholeFrom(1, 1000), 50),
  /** `balanced` weighs each class by the inverse of its share. */
  class_weight: z.prefault(z.enum(["none", "balanced"]), "none"),
});

/** The built-in trainer's params with their defaults filled in. */
export type TabularParams = z.infer<typeof paramsSchema>;

/** The names of all params, for messages and documentation. */
export const paramNames: readonly string[] = Object.keys(paramsSchema.shape);

/** What other libraries call a param. */
const otherNames: Readonly<Record<string, string>> = {
  n_estimators: "trees",
  num_boost_round: "trees",
  num_iterations: "trees",
  eta: "learning_rate",
  lr: "learning_rate",
  num_leaves: "max_leaves",
  min_data_in_leaf: "min_child_samples",
  min_samples_leaf: "min_child_samples",
  reg_lambda: "l2",
  lambda: "l2",
  lambda_l2: "l2",
  alpha: "l2",
  C: "l2 (which is 1 / C)",
  max_bin: "max_bins",
  feature_fraction: "colsample",
  colsample_bytree: "colsample",
  bagging_fraction: "subsample",
  early_stopping_rounds: "early_stopping",
  hidden_layer_sizes: "hidden",
  units: "hidden",
  max_iter: "max_iterations",
};

/**
 * Reads the `params` of the built-in trainer and fills in the defaults.
 *
 * @throws InputError that lists every unknown name (with the nearest known one) and every wrong value
 */
export function parseParams(params: unknown): TabularParams {
  if (typeof params !== "object" || params === null || Array.isArray(params)) {
    throw new InputError({
      code: "PARAMS_NOT_A_MAP",
      message: `params is ${describeValue(params)}; a map of names to values was expected.`,
      hint: "Write one `name: value` a line, e.g. `learning_rate: 0.05`.",
    });
  }
  const faults: ErrorFacts[] = Object.keys(params)
    .filter((name) => !paramNames.includes(name))
    .map((name) => ({
      code: "UNKNOWN_PARAM",
      message: `params.${name} is not a param of the built-in trainer.`,
      hint: name in otherNames ? `Use ${otherNames[name]}.` : suggestNearest(name, paramNames),
    }));
  const result = paramsSchema.safeParse(params);
  if (!result.success)
    faults.push(...result.error.issues.map((issue) => explainIssue(issue, params)));
  if (faults.length > 0 || !result.success) throw joinInputFaults(faults);
  return result.data;
}

function explainIssue(issue: z.core.$ZodIssue, params: object): ErrorFacts {
  const [name] = issue.path;
  const found = Object.entries(params).find(([key]) => key === name)?.[1];
  return {
    code: "WRONG_PARAM",
    message: `params.${String(name)} is ${describeValue(found)}; ${describeExpected(issue)} was expected.`,
  };
}

function describeExpected(issue: z.core.$ZodIssue): string {
  if (issue.code === "too_small") {
    return `${issue.inclusive === false ? "a value above" : "at least"} ${issue.minimum}`;
  }
  if (issue.code === "too_big") return `at most ${issue.maximum}`;
  if (issue.code === "invalid_value") return `one of ${issue.values.join(", ")}`;
  if (issue.code === "invalid_type") {
    return issue.expected === "int" ? "a whole number" : `a ${issue.expected}`;
  }
  return "a whole number from 1 to 4096, or a list of up to 8 of them,";
}

function describeValue(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (value === null || value === undefined) return "empty";
  return typeof value === "object" ? "a map" : JSON.stringify(value);
}
