import type { Matrix } from "../matrix.ts";

/** outputs = inputs · weights + bias. */
export interface DenseLayer {
  readonly inputs: number;
  readonly outputs: number;
  /** Row-major, inputs × outputs. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/** Layers with a rectifier between them; one layer is a linear model. */
export interface DenseModel {
  readonly kind: "dense";
  readonly layers: readonly DenseLayer[];
}

/** Raw outputs of the layers, row-major. */
export function predictDense(model: DenseModel, matrix: Matrix): Float64Array {
  let values: Float32Array | Float64Array = matrix.values;
  model.layers.forEach((layer, index) => {
    values = applyLayer(layer, values, matrix.rows);
    if (index < model.layers.length - 1) rectify(values);
  });
  return Float64Array.from(values);
}

function applyLayer(
  layer: DenseLayer,
  values: Float32Array | Float64Array,
  rows: number,
): Float64Array {
  const { inputs, outputs: width, weights, bias } = layer;
  const outputs = new Float64Array(rows * width);
  for (let row = 0; row < rows; row += 1) {
    const start = row * width;
    for (let k = 0; k < width; k += 1) outputs[start + k] = bias[k]!;
    for (let j = 0; j < inputs; j += 1) {
      const value = values[row * inputs + j]!;
      if (value === 0) continue;
      for (let k = 0; k < width; k += 1) outputs[start + k]! += value * weights[j * width + k]!;
    }
  }
  return outputs;
}

function rectify(values: Float32Array | Float64Array): void {
  for (let place = 0; place < values.length; place += 1) {
    if (values[place]! < 0) values[place] = 0;
  }
}
