import * as z from "zod/mini";
import { digest, instant, numberOrNull } from "./schema.ts";
import { taskSchema } from "./run-record.ts";

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
  p: z.optional(numberOrNull),
  adjusted_p: z.optional(numberOrNull),
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
});
export type Judgement = z.infer<typeof judgementSchema>;

/** `evaluation.json`: what evaluate-gate measured and decided. */
export const evaluationSchema = z.looseObject({
  schema: z.literal("slipway/evaluation@1"),
  model: z.string(),
  run: z.nullable(z.string()),
  created: instant,
  task: taskSchema,
  classes: z.array(z.string()),
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
});
/** One check's end, in plain words. */
export type CheckEntry = NonNullable<z.infer<typeof evaluationSchema>["checks"]>[number];
/** `slipway/evaluation@1` */
export type Evaluation = z.infer<typeof evaluationSchema>;
