import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path/posix";
import { DataError, type FileEntry } from "#core";
import type { ModelFileKind } from "#models";
import type { RunDirectory } from "#toolkit";

/** Which file stood where before the training, and in which state. */
export type Snapshot = ReadonlyMap<string, string>;

/** Remembers what is in a directory, so that left-overs are not taken for results. */
export async function takeSnapshot(directory: RunDirectory): Promise<Snapshot> {
  const entries = (await directory.list()).map(
    async (path) => [path, await stateOf(directory, path)] as const,
  );
  return new Map(await Promise.all(entries));
}

async function stateOf(directory: RunDirectory, path: string): Promise<string> {
  const { ino, size, mtimeMs, ctimeMs } = await stat(directory.resolve(path));
  return [ino, size, mtimeMs, ctimeMs].join(" ");
}

/** The files that a training left. */
export interface RunFiles {
  readonly files: readonly FileEntry[];
  readonly notes: readonly string[];
}

/**
 * Lists what was written since the snapshot, each with role, format and digest.
 *
 * @throws DataError `NO_MODEL`, `MODEL_IS_POINTER`
 */
export async function listRunFiles(directory: RunDirectory, before: Snapshot): Promise<RunFiles> {
  const fresh: string[] = [];
  const stale: string[] = [];
  for (const path of await directory.list()) {
    if (path.startsWith("splits/")) continue;
    const isOld = before.get(path) === (await stateOf(directory, path));
    (isOld ? stale : fresh).push(path);
  }
  const { recogniseModelFile } = await import("#models");
  const kinds = new Map<string, ModelFileKind>();
  for (const path of fresh) kinds.set(path, await recogniseModelFile(directory.resolve(path)));
  const modelFolders = new Map(
    [...kinds]
      .filter(([path, kind]) => isModel(path, kind))
      .map(([path, kind]) => [dirname(path), kind]),
  );
  const files: FileEntry[] = [];
  for (const [path, kind] of kinds) {
    if (kind === "git-lfs-pointer") throw modelIsPointer(path);
    const meaning = meaningOf(path, kind, modelFolders.get(dirname(path)) ?? null);
    files.push({ path, ...meaning, ...(await directory.measure(path)) });
  }
  if (!files.some(({ role }) => role === "model")) throw noModel(directory, fresh);
  const notes = stale.length === 0 ? [] : [noteStale(stale)];
  return { files, notes };
}

function noteStale(paths: readonly string[]): string {
  const what = paths.length === 1 ? "1 file" : `${paths.length} files`;
  const verb = paths.length === 1 ? ["was", "is"] : ["were", "are"];
  const shown = `${paths.slice(0, 5).join(", ")}${paths.length > 5 ? ", …" : ""}`;
  return `${what} in the run directory ${verb[0]} there before and ${verb[1]} not part of this run: ${shown}.`;
}

const formats: Partial<Readonly<Record<ModelFileKind, string>>> = {
  "pytorch-checkpoint": "pytorch",
};

type Meaning = Pick<FileEntry, "role" | "format">;

function isModel(path: string, kind: ModelFileKind): boolean {
  return kind !== "unknown" && kind !== "git-lfs-pointer" && namedRole(path) === null;
}

function meaningOf(path: string, kind: ModelFileKind, beside: ModelFileKind | null): Meaning {
  const role = namedRole(path);
  const format = kind === "unknown" ? undefined : (formats[kind] ?? kind);
  if (role === "preprocessing" && format !== undefined) return { role, format };
  if (role !== null) return { role };
  if (isModel(path, kind)) return { role: "model", format: format ?? kind };
  if (isWeights(path, beside)) return { role: "model", format: "weights" };
  return basename(path) === "MLmodel" ? { role: "other", format: "mlflow" } : { role: "other" };
}

/** Weights that ONNX and TensorFlow.js keep in files of their own beside the model. */
function isWeights(path: string, beside: ModelFileKind | null): boolean {
  if (beside === "onnx") return /\.(?:data|weights?|bin)$|\.onnx[._]data$/.test(path);
  return (beside === "tfjs-layers" || beside === "tfjs-graph") && path.endsWith(".bin");
}

/** What a file is by its name, whatever it holds. */
function namedRole(path: string): FileEntry["role"] | null {
  const name = basename(path).toLowerCase();
  if (name === "metrics.json") return "metrics";
  if (/^predictions\.(?:parquet|csv|jsonl)$/.test(name)) return "predictions";
  if (/^(?:preprocess|scaler|encoder|imputer|vectori[sz]er|tokeni[sz]er|vocab)/.test(name))
    return "preprocessing";
  return null;
}

/** The model file's digest; of several, SHA-256 over a line `<digest> <path>` each. */
export function digestModel(files: readonly FileEntry[]): string {
  const models = files
    .filter(({ role }) => role === "model")
    .toSorted((left, right) => (left.path < right.path ? -1 : 1));
  const [only] = models;
  if (models.length === 1 && only !== undefined) return only.digest;
  const lines = models.map(({ digest, path }) => `${digest} ${path}\n`).join("");
  return `sha256:${createHash("sha256").update(lines).digest("hex")}`;
}

function modelIsPointer(path: string): DataError {
  return new DataError({
    code: "MODEL_IS_POINTER",
    message: `${path} is a Git LFS pointer, not a model.`,
    hint: "Run git lfs pull (or actions/checkout with lfs: true) before the training.",
    place: { file: path },
  });
}

function noModel(directory: RunDirectory, found: readonly string[]): DataError {
  const what =
    found.length === 0
      ? "no file"
      : `no model among ${found.slice(0, 8).join(", ")}${found.length > 8 ? ", …" : ""}`;
  return new DataError({
    code: "NO_MODEL",
    message: `The command ended well, but ${directory.path} holds ${what}.`,
    hint: "Write the model into the directory that SLIPWAY_RUN_DIR names: ONNX, TensorFlow.js, XGBoost, LightGBM, Keras, pickle, joblib, safetensors or TorchScript.",
  });
}
