import { DataError } from "#core";
import type { ModelFileKind } from "./recognise-model.ts";

type OtherKind = Exclude<
  ModelFileKind,
  "onnx" | "tfjs-layers" | "tfjs-graph" | "unknown" | "git-lfs-pointer"
>;

const kindNames: Readonly<Record<OtherKind, string>> = {
  "xgboost-json": "an XGBoost JSON model",
  "xgboost-ubj": "an XGBoost UBJSON model",
  "lightgbm-text": "a LightGBM text model",
  pickle: "a Python pickle",
  joblib: "a joblib pickle",
  safetensors: "a safetensors file (weights without a graph)",
  torchscript: "a TorchScript archive",
  "pytorch-checkpoint": "a PyTorch checkpoint",
  keras: "a Keras model",
};

const exporters: Partial<Record<OtherKind, string>> = {
  "xgboost-json": "onnxmltools.convert_xgboost",
  "xgboost-ubj": "onnxmltools.convert_xgboost",
  "lightgbm-text": "onnxmltools.convert_lightgbm",
  pickle: "skl2onnx.to_onnx",
  joblib: "skl2onnx.to_onnx",
  torchscript: "torch.onnx.export",
  "pytorch-checkpoint": "torch.onnx.export",
  keras: "tf2onnx",
};

/** Throws a {@link DataError} that names the way out for a kind of model that is not scored in process; says nothing of ONNX or unknown files. */
export function refuseOtherKinds(
  kind: Exclude<ModelFileKind, "tfjs-layers" | "tfjs-graph">,
  fileName: string,
): void {
  if (kind === "onnx" || kind === "unknown") return;
  if (kind === "git-lfs-pointer") {
    throw new DataError({
      code: "MODEL_IS_LFS_POINTER",
      message: `${fileName} is a Git LFS pointer, not the model itself.`,
      hint: "Check out with lfs: true (actions/checkout), or run git lfs pull before this step.",
      place: { file: fileName },
    });
  }
  const exporter = exporters[kind];
  const exported = exporter === undefined ? "" : ` or export it to ONNX (${exporter})`;
  throw new DataError({
    code: "MODEL_KIND_NOT_SUPPORTED",
    message: `${fileName} is ${kindNames[kind]}; scoring it in process is not supported yet; ONNX and TensorFlow.js are.`,
    hint: `Score it with predict-command,${exported === "" ? " or export it to ONNX" : exported}.`,
    place: { file: fileName },
  });
}
