import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { DataError, InputError } from "#core";
import { findClassNames } from "./class-names.ts";
import { checkDeclaredSizes } from "./declared-sizes.ts";
import { explainEngineError } from "./engine-errors.ts";
import { chooseEngine } from "./choose-engine.ts";
import type { Engine, EngineKind, EngineSession, NamedTensors } from "./engine.ts";
import type { ModelOrigin } from "./external-data.ts";
import { inlineExternalData } from "./external-data.ts";
import type { NativeSource } from "./native/native-source.ts";
import type { TensorDeclaration } from "./onnx-graph.ts";
import { declaredInputs, declaredOutputs } from "./onnx-graph.ts";
import type { ModelProto } from "./onnx-proto.ts";
import { decodeOnnx, encodeOnnx } from "./onnx-proto.ts";
import { findProbabilityOutputs } from "./output-hints.ts";
import { findPrivateTexts } from "./private-text.ts";
import { recogniseModelBytes } from "./recognise-model.ts";
import type { RunSize } from "./run-size.ts";
import { decideRunSize } from "./run-size.ts";
import { refuseOtherKinds } from "./other-kinds.ts";
import { shorten } from "./shorten.ts";
import type { TfjsKind } from "./tensorflow/tfjs-runtime.ts";
import { readTreeModel } from "./trees/read-tree-model.ts";
import type { TreeView } from "./trees/tree-view.ts";
import { keepOrder, withTrees } from "./trees/with-trees.ts";
import { cutZipMaps } from "./zip-map.ts";

/** A model that is ready to score. Close it when done: a runtime holds its weights. */
export interface Model {
  readonly fileName: string;
  readonly sizeBytes: number;
  readonly engine: ModelEngine;
  /** What has to be fed, as declared; declared shapes are hints. */
  readonly inputs: readonly TensorDeclaration[];
  /** What comes out, as declared; a `ZipMap`'s output stands here as the score tensor it was. */
  readonly outputs: readonly TensorDeclaration[];
  /** A classifier's classes in the order of its scores, as text; `null` where the file does not tell. */
  readonly classNames: readonly string[] | null;
  /** Outputs that the graph makes by softmax, sigmoid or a normaliser. */
  readonly probabilityOutputs: ReadonlySet<string>;
  readonly runSize: RunSize;
  /** Who wrote the file, e.g. `pytorch 2.15.0`. */
  readonly producer: string;
  /** Operator set versions by domain. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
  /** What a reader of results, or of the published file, should know. */
  readonly notes: readonly string[];
  /** Those of the notes that have to be read before the file is published. */
  readonly warnings?: readonly string[];
  /** Runs the model on tensors as they are; all readable outputs when `fetches` is left out. */
  readonly run: (feeds: NamedTensors, fetches?: readonly string[]) => Promise<NamedTensors>;
  readonly close: () => Promise<void>;
  /** The model as the trees that it is; `null`, or nothing, where it is something else. */
  readonly readTrees?: () => Promise<TreeView | null>;
}

/** What runs a model: an ONNX runtime, or TensorFlow.js in plain JavaScript or on the user's tfjs-node. */
export type ModelEngine = EngineKind | TfjsKind;

/** How a model is to be held. */
export interface EngineOptions {
  /**
   * `auto` (default) takes the native runtime where it is here already or where `rows` are
   * worth its download, else WebAssembly.
   */
  readonly engine?: EngineKind | "auto";
  /** Cores for one run of the native engine; 0 (default) for all. */
  readonly threads?: number;
  /** Where the native runtime comes from; by default only from where this code is installed. */
  readonly native?: NativeSource;
  /** The folder whose `node_modules` may hold `@tensorflow/tfjs-node`; left out: it is not looked for. */
  readonly projectFolder?: string | undefined;
  /** How many rows will be scored, as far as known; `auto` weighs a download by it. */
  readonly rows?: number;
  /** Ends the provision of an engine. */
  readonly signal?: AbortSignal;
  /** Where `ort-wasm-simd-threaded.wasm` lies; by default beside the bundle, else in the installed package. */
  readonly wasmPath?: string;
}

/** A model file: a path, or bytes with the name to use in messages. */
export type ModelSource =
  | { readonly path: string }
  | { readonly bytes: Uint8Array; readonly fileName: string };

/**
 * Opens a model file of any supported kind. Throws an {@link InputError} when the file is
 * not there or the engine is not available, and a {@link DataError} when it is no usable model.
 */
export async function loadModel(source: ModelSource & EngineOptions): Promise<Model> {
  const { bytes, origin } = await readSource(source);
  const kind = recogniseModelBytes(bytes);
  if (kind === "tfjs-layers" || kind === "tfjs-graph") {
    const { loadTfjsModel } = await import("./tensorflow/load-tfjs.ts");
    return loadTfjsModel({ bytes, kind, ...origin }, source);
  }
  const trees = readTreeModel(bytes, kind, origin.fileName);
  if (trees === null) refuseOtherKinds(kind, origin.fileName);
  const decoded = trees?.onnx ?? decodeOnnx(bytes, origin.fileName);
  const whole = await inlineExternalData(decoded, origin);
  checkDeclaredSizes(whole, origin.fileName);
  const prepared = cutZipMaps(whole);
  const { engine, notes } = await chooseEngine(keepOrder(trees, source), prepared);
  const session = await openSession(engine, {
    bytes: prepared === decoded && trees === null ? bytes : encodeOnnx(prepared),
    fileName: origin.fileName,
  });
  const model = describeModel({
    fileName: origin.fileName,
    sizeBytes: bytes.length,
    decoded,
    prepared,
    engine: engine.kind,
    session,
    notes,
  });
  return withTrees(model, trees, source);
}

async function readSource(
  source: ModelSource,
): Promise<{ readonly bytes: Uint8Array; readonly origin: ModelOrigin }> {
  if ("bytes" in source) {
    return { bytes: source.bytes, origin: { fileName: source.fileName, folder: null } };
  }
  const { path } = source;
  try {
    const bytes = await readFile(path);
    return { bytes, origin: { fileName: basename(path), folder: dirname(path) } };
  } catch (cause) {
    throw new InputError({
      code: "MODEL_NOT_READABLE",
      message: `The model file ${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      hint: "Check the path (relative to the working directory) and that an earlier step wrote the file.",
      cause,
    });
  }
}

async function openSession(
  engine: Engine,
  model: { readonly bytes: Uint8Array; readonly fileName: string },
): Promise<EngineSession> {
  try {
    return await engine.open(model.bytes);
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw explainEngineError(cause, {
      runtime: "onnxruntime",
      fileName: model.fileName,
      doing: "loading",
    });
  }
}

interface OpenedModel {
  readonly fileName: string;
  readonly sizeBytes: number;
  readonly decoded: ModelProto;
  readonly prepared: ModelProto;
  readonly engine: EngineKind;
  readonly session: EngineSession;
  /** What the choice of the engine has to say. */
  readonly notes: readonly string[];
}

function describeModel({
  fileName,
  sizeBytes,
  decoded,
  prepared,
  engine,
  session,
  notes,
}: OpenedModel): Model {
  const outputs = declaredOutputs(prepared);
  const readable = outputs.filter(({ type }) => type !== null).map(({ name }) => name);
  const runSize = decideRunSize(decoded);
  const warnings = notesOnPrivacy(decoded);
  return {
    fileName,
    sizeBytes,
    engine,
    inputs: declaredInputs(prepared),
    outputs,
    classNames: findClassNames(decoded),
    probabilityOutputs: findProbabilityOutputs(prepared),
    runSize,
    producer: `${decoded.producerName} ${decoded.producerVersion}`.trim(),
    opsets: Object.fromEntries(
      decoded.opsetImport.map(({ domain, version }) => [domain || "ai.onnx", Number(version)]),
    ),
    metadata: Object.fromEntries(decoded.metadataProps.map(({ key, value }) => [key, value])),
    notes: [...notes, ...runSize.notes, ...warnings, ...notesOnOutputs(outputs)],
    warnings,
    run: async (feeds, fetches = readable) => {
      try {
        return await session.run(feeds, fetches);
      } catch (cause) {
        throw cause instanceof DataError
          ? cause
          : explainEngineError(cause, { runtime: "onnxruntime", fileName, doing: "scoring with" });
      }
    },
    close: () => session.release(),
  };
}

function notesOnPrivacy(model: ModelProto): readonly string[] {
  const found = findPrivateTexts(model);
  if (found.length === 0) return [];
  return [
    `${found.length} doc strings or metadata entries carry paths or stack traces of the machine that exported the model (such as ${JSON.stringify(shorten(found[0] ?? ""))}): whoever gets the file can read them. Clear doc_string and metadata_props before it is published.`,
  ];
}

function notesOnOutputs(outputs: readonly TensorDeclaration[]): readonly string[] {
  return outputs
    .filter(({ type }) => type === null)
    .map(({ name, typeName }) => `Output ${name} is a ${typeName}, which is not read.`);
}
