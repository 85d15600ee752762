import type { Column, Table } from "#core";
import type { ModelProto, NodeProto, ValueInfoProto } from "../onnx-proto.ts";
import { encodeOnnx } from "../onnx-proto.ts";
import { makeModel, makeNode, makeTensor, makeValueInfo } from "../onnx-builder.ts";
import type { EngineOptions, Model } from "../load-model.ts";
import { loadModel } from "../load-model.ts";

const input = makeValueInfo({ name: "x", type: "float", shape: [null, 2] });

/** y = 2 a − b + 0.5 for rows [a, b], by one Gemm, with `tail` nodes from `sum` to the outputs. */
export function linearModel(
  tail: readonly NodeProto[],
  outputs: readonly ValueInfoProto[],
  inputs: readonly ValueInfoProto[] = [input],
): ModelProto {
  return makeModel({
    name: "linear",
    nodes: [makeNode({ op: "Gemm", inputs: ["x", "w", "b"], outputs: ["sum"] }), ...tail],
    inputs,
    outputs,
    initializers: [
      makeTensor({ name: "w", type: "float", shape: [2, 1], data: [2, -1] }),
      makeTensor({ name: "b", type: "float", shape: [1], data: [0.5] }),
    ],
    opsets: { "": 17, "ai.onnx.ml": 3 },
  });
}

/** y = 2 a − b + 0.5, as a regressor; `batch` fixes its number of rows. */
export function regressor(batch: number | null = null): ModelProto {
  return linearModel(
    [makeNode({ op: "Identity", inputs: ["sum"], outputs: ["y"] })],
    [makeValueInfo({ name: "y", type: "float", shape: [batch, 1] })],
    [makeValueInfo({ name: "x", type: "float", shape: [batch, 2] })],
  );
}

/** One identity node a column: `[name, type]` in, `out_<name>` out. */
export function passThrough(
  columns: readonly (readonly [
    string,
    "float" | "double" | "int64" | "int32" | "bool" | "string",
  ])[],
): ModelProto {
  return makeModel({
    name: "pass",
    nodes: columns.map(([name]) =>
      makeNode({ op: "Identity", inputs: [name], outputs: [`out_${name}`] }),
    ),
    inputs: columns.map(([name, type]) => makeValueInfo({ name, type, shape: [null, 1] })),
    outputs: columns.map(([name, type]) =>
      makeValueInfo({ name: `out_${name}`, type, shape: [null, 1] }),
    ),
    opsets: { "": 17 },
  });
}

/** Two classes by a linear rule, with a `ZipMap` behind its scores, as exporters write it. */
export function zipMapClassifier(classes: readonly [string, string]): ModelProto {
  return makeModel({
    name: "classifier",
    nodes: [
      makeNode({
        op: "LinearClassifier",
        domain: "ai.onnx.ml",
        inputs: ["x"],
        outputs: ["label", "scores"],
        attributes: {
          coefficients: { kind: "floats", values: [-2, 1, 2, -1] },
          intercepts: { kind: "floats", values: [-0.5, 0.5] },
          classlabels_strings: { kind: "strings", values: classes },
          multi_class: { kind: "int", value: 0 },
          post_transform: { kind: "string", value: "SOFTMAX" },
        },
      }),
      makeNode({
        op: "ZipMap",
        domain: "ai.onnx.ml",
        inputs: ["scores"],
        outputs: ["probabilities"],
        attributes: { classlabels_strings: { kind: "strings", values: classes } },
      }),
    ],
    inputs: [input],
    outputs: [
      makeValueInfo({ name: "label", type: "string", shape: [null] }),
      makeValueInfo({ name: "probabilities", type: "float", shape: [null, 2] }),
    ],
    opsets: { "ai.onnx.ml": 3 },
  });
}

/** Opens a model made in memory. */
export function openModel(proto: ModelProto, options: EngineOptions = {}): Promise<Model> {
  return loadModel({
    bytes: encodeOnnx(proto),
    fileName: "sample.onnx",
    engine: "wasm",
    ...options,
  });
}

/** A column of numbers; `null` is a missing cell. */
export function numberColumn(name: string, cells: readonly (number | null)[]): Column {
  return {
    kind: "number",
    name,
    values: Float64Array.from(cells, (cell) => cell ?? Number.NaN),
    missing: cells.includes(null)
      ? Uint8Array.from(cells, (cell) => (cell === null ? 1 : 0))
      : null,
    integer: cells.every((cell) => cell === null || Number.isInteger(cell)),
  };
}

/** A column of text; `null` is a missing cell. */
export function textColumn(name: string, cells: readonly (string | null)[]): Column {
  const levels = [...new Set(cells.filter((cell) => cell !== null))];
  const codes = Int32Array.from(cells, (cell) => (cell === null ? -1 : levels.indexOf(cell)));
  return { kind: "text", name, codes, levels };
}

/** A table of columns of one length. */
export function tableOf(...columns: readonly Column[]): Table {
  const [first] = columns;
  const rows =
    first === undefined ? 0 : first.kind === "text" ? first.codes.length : first.values.length;
  return { rows, columns };
}
