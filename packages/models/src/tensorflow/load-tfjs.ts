import type * as TfCore from "@tensorflow/tfjs-core";
import { DataError } from "#core";
import type { EngineOptions, Model } from "../load-model.ts";
import { explainEngineError } from "../engine-errors.ts";
import { runSizeOf } from "../run-size.ts";
import { parseModelJson, type ModelJson } from "./model-json.ts";
import { withBoundedArrays } from "./bounded-arrays.ts";
import { checkDeclaredInputs } from "./declared-inputs.ts";
import { checkGraphSizes } from "./graph-sizes.ts";
import { loadTfjs, type Tfjs, type TfjsRuntime } from "./tfjs-runtime.ts";
import { wrapGraph, wrapLayers, type TfjsSession } from "./tfjs-session.ts";
import { checkTopologySizes } from "./topology-sizes.ts";
import { readWeights, type ModelPlace } from "./weight-files.ts";

/** A `model.json` and where it lies. */
export interface TfjsSource extends ModelPlace {
  readonly bytes: Uint8Array;
  readonly kind: "tfjs-layers" | "tfjs-graph";
}

/**
 * Opens a TensorFlow.js model, of layers or a graph. Throws a {@link DataError} when it is no
 * whole model, and an InputError when the engine that was asked for is not there.
 */
export async function loadTfjsModel(source: TfjsSource, options: EngineOptions): Promise<Model> {
  const { bytes, fileName, kind } = source;
  const document = parseModelJson(bytes, fileName);
  const weights = await readWeights(document, source);
  if (kind === "tfjs-layers") checkTopologySizes(document, fileName);
  else checkGraphSizes(document, weights, fileName);
  const { engine = "auto", projectFolder } = options;
  const runtime = await loadTfjs({ engine, projectFolder });
  let session: TfjsSession;
  try {
    const open = () => openSession(runtime.tf, { document, weights, kind });
    // A layer's weights are made, and made again from what was saved.
    session = await guarded(runtime, ROOM_BYTES + 8 * weights.byteLength, open);
  } catch (cause) {
    throw explainEngineError(cause, { runtime: "tensorflow.js", fileName, doing: "loading" });
  }
  checkDeclaredInputs(session.inputs, fileName);
  const runSize = runSizeOf(session.inputs);
  return {
    fileName,
    sizeBytes: bytes.length + weights.byteLength,
    engine: runtime.kind,
    inputs: session.inputs,
    outputs: session.outputs,
    classNames: findClassNames(document),
    probabilityOutputs: session.probabilityOutputs,
    runSize,
    producer: [document.generatedBy, document.convertedBy].filter(Boolean).join(", "),
    opsets: {},
    metadata: textsOf(document),
    notes: [...runtime.notes, ...runSize.notes],
    run: async (feeds, fetches = session.outputs.map(({ name }) => name)) => {
      try {
        return await guarded(runtime, ROOM_BYTES, () => session.run(feeds, fetches));
      } catch (cause) {
        throw cause instanceof DataError
          ? cause
          : explainEngineError(cause, {
              runtime: "tensorflow.js",
              fileName,
              doing: "scoring with",
            });
      }
    },
    close: () => Promise.resolve(session.release()),
  };
}

/** What one run of a model may ask for in large tensors, all of them together. */
const ROOM_BYTES = 2 ** 30;
const LARGE_BYTES = 4 * 2 ** 20;

/** TensorFlow itself refuses what does not fit; in plain JavaScript nothing else would. */
function guarded<T>({ kind }: TfjsRuntime, totalBytes: number, work: () => Promise<T>): Promise<T> {
  return kind === "tfjs"
    ? withBoundedArrays({ totalBytes, countedFrom: LARGE_BYTES }, work)
    : work();
}

interface Artifacts {
  readonly document: ModelJson;
  readonly weights: ArrayBuffer;
  readonly kind: TfjsSource["kind"];
}

async function openSession(tf: Tfjs, { document, weights, kind }: Artifacts): Promise<TfjsSession> {
  const { weightsManifest, ...rest } = document;
  const artifacts = {
    ...rest,
    weightSpecs: weightsManifest.flatMap((group) => group.weights),
    weightData: weights,
  } as TfCore.io.ModelArtifacts;
  const handler: TfCore.io.IOHandler = { load: () => Promise.resolve(artifacts) };
  return kind === "tfjs-layers"
    ? wrapLayers(tf, await tf.loadLayersModel(handler))
    : wrapGraph(tf, await tf.loadGraphModel(handler), document);
}

/** Class names are no part of the format; where people keep them, it is under one of these names. */
function findClassNames({ userDefinedMetadata }: ModelJson): readonly string[] | null {
  for (const key of ["classes", "labels", "class_names"]) {
    const listed: unknown = userDefinedMetadata?.[key];
    if (
      Array.isArray(listed) &&
      listed.length > 1 &&
      listed.every((one) => typeof one === "string")
    )
      return listed;
  }
  return null;
}

function textsOf({ userDefinedMetadata }: ModelJson): Readonly<Record<string, string>> {
  const entries = Object.entries(userDefinedMetadata ?? {});
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
