import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { io } from "@tensorflow/tfjs-core";

/** Cuts weights into files of a size, as TensorFlow.js' own writers do. */
export function shardsOf(bytes: Uint8Array, shardBytes: number): ReadonlyMap<string, Uint8Array> {
  const count = Math.max(1, Math.ceil(bytes.length / shardBytes));
  return new Map(
    Array.from({ length: count }, (_, at) => [
      `group1-shard${at + 1}of${count}.bin`,
      bytes.subarray(at * shardBytes, (at + 1) * shardBytes),
    ]),
  );
}

/** A model.json with its weight files. */
export interface SavedModel {
  readonly document: Readonly<Record<string, unknown>>;
  readonly shards: ReadonlyMap<string, Uint8Array>;
}

/** Saves a model of layers with TensorFlow.js' own writer. */
export async function saveLayers(
  model: LayersModel,
  { shardBytes = 16, metadata = {} }: { shardBytes?: number; metadata?: object } = {},
): Promise<SavedModel> {
  const kept: io.ModelArtifacts[] = [];
  await model.save({
    save: async (artifacts: io.ModelArtifacts) => {
      kept.push(artifacts);
      return {
        modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" as const },
      };
    },
  });
  const [artifacts] = kept;
  const data = artifacts?.weightData;
  if (artifacts === undefined || !(data instanceof ArrayBuffer)) throw new Error("nothing saved");
  const shards = shardsOf(new Uint8Array(data), shardBytes);
  const { weightData: _, weightSpecs: weights, ...rest } = artifacts;
  return {
    document: {
      ...rest,
      userDefinedMetadata: metadata,
      weightsManifest: [{ paths: [...shards.keys()], weights }],
    },
    shards,
  };
}

interface GraphWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** A node of a GraphDef as JSON writes it. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: object;
}

const float = { dtype: { type: "DT_FLOAT" } };

/** An input of rows of some columns. */
export function placeholder(name: string, width: number): GraphNode {
  const dim = [{ size: "-1" }, { size: String(width) }];
  return { name, op: "Placeholder", attr: { ...float, shape: { shape: { dim } } } };
}

/** A graph model written by hand: its nodes, and constants for its weights. */
export function writeGraph(
  nodes: readonly GraphNode[],
  weights: readonly GraphWeight[],
  signature: { readonly inputs: object; readonly outputs: object },
): SavedModel {
  const constants = weights.map(({ name, shape }): GraphNode => {
    const dim = shape.map((size) => ({ size: String(size) }));
    const value = { tensor: { dtype: "DT_FLOAT", tensorShape: { dim } } };
    return { name, op: "Const", attr: { ...float, value } };
  });
  const data = Float32Array.from(weights.flatMap(({ values }) => values));
  const shards = shardsOf(new Uint8Array(data.buffer), 4 * 2 ** 20);
  return {
    document: {
      format: "graph-model",
      generatedBy: "2.15.0",
      convertedBy: "written by hand",
      signature,
      modelTopology: { node: [...constants, ...nodes], versions: { producer: 1395 } },
      weightsManifest: [
        {
          paths: [...shards.keys()],
          weights: weights.map(({ name, shape }) => ({ name, shape, dtype: "float32" })),
        },
      ],
    },
    shards,
  };
}

/** Writes a model into a folder; gives the path of its model.json. */
export async function writeSaved(
  folder: string,
  { document, shards }: SavedModel,
): Promise<string> {
  const path = join(folder, "model.json");
  for (const [name, bytes] of shards) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
  await writeFile(path, JSON.stringify(document));
  return path;
}
