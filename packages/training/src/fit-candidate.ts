import type { CurvePoint } from "./curve.ts";
import type { DenseModel } from "./dense/dense-model.ts";
import { fitNetwork } from "./dense/fit-network.ts";
import { fitRidge } from "./dense/fit-ridge.ts";
import { fitSoftmax } from "./dense/fit-softmax.ts";
import type { ModelKind, TabularParams } from "./params.ts";
import type { Part } from "./part.ts";
import type { Random } from "#stats";
import { fitTrees } from "./trees/fit-trees.ts";
import type { TreesModel } from "./trees/tree-model.ts";

/** Told each step of a fit; `stop` ends it with what it has. */
export type ReportStep = (point: CurvePoint) => "continue" | "stop";

/** What one model kind came to. */
export interface FittedCandidate {
  readonly model: DenseModel | TreesModel;
  readonly curve: readonly CurvePoint[];
  readonly notes: readonly string[];
}

/** What a fit may use beside its rows. */
export interface FitOptions {
  readonly params: TabularParams;
  readonly random: Random;
  readonly report?: ReportStep;
}

/** Fits one model kind on encoded rows. */
export function fitCandidate(
  kind: ModelKind,
  { train, validation }: { readonly train: Part; readonly validation: Part | null },
  options: FitOptions,
): FittedCandidate {
  switch (kind) {
    case "softmax":
      return fitSoftmaxCandidate(train, options);
    case "linear":
      return {
        model: {
          kind: "dense",
          layers: [fitRidge(train.matrix, train.target, { l2: options.params.l2 ?? 1 })],
        },
        curve: [],
        notes: [],
      };
    case "trees":
      return fitTreesCandidate(train, validation, options);
    case "mlp":
      return fitNetworkCandidate(train, validation, options);
  }
}

function fitSoftmaxCandidate(train: Part, { params }: FitOptions): FittedCandidate {
  const { layer, converged, curve } = fitSoftmax(train.matrix, train.target, {
    l2: params.l2 ?? 1,
    maxSteps: params.max_iterations,
  });
  const note = `softmax: no optimum within ${curve.length} iterations; raise params.max_iterations or params.l2.`;
  return { model: { kind: "dense", layers: [layer] }, curve, notes: converged ? [] : [note] };
}

function fitTreesCandidate(
  train: Part,
  validation: Part | null,
  { params, random, report }: FitOptions,
): FittedCandidate {
  const { model, curve, bestRound } = fitTrees(train, validation, {
    random,
    ...(report && { report }),
    options: {
      rounds: validation === null ? Math.min(params.trees, roundsWithoutValidation) : params.trees,
      learningRate: params.learning_rate ?? 0.1,
      maxLeaves: params.max_leaves,
      maxDepth: params.max_depth,
      minChildRows: params.min_child_samples,
      minChildHessian: params.min_child_weight,
      l2: params.l2 ?? 1,
      maxBins: params.max_bins,
      subsample: params.subsample,
      colsample: params.colsample,
      earlyStopping: params.early_stopping ?? 30,
    },
  });
  const notes = [`trees: kept ${bestRound} of ${curve.length} rounds.`];
  return { model, curve, notes };
}

/** Without a validation part nothing tells when to stop; LightGBM's and XGBoost's default then. */
const roundsWithoutValidation = 100;

function fitNetworkCandidate(
  train: Part,
  validation: Part | null,
  { params, random, report }: FitOptions,
): FittedCandidate {
  const { model, curve, bestEpoch } = fitNetwork(train, validation, {
    random,
    ...(report && { report }),
    options: {
      hidden: typeof params.hidden === "number" ? [params.hidden] : params.hidden,
      epochs: params.epochs,
      batchSize: params.batch_size,
      learningRate: params.learning_rate ?? 1e-3,
      l2: params.l2 ?? 1e-4,
      earlyStopping: params.early_stopping ?? 20,
    },
  });
  return { model, curve, notes: [`mlp: kept epoch ${bestEpoch} of ${curve.length}.`] };
}
