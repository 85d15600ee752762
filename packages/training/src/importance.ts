import type { DenseModel } from "./dense/dense-model.ts";
import type { Feature } from "./encoders/encoder.ts";
import { computeLoss } from "./losses.ts";
import type { Part } from "./part.ts";
import type { Random } from "#stats";
import { shuffleFirst } from "./random.ts";
import { predictRaw } from "./trained-model.ts";
import type { TreesModel } from "./trees/tree-model.ts";

/** How much each raw column matters to a model. */
export interface Importance {
  /**
   * `gain`: loss saved by the splits on it; `coefficient`: absolute weights times the
   * features' deviations; `permutation`: loss added by shuffling it.
   */
  readonly method: "gain" | "coefficient" | "permutation";
  /** Shares that sum to 1 (or are all 0), the largest first. */
  readonly columns: readonly { readonly column: string; readonly share: number }[];
}

/** Importance by the method that suits the model; `part` is what it is measured on. */
export function computeImportance(
  model: DenseModel | TreesModel,
  features: readonly Feature[],
  { part, random }: { readonly part: Part; readonly random: Random },
): Importance {
  if (model.kind === "trees") return rank("gain", features, sumGains(model));
  if (model.layers.length === 1) return rank("coefficient", features, sizeWeights(model, part));
  return permute(model, features, { part, random });
}

function rank(
  method: Importance["method"],
  features: readonly Feature[],
  values: Float64Array,
): Importance {
  const sums = new Map<string, number>();
  features.forEach(({ column }, index) => {
    sums.set(column, (sums.get(column) ?? 0) + (values[index] ?? 0));
  });
  const total = [...sums.values()].reduce((sum, value) => sum + value, 0);
  const columns = [...sums]
    .map(([column, value]) => ({ column, share: total > 0 ? value / total : 0 }))
    .sort((a, b) => b.share - a.share || (a.column < b.column ? -1 : 1));
  return { method, columns };
}

function sumGains(model: TreesModel): Float64Array {
  const gains = new Float64Array(model.features);
  for (const tree of model.trees) {
    tree.gain.forEach((gain, node) => {
      const feature = tree.feature[node] ?? 0;
      gains[feature] = (gains[feature] ?? 0) + gain;
    });
  }
  return gains;
}

function sizeWeights(model: DenseModel, { matrix }: Part): Float64Array {
  const layer = model.layers[0];
  return Float64Array.from({ length: matrix.columns }, (_, feature) => {
    const deviation = deviate(
      matrix.rows,
      (row) => matrix.values[row * matrix.columns + feature] ?? 0,
    );
    let size = 0;
    for (let k = 0; k < (layer?.outputs ?? 0); k += 1) {
      size += Math.abs(layer?.weights[feature * layer.outputs + k] ?? 0);
    }
    return size * deviation;
  });
}

function deviate(rows: number, valueAt: (row: number) => number): number {
  let mean = 0;
  let squares = 0;
  for (let row = 0; row < rows; row += 1) {
    const step = valueAt(row) - mean;
    mean += step / (row + 1);
    squares += step * (valueAt(row) - mean);
  }
  return Math.sqrt(squares / Math.max(rows, 1));
}

/** All features of a column are shuffled together: alone, a level's indicator would make rows that cannot exist. */
function permute(
  model: DenseModel,
  features: readonly Feature[],
  { part, random }: { readonly part: Part; readonly random: Random },
): Importance {
  const { matrix, target } = part;
  const base = computeLoss(predictRaw(model, matrix), target);
  const added = new Float64Array(features.length);
  for (const column of new Set(features.map((feature) => feature.column))) {
    const places = [...features.keys()].filter((index) => features[index]?.column === column);
    const order = Int32Array.from({ length: matrix.rows }, (_, row) => row);
    shuffleFirst(order, order.length, random);
    const values = matrix.values.slice();
    order.forEach((from, row) => {
      for (const place of places) {
        values[row * matrix.columns + place] = matrix.values[from * matrix.columns + place] ?? 0;
      }
    });
    const loss = computeLoss(predictRaw(model, { ...matrix, values }), target);
    added[places[0] ?? 0] = Math.max(0, loss - base);
  }
  return rank("permutation", features, added);
}
