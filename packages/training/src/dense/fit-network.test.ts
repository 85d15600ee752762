import { describe, expect, it } from "vitest";
import type { Part } from "../part.ts";
import { createStream } from "../random.ts";
import type { NetworkOptions } from "./fit-network.ts";
import { fitNetwork } from "./fit-network.ts";
import { predictDense } from "./dense-model.ts";

const options: NetworkOptions = {
  hidden: [8],
  epochs: 400,
  batchSize: 4,
  learningRate: 0.02,
  l2: 0,
  earlyStopping: 0,
};

const xor: Part = {
  matrix: { rows: 4, columns: 2, values: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1) },
  target: {
    task: "binary",
    classes: ["no", "yes"],
    values: Float64Array.of(0, 1, 1, 0),
    weights: new Float64Array(4).fill(1),
  },
};

describe("fitNetwork", () => {
  it("learns exclusive or, which no linear model can", () => {
    const { model } = fitNetwork(xor, null, { options, random: createStream(1, 0) });
    const logits = predictDense(model, xor.matrix);
    expect([...logits].map((logit) => Number(logit > 0))).toEqual([0, 1, 1, 0]);
  });

  it("gives the same network for the same seed and another for another", () => {
    const fit = (seed: number) =>
      fitNetwork(xor, null, { options: { ...options, epochs: 3 }, random: createStream(seed, 0) })
        .model;
    expect(fit(1)).toEqual(fit(1));
    expect(fit(1)).not.toEqual(fit(2));
  });

  it("learns a curve in several outputs' units: the target is scaled back", () => {
    const values = Float32Array.from({ length: 64 }, (_, row) => row / 16 - 2);
    const part: Part = {
      matrix: { rows: 64, columns: 1, values },
      target: {
        task: "regression",
        classes: [],
        values: Float64Array.from(values, (x) => 10_000 + 500 * x * x),
        weights: new Float64Array(64).fill(1),
      },
    };
    const { model, curve } = fitNetwork(part, null, {
      options: { ...options, hidden: [16, 16], epochs: 300, batchSize: 8, learningRate: 0.01 },
      random: createStream(3, 0),
    });
    const worst = Math.max(
      ...predictDense(model, part.matrix).map((value, row) =>
        Math.abs(value - (part.target.values[row] ?? 0)),
      ),
    );
    expect(worst).toBeLessThan(100);
    expect(curve.at(-1)?.train).toBeLessThan(curve[0]?.train ?? 0);
  });

  it("keeps its best epoch and stops when the validation loss no longer falls", () => {
    const wrong = { ...xor, target: { ...xor.target, values: Float64Array.of(1, 0, 0, 1) } };
    const { bestEpoch, curve } = fitNetwork(xor, wrong, {
      options: { ...options, earlyStopping: 10 },
      random: createStream(1, 0),
    });
    expect(curve).toHaveLength(bestEpoch + 10);
    const losses = curve.map(({ validation }) => validation ?? 0);
    expect(Math.min(...losses)).toBe(losses[bestEpoch - 1]);
  });
});
