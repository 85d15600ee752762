import { SlipwayError, type FileEntry, type RunRecord, type Signature } from "#core";
import type { RunDirectory } from "#toolkit";
import type { ChosenColumns } from "./choose-columns.ts";
import type { Curves } from "./metric-lines.ts";
import { parseMetricsFile } from "./metrics-file.ts";
import { readMlflowSignature } from "./mlflow-signature.ts";

/** What a command's files say of its model. */
export interface CommandResult {
  readonly signature: Signature | null;
  /** The model's own order of classes, where its file tells. */
  readonly classes: readonly string[] | null;
  readonly metrics: RunRecord["metrics"];
  readonly curves: Curves;
  readonly notes: readonly string[];
}

/**
 * Reads metrics and signature from what a command left.
 *
 * @throws DataError `BAD_METRICS`, or what is wrong with an ONNX file
 */
export async function readCommandResult(
  files: readonly FileEntry[],
  {
    directory,
    columns,
    featuresAreNamed,
    curves,
  }: {
    readonly directory: RunDirectory;
    readonly columns: ChosenColumns;
    readonly featuresAreNamed: boolean;
    readonly curves: Curves;
  },
): Promise<CommandResult> {
  const metrics = await readMetrics(files, directory, curves);
  const file = findDescribed(files);
  const model =
    file === undefined
      ? null
      : await describeModel(file, directory.resolve(file.path), columns.features, featuresAreNamed);
  return {
    ...metrics,
    signature: model?.signature ?? (await readMlflowSignature(files, directory)),
    classes: model?.classes ?? null,
    notes: model?.notes ?? [],
  };
}

async function readMetrics(
  files: readonly FileEntry[],
  directory: RunDirectory,
  curves: Curves,
): Promise<Pick<CommandResult, "metrics" | "curves">> {
  const last = Object.fromEntries(
    [...curves].map(([name, points]) => [name, points.at(-1)?.value ?? null]),
  );
  const values: Record<string, number | null> = { ...last };
  const all = new Map(curves);
  for (const file of files.filter(({ role }) => role === "metrics")) {
    const read = parseMetricsFile(await directory.readText(file.path), file.path);
    Object.assign(values, read.values);
    for (const [name, points] of read.curves) if (!all.has(name)) all.set(name, points);
  }
  return { metrics: Object.keys(values).length === 0 ? {} : { run: values }, curves: all };
}

/** Formats whose files tell what goes in and what comes out, the one that is scored first. */
const describedFormats = [
  "onnx",
  "xgboost-ubj",
  "xgboost-json",
  "lightgbm-text",
  "tfjs-graph",
  "tfjs-layers",
];

function findDescribed(files: readonly FileEntry[]): FileEntry | undefined {
  const models = files.filter(({ role }) => role === "model");
  return describedFormats
    .map((wanted) => models.find(({ format }) => format === wanted))
    .find((file) => file !== undefined);
}

type Description = Pick<CommandResult, "signature" | "classes" | "notes">;

/** A model of another kind than ONNX that cannot be read here may still be scored by a predict-command. */
async function describeModel(
  { format }: FileEntry,
  ...read: Parameters<typeof readModel>
): Promise<Description> {
  try {
    return await readModel(...read);
  } catch (error) {
    if (format === "onnx" || !(error instanceof SlipwayError)) throw error;
    const [first = ""] = error.message.split("\n");
    return {
      signature: null,
      classes: null,
      notes: [`The run has no signature, since its model is not scored in process: ${first}`],
    };
  }
}

async function readModel(
  path: string,
  features: readonly string[],
  featuresAreNamed: boolean,
): Promise<Description> {
  const { loadModel, signatureOf } = await import("#models");
  const model = await loadModel({ path, engine: "wasm" });
  try {
    const { classNames: classes, warnings = [] } = model;
    if (featuresAreNamed)
      return { signature: signatureOf(model, features), classes, notes: warnings };
    const own = signatureOf(model);
    const names = namesInData(own, features);
    if (names !== null) return { signature: renameColumns(own, names), classes, notes: warnings };
    const nameless = own.columns.some(({ input, name }) => name !== input);
    return {
      signature: own,
      classes,
      notes: nameless ? [...warnings, unnamedColumns(own, features)] : warnings,
    };
  } finally {
    await model.close();
  }
}

/**
 * The data's names of a model's columns: those that are spelt alike (libraries write `mean_radius`
 * for `mean radius`), or all in the data's order where the model has no names of its own; `null`
 * where neither tells.
 */
function namesInData(
  { columns }: Signature,
  features: readonly string[],
): readonly string[] | null {
  const alike = columns.map(({ name }) => findAlike(name, features));
  if (alike.every((name) => name !== null)) return alike;
  const isNameless = columns.some(({ input, name }) => name !== input);
  return isNameless && columns.length === features.length ? features : null;
}

function findAlike(name: string, features: readonly string[]): string | null {
  if (features.includes(name)) return name;
  const plain = (text: string): string => text.replaceAll(/[^\p{L}\p{N}]/gu, "_");
  const alike = features.filter((feature) => plain(feature) === plain(name));
  return alike.length === 1 ? (alike[0] ?? null) : null;
}

function renameColumns(signature: Signature, names: readonly string[]): Signature {
  const columns = signature.columns.map((column, at) => ({
    ...column,
    name: names[at] ?? column.name,
  }));
  return { ...signature, columns };
}

function unnamedColumns(signature: Signature, features: readonly string[]): string {
  return `The model takes ${signature.columns.length} columns and does not name them, and the data has ${features.length} that may be features: give features: the columns in the model's order.`;
}
