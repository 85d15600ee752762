import * as z from "zod/mini";
import { digest, instant, numberOrNull, pathInside } from "./schema.ts";

/** What a model predicts. */
export const taskSchema = z.enum(["binary", "multiclass", "regression"]);
export type Task = z.infer<typeof taskSchema>;

/** One column that a model reads: its kind, and which input of the model takes it at which index. */
export const signatureColumnSchema = z.looseObject({
  name: z.string(),
  kind: z.enum(["number", "integer", "text", "boolean", "date"]),
  /** Name of the model's input. */
  input: z.string(),
  /** Place within that input's second dimension; 0 for an input of its own. */
  index: z.number(),
});

/** What goes into a model and what comes out. */
export const signatureSchema = z.looseObject({
  columns: z.array(signatureColumnSchema),
  outputs: z.array(
    z.looseObject({
      name: z.string(),
      type: z.string(),
      /** `null` stands for a free dimension. */
      shape: z.array(z.nullable(z.number())),
    }),
  ),
});
export type Signature = z.infer<typeof signatureSchema>;

/** How a model's answers are to be read, where its file does not tell: what evaluate-gate was told. */
export const answersSchema = z.looseObject({
  /** The output that is the prediction, of a model with several. */
  output: z.nullable(z.string()),
  /** Names of the classes in the model's order. */
  classes: z.nullable(z.array(z.string())),
});
export type ModelAnswers = z.infer<typeof answersSchema>;

/** A file of the run, relative to the run directory. */
export const fileEntrySchema = z.looseObject({
  path: pathInside,
  role: z.enum([
    "model",
    "metrics",
    "profile",
    "split",
    "predictions",
    "evaluation",
    "report",
    "golden",
    "preprocessing",
    "other",
  ]),
  bytes: z.number(),
  digest,
  format: z.optional(z.string()),
});
export type FileEntry = z.infer<typeof fileEntrySchema>;

const splitPartSchema = z.looseObject({
  rows: z.number(),
  digest,
  /** Path in the run directory, or `null` when only the digest was kept. */
  path: z.nullable(pathInside),
});

/** How rows were divided. */
export const splitSchema = z.looseObject({
  method: z.enum(["hash", "stratified", "time", "column", "given"]),
  fractions: z.nullable(z.array(z.number())),
  salt: z.nullable(z.string()),
  /** The id columns, or the column of a `time` or `column` split. */
  columns: z.array(z.string()),
  parts: z.record(z.string(), splitPartSchema),
});

/** The data that a run was trained on. */
export const dataEntrySchema = z.looseObject({
  name: z.string(),
  uri: z.string(),
  digest,
  bytes: z.number(),
  rows: z.number(),
  columns: z.array(z.string()),
  dvc: z.optional(z.nullable(z.looseObject({ md5: z.string(), rev_lock: z.nullable(z.string()) }))),
});

/** `run.json`: everything about how a model was trained. */
export const runRecordSchema = z.looseObject({
  schema: z.literal("slipway/run@1"),
  model: z.string(),
  id: z.string(),
  started: instant,
  finished: instant,
  source: z.looseObject({
    repository: z.nullable(z.string()),
    commit: z.nullable(z.string()),
    ref: z.nullable(z.string()),
    dirty: z.boolean(),
    run_url: z.nullable(z.string()),
  }),
  trainer: z.looseObject({
    kind: z.enum(["command", "tabular"]),
    /** The command line, or the model kind that the built-in trainer chose. */
    name: z.string(),
  }),
  predict_command: z.optional(z.nullable(z.string())),
  params: z.record(z.string(), z.unknown()),
  seed: z.number(),
  search: z.nullable(
    z.looseObject({
      algorithm: z.string(),
      objective: z.string(),
      trials: z.array(
        z.looseObject({ params: z.record(z.string(), z.unknown()), objective: numberOrNull }),
      ),
    }),
  ),
  environment: z.looseObject({
    os: z.string(),
    architecture: z.string(),
    image: z.nullable(z.string()),
    node: z.string(),
    python: z.nullable(z.string()),
    packages: z.record(z.string(), z.string()),
  }),
  /** Digest over the tracked files that count as code; `null` outside a git repository. */
  code: z.optional(z.nullable(z.looseObject({ digest, files: z.number() }))),
  data: z.array(dataEntrySchema),
  split: z.nullable(splitSchema),
  /** Metrics by split, by name. */
  metrics: z.record(z.string(), z.record(z.string(), numberOrNull)),
  task: z.nullable(taskSchema),
  target: z.nullable(z.string()),
  /** In the model's order; empty for regression. */
  classes: z.array(z.string()),
  positive_class: z.nullable(z.string()),
  id_columns: z.array(z.string()),
  time_column: z.nullable(z.string()),
  signature: z.nullable(signatureSchema),
  files: z.array(fileEntrySchema),
});
/** `slipway/run@1` */
export type RunRecord = z.infer<typeof runRecordSchema>;
