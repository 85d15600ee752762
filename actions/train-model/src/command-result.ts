import type { FileEntry, RunRecord, Signature } from "#core";
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
  const onnx = files.find(({ role, format }) => role === "model" && format === "onnx");
  const model =
    onnx === undefined
      ? null
      : await readOnnx(directory.resolve(onnx.path), columns.features, featuresAreNamed);
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

async function readOnnx(
  path: string,
  features: readonly string[],
  featuresAreNamed: boolean,
): Promise<Pick<CommandResult, "signature" | "classes" | "notes">> {
  const { loadModel, signatureOf } = await import("#models");
  const model = await loadModel({ path, engine: "wasm" });
  try {
    const { classNames: classes } = model;
    if (featuresAreNamed) return { signature: signatureOf(model, features), classes, notes: [] };
    const own = signatureOf(model);
    // One wide input does not name its columns: the data's own order is the likely one.
    const wide = own.columns.some(({ input, name }) => name !== input);
    const fits = own.columns.length === features.length;
    return wide && fits
      ? { signature: signatureOf(model, features), classes, notes: [] }
      : { signature: own, classes, notes: wide ? [unnamedColumns(own, features)] : [] };
  } finally {
    await model.close();
  }
}

function unnamedColumns(signature: Signature, features: readonly string[]): string {
  return `The model takes ${signature.columns.length} columns and does not name them, and the data has ${features.length} that may be features: give features: the columns in the model's order.`;
}
