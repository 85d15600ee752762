import type { Signature } from "#core";
import { InputError } from "#core";
import type { Model } from "./load-model.ts";
import type { TensorDeclaration } from "./onnx-graph.ts";
import { checkFeedable, widthOf } from "./bind-inputs.ts";
import { canCountDays, dateInputsOf } from "./date-inputs.ts";

/** What goes into a model and what comes out, as `run.json` keeps it. */
export type ModelSignature = Signature;

type SignatureColumn = Signature["columns"][number];

/**
 * A model's signature. `features` names the columns of a model with one wide input, in its
 * order; without it they are called `input[0]`, `input[1]`, … Inputs of one column are
 * called by their own names; those that the file says count days since 1970 are dates. Throws an {@link InputError} when `features` does not fit.
 */
export function signatureOf(
  model: Pick<Model, "inputs" | "outputs" | "fileName"> & Partial<Pick<Model, "metadata">>,
  features?: readonly string[],
): ModelSignature {
  for (const input of model.inputs) checkFeedable(input, model.fileName);
  const widths = model.inputs.map((input) => widthOf(input) ?? features?.length ?? 1);
  const total = widths.reduce((sum, width) => sum + width, 0);
  const named = model.inputs.every((input) => features?.includes(input.name) === true);
  if (features !== undefined && !named && features.length !== total) {
    throw new InputError({
      code: "FEATURES_COUNT",
      message: `${model.fileName} takes ${total} columns, but features names ${features.length}: ${features.join(", ")}.`,
      hint: "Name the model's input columns, in its order.",
    });
  }
  const dateInputs = dateInputsOf(model.metadata);
  let place = 0;
  const columns = model.inputs.flatMap((input, at) => {
    const width = widths[at] ?? 1;
    const names = named ? [input.name] : features?.slice(place, place + width);
    place += width;
    const isDate = dateInputs.has(input.name) && canCountDays(input);
    return columnsOf(input, { width, names, kind: isDate ? "date" : kindOf(input) });
  });
  return {
    columns,
    outputs: model.outputs.map(({ name, type, typeName, shape }) => ({
      name,
      type: type ?? typeName,
      shape: (shape ?? []).map((size) => (typeof size === "number" ? size : null)),
    })),
  };
}

function columnsOf(
  input: TensorDeclaration,
  facts: {
    readonly width: number;
    readonly names: readonly string[] | undefined;
    readonly kind: SignatureColumn["kind"];
  },
): SignatureColumn[] {
  const { width, names, kind } = facts;
  return Array.from({ length: width }, (_, index) => ({
    name: names?.[index] ?? (width === 1 ? input.name : `${input.name}[${index}]`),
    kind,
    input: input.name,
    index,
  }));
}

function kindOf({ type }: TensorDeclaration): SignatureColumn["kind"] {
  if (type === "string") return "text";
  if (type === "bool") return "boolean";
  return type !== null && /^u?int/.test(type) ? "integer" : "number";
}
