import type { ModelProto } from "../onnx-proto.ts";
import type { ModelFileKind } from "../recognise-model.ts";
import { ensembleToOnnx } from "./ensemble-to-onnx.ts";
import { readLightgbmModel } from "./lightgbm-model.ts";
import type { TreeEnsemble } from "./tree-ensemble.ts";
import { treeFault } from "./tree-faults.ts";
import { readUbjson } from "./ubjson.ts";
import { readXgboostModel } from "./xgboost-model.ts";

/** A boosted model read from a library's own file, and the same as ONNX. */
export interface TreeModel {
  readonly ensemble: TreeEnsemble;
  readonly onnx: ModelProto;
}

/**
 * Reads an XGBoost (JSON, UBJSON) or LightGBM (text) model; `null` for any other kind of file.
 *
 * @throws DataError `TREE_MODEL_INVALID`, `TREE_MODEL_NOT_SUPPORTED`
 */
export function readTreeModel(
  bytes: Uint8Array,
  kind: ModelFileKind,
  fileName: string,
): TreeModel | null {
  const ensemble = readTreeEnsemble(bytes, kind, fileName);
  return ensemble === null ? null : { ensemble, onnx: ensembleToOnnx(ensemble) };
}

/** The trees of an XGBoost or LightGBM model; `null` for any other kind of file. */
export function readTreeEnsemble(
  bytes: Uint8Array,
  kind: ModelFileKind,
  fileName: string,
): TreeEnsemble | null {
  if (kind === "xgboost-json") {
    return readXgboostModel(parseJson(readText(bytes, fileName), fileName), fileName);
  }
  if (kind === "xgboost-ubj") return readXgboostModel(parseUbjson(bytes, fileName), fileName);
  if (kind === "lightgbm-text") return readLightgbmModel(readText(bytes, fileName), fileName);
  return null;
}

/** JavaScript's texts end at 2^29 characters. */
const LONGEST_TEXT = 512 * 1024 * 1024 - 32;

function readText(bytes: Uint8Array, fileName: string): string {
  if (bytes.length <= LONGEST_TEXT)
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
  throw treeFault(
    fileName,
    `it is ${bytes.length} bytes of text, at most ${LONGEST_TEXT} are read`,
    "Save it as UBJSON (model.ubj), which is smaller, or score it with predict-command.",
  );
}

const spellings: Readonly<Record<string, string>> = {
  NaN: "null",
  Infinity: "1e999",
  "-Infinity": "-1e999",
};

function parseJson(text: string, fileName: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    // XGBoost writes NaN and Infinity outside of texts, which JSON does not know.
    const spelt = text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity\b|NaN\b/g, (token) =>
      token.startsWith('"') ? token : (spellings[token] ?? token),
    );
    if (spelt !== text) return parseJson(spelt, fileName);
    throw treeFault(fileName, `its JSON breaks (${tellCause(cause)})`);
  }
}

function parseUbjson(bytes: Uint8Array, fileName: string): unknown {
  try {
    return readUbjson(bytes);
  } catch (cause) {
    if (cause instanceof RangeError)
      throw treeFault(fileName, `its UBJSON breaks: ${cause.message}`);
    throw cause;
  }
}

function tellCause(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
