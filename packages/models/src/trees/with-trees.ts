import { readFile } from "node:fs/promises";
import type { Model, ModelSource } from "../load-model.ts";
import { decodeOnnx } from "../onnx-proto.ts";
import { viewOnnxTrees } from "./onnx-trees.ts";
import type { TreeModel } from "./read-tree-model.ts";
import { viewEnsemble } from "./tree-view.ts";

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
