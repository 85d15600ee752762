import { isStageName, parseVersion } from "#core";
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
  thresholds,
  type InferInputs,
} from "#toolkit";
import { CHECKS_JSON, readChecks } from "./checks/read-checks.ts";
import { GATE_METRICS } from "./vocabulary.ts";

/** What the candidate is held against. */
export type BaselineChoice =
  | { readonly kind: "none" }
  /** A stage, `latest` or a version. */
  | { readonly kind: "version"; readonly selector: string }
  /** A model or predictions file. */
  | { readonly kind: "file"; readonly path: string };

/** Reads `production`, `latest`, `v1.2.3`, `none` or a file's path. */
export function readBaselineChoice(raw: string): BaselineChoice {
  const written = raw.trim();
  if (written === "none") return { kind: "none" };
  if (/^(ref|run):/.test(written)) {
    throw new Error(
      "ref: and run: baselines are not supported yet; expected production, latest, a stage, a version such as v1.2.3, a file or none.",
    );
  }
  const version = parseVersion(written);
  if (version !== undefined) return { kind: "version", selector: version };
  if (/\.[A-Za-z0-9]+$/.test(written)) return { kind: "file", path: written };
  if (isStageName(written)) return { kind: "version", selector: written };
  throw new Error(
    "expected production, latest, a stage, a version such as v1.2.3, a file or none.",
  );
}

const AUTOMATIC = ["auto", "true", "false"] as const;

/** The inputs of evaluate-gate; action.yml and the README are made from them. */
export const schema = inputs({
  model: modelName("Name of the model.", { required: true }),
  "run-directory": text("Where train-model left the run, and where the evaluation is written.", {
    default: "slipway-run",
  }),
  "model-file": text("An ONNX model to judge; by default the run's own."),
  predictions: text(
    "A CSV, Parquet or JSON Lines file of target, prediction, scores and per-row measures, for a model of any kind.",
  ),
  "baseline-predictions": text(
    "The same of the baseline, joined by `id`; takes the place of `baseline`.",
  ),
  "predict-command": text(
    "Command that scores a model of any framework: reads the rows in SLIPWAY_ROWS, writes SLIPWAY_PREDICTIONS, finds the model in SLIPWAY_MODEL_DIR.",
  ),
  data: lines("Rows to evaluate on, paths or globs, one a line; by default the run's test part."),
  features: names(
    "The model's input columns, in its order; by default the signature's, else the names of its inputs.",
  ),
  target: text("Column of the truth; by default the run's."),
  prediction: text("Column of predictions files that holds the prediction.", {
    default: "prediction",
  }),
  scores: names(
    "Columns of predictions files with scores: one of the positive class, one a class in the classes' order, or `class=column` each; by default `score_<class>`.",
  ),
  "positive-class": text("Which of two classes is the positive one; by default the run's."),
  weight: text("Column of row weights."),
  id: names("Column or columns that identify a row; by default the run's."),
  time: text(
    "Column that says when a row was seen; regression errors are then compared in time order.",
  ),
  task: oneOf(["auto", "binary", "multiclass", "regression"], "What the model predicts.", {
    default: "auto",
  }),
  thresholds: thresholds(
    "What the model must hold, one a line: `accuracy >= 0.9`, `f1_macro >= production - 0.01`, `recall[region=EU] >= 0.8`, `p95_ms <= 20 warn`.",
    { required: true, vocabulary: { metrics: GATE_METRICS } },
  ),
  baseline: field({
    description:
      "What the model is compared with: `production` or another stage, `latest`, a version, a model file, or `none`.",
    default: "production",
    read: readBaselineChoice,
  }),
  checks: field({
    description:
      "What is looked for besides thresholds: `off`, `on`, `warn`, `error`, or a map of checks such as `{ leakage: off, overfit: 0.15, size: 50 warn }`; see Checks.",
    default: "on",
    json: CHECKS_JSON,
    read: readChecks,
  }),
  "training-data": lines(
    "Rows that the model was trained on, for checks: paths or globs, one a line; by default the run's training part.",
  ),
  slices: names("Columns for whose values the metrics are shown one by one."),
  confidence: number("Confidence of the intervals.", { default: "0.95", min: 0.5, max: 0.9999 }),
  "plain-bounds": oneOf(
    ["point", "interval"],
    "Whether a bound that is a number judges the value or its interval.",
    { default: "point" },
  ),
  resamples: number("Bootstrap resamples.", {
    default: "2000",
    min: 100,
    max: 100_000,
    whole: true,
  }),
  seed: number("Seed of the bootstrap and of the golden cases.", { default: "42", whole: true }),
  "min-slice-rows": number("Rows that a slice needs to be judged.", {
    default: "30",
    min: 1,
    whole: true,
  }),
  "on-inconclusive": oneOf(
    ["hold", "pass", "fail", "estimate"],
    "What becomes of a threshold that the rows do not settle: `hold` leaves the verdict inconclusive, `estimate` lets the point estimate decide.",
    { default: "hold" },
  ),
  comment: oneOf(
    AUTOMATIC,
    "Whether to write the report into the pull request; `auto` on pull requests.",
    {
      default: "auto",
    },
  ),
  summary: oneOf(AUTOMATIC, "Whether to write the report into the job's summary.", {
    default: "auto",
  }),
  html: oneOf(AUTOMATIC, "Whether to write report.html.", { default: "auto" }),
  "fail-on-verdict": flag("Whether a failed verdict fails the step.", { default: "true" }),
  "golden-cases": field({
    description:
      "How many request cases to make for smoke tests from the profile; `real` takes rows of the data instead, `0` makes none.",
    default: "20",
    read: readGoldenCases,
  }),
  engine: oneOf(["auto", "wasm", "native"], "Which ONNX runtime scores the model.", {
    default: "auto",
  }),
  upload: oneOf(
    AUTOMATIC,
    "Whether to upload the evaluation as an artifact; `auto` inside a workflow.",
    {
      default: "auto",
    },
  ),
  "working-directory": text("Where predict-command runs, relative to the repository's root.", {
    default: ".",
  }),
  token: text("Token that may read contents and write pull requests.", { secret: true }),
  ...settingsFields,
});
export type Inputs = InferInputs<typeof schema>;

/** How golden cases are made. */
export interface GoldenCaseChoice {
  readonly count: number;
  readonly from: "profile" | "rows";
}

function readGoldenCases(raw: string): GoldenCaseChoice {
  const written = raw.trim();
  if (written === "real") return { count: 20, from: "rows" };
  const count = Number(written);
  if (/^\d+$/.test(written) && count <= 1000) return { count, from: "profile" };
  throw new Error("expected a whole number from 0 to 1000, or real.");
}

/** Reads the inputs; every fault is reported at once. */
export const parseInputs = parserOf(schema);
