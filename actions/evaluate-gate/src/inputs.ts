import { isStageName, parseVersion, type ErrorFacts } from "#core";
import {
  duration,
  field,
  flag,
  inputs,
  lines,
  modelName,
  names,
  number,
  oneOf,
  parseDurationMs,
  parserOf,
  readNames,
  settingsFields,
  text,
  thresholds,
  type InferInputs,
  type RawInputs,
} from "#toolkit";
import { CHECKS_JSON, readChecks } from "./checks/read-checks.ts";
import { GATE_VOCABULARY } from "./vocabulary.ts";

/** What the candidate is held against. */
export type BaselineChoice =
  | { readonly kind: "none" }
  /** A stage, `latest` or a version. */
  | { readonly kind: "version"; readonly selector: string }
  /** A model or predictions file. */
  | { readonly kind: "file"; readonly path: string }
  /** The same files as another branch, tag or commit has them; `path` where they have another name there. */
  | { readonly kind: "ref"; readonly ref: string; readonly path: string | null }
  /** What the newest successful run on a branch judged. */
  | { readonly kind: "run"; readonly branch: string };

const EXPECTED =
  "expected production, latest, a stage, a version such as v1.2.3, a file, ref:<branch, tag or commit>, run:<branch> or none.";

/** What git takes as a ref or a revision, and no option. */
const REF = /^[^-\s:?*[\\\p{Cc}][^\s:?*[\\\p{Cc}]*$/u;

/** Reads `production`, `latest`, `v1.2.3`, `none`, a file's path, `ref:main` or `run:main`. */
export function readBaselineChoice(raw: string): BaselineChoice {
  const written = raw.trim();
  if (written === "none") return { kind: "none" };
  const [, kind, name = "", path] = /^(ref|run):([^:]*)(?::(.*))?$/s.exec(written) ?? [];
  if (kind === "ref" && REF.test(name) && path?.trim() !== "") {
    return { kind, ref: name, path: path?.trim() ?? null };
  }
  if (kind === "run" && REF.test(name) && path === undefined) return { kind, branch: name };
  if (kind !== undefined) throw new Error(EXPECTED);
  const version = parseVersion(written);
  if (version !== undefined) return { kind: "version", selector: version };
  if (/\.[A-Za-z0-9]+$/.test(written)) return { kind: "file", path: written };
  if (isStageName(written)) return { kind: "version", selector: written };
  throw new Error(EXPECTED);
}

const AUTOMATIC = ["auto", "true", "false"] as const;

/** The inputs of evaluate-gate; action.yml and the README are made from them. */
export const schema = inputs({
  model: modelName("Name of the model.", { required: true }),
  "run-directory": text("Where train-model left the run, and where the evaluation is written.", {
    default: "slipway-run",
  }),
  "model-file": text(
    "The model to judge: ONNX, TensorFlow.js (`model.json`), XGBoost (`.json`, `.ubj`) or LightGBM (text), by default the run's own; with predict-command a file or folder of any kind.",
  ),
  predictions: lines(
    "CSV, Parquet or JSON Lines files of target, prediction, scores and per-row measures, for a model of any kind; with `ground-truth` also a server's prediction log, e.g. `gs://acme-logs/weather/{date}/*.jsonl`, where `{date}` stands for each day of the window.",
  ),
  "ground-truth": lines(
    "Late labels: files with the columns `id` and the target, joined to the predictions by id. The gate then judges what was answered in production.",
  ),
  window: duration("Only predictions of the last so long of a prediction log, e.g. `7d`."),
  "served-version": text(
    "Whose answers of a prediction log are judged: a stage, `latest`, a version, or `all`.",
    { default: "production" },
  ),
  "baseline-predictions": text(
    "The same of the baseline, joined by `id`; takes the place of `baseline`.",
  ),
  "predict-command": text(
    "Command that scores a model of any framework: reads the rows in SLIPWAY_ROWS, writes SLIPWAY_PREDICTIONS, finds the model in SLIPWAY_MODEL_DIR (the file itself in SLIPWAY_MODEL_FILE).",
  ),
  "predict-timeout": field({
    description: "How long predict-command may take for one model, such as `90s` or `2h`.",
    default: "1h",
    read: readTimeout,
  }),
  data: lines("Rows to evaluate on, paths or globs, one a line; by default the run's test part."),
  features: names(
    "The model's input columns, in its order; by default the signature's, else the names of its inputs.",
  ),
  output: text(
    "Which output is the prediction, of a model that has several. The release of a baseline says its own.",
  ),
  classes: field({
    description:
      "The classes in the model's order, where it answers with codes 0, 1, … or bare probabilities while the target holds names; separated by commas, or one a line. By default the model's own, else the run's. The release of a baseline says its own.",
    json: { oneOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
    read: readClasses,
  }),
  target: text("Column of the truth; by default the run's."),
  prediction: text("Column of predictions files that holds the prediction.", {
    default: "prediction",
  }),
  scores: names(
    "Columns of predictions files with scores: one of the positive class, one a class in the classes' order, or `class=column` each; by default `score_<class>`.",
  ),
  "positive-class": text("Which of two classes is the positive one; by default the run's."),
  weight: text("Column of row weights."),
  cluster: text(
    "Column of the entity that rows belong to, e.g. a patient: whole entities are resampled.",
  ),
  id: names("Column or columns that identify a row; by default the run's."),
  time: text(
    "Column that says when a row was seen, as dates or numbers: p of two regressions' errors is then Diebold and Mariano's, in time order; intervals, which decide, take rows as independent.",
  ),
  task: oneOf(["auto", "binary", "multiclass", "regression"], "What the model predicts.", {
    default: "auto",
  }),
  thresholds: thresholds(
    "What the model must hold, one a line: `accuracy >= 0.9`, `f1_macro >= production - 0.01`, `recall[region=EU] >= 0.8`, `p95_ms <= 20 warn`. Required, but with `report-run`.",
    { vocabulary: GATE_VOCABULARY },
  ),
  baseline: field({
    description:
      "What the model is compared with: `production` or another stage, `latest`, a version, a model or predictions file; `ref:main`, the same files in another branch, tag or commit; `run:main`, what the newest successful run on that branch judged; or `none`.",
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
  slices: names(
    "Columns for whose values the metrics are shown one by one; `auto` also searches for the weakest segments of one and two columns.",
  ),
  "error-analysis": oneOf(
    ["auto", "full", "off"],
    "How far the errors are looked into: `auto` takes some tenths of a second for permutation importance and attributions of an ordinary model and up to 2 s each, `full` more rows and repeats and up to 60 s each, `off` leaves it all out.",
    { default: "auto" },
  ),
  "show-values": names(
    "Columns whose values the report may show for the worst errors; none by default.",
  ),
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
  intervals: oneOf(
    ["auto", "percentile", "bca"],
    "How intervals are made: `auto` takes Wilson's, DeLong's, a bootstrap t or expanded percentiles, whichever fits the metric; the others bootstrap every metric, and are too narrow for few rows.",
    { default: "auto" },
  ),
  mcnemar: oneOf(
    ["exact", "mid-p"],
    "McNemar's test of two accuracies: exact, or the less conservative mid-p.",
    { default: "exact" },
  ),
  correction: oneOf(
    ["bh", "holm"],
    "How p is corrected for the number of slices before one is called bad: Benjamini-Hochberg or Holm.",
    { default: "bh" },
  ),
  "zero-division": oneOf(
    ["undefined", "0", "1"],
    "What a rate with nothing to divide by is; `undefined` fails its threshold and says why.",
    { default: "undefined" },
  ),
  seed: number("Seed of the bootstrap and of the golden cases.", { default: "42", whole: true }),
  "min-slice-rows": number("Rows that a slice needs to be judged.", {
    default: "30",
    min: 1,
    whole: true,
  }),
  "on-inconclusive": oneOf(
    ["hold", "pass", "fail", "estimate"],
    "What becomes of a threshold that the rows do not settle: `hold` leaves the verdict inconclusive and the step passes with a warning, `fail` fails, `pass` passes, `estimate` lets the point estimate decide.",
    { default: "hold" },
  ),
  comment: oneOf(
    AUTOMATIC,
    "Whether to write the report into the pull request; `auto` on pull requests.",
    {
      default: "auto",
    },
  ),
  "check-run": oneOf(
    AUTOMATIC,
    "Whether to add a check run with the report and remarks beside the thresholds; `auto` on pull requests, when the token has `checks: write`.",
    { default: "auto" },
  ),
  summary: oneOf(AUTOMATIC, "Whether to write the report into the job's summary.", {
    default: "auto",
  }),
  html: oneOf(AUTOMATIC, "Whether to write report.html.", { default: "auto" }),
  "report-run": number(
    "Judges nothing, but posts the report that this workflow run left into its pull request: for pull requests from forks, from a `workflow_run` workflow.",
    { min: 1, whole: true },
  ),
  "fail-on-verdict": flag("Whether a failed verdict fails the step.", { default: "true" }),
  "golden-cases": field({
    description:
      "How many request cases to make for smoke tests from the profile; `real` takes rows of the data instead, `0` makes none.",
    default: "20",
    read: readGoldenCases,
  }),
  engine: oneOf(
    ["auto", "wasm", "native"],
    "Which runtime scores the model: `wasm` needs no install; `native` (onnxruntime-node) is brought once from npm's registry, pinned and verified, into the runner's tool cache; `auto` takes `native` where it is there already or would save 20 s, else `wasm`. A TensorFlow.js model runs on the project's own tfjs-node where that is installed (`native` insists on it, `wasm` leaves it), else on TensorFlow.js in plain JavaScript.",
    { default: "auto" },
  ),
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
  token: text("Token that may read contents, write pull requests and, for run:, read actions.", {
    secret: true,
  }),
  ...settingsFields,
});
type RawSchemaInputs = InferInputs<typeof schema>;
/** The inputs; without thresholds only where another run's report is posted. */
export type Inputs = Omit<RawSchemaInputs, "thresholds"> & {
  readonly thresholds: NonNullable<RawSchemaInputs["thresholds"]>;
};

/** A name may hold a comma where names stand one a line, or in double quotes. */
function readClasses(raw: string): readonly string[] {
  const isOneALine = /[\r\n]/.test(raw.trim());
  const classes = isOneALine
    ? raw.split(/\r?\n/).flatMap((line) => (isQuoted(line) ? readNames(line) : line.trim() || []))
    : readNames(raw);
  const twice = classes.find((name, at) => classes.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`${twice} is named twice.`);
  if (classes.length < 2) throw new Error("expected two or more classes, in the model's order.");
  return classes;
}

function isQuoted(line: string): boolean {
  return /^\s*".*"\s*$/.test(line);
}

function readTimeout(raw: string): number {
  const durationMs = parseDurationMs(raw);
  if (durationMs > 0) return durationMs;
  throw new Error("expected a duration above 0 such as 90s, 10m or 1h30m.");
}

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

const parseFields = parserOf(schema, findMissingThresholds);

/** Reads the inputs; every fault is reported at once. */
export const parseInputs = Object.assign(
  (raw: RawInputs): Inputs => {
    const read = parseFields(raw);
    return { ...read, thresholds: read.thresholds ?? [] };
  },
  { fields: schema },
);

function findMissingThresholds(raw: RawInputs): readonly ErrorFacts[] {
  const isGiven = (name: string): boolean => (raw[name]?.text.trim() ?? "") !== "";
  if (isGiven("thresholds") || isGiven("report-run")) return [];
  return [
    {
      code: "MISSING_INPUT",
      message: `Input thresholds is required: ${schema.thresholds.description}`,
      hint: "Give it in with:, or in slipway.yml.",
    },
  ];
}
