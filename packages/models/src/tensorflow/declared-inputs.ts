import { DataError } from "#core";
import type { TensorDeclaration } from "../onnx-graph.ts";
import { shorten } from "../shorten.ts";

/** More than one run of a model for tables is fed: 64 MiB of floats, with a fixed batch. */
const MAX_INPUT_ELEMENTS = 2 ** 24;

/** Refuses inputs for which a run would be fed without end. Throws a {@link DataError} that names the input. */
export function checkDeclaredInputs(inputs: readonly TensorDeclaration[], fileName: string): void {
  for (const { name, shape } of inputs) {
    const sizes = (shape ?? []).filter((size) => typeof size === "number");
    if (sizes.reduce((product, size) => product * size, 1) <= MAX_INPUT_ELEMENTS) continue;
    throw new DataError({
      code: "MODEL_SHAPE_TOO_LARGE",
      message: `${fileName}: input ${shorten(name)} is declared as [${sizes.join(", ")}]; a run is fed at most ${MAX_INPUT_ELEMENTS} values.`,
      hint: "Save the model again with a batch of any size and the columns that it takes.",
      place: { file: fileName },
    });
  }
}
