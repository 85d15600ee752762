import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { DataError, goldenCaseSchema, InputError } from "#core";
import type { FileEntry, Manifest, Signature } from "#core";
import type { ObjectStore } from "#google";
import { createRowScorer, loadModel, signatureOf } from "#models";
import type { EngineOptions, Model, Predictions } from "#models";
import type { Instance } from "./check-instances.ts";
import { servedColumns, type ServedColumn } from "./columns.ts";
import { fetchFile, fetchManifest, type VersionRequest } from "./fetch-version.ts";
import { messageOf, type OperationLog } from "./operation-log.ts";

/** A model version that is ready to answer. */
export interface ServedVersion {
  readonly manifest: Manifest;
  /** `sha256:<hex>` of the manifest. */
  readonly digest: string;
  readonly signature: Signature;
  readonly columns: readonly ServedColumn[];
  /** `null` when the warm-up row could not be scored and the manifest does not tell. */
  readonly kind: Predictions["kind"] | null;
  /** In the scores' order; none for regression. */
  readonly classes: readonly string[];
  readonly engine: Model["engine"];
  readonly notes: readonly string[];
  /** A row that can be sent: the first golden case's, else a made-up one. */
  readonly example: Instance;
  readonly score: (rows: readonly Instance[]) => Promise<Predictions>;
  readonly close: () => Promise<void>;
}

interface LoadParts {
  readonly store: ObjectStore;
  readonly engine: EngineOptions;
  readonly log: OperationLog;
}

/** Fetches, checks, opens and warms up a version. Throws what makes it unfit to serve. */
export async function loadVersion(
  request: VersionRequest,
  parts: LoadParts,
): Promise<ServedVersion> {
  const { manifest, digest } = await fetchManifest(parts.store, request);
  const goldenRow = fetchGoldenRow(manifest, request.uri, parts.store);
  // A fault is told where it is awaited; a model that cannot be opened is told first.
  goldenRow.catch(() => {});
  const model = await openModel(manifest, request.uri, parts);
  try {
    return await readyVersion({ manifest, digest, model, golden: await goldenRow }, parts.log);
  } catch (error) {
    await model.close();
    throw error;
  }
}

interface Fetched {
  readonly manifest: Manifest;
  readonly digest: string;
  readonly model: Model;
  readonly golden: Instance | null;
}

async function readyVersion(
  { manifest, digest, model, golden }: Fetched,
  log: OperationLog,
): Promise<ServedVersion> {
  const { run } = manifest;
  const signature = manifest.signature ?? run.signature ?? signatureOf(model);
  const output = manifest.answers?.output ?? null;
  const named = manifest.answers?.classes ?? run.classes;
  const score = createRowScorer(model, {
    signature,
    ...(output !== null && { output }),
    ...(run.task !== null && {
      task: run.task === "regression" ? "regression" : "classification",
    }),
    ...(named.length > 0 && { classes: named }),
  });
  const columns = servedColumns(signature, model);
  const example = golden ?? makeUpRow(columns);
  const warm = await warmUp(score, { example, isReal: golden !== null, log });
  return {
    manifest,
    digest,
    signature,
    columns,
    kind: warm?.kind ?? kindOfTask(run.task),
    classes: warm?.kind === "classification" ? warm.classes : named,
    engine: model.engine,
    notes: model.notes,
    example,
    score,
    close: model.close,
  };
}

function kindOfTask(task: Manifest["run"]["task"]): Predictions["kind"] | null {
  if (task === null) return null;
  return task === "regression" ? "regression" : "classification";
}

async function openModel(
  manifest: Manifest,
  manifestUri: string,
  { store, engine }: LoadParts,
): Promise<Model> {
  const files = manifest.files.filter(({ role }) => role === "model");
  const main = findMainFile(files, manifest);
  const contents = await Promise.all(files.map((file) => fetchFile(store, manifestUri, file)));
  const [bytes] = contents;
  if (files.length === 1 && bytes !== undefined) {
    return await loadModel({ bytes, fileName: basename(main.path), ...engine });
  }
  // Weights in files of their own are read from the model's folder.
  const folder = await mkdtemp(join(tmpdir(), "slipway-model-"));
  try {
    for (const [at, { path }] of files.entries()) {
      const target = join(folder, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, contents[at] ?? new Uint8Array());
    }
    return await loadModel({ path: join(folder, main.path), ...engine });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function findMainFile(files: readonly FileEntry[], manifest: Manifest): FileEntry {
  const candidates = files.filter(({ format }) => format !== "weights");
  const onnx = candidates.filter(
    ({ format, path }) => format === "onnx" || (format === undefined && path.endsWith(".onnx")),
  );
  const [only, ...others] = onnx.length > 0 ? onnx : candidates;
  if (only !== undefined && others.length === 0) return only;
  const found = only === undefined ? "none" : [only, ...others].map(({ path }) => path).join(", ");
  throw new DataError({
    code: "MODEL_FILE_UNCLEAR",
    message: `The manifest of ${manifest.model} ${manifest.version} must name one model file, found ${found}.`,
    hint: "Register a version with one model file (ONNX, XGBoost, LightGBM or TensorFlow.js with its weights), or serve it with an image of your own.",
  });
}

async function fetchGoldenRow(
  manifest: Manifest,
  manifestUri: string,
  store: ObjectStore,
): Promise<Instance | null> {
  const file = manifest.files.find(
    ({ role, path }) => role === "golden" && path.endsWith(".jsonl"),
  );
  if (file === undefined) return null;
  const bytes = await fetchFile(store, manifestUri, file).catch((error: unknown) => {
    // Serving needs no golden cases: a version without them is served all the same.
    if (error instanceof InputError && error.code === "OBJECT_NOT_FOUND") return null;
    throw error;
  });
  if (bytes === null) return null;
  const [line = ""] = Buffer.from(bytes).toString("utf8").split("\n", 1);
  const read = goldenCaseSchema.safeParse(parseLine(line));
  return read.success ? (read.data.request.instances[0] ?? null) : null;
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function makeUpRow(columns: readonly ServedColumn[]): Instance {
  const values = { number: 0, integer: 0, text: "", boolean: false, date: "2024-02-29" } as const;
  return Object.fromEntries(columns.map(({ name, kind }) => [name, values[kind]]));
}

interface WarmUp {
  readonly example: Instance;
  readonly isReal: boolean;
  readonly log: OperationLog;
}

/** What only a made-up row can be blamed for: its values. */
const blamedOnValues: ReadonlySet<string> = new Set(["MODEL_REFUSED", "VALUES_DO_NOT_FIT"]);

async function warmUp(
  score: ServedVersion["score"],
  { example, isReal, log }: WarmUp,
): Promise<Predictions | null> {
  try {
    return await score([example]);
  } catch (error) {
    const isItsValues = error instanceof DataError && blamedOnValues.has(error.code);
    if (isReal || !isItsValues) throw error;
    log("WARNING", `The made-up warm-up row was refused: ${messageOf(error)}`, {
      hint: "The version has no golden cases to warm up with; evaluate-gate makes them.",
    });
    return null;
  }
}
