import {
  InputError,
  runRecordSchema,
  type FileEntry,
  type ModelAnswers,
  type RunRecord,
  type Signature,
  type Task,
} from "#core";
import { readColumnKinds, type ColumnKind } from "#data";
import { fetchRunDirectory, type RunDirectory } from "#toolkit";
import type { Inputs } from "./inputs.ts";
import type { Ports } from "./ports.ts";
import { findServedVersion } from "./served-version.ts";

/** What is judged, from the run and the inputs; an input wins over the run. */
export interface Subject {
  readonly model: string;
  /** `null` when the gate is used alone. */
  readonly run: RunRecord | null;
  readonly task: Task | null;
  readonly target: string;
  /** In the model's order; `null` where only model or data tell. */
  readonly classes: readonly string[] | null;
  readonly positiveClass: string | null;
  /** Which output is the prediction; `null` where the model has one. */
  readonly output: string | null;
  /** How the step was told to read the model's answers; `null` where it was not. */
  readonly toldAnswers: ModelAnswers | null;
  readonly id: readonly string[];
  readonly time: string | null;
  readonly weight: string | null;
  readonly cluster: string | null;
  readonly features: readonly string[] | null;
  readonly signature: Signature | null;
  readonly predictCommand: string | null;
  /** Whose lines of a prediction log are judged; `null` for every version's. */
  readonly servedVersion: string | null;
  /** Types that the training data had, by column. */
  readonly columnKinds: Readonly<Record<string, ColumnKind>>;
}

/**
 * Reads what is judged. The gate used alone (predictions, or a model file with data) needs no run.
 *
 * @throws InputError `RUN_NOT_FOUND`, `OTHER_MODEL`, `NO_TARGET`
 */
export async function readSubject(
  inputs: Inputs,
  { directory, ports }: { readonly directory: RunDirectory; readonly ports: Ports },
): Promise<Subject> {
  if (inputs.groundTruth !== null) return readServedSubject(inputs, ports);
  if (!isUsedAlone(inputs)) {
    await fetchRunDirectory(directory, {
      model: inputs.model,
      artifacts: ports.artifacts,
      needs: "run.json",
      instead: "Without a run, give predictions:, or model-file: and data:.",
    });
  }
  const run = (await directory.has("run.json"))
    ? await directory.readDocument(runRecordSchema, "run.json")
    : null;
  if (run !== null) refuseOtherModel(run, inputs);
  return combine(inputs, run);
}

/** In production the facts are those of the version that served. */
async function readServedSubject(inputs: Inputs, ports: Ports): Promise<Subject> {
  if (inputs.predictions === null) {
    throw new InputError({
      code: "NO_PREDICTIONS",
      message: "ground-truth is given, but predictions is not.",
      hint: "Give predictions: the prediction log, e.g. gs://acme-logs/weather/{date}/*.jsonl, or a file of predictions.",
    });
  }
  const { version, run } = await findServedVersion(inputs, ports);
  // The labels are joined by the log's own id, which is not one of the training data's columns.
  const subject = combine(inputs, run);
  return { ...subject, id: inputs.id ?? [], time: inputs.time, servedVersion: version };
}

function isUsedAlone(inputs: Inputs): boolean {
  return inputs.predictions !== null || (inputs.modelFile !== null && inputs.data !== null);
}

function refuseOtherModel(run: RunRecord, inputs: Inputs): void {
  if (run.model === inputs.model) return;
  throw new InputError({
    code: "OTHER_MODEL",
    message: `The run in ${inputs.runDirectory} is of model ${run.model}, not ${inputs.model}.`,
    hint: "Give model: the name that train-model was given, or another run-directory:.",
  });
}

function combine(inputs: Inputs, run: RunRecord | null): Subject {
  const target = inputs.target ?? run?.target ?? null;
  if (target === null) {
    throw new InputError({
      code: "NO_TARGET",
      message: "Input target is not given, and no run says which column holds the truth.",
      hint: "Give target: the column's name, here or in slipway.yml.",
    });
  }
  const task = inputs.task === "auto" ? (run?.task ?? null) : inputs.task;
  refuseClasses(inputs, task);
  // A model file of the user's own is not the one that the run's signature describes.
  const ownFile =
    inputs.modelFile !== null && run?.files.every(({ path }) => path !== inputs.modelFile);
  return {
    model: inputs.model,
    run,
    task,
    target,
    classes: inputs.classes ?? classesOfRun(run),
    positiveClass: inputs.positiveClass ?? run?.positive_class ?? null,
    output: inputs.output,
    toldAnswers: toldAnswers(inputs),
    id: inputs.id ?? run?.id_columns ?? [],
    time: inputs.time ?? run?.time_column ?? null,
    weight: inputs.weight,
    cluster: inputs.cluster,
    features: inputs.features,
    signature: ownFile === true || inputs.features !== null ? null : (run?.signature ?? null),
    predictCommand: inputs.predictCommand ?? run?.predict_command ?? null,
    servedVersion: null,
    columnKinds: readColumnKinds(run),
  };
}

/** The classes that a run says; `null` where it says none. */
export function classesOfRun(run: RunRecord | null): readonly string[] | null {
  return run !== null && run.classes.length > 0 ? run.classes : null;
}

function toldAnswers({ output, classes }: Inputs): ModelAnswers | null {
  if (output === null && classes === null) return null;
  return { output, classes: classes === null ? null : [...classes] };
}

function refuseClasses({ classes }: Inputs, task: Task | null): void {
  if (classes === null) return;
  const isAnother = task === "regression" || (task === "binary" && classes.length !== 2);
  if (!isAnother) return;
  throw new InputError({
    code: "TASK_DISAGREES",
    message: `classes names ${classes.length} classes, but the task is ${task}.`,
    hint: `${task === "regression" ? "Leave classes out" : "Name two classes"}, or say task: multiclass.`,
  });
}

/** Formats besides ONNX that are scored in process, as train-model writes them. */
const scoredFormats: ReadonlySet<string | undefined> = new Set([
  "tfjs-layers",
  "tfjs-graph",
  "xgboost-ubj",
  "xgboost-json",
  "lightgbm-text",
]);

/**
 * The run's model that can be scored in process: its ONNX model, else its TensorFlow.js, XGBoost or
 * LightGBM file, unless a predict-command says how that is scored (it may prepare the columns first).
 */
export function findModelFile(
  files: readonly FileEntry[],
  predictCommand: string | null = null,
): FileEntry | null {
  const models = files.filter(({ role }) => role === "model");
  const onnx = models.find(({ format, path }) => format === "onnx" || hasEnding(path, ".onnx"));
  if (onnx !== undefined || predictCommand !== null) return onnx ?? null;
  const others = models.find(
    ({ format, path }) => scoredFormats.has(format) || hasEnding(path, ".ubj"),
  );
  return others ?? null;
}

function hasEnding(path: string, ending: string): boolean {
  return path.toLowerCase().endsWith(ending);
}

/** Weights in files of their own, which lie beside the model. */
export function findWeightFiles(files: readonly FileEntry[]): readonly FileEntry[] {
  return files.filter(({ role, format }) => role === "model" && format === "weights");
}
