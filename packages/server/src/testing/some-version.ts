import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { FileEntry, GoldenCase, Manifest } from "#core";
import { someManifest, someRun } from "#core/testing";
import { loadModel, signatureOf } from "#models";

const fixtures = resolve(import.meta.dirname, "../../../../test/fixtures");

/** A version in a folder of its own, as push-artifact lays it out. */
export interface VersionFolder extends AsyncDisposable {
  /** `file://` of the manifest. */
  readonly uri: string;
  readonly folder: string;
  readonly digest: string;
  readonly manifest: Manifest;
}

/** What a version of a test is made of. */
export interface VersionMaterial {
  /** A model of the golden fixtures, without `.onnx`; or one of `trees` with its ending. */
  readonly fixture: string;
  /** What train-model calls its kind; by default `onnx`. */
  readonly format?: string;
  readonly task: "multiclass" | "binary" | "regression";
  readonly features?: readonly string[];
  /** Columns that the signature calls dates. */
  readonly dates?: readonly string[];
  readonly classes?: readonly string[];
  readonly golden?: readonly GoldenCase[];
  readonly model?: string;
  /** Rules over what was made. */
  readonly manifest?: Partial<Manifest>;
}

/** Names of the weather model's classes. */
export const weatherClasses = ["drizzle", "fog", "rain", "snow", "sun"];

/** The classifier of five columns, one input each. */
export const weather: VersionMaterial = {
  fixture: "weather_logistic_zipmap_columns",
  task: "multiclass",
  classes: weatherClasses,
};

/** A row of the weather model, which it answers with `sun`. */
export const seattle = {
  precipitation: 0,
  temp_max: 12.2,
  temp_min: 3.1,
  wind: 2.2,
  location: "Seattle",
};

/** Names of the diabetes data's ten columns. */
export const diabetesColumns = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"];

/** The regressor of ten columns in one wide input. */
export const diabetes: VersionMaterial = {
  fixture: "diabetes_gradient_boosting",
  task: "regression",
  features: diabetesColumns,
  model: "diabetes",
};

/** Writes a version's files and its manifest into a folder that is removed on disposal. */
export async function writeVersion(material: VersionMaterial): Promise<VersionFolder> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-server-test-"));
  const { format = "onnx", fixture } = material;
  const isOnnx = format === "onnx";
  const path = isOnnx ? "model.onnx" : `model${extname(fixture)}`;
  const from = isOnnx ? `golden/models/${fixture}.onnx` : `trees/${fixture}`;
  const bytes = await readFile(join(fixtures, from));
  await writeFile(join(folder, path), bytes);
  const files: FileEntry[] = [
    {
      path,
      role: "model",
      format,
      bytes: bytes.length,
      digest: sha256(bytes),
    },
  ];
  if (material.golden !== undefined) {
    const lines = Buffer.from(material.golden.map((one) => `${JSON.stringify(one)}\n`).join(""));
    await writeFile(join(folder, "golden.jsonl"), lines);
    files.push({
      path: "golden.jsonl",
      role: "golden",
      bytes: lines.length,
      digest: sha256(lines),
    });
  }
  const model = await loadModel({ bytes, fileName: path, engine: "wasm" });
  const found = signatureOf(model, material.features);
  const signature = {
    ...found,
    columns: found.columns.map((column) =>
      material.dates?.includes(column.name) === true
        ? { ...column, kind: "date" as const }
        : column,
    ),
  };
  await model.close();
  const manifest = someManifest({
    run: someRun({
      model: material.model ?? "weather",
      task: material.task,
      classes: [...(material.classes ?? [])],
      signature,
    }),
    files,
    ...material.manifest,
  });
  const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  await writeFile(join(folder, "manifest.json"), text);
  return {
    uri: pathToFileURL(join(folder, "manifest.json")).href,
    folder,
    digest: sha256(text),
    manifest,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** `sha256:<hex>` */
export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
