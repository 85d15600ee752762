import { create } from "@bufbuild/protobuf";
import { open, realpath, stat } from "node:fs/promises";
import { isAbsolute, join, relative } from "node:path";
import { DataError } from "#core";
import { TensorProtoSchema } from "./generated/onnx_pb.ts";
import { allNodes, graphOf } from "./onnx-graph.ts";
import type { ModelProto, TensorProto } from "./onnx-proto.ts";
import { replaceFields } from "./onnx-proto.ts";
import { shorten } from "./shorten.ts";

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
    throw refusal(origin, `node constant ${shorten(inNodes.name)} is kept outside the model`);
  }
  if (!graph.initializer.some(isExternal)) return model;
  const parts = new Map<TensorProto, Part>();
  for (const tensor of graph.initializer) {
    if (isExternal(tensor)) parts.set(tensor, await findPart(tensor, origin));
  }
  const totalBytes = [...parts.values()].reduce((sum, { length }) => sum + length, 0);
  if (totalBytes > MAX_EXTERNAL_BYTES) {
    throw refusal(origin, `its weights are larger than ${MAX_EXTERNAL_BYTES} bytes`);
  }
  const initializer: TensorProto[] = [];
  for (const tensor of graph.initializer) {
    const part = parts.get(tensor);
    initializer.push(part === undefined ? tensor : await readPart(tensor, part));
  }
  return replaceFields(model, { graph: replaceFields(graph, { initializer }) });
}

/** Where in which file a tensor's data stands. */
interface Part {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

function isExternal(tensor: TensorProto): boolean {
  return tensor.externalData.length > 0;
}

async function findPart(tensor: TensorProto, origin: ModelOrigin): Promise<Part> {
  const facts = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
  const location = facts.get("location") ?? "";
  const path = await resolveInside(location, origin);
  const found = await stat(path);
  // Opening a pipe would wait for ever.
  if (!found.isFile()) throw refusal(origin, `its weights ${shorten(location)} are no file`);
  const { size } = found;
  const offset = Number(facts.get("offset") ?? 0);
  const length = Number(facts.get("length") ?? size - offset);
  const isThere = Number.isSafeInteger(offset) && offset >= 0 && length >= 0;
  if (!(isThere && offset + length <= size)) {
    throw refusal(
      origin,
      `bytes ${offset} to ${offset + length} of ${shorten(location)} (${size} bytes) do not exist`,
    );
  }
  return { path, offset, length };
}

async function readPart(
  { name, dataType, dims }: TensorProto,
  { path, offset, length }: Part,
): Promise<TensorProto> {
  const file = await open(path, "r");
  try {
    const rawData = new Uint8Array(length);
    await file.read(rawData, 0, length, offset);
    return create(TensorProtoSchema, { name, dataType, dims, rawData });
  } finally {
    await file.close();
  }
}

async function resolveInside(location: string, origin: ModelOrigin): Promise<string> {
  if (origin.folder === null) {
    throw refusal(
      origin,
      `its weights are in ${shorten(location)}, and only the model's bytes were given`,
    );
  }
  if (location === "" || isAbsolute(location) || /^[A-Za-z]:/.test(location) || leaves(location)) {
    throw refusal(origin, `it names weights outside its own folder (${shorten(location)})`);
  }
  let path: string;
  try {
    path = await realpath(join(origin.folder, location));
  } catch (cause) {
    throw refusal(origin, `its weights ${shorten(location)} are not beside it`, cause);
  }
  if (leaves(relative(await realpath(origin.folder), path))) {
    throw refusal(origin, `${shorten(location)} is a link that leaves the model's folder`);
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
