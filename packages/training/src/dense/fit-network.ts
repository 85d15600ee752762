import type { CurvePoint } from "../curve.ts";
import type { Target } from "../losses.ts";
import { computeLoss, countOutputs, sigmoid, writeSoftmax } from "../losses.ts";
import type { Part } from "../part.ts";
import type { Random } from "#stats";
import { shuffleFirst } from "../random.ts";
import type { DenseLayer, DenseModel } from "./dense-model.ts";
import { predictDense } from "./dense-model.ts";

/** Settings of the network; the names are the params', in camel case. */
export interface NetworkOptions {
  /** Width of each hidden layer. */
  readonly hidden: readonly number[];
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Decay of the weights: adds l2 · weight to the mean gradient. */
  readonly l2: number;
  /** Epochs without a better validation loss after which to stop; 0 for never. */
  readonly earlyStopping: number;
}

/** The network of its best epoch, and how it got there. */
export interface NetworkFit {
  readonly model: DenseModel;
  readonly curve: readonly CurvePoint[];
  readonly bestEpoch: number;
}

/**
 * A network of rectified linear units, fitted by Adam on shuffled batches. A regression
 * target is standardised within and the last layer scaled back.
 *
 * @param validation decides when to stop; `null` runs all epochs
 * @see Kingma, Ba (2015), arXiv:1412.6980; He et al. (2015), arXiv:1502.01852 for the start
 */
export function fitNetwork(
  train: Part,
  validation: Part | null,
  {
    options,
    random,
    report,
  }: {
    readonly options: NetworkOptions;
    readonly random: Random;
    readonly report?: (point: CurvePoint) => "continue" | "stop";
  },
): NetworkFit {
  const scale = standardiseTarget(train.target);
  const network = startNetwork(train.matrix.columns, countOutputs(train.target), {
    options,
    random,
  });
  const curve: CurvePoint[] = [];
  let best = { epoch: 0, loss: Infinity, model: packNetwork(network, scale) };
  for (let epoch = 1; epoch <= options.epochs; epoch += 1) {
    runEpoch(network, { ...train, target: scale.target }, { options, random });
    const model = packNetwork(network, scale);
    const point = {
      step: epoch,
      train: computeLoss(predictDense(model, train.matrix), train.target),
      validation:
        validation && computeLoss(predictDense(model, validation.matrix), validation.target),
    };
    curve.push(point);
    if (point.validation === null || point.validation < best.loss) {
      best = { epoch, loss: point.validation ?? best.loss, model };
    }
    if (report?.(point) === "stop") break;
    if (options.earlyStopping > 0 && epoch - best.epoch >= options.earlyStopping) break;
  }
  return { model: best.model, curve, bestEpoch: best.epoch };
}

interface TargetScale {
  readonly target: Target;
  readonly mean: number;
  readonly deviation: number;
}

function standardiseTarget(target: Target): TargetScale {
  if (target.task !== "regression") return { target, mean: 0, deviation: 1 };
  const count = target.values.length;
  const mean = target.values.reduce((sum, value) => sum + value, 0) / count;
  const squares = target.values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / count) || 1;
  const values = target.values.map((value) => (value - mean) / deviation);
  return { target: { ...target, values }, mean, deviation };
}

/** One layer in training: values, inputs and their gradients; parameters are weights then bias. */
interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly parameters: Float64Array;
  readonly gradient: Float64Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
  readonly output: Float64Array;
  readonly error: Float64Array;
}

interface Network {
  readonly layers: readonly Layer[];
  step: number;
}

function startNetwork(
  features: number,
  outputs: number,
  { options, random }: { readonly options: NetworkOptions; readonly random: Random },
): Network {
  const widths = [features, ...options.hidden, outputs];
  const layers = widths.slice(1).map((width, index) => {
    const inputs = widths[index] ?? 0;
    const size = (inputs + 1) * width;
    const deviation = Math.sqrt((index < options.hidden.length ? 2 : 1) / Math.max(inputs, 1));
    const parameters = new Float64Array(size);
    for (let at = 0; at < inputs * width; at += 1) parameters[at] = random.normal() * deviation;
    return {
      inputs,
      outputs: width,
      parameters,
      gradient: new Float64Array(size),
      first: new Float64Array(size),
      second: new Float64Array(size),
      output: new Float64Array(width),
      error: new Float64Array(width),
    };
  });
  return { layers, step: 0 };
}

function runEpoch(
  network: Network,
  train: Part,
  { options, random }: { readonly options: NetworkOptions; readonly random: Random },
): void {
  const { rows } = train.matrix;
  const order = Int32Array.from({ length: rows }, (_, row) => row);
  shuffleFirst(order, rows, random);
  for (let start = 0; start < rows; start += options.batchSize) {
    const batch = order.subarray(start, start + options.batchSize);
    let weight = 0;
    for (const layer of network.layers) layer.gradient.fill(0);
    for (const row of batch) {
      weight += train.target.weights[row]!;
      passForward(network, train, row);
      passBackward(network, train, row);
    }
    if (weight > 0) stepAdam(network, weight, options);
  }
}

function passForward(network: Network, train: Part, row: number): void {
  let values: ArrayLike<number> = inputOf(train, row);
  network.layers.forEach((layer, index) => {
    const { inputs, outputs, parameters, output } = layer;
    const bias = inputs * outputs;
    for (let k = 0; k < outputs; k += 1) output[k] = parameters[bias + k]!;
    for (let j = 0; j < inputs; j += 1) {
      const value = values[j]!;
      if (value === 0) continue;
      for (let k = 0; k < outputs; k += 1) output[k]! += value * parameters[j * outputs + k]!;
    }
    if (index < network.layers.length - 1) {
      for (let k = 0; k < outputs; k += 1) if (output[k]! < 0) output[k] = 0;
    }
    values = output;
  });
}

function inputOf({ matrix }: Part, row: number): Float32Array {
  return matrix.values.subarray(row * matrix.columns, (row + 1) * matrix.columns);
}

function passBackward(network: Network, train: Part, row: number): void {
  const { layers } = network;
  writeOutputError(layers.at(-1)!, train.target, row);
  for (let index = layers.length - 1; index >= 0; index -= 1) {
    const { inputs, outputs, parameters, gradient, error } = layers[index]!;
    const before = layers[index - 1];
    const values: ArrayLike<number> = before?.output ?? inputOf(train, row);
    const bias = inputs * outputs;
    for (let k = 0; k < outputs; k += 1) gradient[bias + k]! += error[k]!;
    for (let j = 0; j < inputs; j += 1) {
      const value = values[j]!;
      const start = j * outputs;
      let back = 0;
      // A zero behind a rectifier has no slope; a zero input has no weight gradient.
      if (value !== 0) {
        for (let k = 0; k < outputs; k += 1) {
          gradient[start + k]! += value * error[k]!;
          back += parameters[start + k]! * error[k]!;
        }
      }
      if (before !== undefined) before.error[j] = back;
    }
  }
}

function writeOutputError(layer: Layer, target: Target, row: number): void {
  const truth = target.values[row]!;
  const weight = target.weights[row]!;
  const { output, error } = layer;
  if (target.task === "regression") error[0] = 2 * weight * (output[0]! - truth);
  else if (target.task === "binary") error[0] = weight * (sigmoid(output[0]!) - truth);
  else {
    writeSoftmax(output, error, { start: 0, width: error.length });
    error[truth]! -= 1;
    for (let k = 0; k < error.length; k += 1) error[k]! *= weight;
  }
}

const firstDecay = 0.9;
const secondDecay = 0.999;

function stepAdam(network: Network, batchWeight: number, options: NetworkOptions): void {
  network.step += 1;
  const firstCorrection = 1 - firstDecay ** network.step;
  const secondCorrection = 1 - secondDecay ** network.step;
  for (const { parameters, gradient, first, second, inputs, outputs } of network.layers) {
    for (let at = 0; at < parameters.length; at += 1) {
      const decay = at < inputs * outputs ? options.l2 * parameters[at]! : 0;
      const slope = gradient[at]! / batchWeight + decay;
      first[at] = firstDecay * first[at]! + (1 - firstDecay) * slope;
      second[at] = secondDecay * second[at]! + (1 - secondDecay) * slope * slope;
      const root = Math.sqrt(second[at]! / secondCorrection) + 1e-8;
      parameters[at]! -= (options.learningRate * (first[at]! / firstCorrection)) / root;
    }
  }
}

function packNetwork(network: Network, { mean, deviation }: TargetScale): DenseModel {
  const layers = network.layers.map(({ inputs, outputs, parameters }, index): DenseLayer => {
    const last = index === network.layers.length - 1;
    const factor = last ? deviation : 1;
    const shift = last ? mean : 0;
    const split = inputs * outputs;
    return {
      inputs,
      outputs,
      weights: Float32Array.from(parameters.subarray(0, split), (value) => value * factor),
      bias: Float32Array.from(parameters.subarray(split), (value) => value * factor + shift),
    };
  });
  return { kind: "dense", layers };
}
