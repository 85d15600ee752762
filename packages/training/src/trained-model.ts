import type { Table, Task } from "#core";
import type { DenseModel } from "./dense/dense-model.ts";
import { predictDense } from "./dense/dense-model.ts";
import { encodeRows } from "./encoders/encode.ts";
import type { Encoder } from "./encoders/encoder.ts";
import { listColumns } from "./encoders/encoder.ts";
import { readRawColumns } from "./encoders/raw-columns.ts";
import { toProbabilities } from "./losses.ts";
import type { Matrix } from "./matrix.ts";
import type { TreesModel } from "./trees/tree-model.ts";
import { predictTrees } from "./trees/tree-model.ts";

/** Preprocessing and model together, as the trainer itself computes them. */
export interface TrainedModel {
  readonly task: Task;
  /** In the order of the probabilities; empty for regression. */
  readonly classes: readonly string[];
  readonly encoder: Encoder;
  readonly model: DenseModel | TreesModel;
}

/** Predictions of some rows. */
export type TabularPredictions =
  | {
      readonly kind: "classes";
      readonly labels: readonly string[];
      /** Row-major, rows × classes. */
      readonly probabilities: Float64Array;
    }
  | { readonly kind: "values"; readonly values: Float64Array };

/** Raw outputs (logits or values) of encoded rows. */
export function predictRaw(model: DenseModel | TreesModel, matrix: Matrix): Float64Array {
  return model.kind === "dense" ? predictDense(model, matrix) : predictTrees(model, matrix);
}

/** The trainer's own predictions for the given rows (all by default). A column that the table lacks counts as missing. */
export function predictTabular(
  trained: TrainedModel,
  table: Table,
  rows: ArrayLike<number> = Array.from({ length: table.rows }, (_, row) => row),
): TabularPredictions {
  const columns = readRawColumns(table, listColumns(trained.encoder));
  const matrix = encodeRows(trained.encoder, columns, Uint32Array.from(rows));
  const outputs = predictRaw(trained.model, matrix);
  if (trained.task === "regression") return { kind: "values", values: outputs };
  const probabilities = toProbabilities(outputs, trained);
  return { kind: "classes", probabilities, labels: pickLabels(probabilities, trained.classes) };
}

function pickLabels(probabilities: Float64Array, classes: readonly string[]): string[] {
  const width = classes.length;
  return Array.from({ length: probabilities.length / width }, (_, row) => {
    return classes[findLargest(probabilities, row * width, width)] ?? "";
  });
}

/** Index, from `start`, of the first of the largest of `width` values. */
export function findLargest(values: Float64Array, start: number, width: number): number {
  let best = 0;
  for (let k = 1; k < width; k += 1) {
    if ((values[start + k] ?? 0) > (values[start + best] ?? 0)) best = k;
  }
  return best;
}
