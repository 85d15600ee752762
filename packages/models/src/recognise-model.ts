import { open } from "node:fs/promises";

/** The kinds of model file that Slipway can tell apart by their content. */
export type ModelFileKind =
  | "onnx"
  | "tfjs-layers"
  | "tfjs-graph"
  | "xgboost-json"
  | "xgboost-ubj"
  | "lightgbm-text"
  | "pickle"
  | "joblib"
  | "safetensors"
  | "torchscript"
  | "pytorch-checkpoint"
  | "keras"
  | "git-lfs-pointer"
  | "unknown";

const HEAD_BYTES = 64 * 1024;
const TAIL_BYTES = 256 * 1024;

/** Tells a model file's kind from its content; the name plays no part. */
export async function recogniseModelFile(path: string): Promise<ModelFileKind> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const head = new Uint8Array(Math.min(size, HEAD_BYTES));
    const tail = new Uint8Array(Math.min(size, TAIL_BYTES));
    await file.read(head, 0, head.length, 0);
    await file.read(tail, 0, tail.length, size - tail.length);
    return recogniseParts(head, tail, size);
  } finally {
    await file.close();
  }
}

/** Tells a model's kind from its bytes. */
export function recogniseModelBytes(bytes: Uint8Array): ModelFileKind {
  const head = bytes.subarray(0, HEAD_BYTES);
  const tail = bytes.subarray(Math.max(0, bytes.length - TAIL_BYTES));
  return recogniseParts(head, tail, bytes.length);
}

function recogniseParts(head: Uint8Array, tail: Uint8Array, sizeBytes: number): ModelFileKind {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString("latin1");
  if (text.startsWith("version https://git-lfs.github.com/spec/")) return "git-lfs-pointer";
  if (/^tree\r?\nversion=v\d/.test(text)) return "lightgbm-text";
  if (text.startsWith("\x89HDF\r\n\x1a\n")) return "keras";
  if (text.startsWith("PK\x03\x04")) return recogniseZip(text, tail);
  if (isPickle(head)) return /joblib|NumpyArrayWrapper/.test(text) ? "joblib" : "pickle";
  // A zlib stream: joblib is the one that packs its pickles so.
  if (head[0] === 0x78 && [0x01, 0x5e, 0x9c, 0xda].includes(head[1] ?? 0)) return "joblib";
  if (isSafetensors(head, sizeBytes)) return "safetensors";
  if (/^\{[iUIlL][\s\S]{1,8}learner/.test(text.slice(0, 64))) return "xgboost-ubj";
  if (/^\s*\{/.test(text)) return recogniseJson(text);
  return hasOnnxGraph(head) ? "onnx" : "unknown";
}

/** Pickles start with the opcode of their protocol, 2 to 5 in the last twenty years. */
function isPickle(head: Uint8Array): boolean {
  const protocol = head[1] ?? 0;
  return head[0] === 0x80 && protocol >= 2 && protocol <= 5;
}

function recogniseZip(head: string, tail: Uint8Array): ModelFileKind {
  const end = Buffer.from(tail.buffer, tail.byteOffset, tail.byteLength).toString("latin1");
  const names = head + end;
  if (
    names.includes("model.weights.h5") ||
    (names.includes("metadata.json") && names.includes("config.json"))
  ) {
    return "keras";
  }
  if (names.includes("/constants.pkl")) return "torchscript";
  return names.includes("data.pkl") ? "pytorch-checkpoint" : "unknown";
}

function recogniseJson(text: string): ModelFileKind {
  if (/"format"\s*:\s*"graph-model"/.test(text)) return "tfjs-graph";
  if (/"format"\s*:\s*"layers-model"/.test(text)) return "tfjs-layers";
  if (/"modelTopology"\s*:/.test(text)) {
    return /"(?:model_config|keras_version|class_name)"\s*:/.test(text)
      ? "tfjs-layers"
      : "tfjs-graph";
  }
  return /"learner"\s*:/.test(text) ? "xgboost-json" : "unknown";
}

function isSafetensors(head: Uint8Array, sizeBytes: number): boolean {
  if (head.length < 10) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const headerBytes = view.getBigUint64(0, true);
  return headerBytes >= 2n && headerBytes <= BigInt(sizeBytes - 8) && head[8] === 0x7b;
}

/** Fields of `ModelProto` by number, with the wire type each has: 0 varint, 2 bytes. */
const modelFields: ReadonlyMap<number, number> = new Map([
  [1, 0],
  [2, 2],
  [3, 2],
  [4, 2],
  [5, 0],
  [6, 2],
  [7, 2],
  [8, 2],
  [14, 2],
  [20, 2],
  [25, 2],
  [26, 2],
]);
const GRAPH_FIELD = 7;

/** Whether the bytes read as fields of `ModelProto` up to its graph (or the end of what was read). */
function hasOnnxGraph(head: Uint8Array): boolean {
  let at = 0;
  while (at < head.length) {
    const tag = readVarint(head, at);
    if (tag === undefined) return false;
    const field = Math.floor(tag.value / 8);
    if (modelFields.get(field) !== tag.value % 8) return false;
    if (field === GRAPH_FIELD) return true;
    const value = readVarint(head, tag.end);
    if (value === undefined) return false;
    at = tag.value % 8 === 2 ? value.end + value.value : value.end;
  }
  return false;
}

function readVarint(bytes: Uint8Array, start: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let index = 0; index < 10; index += 1) {
    const byte = bytes[start + index];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, end: start + index + 1 };
  }
  return undefined;
}
