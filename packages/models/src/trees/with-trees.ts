import { readFile } from "node:fs/promises";
import type { EngineOptions, Model, ModelSource } from "../load-model.ts";
import { decodeOnnx } from "../onnx-proto.ts";
import { viewOnnxTrees } from "./onnx-trees.ts";
import type { TreeModel } from "./read-tree-model.ts";
import { viewEnsemble } from "./tree-view.ts";

/**
 * One thread for 32-bit sums, unless the caller says otherwise: several threads add up the trees in
 * another order than XGBoost, which moved a model of 1,000 trees by 1.6e-6 of its predictions.
 */
export function keepOrder<T extends EngineOptions>(trees: TreeModel | null, options: T): T {
  return trees?.ensemble.precision === "float" ? { threads: 1, ...options } : options;
}

/** The model with a way to its trees. An ONNX file is read again then, rather than held twice. */
export function withTrees(model: Model, trees: TreeModel | null, source: ModelSource): Model {
  if (trees !== null) {
    const { ensemble } = trees;
    const view = viewEnsemble(
      ensemble,
      model.inputs.map(({ name }) => name),
    );
    const notes = [...model.notes, ...ensemble.notes];
    return { ...model, notes, readTrees: () => Promise.resolve(view) };
  }
  return {
    ...model,
    readTrees: async () => {
      const bytes = "bytes" in source ? source.bytes : await readFile(source.path);
      return viewOnnxTrees(decodeOnnx(bytes, model.fileName), model.fileName);
    },
  };
}
