import { DataError } from "#core";
import type { ModelJson } from "./model-json.ts";

/** 256 MiB of floats: what layers may ask for without weights in the manifest to show for it. */
const MAX_UNBACKED_ELEMENTS = 2 ** 26;

/** Settings of layers that say how large a weight is. */
const sizeSettings: ReadonlySet<string> = new Set([
  "units",
  "filters",
  "input_dim",
  "inputDim",
  "output_dim",
  "outputDim",
  "batch_input_shape",
  "batchInputShape",
  "batch_shape",
  "batchShape",
  "kernel_size",
  "kernelSize",
  "target_shape",
  "targetShape",
  "n",
]);

/**
 * Refuses layers whose sizes ask for far more than the weights that come with them: TensorFlow.js
 * makes room for a layer before it looks at its weights. Throws a {@link DataError}.
 */
export function checkTopologySizes(
  { modelTopology, weightsManifest }: ModelJson,
  fileName: string,
): void {
  const held = weightsManifest
    .flatMap(({ weights }) => weights)
    .reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  const sizes = collectSizes(modelTopology).toSorted((left, right) => right - left);
  const [largest = 1, second = 1] = sizes;
  const most = Math.max(MAX_UNBACKED_ELEMENTS, 4 * held);
  if (largest * second <= most) return;
  throw new DataError({
    code: "MODEL_SHAPE_TOO_LARGE",
    message: `${fileName}: its layers declare sizes of ${largest} and ${second}, but its weights hold ${held} values.`,
    hint: "Save the model again; its topology and its weights do not belong together.",
    place: { file: fileName },
  });
}

/** Every number under a size setting, wherever it stands. */
function collectSizes(topology: object): number[] {
  const sizes: number[] = [];
  const pending: unknown[] = [topology];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value !== "object" || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      if (sizeSettings.has(key)) {
        const listed: readonly unknown[] = Array.isArray(inner) ? inner : [inner];
        // A text is no size, and TensorFlow.js would take it for one.
        sizes.push(...listed.map(Number).filter((one) => Number.isFinite(one)));
      }
      pending.push(inner);
    }
  }
  return sizes;
}
