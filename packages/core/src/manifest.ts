import * as z from "zod/mini";
import { digest, instant, versionText, pathInside } from "./schema.ts";
import { measureSchema, verdictSchema } from "./evaluation.ts";
import { answersSchema, fileEntrySchema, runRecordSchema, signatureSchema } from "./run-record.ts";

/** `manifest.json`: a version, as it was when it was claimed. It never changes. */
export const manifestSchema = z.looseObject({
  schema: z.literal("slipway/manifest@1"),
  model: z.string(),
  version: versionText,
  previous: z.nullable(versionText),
  created: instant,
  bump: z.looseObject({
    level: z.enum(["first", "major", "minor", "patch"]),
    reason: z.string(),
  }),
  /** The run record's lineage whole. */
  run: runRecordSchema,
  evaluation: z.nullable(
    z.looseObject({
      verdict: verdictSchema,
      reason: z.string(),
      rows: z.number(),
      baseline: z.nullable(z.string()),
      metrics: z.record(z.string(), measureSchema),
    }),
  ),
  signature: z.nullable(signatureSchema),
  /** Wins over the run's classes. */
  answers: z.optional(answersSchema),
  files: z.array(fileEntrySchema),
  /** The prefix where push-artifact puts the files, e.g. `gs://acme-models/weather/v1.0.0`; `null` without a destination. */
  home: z.nullable(z.string()),
  profile_digest: z.nullable(digest),
  stage: z.nullable(z.string()),
});
/** `slipway/manifest@1` */
export type Manifest = z.infer<typeof manifestSchema>;

/** `push.json`: written last beside a version's files; a version is in the bucket when it is there. */
export const pushRecordSchema = z.looseObject({
  schema: z.literal("slipway/push@1"),
  model: z.string(),
  version: z.string(),
  created: instant,
  home: z.string(),
  objects: z.array(
    z.looseObject({
      path: pathInside,
      uri: z.string(),
      bytes: z.number(),
      digest,
      crc32c: z.nullable(z.string()),
      generation: z.nullable(z.string()),
    }),
  ),
});
/** `slipway/push@1` */
export type PushRecord = z.infer<typeof pushRecordSchema>;

/** One line of `golden.jsonl`: a request in the server's `/predict` form and the answer to it. */
export const goldenCaseSchema = z.looseObject({
  request: z.looseObject({ instances: z.array(z.record(z.string(), z.unknown())) }),
  response: z.looseObject({ predictions: z.array(z.unknown()) }),
  rows: z.number(),
});
export type GoldenCase = z.infer<typeof goldenCaseSchema>;

/** One line of the prediction log that the server writes and drift-check reads. */
export const predictionLogLineSchema = z.looseObject({
  time: instant,
  request_id: z.string(),
  id: z.string(),
  model: z.string(),
  version: z.string(),
  inputs: z.record(z.string(), z.unknown()),
  prediction: z.union([z.string(), z.number(), z.null()]),
  scores: z.nullable(z.record(z.string(), z.number())),
  latency_ms: z.number(),
  trace: z.nullable(z.string()),
});
export type PredictionLogLine = z.infer<typeof predictionLogLineSchema>;
