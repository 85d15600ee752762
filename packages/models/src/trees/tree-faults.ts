import { DataError } from "#core";

/** A {@link DataError} on a tree model's file: what was found in it, and what to do. */
export function treeFault(
  fileName: string,
  found: string,
  hint = "The copy is damaged or was cut off: save the model again with the library's save_model and compare sizes.",
): DataError {
  return new DataError({
    code: "TREE_MODEL_INVALID",
    message: `${fileName} is no usable tree model: ${found}.`,
    hint,
    place: { file: fileName },
  });
}

/** A {@link DataError} on something that a sound file may hold but is not scored here. */
export function treeNotSupported(fileName: string, found: string): DataError {
  return new DataError({
    code: "TREE_MODEL_NOT_SUPPORTED",
    message: `${fileName}: ${found} is not supported.`,
    hint: "Score the model with predict-command.",
    place: { file: fileName },
  });
}
