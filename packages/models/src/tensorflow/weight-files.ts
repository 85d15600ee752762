import { realpath, readFile, stat } from "node:fs/promises";
import { isAbsolute, join, relative } from "node:path";
import { DataError } from "#core";
import type { ModelJson, WeightGroup } from "./model-json.ts";

/** More weights than a model for tables has; past it one buffer cannot hold them. */
const MAX_WEIGHT_BYTES = 1.5 * 2 ** 30;

const elementBytes = { float32: 4, int32: 4, bool: 1, complex64: 8 } as const;
const quantizedBytes = { uint8: 1, uint16: 2, float16: 2 } as const;

/** Where a `model.json` lies: its name for messages and its folder, `null` for bytes alone. */
export interface ModelPlace {
  readonly fileName: string;
  readonly folder: string | null;
}

/**
 * Reads all weights that a `model.json` names, joined in its order. Paths that leave its
 * folder are refused, also through links, before anything is read; so are files whose size is
 * not what the shapes add up to. Throws a {@link DataError} that names the file.
 */
export async function readWeights(model: ModelJson, place: ModelPlace): Promise<ArrayBuffer> {
  const groups: Group[] = [];
  for (const group of model.weightsManifest) groups.push(await findGroup(group, place));
  for (const group of groups) checkGroup(group, place);
  const total = groups.reduce((sum, { foundBytes }) => sum + foundBytes, 0);
  if (total > MAX_WEIGHT_BYTES) {
    throw fault(place, `its weights have ${total} bytes; at most ${MAX_WEIGHT_BYTES} are read`);
  }
  const joined = new Uint8Array(total);
  let at = 0;
  for (const { path } of groups.flatMap(({ files }) => files)) {
    const bytes = await readFile(path);
    joined.set(bytes.subarray(0, total - at), at);
    at += bytes.length;
  }
  return joined.buffer;
}

interface WeightFile {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
}

interface Group {
  readonly files: readonly WeightFile[];
  readonly foundBytes: number;
  /** `null` where it holds texts, whose lengths the manifest does not tell. */
  readonly declaredBytes: number | null;
}

async function findGroup(group: WeightGroup, place: ModelPlace): Promise<Group> {
  const files: WeightFile[] = [];
  for (const name of group.paths) files.push(await findInside(name, place));
  const sizes = group.weights.map(weightBytes);
  const known = sizes.filter((size) => size !== null);
  return {
    files,
    foundBytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    declaredBytes: known.length < sizes.length ? null : known.reduce((sum, size) => sum + size, 0),
  };
}

function weightBytes({
  shape,
  dtype,
  quantization,
}: WeightGroup["weights"][number]): number | null {
  const elements = shape.reduce((product, size) => product * size, 1);
  if (dtype === "string") return null;
  return elements * (quantization ? quantizedBytes[quantization.dtype] : elementBytes[dtype]);
}

async function findInside(name: string, place: ModelPlace): Promise<WeightFile> {
  const { folder } = place;
  if (folder === null) {
    throw fault(place, `its weights are in ${name}, and only model.json's bytes were given`);
  }
  if (name === "" || /^[A-Za-z][A-Za-z0-9+.-]*:/.test(name) || leaves(name)) {
    throw fault(place, `it names weights outside its own folder (${name})`);
  }
  let path: string;
  try {
    path = await realpath(join(folder, name));
  } catch (cause) {
    throw fault(place, `its weight file ${name} is not beside it`, cause);
  }
  if (leaves(relative(await realpath(folder), path))) {
    throw fault(place, `${name} is a link that leaves the model's folder`);
  }
  const found = await stat(path);
  if (!found.isFile()) throw fault(place, `its weight file ${name} is no file`);
  return { name, path, bytes: found.size };
}

function leaves(path: string): boolean {
  return isAbsolute(path) || path.split(/[\\/]/).includes("..");
}

function checkGroup({ files, foundBytes, declaredBytes }: Group, place: ModelPlace): void {
  if (declaredBytes === null || foundBytes === declaredBytes) return;
  const suspect = foundBytes < declaredBytes ? findShort(files) : undefined;
  const named =
    suspect === undefined
      ? files.map(({ name, bytes }) => `${name} (${bytes} bytes)`).join(", ") || "no file"
      : `${suspect.name} (${suspect.bytes} bytes) is too short`;
  throw fault(
    place,
    `the weights' shapes add up to ${declaredBytes} bytes, but there are ${foundBytes}: ${named}`,
  );
}

/** All files of a group but the last have one size, so the first that is smaller was cut; else it is the last. */
function findShort(files: readonly WeightFile[]): WeightFile | undefined {
  const largest = files.reduce((most, { bytes }) => Math.max(most, bytes), 0);
  return files.find(({ bytes }, at) => at === files.length - 1 || bytes < largest);
}

function fault(place: ModelPlace, found: string, cause?: unknown): DataError {
  return new DataError({
    code: "MODEL_WEIGHT_FILES",
    message: `${place.fileName} cannot be loaded: ${found}.`,
    hint: "Keep model.json and all its weight files together, as they were saved.",
    place: { file: place.fileName },
    ...(cause === undefined ? {} : { cause }),
  });
}
