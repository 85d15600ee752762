import { DataError } from "#core";
import { shorten } from "../shorten.ts";
import type { ModelJson } from "./model-json.ts";

/** More elements than any one tensor of a model for tables needs: 256 MiB of floats. */
const MAX_ELEMENTS = 2 ** 26;
/** Longer lists of whole numbers are no sizes. */
const MOST_SIZES = 32;

/** Which input of an operator says how large its answer is, and how. */
const sizedBy: Readonly<Record<string, { readonly input: number; readonly from?: "own" }>> = {
  Fill: { input: 0 },
  BroadcastTo: { input: 1 },
  RandomUniform: { input: 0 },
  RandomUniformInt: { input: 0 },
  RandomStandardNormal: { input: 0 },
  TruncatedNormal: { input: 0 },
  ScatterNd: { input: 2 },
  SparseToDense: { input: 1 },
  OneHot: { input: 1 },
  LinSpace: { input: 2 },
  TensorArrayV3: { input: 0 },
  TensorListReserve: { input: 1 },
  ResizeBilinear: { input: 1 },
  ResizeNearestNeighbor: { input: 1 },
  Pad: { input: 1 },
  PadV2: { input: 1 },
  MirrorPad: { input: 1 },
  // As often as its multiples say, of what it repeats.
  Tile: { input: 1, from: "own" },
};

interface GraphNode {
  readonly name?: unknown;
  readonly op?: unknown;
  readonly input?: unknown;
}

/**
 * Refuses a graph whose constants ask for a tensor of more than 2^26 elements. What a graph only computes
 * while it runs is not seen here. Throws a {@link DataError} that names the node.
 */
export function checkGraphSizes(
  { modelTopology, weightsManifest }: ModelJson,
  weights: ArrayBuffer,
  fileName: string,
): void {
  const listed: unknown = modelTopology["node"];
  const nodes = Array.isArray(listed) ? (listed as readonly (GraphNode | null)[]) : [];
  const constants = readSizes(weightsManifest, weights);
  const counts = new Map(
    weightsManifest.flatMap(({ weights: all }) =>
      all.map(({ name, shape }) => [name, shape.reduce((product, size) => product * size, 1)]),
    ),
  );
  for (const node of nodes) {
    const rule = sizedBy[String(node?.op)];
    const inputs: readonly unknown[] = Array.isArray(node?.input) ? node.input : [];
    const sizes = rule === undefined ? undefined : constants.get(sourceOf(inputs[rule.input]));
    if (rule === undefined || sizes === undefined) continue;
    const own = rule.from === "own" ? (counts.get(sourceOf(inputs[0])) ?? 1) : 1;
    const asked = sizes.reduce((product, size) => product * Math.max(1, size), own);
    if (asked > MAX_ELEMENTS) throw tooLarge(node?.name, sizes, fileName);
  }
}

/** The short constants of whole numbers, by name. */
function readSizes(
  manifest: ModelJson["weightsManifest"],
  weights: ArrayBuffer,
): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, readonly number[]>();
  const view = new DataView(weights);
  let at = 0;
  for (const { name, shape, dtype, quantization } of manifest.flatMap((group) => group.weights)) {
    // Texts do not tell how long they are: what comes after them is found by the runtime alone.
    if (dtype === "string") return found;
    const count = shape.reduce((product, size) => product * size, 1);
    const width = quantization
      ? quantization.dtype === "uint8"
        ? 1
        : 2
      : { float32: 4, int32: 4, bool: 1, complex64: 8 }[dtype];
    if (dtype === "int32" && quantization === undefined && count <= MOST_SIZES)
      found.set(
        name,
        Array.from({ length: count }, (_, place) => view.getInt32(at + 4 * place, true)),
      );
    at += count * width;
  }
  return found;
}

function sourceOf(input: unknown): string {
  return String(input).replace(/:\d+$/, "");
}

function tooLarge(name: unknown, sizes: readonly number[], fileName: string): DataError {
  return new DataError({
    code: "MODEL_SHAPE_TOO_LARGE",
    message: `${fileName}: node ${shorten(String(name))} asks for a tensor of the sizes ${sizes.join(", ")}; at most ${MAX_ELEMENTS} values are made room for.`,
    hint: "Check where the model comes from; a model of that size is scored with predict-command.",
    place: { file: fileName },
  });
}
