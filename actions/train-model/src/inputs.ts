import {
  field,
  flag,
  inputs,
  lines,
  modelName,
  names,
  number,
  oneOf,
  parserOf,
  settingsFields,
  text,
  yamlMap,
  type InferInputs,
} from "#toolkit";
import { parseColumnTypes } from "./column-types.ts";
import { parseSplit } from "./split-rule.ts";

/** The inputs of train-model; action.yml and the README are made from them. */
export const schema = inputs({
  model: modelName("Name of the model.", { required: true }),
  command: text(
    "Your own trainer, in any language, e.g. `python train.py`; see the contract with a command.",
  ),
  trainer: oneOf(
    ["tabular"],
    "Built-in trainer: `tabular` trains from CSV, JSON Lines or Parquet without Python; it is taken when there is no `command`.",
  ),
  data: lines(
    "Training data, one path, glob, DVC pointer or `gs://` URI a line, relative to the repository's root.",
    { required: true },
  ),
  target: text("Column that holds what is predicted; the built-in trainer needs it."),
  features: names(
    "Columns to learn from; by default every column but target, id and that of a split by column.",
  ),
  task: oneOf(
    ["auto", "binary", "multiclass", "regression"],
    "What is predicted; `auto` reads it off the target.",
    { default: "auto" },
  ),
  id: names("Columns that together name a row; without any, its whole content does."),
  time: text("Column that says when a row happened; a split by time needs it."),
  missing: names("Fields that stand for a missing value beside the empty one, e.g. `NA`."),
  "column-types": field({
    description:
      "Types that columns must have where the data does not show them: a YAML map of names to `number`, `text` or `date`.",
    json: { type: ["object", "string"] },
    read: parseColumnTypes,
  }),
  expectations: text(
    "Data checks that must hold before anything is trained: a YAML list, a file that holds one, or `infer` to write one from this data.",
  ),
  split: field({
    description:
      "Shares of train, validation and test, `0.8/0.1/0.1`, by the hash of `id`; or `stratified 0.8/0.1/0.1`, `time 0.8/0.1/0.1`, or `column NAME` for a column that holds train, validation or test. Default: `0.8/0.1/0.1`; with `test-data` `0.9/0.1` (train and validation).",
    read: parseSplit,
  }),
  "test-data": lines(
    "A holdout of your own in place of a test part: paths, globs or `gs://` URIs, one a line.",
  ),
  "hand-over-test": flag("Whether the command is given the test part too, in `SLIPWAY_TEST`.", {
    default: "false",
  }),
  "keep-splits": oneOf(
    ["auto", "true", "false"],
    "Whether the parts are kept in the run directory or only their digests; `auto` keeps up to 100 MB of data.",
    { default: "auto" },
  ),
  "predict-command": text("Recorded with the version: how anybody scores it."),
  params: yamlMap("Parameters, a YAML map handed to the trainer."),
  seed: number("Everything random follows from it.", {
    default: "42",
    whole: true,
    min: 0,
    max: 4_294_967_295,
  }),
  "timeout-minutes": number("How long the training may take; by default as long as the job.", {
    min: 0.001,
    max: 100_000,
  }),
  "run-directory": text("Where the run's files are written, relative to the repository's root.", {
    default: "slipway-run",
  }),
  "working-directory": text("Where the command runs, relative to the repository's root.", {
    default: ".",
  }),
  code: lines(
    "Globs of the tracked files that count as the model's code; by default all but data, `*.md`, `.github`, `.slipway` and `slipway.yml`.",
  ),
  upload: oneOf(
    ["auto", "true", "false"],
    "Whether the run is uploaded as an artifact for later jobs; `auto` does so on a runner.",
    { default: "auto" },
  ),
  token: text("Token that may read contents.", { secret: true }),
  ...settingsFields,
});
export type Inputs = InferInputs<typeof schema>;
/** Reads the inputs; every fault is reported at once. */
export const parseInputs = parserOf(schema);
