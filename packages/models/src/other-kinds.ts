import { DataError } from "#core";
import type { ModelFileKind } from "./recognise-model.ts";

/** Kinds that are scored in process. */
const scoredKinds = [
  "onnx",
  "tfjs-layers",
  "tfjs-graph",
  "xgboost-json",
  "xgboost-ubj",
  "lightgbm-text",
] as const;
type ScoredKind = (typeof scoredKinds)[number];
type OtherKind = Exclude<ModelFileKind, ScoredKind | "unknown" | "git-lfs-pointer">;

const kindNames: Readonly<Record<OtherKind, string>> = {
  pickle: "a Python pickle",
  joblib: "a joblib pickle",
  safetensors: "a safetensors file (weights without a graph)",
  torchscript: "a TorchScript archive",
  "pytorch-checkpoint": "a PyTorch checkpoint",
  keras: "a Keras model",
};

const exporters: Partial<Record<OtherKind, string>> = {
  pickle: "skl2onnx.to_onnx",
  joblib: "skl2onnx.to_onnx",
  torchscript: "torch.onnx.export",
  "pytorch-checkpoint": "torch.onnx.export",
  keras: "tf2onnx",
};

/** Throws a {@link DataError} that names the way out for a kind of model that is not scored in process; says nothing of ONNX or unknown files. */
export function refuseOtherKinds(kind: ModelFileKind, fileName: string): void {
  if (kind === "unknown" || isScored(kind)) return;
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
    message: `${fileName} is ${kindNames[kind]}; scoring it in process is not supported yet; ONNX, TensorFlow.js, XGBoost (JSON, UBJSON) and LightGBM (text) models are.`,
    hint: `Score it with predict-command,${exported === "" ? " or export it to ONNX" : exported}.`,
    place: { file: fileName },
  });
}

function isScored(kind: ModelFileKind): kind is ScoredKind {
  return (scoredKinds as readonly string[]).includes(kind);
}
