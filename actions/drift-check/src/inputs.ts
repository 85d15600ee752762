import {
  parseThresholds,
  parseVersion,
  suggestNearest,
  type ErrorFacts,
  type Threshold,
} from "#core";
import { allMetricNames, driftStatistics, type DriftStatistic } from "#stats/catalog";
import {
  duration,
  field,
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
  type RawInputs,
} from "#toolkit";

/** How columns are judged. */
export type Method =
  | {
      readonly kind: "slipway";
      readonly statistic: DriftStatistic;
      readonly byColumn: Readonly<Record<string, DriftStatistic>>;
    }
  | { readonly kind: "evidently" };

/** What the current data is compared with. */
export type ReferenceChoice =
  | { readonly kind: "version"; readonly selector: string }
  | { readonly kind: "file"; readonly path: string };

/** What may be done about drift. */
export type Response = "issue" | "dispatch" | "fail" | "none";
const RESPONSES: readonly Response[] = ["issue", "dispatch", "fail", "none"];

/** Metrics of missing values and of the whole data. */
export const QUALITY_METRICS = ["null_rate", "null_rate_change"] as const;
/** The share of judged columns that drifted. */
export const SHARE_METRIC = "drifted_share";

/** Names by which a threshold may mean the reference version's own evaluation. */
export const REFERENCE_NAMES = ["production", "baseline", "reference"];

const DEFAULT_THRESHOLDS = "drifted_share <= 0.3\njs(*) <= 0.1 warn\nnull_rate_change(*) <= 0.1";
const EVIDENTLY_THRESHOLDS = "drifted_share < 0.5";

/** The inputs of drift-check; action.yml and the README are made from them. */
export const schema = inputs({
  model: modelName("Name of the model.", { required: true }),
  reference: field({
    description:
      "What the current data is compared with: a version, a stage, `latest`, or a file: a `profile.json`, or rows (CSV, JSON Lines, Parquet).",
    default: "production",
    read: readReference,
  }),
  current: lines(
    "The current data, one a line: paths, globs and `gs://` URIs of CSV, JSON Lines and Parquet; prediction logs are recognised by their content. `{date}` stands for each day of the window, e.g. `gs://acme-logs/weather/{date}/*.jsonl`.",
    { required: true },
  ),
  window: duration("Only rows of the last so long by the time column, e.g. `7d`."),
  columns: names("Only these columns; by default all of the reference."),
  ignore: names("Not these columns."),
  method: field({
    description: `\`slipway\` (Jensen-Shannon distance of at least 0.1 and beyond what noise gives), \`evidently\` (Evidently's defaults; needs rows as reference), a statistic (${[...driftStatistics.keys()].map((name) => `\`${name}\``).join(", ")}), or \`column: statistic\` pairs.`,
    default: "slipway",
    json: { type: ["string", "object"] },
    read: readMethod,
  }),
  thresholds: field({
    description: `What must hold, one threshold a line; a threshold of a column also needs a corrected p below 1 - confidence. Default: ${DEFAULT_THRESHOLDS.replaceAll("\n", "; ")}; with \`method: evidently\` ${EVIDENTLY_THRESHOLDS}.`,
    json: { oneOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
    read: readThresholds,
  }),
  "min-rows": number("Rows that both sides must have before anything is called drift.", {
    default: "100",
    min: 1,
    whole: true,
  }),
  confidence: number("Of the bound that noise alone stays below.", {
    default: "0.99",
    min: 0.5,
    max: 0.999_999,
  }),
  correction: oneOf(
    ["bh", "holm", "none"],
    "How p is corrected for the number of columns: Benjamini-Hochberg, Holm or not.",
    { default: "bh" },
  ),
  "ground-truth": lines(
    "Late labels: files with the columns `id` and the target, joined to the predictions by id.",
  ),
  "on-drift": field({
    description:
      "What to do about drift, any of `issue` (open one, keep it up to date, close it), `dispatch` (start `retrain-workflow`), `fail` (fail the step) or `none`.",
    default: "issue",
    json: { oneOf: [{ type: "string" }, { type: "array", items: { enum: [...RESPONSES] } }] },
    read: readResponses,
  }),
  "retrain-workflow": field({
    description: "File name of the workflow to start, e.g. `retrain.yml`.",
    read: readWorkflow,
  }),
  "retrain-inputs": yamlMap(
    "Further inputs for that workflow, a YAML map; `model`, `reason` and `issue` are given anyway.",
  ),
  cooldown: duration("How long no second retraining is started.", { default: "24h" }),
  consecutive: number(
    "How many checks in a row must drift before a retraining is started or the step fails; the issue opens with the first and counts them.",
    { default: "1", min: 1, max: 30, whole: true },
  ),
  "metrics-file": text("Also write the figures to this file, in Prometheus' text format."),
  time: text(
    "Time column of the current data; by default the one that the model was trained with.",
  ),
  id: names("Columns that together name a row; by default those that the model was trained with."),
  target: text("Target column; by default the one that the model was trained on."),
  "run-directory": text("Where the report and the current profile are written.", {
    default: "slipway-run",
  }),
  token: text("Token that may read contents and write issues (and actions, to dispatch).", {
    secret: true,
  }),
  ...settingsFields,
});
type RawSchemaInputs = InferInputs<typeof schema>;
/** The inputs, with the thresholds that the method has where none are given. */
export type Inputs = Omit<RawSchemaInputs, "thresholds"> & {
  readonly thresholds: readonly Threshold[];
};

const parseFields = parserOf(schema, (_, read) => [...responseFaults(read), ...truthFaults(read)]);

/** Reads the inputs; every fault is reported at once. */
export const parseInputs = Object.assign(
  (raw: RawInputs): Inputs => {
    const read = parseFields(raw);
    const standard = read.method.kind === "evidently" ? EVIDENTLY_THRESHOLDS : DEFAULT_THRESHOLDS;
    return { ...read, thresholds: read.thresholds ?? readThresholds(standard) };
  },
  { fields: schema },
);

/** The inputs that could be read by themselves. */
type ReadableInputs = Partial<RawSchemaInputs>;

function responseFaults(read: ReadableInputs): readonly ErrorFacts[] {
  const faults: ErrorFacts[] = [];
  const { onDrift, retrainWorkflow, consecutive = 1 } = read;
  if (onDrift === undefined) return [];
  if (onDrift.includes("dispatch") && retrainWorkflow === null) {
    faults.push({
      code: "NO_RETRAIN_WORKFLOW",
      message: "on-drift has dispatch, but retrain-workflow names no workflow.",
      hint: "Give retrain-workflow: retrain.yml, or take dispatch out of on-drift.",
    });
  }
  if (onDrift.includes("issue")) return faults;
  if (onDrift.includes("dispatch")) {
    faults.push({
      code: "DISPATCH_WITHOUT_ISSUE",
      message: "on-drift has dispatch without issue: the issue remembers the last retraining.",
      hint: "Give on-drift: issue, dispatch.",
    });
  }
  if (consecutive > 1) {
    faults.push({
      code: "CONSECUTIVE_WITHOUT_ISSUE",
      message: `consecutive is ${consecutive}, but on-drift has no issue: the issue counts the checks.`,
      hint: "Give on-drift: issue as well, or consecutive: 1.",
    });
  }
  return faults;
}

function truthFaults({ thresholds, groundTruth }: ReadableInputs): readonly ErrorFacts[] {
  if (groundTruth !== null) return [];
  return (thresholds ?? [])
    .filter(({ metric }) => !DRIFT_METRICS.includes(metric))
    .map(({ line, metric }) => ({
      code: "METRIC_NEEDS_TRUTH",
      message: `Threshold line ${line}: ${metric} needs labels, and ground-truth names none.`,
      hint: "Give ground-truth: files with the columns id and the target, or take the threshold out.",
    }));
}

const DRIFT_METRICS: readonly string[] = [
  ...driftStatistics.keys(),
  ...QUALITY_METRICS,
  SHARE_METRIC,
];

function readThresholds(raw: string): readonly Threshold[] {
  const thresholds = parseThresholds(raw, {
    metrics: [...DRIFT_METRICS, ...allMetricNames()],
    references: REFERENCE_NAMES,
  });
  for (const threshold of thresholds) {
    const { metric, argument, line } = threshold;
    if (threshold.slice !== null)
      throw new Error(`Threshold line ${line}: slices are not supported by drift-check.`);
    const isOfColumn = DRIFT_METRICS.includes(metric) && metric !== SHARE_METRIC;
    if (isOfColumn && argument === null)
      throw new Error(
        `Threshold line ${line}: ${metric} needs a column, or * for every one, e.g. ${metric}(*).`,
      );
    if (isOfColumn && threshold.bounds.some(({ limit }) => limit.kind === "reference"))
      throw new Error(`Threshold line ${line}: ${metric} is held against a number.`);
  }
  return thresholds;
}

const FILE_ENDING = /\.(?:json|jsonl|ndjson|csv|tsv|txt|parquet|pq)(?:\.(?:gz|zst|zstd))?$/i;

function readReference(raw: string): ReferenceChoice {
  const written = raw.trim();
  const version = parseVersion(written);
  if (version !== undefined) return { kind: "version", selector: version };
  if (written.includes("://") || /[*?[\]{}]/.test(written) || FILE_ENDING.test(written))
    return { kind: "file", path: written };
  if (/^[a-zA-Z][\w/-]*$/.test(written)) return { kind: "version", selector: written };
  throw new Error(
    "expected a version such as v1.2.3, latest, a stage, or a file (.json, .csv, .jsonl, .parquet).",
  );
}

function readMethod(raw: string): Method {
  const items = raw.split(/[,\r\n]+/).flatMap((item) => item.trim() || []);
  if (items.length === 1 && items[0] === "evidently") return { kind: "evidently" };
  let statistic: DriftStatistic = "js";
  const byColumn: Record<string, DriftStatistic> = {};
  for (const item of items) {
    const pair = /^(.+?)\s*[:=]\s*(\w+)$/.exec(item);
    if (pair?.[1] !== undefined && pair[2] !== undefined)
      byColumn[pair[1]] = readStatistic(pair[2]);
    else if (item !== "slipway") statistic = readStatistic(item);
  }
  return { kind: "slipway", statistic, byColumn };
}

function readStatistic(name: string): DriftStatistic {
  const found = driftStatistics.get(name);
  if (found !== undefined) return found.name;
  const known = ["slipway", "evidently", ...driftStatistics.keys()];
  throw new Error(`there is no method "${name}". ${suggestNearest(name, known)}`);
}

function readResponses(raw: string): readonly Response[] {
  const words = raw.split(/[,\r\n\s]+/).filter((word) => word !== "");
  const found = words.map((word) => {
    const known = RESPONSES.find((response) => response === word);
    if (known === undefined)
      throw new Error(
        `expected any of ${RESPONSES.join(", ")}. ${suggestNearest(word, RESPONSES)}`,
      );
    return known;
  });
  if (found.includes("none") && found.length > 1)
    throw new Error("none stands alone: nothing is done about drift.");
  return found.filter((response) => response !== "none");
}

function readWorkflow(raw: string): string {
  const name = raw.trim().replace(/^\.github\/workflows\//, "");
  if (/^[\w.-]+\.ya?ml$/.test(name)) return name;
  throw new Error("expected a workflow's file name, such as retrain.yml.");
}
