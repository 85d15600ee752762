import type { Signature, Task } from "#core";
import { encodeOnnx, makeModel } from "#models";
import type { DenseModel } from "../dense/dense-model.ts";
import type { Encoder } from "../encoders/encoder.ts";
import { listColumns } from "../encoders/encoder.ts";
import type { RawColumn } from "../encoders/raw-columns.ts";
import type { TreesModel } from "../trees/tree-model.ts";
import { createGraphBuilder, internalPrefix } from "./graph-builder.ts";
import type { ModelInput } from "./write-encoder.ts";
import { writeEncoder } from "./write-encoder.ts";
import {
  declareOutputs,
  outputNames,
  writeClassOutputs,
  writeDense,
  writeTrees,
  writeValueOutput,
} from "./write-outputs.ts";

/** Everything that a model file holds. */
export interface ModelParts {
  readonly name: string;
  readonly task: Task;
  readonly classes: readonly string[];
  readonly encoder: Encoder;
  readonly model: DenseModel | TreesModel;
  /** The columns that the encoder reads, for their kinds. */
  readonly columns: readonly RawColumn[];
  /** Further pairs of the file's metadata. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A model file and what goes in and out of it. */
export interface WrittenModel {
  readonly bytes: Uint8Array;
  readonly signature: Signature;
}

/** Operator sets of the file: read by onnxruntime 1.14 and newer. */
const opsets = { "": 17, "ai.onnx.ml": 3 };

/**
 * Writes preprocessing and model as one ONNX file: an input of shape rows × 1 a column
 * (numbers as float with NaN for missing, texts as string with "" for missing, dates as
 * double of days since 1970 UTC with NaN for missing).
 */
export function writeModel(parts: ModelParts): WrittenModel {
  const graph = createGraphBuilder();
  const inputs = nameInputs(parts.encoder, parts.columns);
  const features = writeEncoder(graph, parts.encoder, inputs);
  const raw =
    parts.model.kind === "dense"
      ? writeDense(graph, parts.model, features)
      : writeTrees(graph, parts.model, features);
  const outputs =
    parts.task === "regression"
      ? writeValueOutput(graph, raw)
      : writeClassOutputs(graph, raw, parts.classes);
  const classes = parts.task === "regression" ? {} : { classes: JSON.stringify(parts.classes) };
  const dateInputs = inputs.filter(({ kind }) => kind === "date").map(({ input }) => input);
  // Without its signature, a double alone does not say that it counts days since 1970 UTC.
  const dates = dateInputs.length === 0 ? {} : { date_inputs: JSON.stringify(dateInputs) };
  const model = makeModel({
    name: parts.name,
    nodes: graph.nodes,
    initializers: graph.initializers,
    inputs: graph.inputs,
    outputs: declareOutputs(outputs),
    opsets,
    producerName: "slipway",
    metadata: { model: parts.name, task: parts.task, ...classes, ...dates, ...parts.metadata },
  });
  return {
    bytes: encodeOnnx(model),
    signature: {
      columns: inputs.map(({ column, kind, input }) => ({
        name: column,
        kind: signatureKind(column, kind, parts.columns),
        input,
        index: 0,
      })),
      outputs: outputs.map(({ name, type, shape }) => ({ name, type, shape: [...shape] })),
    },
  };
}

function nameInputs(encoder: Encoder, columns: readonly RawColumn[]): ModelInput[] {
  const taken = new Set<string>(Object.values(outputNames));
  const names = listColumns(encoder);
  return names.map((column) => {
    let input = column;
    while (taken.has(input) || input.startsWith(internalPrefix) || input === "") {
      input = `column ${input}`;
    }
    taken.add(input);
    const kind = columns.find(({ name }) => name === column)?.kind ?? "number";
    return { column, kind, input };
  });
}

function signatureKind(
  name: string,
  kind: RawColumn["kind"],
  columns: readonly RawColumn[],
): Signature["columns"][number]["kind"] {
  const column = columns.find((candidate) => candidate.name === name);
  if (column?.kind !== "text" || column.levels.length === 0) return kind;
  return column.levels.every((level) => level === "true" || level === "false") ? "boolean" : "text";
}
