export type {
  Attributions,
  AttributionScale,
  ExplainOptions,
} from "./attributions/attributions.ts";
export { explainRows } from "./attributions/explain-rows.ts";
export type { BoundInput, ColumnChoice, InputBinding } from "./bind-inputs.ts";
export { bindInputs } from "./bind-inputs.ts";
export type { EngineKind, NamedTensors, TensorData, TensorValue } from "./engine.ts";
export type { EngineOptions, Model, ModelEngine, ModelSource } from "./load-model.ts";
export { loadModel } from "./load-model.ts";
export type { NativeSource } from "./native/native-source.ts";
export { installedNative } from "./native/native-source.ts";
export type { ProvisionFacts } from "./native/provide-native.ts";
export { provisionedNative } from "./native/provide-native.ts";
export type { NamedRow } from "./object-source.ts";
export * from "./onnx-builder.ts";
export type { TensorDeclaration } from "./onnx-graph.ts";
export * from "./onnx-proto.ts";
export type { PredictionTask } from "./output-plan.ts";
export type { ClassPredictions, Predictions, ValuePredictions } from "./predictions.ts";
export type { ModelFileKind } from "./recognise-model.ts";
export { recogniseModelBytes, recogniseModelFile } from "./recognise-model.ts";
export type { RunSize } from "./run-size.ts";
export type { ScoreOptions } from "./score.ts";
export { createRowScorer, scoreRows, scoreTable } from "./score.ts";
export type { ModelSignature } from "./signature.ts";
export { signatureOf } from "./signature.ts";
