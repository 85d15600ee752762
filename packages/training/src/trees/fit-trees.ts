import type { CurvePoint } from "../curve.ts";
import type { Target } from "../losses.ts";
import { computeLoss, countOutputs, sigmoid, writeSoftmax } from "../losses.ts";
import type { Part } from "../part.ts";
import type { Random } from "#stats";
import { shuffleFirst } from "../random.ts";
import { binFeatures } from "./bin-features.ts";
import type { GrownTree, HistogramPool, TreeLimits } from "./grow-tree.ts";
import { createHistogramPool, growTree } from "./grow-tree.ts";
import type { Tree, TreesModel } from "./tree-model.ts";
import { addTree } from "./tree-model.ts";

/** Settings of gradient boosting; the names are the params', in camel case. */
export interface TreesOptions extends TreeLimits {
  readonly rounds: number;
  readonly maxBins: number;
  /** Share of rows, and of features, that a tree may see. */
  readonly subsample: number;
  readonly colsample: number;
  /** Rounds without a better validation loss after which to stop; 0 for never. */
  readonly earlyStopping: number;
}

/** The model cut back to its best round, and how it got there. */
export interface TreesFit {
  readonly model: TreesModel;
  readonly curve: readonly CurvePoint[];
  readonly bestRound: number;
}

/**
 * Gradient-boosted trees over histograms: softmax for several classes, logistic for two,
 * squared error for regression; second-order, leaf by leaf.
 *
 * @param validation decides when to stop; `null` runs all rounds
 * @see Chen, Guestrin (2016), doi:10.1145/2939672.2939785; Ke et al. (2017), LightGBM
 */
export function fitTrees(
  train: Part,
  validation: Part | null,
  {
    options,
    random,
    report,
  }: {
    readonly options: TreesOptions;
    readonly random: Random;
    readonly report?: (point: CurvePoint) => "continue" | "stop";
  },
): TreesFit {
  const booster = startBoosting(train, validation, options);
  const curve: CurvePoint[] = [];
  let bestRound = 0;
  let bestLoss = Infinity;
  const least =
    leastGain * (validation ? computeLoss(booster.validationOutputs, validation.target) : 0);
  for (let round = 1; round <= options.rounds; round += 1) {
    boostOnce(booster, random);
    const point = {
      step: round,
      train: computeLoss(booster.outputs, train.target),
      validation: validation && computeLoss(booster.validationOutputs, validation.target),
    };
    curve.push(point);
    if (point.validation === null || point.validation < bestLoss - least) {
      bestLoss = point.validation ?? bestLoss;
      bestRound = round;
    }
    if (report?.(point) === "stop") break;
    if (options.earlyStopping > 0 && round - bestRound >= options.earlyStopping) break;
  }
  const kept = options.earlyStopping > 0 || validation === null ? bestRound : curve.length;
  const trees = booster.trees.slice(0, kept * booster.base.length);
  return {
    model: {
      kind: "trees",
      features: train.matrix.columns,
      outputs: booster.base.length,
      base: booster.base,
      trees,
    },
    curve,
    bestRound: kept,
  };
}

/** A round must save this share of the constant model's loss, else it is not worth its bytes and time. */
const leastGain = 1e-4;

interface Booster {
  readonly train: Part;
  readonly validation: Part | null;
  readonly options: TreesOptions;
  readonly binned: ReturnType<typeof binFeatures>;
  readonly pool: HistogramPool;
  readonly base: Float32Array;
  readonly outputs: Float64Array;
  readonly validationOutputs: Float64Array;
  readonly gradients: Float64Array[];
  readonly hessians: Float64Array[];
  readonly trees: Tree[];
}

function startBoosting(train: Part, validation: Part | null, options: TreesOptions): Booster {
  const binned = binFeatures(train.matrix, options.maxBins);
  const base = computeBase(train.target);
  const { rows } = train.matrix;
  const perOutput = (): Float64Array[] => Array.from(base, () => new Float64Array(rows));
  return {
    train,
    validation,
    options,
    binned,
    pool: createHistogramPool(binned),
    base,
    outputs: repeat(base, rows),
    validationOutputs: repeat(base, validation?.matrix.rows ?? 0),
    gradients: perOutput(),
    hessians: perOutput(),
    trees: [],
  };
}

function repeat(values: Float32Array, times: number): Float64Array {
  return new Float64Array(values.length * times).map((_, place) => values[place % values.length]!);
}

/** The constant that fits best: log odds, log shares or the mean. */
function computeBase(target: Target): Float32Array {
  const sums = new Float64Array(Math.max(target.classes.length, 1));
  let total = 0;
  let weighted = 0;
  target.values.forEach((value, row) => {
    const weight = target.weights[row] ?? 1;
    total += weight;
    weighted += weight * value;
    if (target.task !== "regression") sums[value]! += weight;
  });
  if (target.task === "regression") return Float32Array.of(weighted / total);
  const logs = sums.map((sum) => Math.log(Math.max(sum / total, 1e-12)));
  return target.task === "binary" ? Float32Array.of(logs[1]! - logs[0]!) : Float32Array.from(logs);
}

function boostOnce(booster: Booster, random: Random): void {
  const { options, train, binned, base } = booster;
  writeGradients(booster);
  const rows = sampleIndices(train.matrix.rows, options.subsample, random);
  for (let k = 0; k < base.length; k += 1) {
    const features = sampleIndices(train.matrix.columns, options.colsample, random);
    const gradients = booster.gradients[k]!;
    const hessians = booster.hessians[k]!;
    const grown = growTree({ binned, rows, features, gradients, hessians }, options, booster.pool);
    addToOutputs(booster, grown, k);
    booster.trees.push(grown.tree);
  }
}

function addToOutputs(booster: Booster, grown: GrownTree, at: number): void {
  const { train, validation, base, outputs } = booster;
  const width = base.length;
  if (booster.options.subsample < 1) {
    addTree(grown.tree, train.matrix, { into: outputs, width, at });
  } else {
    for (const { node, rows } of grown.leaves) {
      const value = grown.tree.value[node]!;
      for (const row of rows) outputs[row * width + at]! += value;
    }
  }
  if (validation !== null) {
    addTree(grown.tree, validation.matrix, { into: booster.validationOutputs, width, at });
  }
}

/** A sorted sample without replacement, at least one index; all of them for a share of 1. */
function sampleIndices(count: number, share: number, random: Random): Int32Array {
  const all = Int32Array.from({ length: count }, (_, index) => index);
  if (share >= 1) return all;
  const size = Math.max(1, Math.round(count * share));
  shuffleFirst(all, size, random);
  return all.slice(0, size).sort();
}

/** First and second derivatives of the loss by each output. */
function writeGradients({ train, outputs, base, gradients, hessians }: Booster): void {
  const { target } = train;
  const width = countOutputs(target);
  const probabilities = new Float64Array(width);
  // Softmax's hessian is not diagonal; this factor makes its diagonal a bound (Friedman 2001, eq. 33).
  const factor = target.task === "multiclass" ? width / (width - 1) : 1;
  for (let row = 0; row < target.values.length; row += 1) {
    const weight = target.weights[row]!;
    const truth = target.values[row]!;
    if (target.task === "regression") {
      gradients[0]![row] = weight * (outputs[row]! - truth);
      hessians[0]![row] = weight;
      continue;
    }
    if (target.task === "binary") probabilities[0] = sigmoid(outputs[row]!);
    else {
      const own = outputs.subarray(row * width, row * width + width);
      writeSoftmax(own, probabilities, { start: 0, width });
    }
    for (let k = 0; k < base.length; k += 1) {
      const probability = probabilities[k]!;
      const hit = target.task === "binary" ? truth : Number(truth === k);
      gradients[k]![row] = weight * (probability - hit);
      hessians[k]![row] = weight * factor * Math.max(probability * (1 - probability), 1e-16);
    }
  }
}
