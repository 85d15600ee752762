import { create } from "@bufbuild/protobuf";
import { open, realpath } from "node:fs/promises";
import { isAbsolute, join, relative } from "node:path";
import { DataError } from "#core";
import { TensorProtoSchema } from "./generated/onnx_pb.ts";
import { allNodes, graphOf } from "./onnx-graph.ts";
import type { ModelProto, TensorProto } from "./onnx-proto.ts";
import { replaceFields } from "./onnx-proto.ts";

/** Protobuf messages end at 2 GiB; past this a model cannot be joined into one. */
const MAX_EXTERNAL_BYTES = 1.5 * 2 ** 30;

/** Where a model's file came from: its name for messages and its folder, `null` for bytes alone. */
export interface ModelOrigin {
  readonly fileName: string;
  readonly folder: string | null;
}

/**
 * Reads weights that are kept in files beside the model into it. Paths that leave the
 * model's folder are refused, also through links.
 *
 * @returns the model itself when it has no external data
 */
export async function inlineExternalData(
  model: ModelProto,
  origin: ModelOrigin,
): Promise<ModelProto> {
  const graph = graphOf(model);
  const inNodes = allNodes(model)
    .flatMap((node) => node.attribute.flatMap(({ t, tensors }) => (t ? [t, ...tensors] : tensors)))
    .find(isExternal);
  if (inNodes !== undefined) {
    throw refusal(origin, `node constant ${inNodes.name} is kept outside the model`);
  }
  if (!graph.initializer.some(isExternal)) return model;
  const initializer: TensorProto[] = [];
  let totalBytes = 0;
  for (const tensor of graph.initializer) {
    const whole = isExternal(tensor) ? await readTensor(tensor, origin) : tensor;
    totalBytes += whole.rawData.length;
    if (totalBytes > MAX_EXTERNAL_BYTES) {
      throw refusal(origin, `its weights are larger than ${MAX_EXTERNAL_BYTES} bytes`);
    }
    initializer.push(whole);
  }
  return replaceFields(model, { graph: replaceFields(graph, { initializer }) });
}

function isExternal(tensor: TensorProto): boolean {
  return tensor.externalData.length > 0;
}

async function readTensor(tensor: TensorProto, origin: ModelOrigin): Promise<TensorProto> {
  const facts = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
  const location = facts.get("location") ?? "";
  const path = await resolveInside(location, origin);
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const offset = Number(facts.get("offset") ?? 0);
    const length = Number(facts.get("length") ?? size - offset);
    if (!(offset >= 0 && length >= 0 && offset + length <= size && length <= MAX_EXTERNAL_BYTES)) {
      throw refusal(
        origin,
        `bytes ${offset} to ${offset + length} of ${location} (${size} bytes) do not exist`,
      );
    }
    const rawData = new Uint8Array(length);
    await file.read(rawData, 0, length, offset);
    const { name, dataType, dims } = tensor;
    return create(TensorProtoSchema, { name, dataType, dims, rawData });
  } finally {
    await file.close();
  }
}

async function resolveInside(location: string, origin: ModelOrigin): Promise<string> {
  if (origin.folder === null) {
    throw refusal(origin, `its weights are in ${location}, and only the model's bytes were given`);
  }
  if (location === "" || isAbsolute(location) || /^[A-Za-z]:/.test(location) || leaves(location)) {
    throw refusal(origin, `it names weights outside its own folder (${location})`);
  }
  let path: string;
  try {
    path = await realpath(join(origin.folder, location));
  } catch (cause) {
    throw refusal(origin, `its weights ${location} are not beside it`, cause);
  }
  if (leaves(relative(await realpath(origin.folder), path))) {
    throw refusal(origin, `${location} is a link that leaves the model's folder`);
  }
  return path;
}

function leaves(path: string): boolean {
  return isAbsolute(path) || path.split(/[\\/]/).includes("..");
}

function refusal(origin: ModelOrigin, found: string, cause?: unknown): DataError {
  return new DataError({
    code: "MODEL_EXTERNAL_DATA",
    message: `${origin.fileName} cannot be loaded: ${found}.`,
    hint: "Keep the weights in the model's folder under a relative name, or export the model as one file.",
    place: { file: origin.fileName },
    ...(cause === undefined ? {} : { cause }),
  });
}
