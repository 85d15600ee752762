import * as z from "zod/mini";
import { digest, instant, numberOrNull } from "./schema.ts";
import { answersSchema, taskSchema } from "./run-record.ts";

/** How a judged thing ended. */
export const verdictSchema = z.enum(["pass", "fail", "inconclusive"]);
export type Verdict = z.infer<typeof verdictSchema>;

/** A measured number with its interval; `value` is `null` with a `reason` where it does not exist. */
export const measureSchema = z.looseObject({
  value: numberOrNull,
  low: z.optional(numberOrNull),
  high: z.optional(numberOrNull),
  n: z.optional(numberOrNull),
  reason: z.optional(z.string()),
});
export type Measure = z.infer<typeof measureSchema>;

/** A paired difference, candidate minus reference, over the same rows. */
export const differenceSchema = z.looseObject({
  value: numberOrNull,
  low: z.optional(numberOrNull),
  high: z.optional(numberOrNull),
  n: z.optional(numberOrNull),
  test: z.optional(z.string()),
  /** Of "both are equally good", by `test`. No verdict rests on it: verdicts look at the interval. */
  p: z.optional(numberOrNull),
  /** What `p` is: it is not corrected for how many metrics, thresholds or slices there are. */
  p_kind: z.optional(z.literal("two-sided, uncorrected")),
  reason: z.optional(z.string()),
});
export type Difference = z.infer<typeof differenceSchema>;

/** One threshold's end with its evidence. `skipped` is a reference bound of a first version. */
export const judgementSchema = z.looseObject({
  threshold: z.string(),
  metric: z.string(),
  level: z.enum(["error", "warn"]),
  verdict: z.enum(["pass", "fail", "inconclusive", "skipped"]),
  measure: measureSchema,
  bounds: z.array(
    z.looseObject({
      operator: z.enum([">=", ">", "<=", "<", "==", "!="]),
      /** The number that the bound came to; `null` when its reference is not there. */
      value: numberOrNull,
      margin: numberOrNull,
      reference: z.optional(
        z.nullable(
          z.looseObject({ name: z.string(), version: z.nullable(z.string()), value: numberOrNull }),
        ),
      ),
      difference: z.optional(z.nullable(differenceSchema)),
    }),
  ),
  reason: z.optional(z.string()),
  /** The threshold as it was written, where this is one value of its column. */
  each_of: z.optional(z.string()),
  /** Of "it keeps its bound", where this is one of several slices. */
  p: z.optional(numberOrNull),
  p_kind: z.optional(z.literal("one-sided, uncorrected")),
  /** `p` corrected for all slices of the threshold: a slice fails only when it is at most `level`. */
  adjusted_p: z.optional(numberOrNull),
  correction: z.optional(
    z.looseObject({
      method: z.enum(["benjamini-hochberg", "holm"]),
      /** Slices that were tested. */
      tests: z.number(),
      level: z.number(),
    }),
  ),
});
export type Judgement = z.infer<typeof judgementSchema>;

const leftOutSchema = z.looseObject({
  kind: z.literal("left-out"),
  /** Why, for people. */
  why: z.string(),
});

const attributedSchema = z.array(z.looseObject({ column: z.string(), value: z.number() }));

/** Where and why a model errs. Rows count from 1; shares and p values are in 0..1. */
export const errorAnalysisSchema = z.looseObject({
  extent: z.enum(["auto", "full"]),
  /** What a row's loss is; its mean is the metric `brier`, `1 - accuracy` or `mae`. */
  loss: z.looseObject({
    name: z.enum(["brier", "zero_one", "absolute_error"]),
    mean: z.number(),
  }),
  segments: z.union([
    leftOutSchema,
    z.looseObject({
      kind: z.literal("found"),
      search: z.looseObject({
        method: z.enum(["permutation", "halves"]),
        rows: z.number(),
        of_rows: z.number(),
        columns: z.number(),
        paired_columns: z.number(),
        columns_left_out: z.number(),
        clustered: z.boolean(),
        candidates: z.number(),
        permutations: z.number(),
        min_rows: z.number(),
        least_effect: z.number(),
        level: z.number(),
      }),
      segments: z.array(
        z.looseObject({
          terms: z.array(z.looseObject({ column: z.string(), value: z.string() })),
          rows: z.number(),
          loss: z.number(),
          rest_loss: z.number(),
          difference: z.number(),
          low: z.number(),
          high: z.number(),
          effect: z.number(),
          adjusted_p: z.number(),
          accuracy: numberOrNull,
          rest_accuracy: numberOrNull,
        }),
      ),
    }),
  ]),
  worst_errors: z.union([
    leftOutSchema,
    z.looseObject({
      kind: z.literal("found"),
      wrong_rows: z.number(),
      errors: z.array(
        z.looseObject({
          row: z.number(),
          file: z.nullable(z.string()),
          row_in_file: z.number(),
          loss: z.number(),
          truth: z.nullable(z.string()),
          predicted: z.nullable(z.string()),
          score: numberOrNull,
          residual: numberOrNull,
          values: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
          contributions: z.nullable(attributedSchema),
        }),
      ),
    }),
  ]),
  confusions: z.union([
    leftOutSchema,
    z.looseObject({
      kind: z.literal("found"),
      kinds: z.number(),
      tested: z.number(),
      test: z.enum(["mcnemar-exact", "wilcoxon-entities"]),
      level: z.number(),
      pairs: z.array(
        z.looseObject({
          truth: z.string(),
          predicted: z.string(),
          count: z.number(),
          share: z.number(),
          change: z.nullable(
            z.looseObject({
              candidate: z.number(),
              baseline: z.number(),
              only_candidate: z.number(),
              only_baseline: z.number(),
              p: z.number(),
              adjusted_p: z.number(),
            }),
          ),
        }),
      ),
    }),
  ]),
  importance: z.union([
    leftOutSchema,
    z.looseObject({
      kind: z.literal("found"),
      metric: z.string(),
      higher_is_better: z.boolean(),
      value: z.number(),
      rows: z.number(),
      of_rows: z.number(),
      repeats: z.number(),
      features: z.array(
        z.looseObject({ column: z.string(), mean: z.number(), deviation: numberOrNull }),
      ),
      left_out: z.array(z.string()),
    }),
  ]),
  attributions: z.union([
    leftOutSchema,
    z.looseObject({
      kind: z.literal("found"),
      method: z.enum(["tree-shap", "sampled-shapley"]),
      scale: z.enum(["probability", "margin", "value"]),
      outputs: z.array(z.string()),
      rows: z.number(),
      background: z.number(),
      features: z.array(z.looseObject({ column: z.string(), mean_size: z.number() })),
      error: numberOrNull,
    }),
  ]),
  /** Milliseconds that each part took. */
  timings_ms: z.record(z.string(), z.number()),
});
export type ErrorAnalysisDocument = z.infer<typeof errorAnalysisSchema>;

/** `evaluation.json`: what evaluate-gate measured and decided. */
export const evaluationSchema = z.looseObject({
  schema: z.literal("slipway/evaluation@1"),
  model: z.string(),
  run: z.nullable(z.string()),
  created: instant,
  task: taskSchema,
  classes: z.array(z.string()),
  answers: z.optional(answersSchema),
  rows: z.number(),
  data: z.looseObject({ name: z.string(), digest: z.nullable(digest) }),
  verdict: verdictSchema,
  /** Why the whole ended as it did, in one sentence. */
  reason: z.string(),
  baseline: z.nullable(
    z.looseObject({
      name: z.string(),
      version: z.nullable(z.string()),
      rows: z.number(),
      /** How the baseline was scored, or why it was not. */
      scored_by: z.string(),
    }),
  ),
  metrics: z.record(z.string(), measureSchema),
  baseline_metrics: z.optional(z.record(z.string(), measureSchema)),
  differences: z.optional(z.record(z.string(), differenceSchema)),
  slices: z.array(
    z.looseObject({
      column: z.string(),
      value: z.string(),
      rows: z.number(),
      metrics: z.record(z.string(), measureSchema),
    }),
  ),
  judgements: z.array(judgementSchema),
  checks: z.optional(
    z.array(
      z.looseObject({
        name: z.string(),
        /** What of the check: `ids` or `dates` of `overlap`. */
        part: z.optional(z.string()),
        verdict: z.enum(["pass", "fail", "inconclusive", "skipped"]),
        level: z.enum(["error", "warn"]),
        value: numberOrNull,
        low: z.optional(numberOrNull),
        high: z.optional(numberOrNull),
        /** `null` where nothing is held against it: it is only shown. */
        bound: numberOrNull,
        operator: z.optional(z.enum(["<=", ">="])),
        message: z.string(),
      }),
    ),
  ),
  error_analysis: z.optional(errorAnalysisSchema),
});
/** One check's end, in plain words. */
export type CheckEntry = NonNullable<z.infer<typeof evaluationSchema>["checks"]>[number];
/** `slipway/evaluation@1` */
export type Evaluation = z.infer<typeof evaluationSchema>;
