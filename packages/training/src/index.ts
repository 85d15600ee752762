export type { CurvePoint } from "./curve.ts";
export type { Importance } from "./importance.ts";
export { parseParams, paramNames, type ModelKind, type TabularParams } from "./params.ts";
export type { ProgressMetrics } from "./progress-metrics.ts";
export { predictTabular, type TabularPredictions, type TrainedModel } from "./trained-model.ts";
export { trainTabular, type CandidateResult, type TabularResult } from "./train-tabular.ts";
export type { TabularRequest } from "./tabular-request.ts";
export { countGrid } from "./search/grid.ts";
export { parseObjective, type Objective } from "./search/objective.ts";
export { shouldPrune, type Pruner } from "./search/pruners.ts";
export { listTrialNumbers, mergeTrials, parseShard, type Shard } from "./search/shards.ts";
export {
  parseSearchSpace,
  type Dimension,
  type ParamValue,
  type SearchSpace,
} from "./search/space.ts";
export { suggest, type SearchAlgorithm, type SuggestOptions } from "./search/suggest.ts";
export { findBestTrial, type Direction, type SearchHistory, type Trial } from "./search/trial.ts";
