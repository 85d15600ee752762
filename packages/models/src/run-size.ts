import type { TensorDeclaration } from "./onnx-graph.ts";
import { allNodes, declaredInputs } from "./onnx-graph.ts";
import type { ModelProto } from "./onnx-proto.ts";

/** How many rows one run of a model may take. */
export interface RunSize {
  /** Rows of data in one run; `null` for any number. */
  readonly rows: number | null;
  /** Rows that each run must be padded to; `null` for none. */
  readonly paddedTo: number | null;
  readonly notes: readonly string[];
}

const batchDependentOperators: ReadonlySet<string> = new Set([
  "DynamicQuantizeLSTM",
  "DynamicQuantizeLinear",
  "DynamicQuantizeMatMul",
]);

/** Decides from a model's declared batch and its operators how its rows have to be run. */
export function decideRunSize(model: ModelProto): RunSize {
  const inputs = declaredInputs(model);
  const dependent = allNodes(model).some(({ opType }) => batchDependentOperators.has(opType));
  if (dependent) {
    return {
      rows: 1,
      paddedTo: fixedRows(inputs) ?? null,
      notes: [
        "Dynamically quantised: a row's answer depends on the rows beside it, so every row is scored by itself.",
      ],
    };
  }
  return runSizeOf(inputs);
}

function fixedRows(inputs: readonly TensorDeclaration[]): number | undefined {
  return inputs.map(({ shape }) => shape?.[0]).find((size) => typeof size === "number");
}

/** How the rows of a model are run whose inputs alone decide it. */
export function runSizeOf(inputs: readonly TensorDeclaration[]): RunSize {
  const fixed = fixedRows(inputs);
  if (fixed === undefined) return { rows: null, paddedTo: null, notes: [] };
  const unit = fixed === 1 ? "one row" : `${fixed} rows`;
  return {
    rows: fixed,
    paddedTo: fixed,
    notes: [`Exported for exactly ${unit} a run: scored in chunks of that size, which is slow.`],
  };
}
