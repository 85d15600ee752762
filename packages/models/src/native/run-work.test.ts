import { describe, expect, it } from "vitest";
import { makeModel, makeNode, makeTensor, makeValueInfo } from "../onnx-builder.ts";
import { regressor } from "../testing/sample-models.ts";
import {
  countRowWork,
  estimateSavedOpening,
  estimateSavedSeconds,
  isWorthDownload,
} from "./run-work.ts";

/** A model of trees, by the tree of each node. */
const treesOf = (values: readonly number[]) =>
  makeModel({
    name: "trees",
    nodes: [
      makeNode({
        op: "TreeEnsembleRegressor",
        domain: "ai.onnx.ml",
        inputs: ["x"],
        outputs: ["y"],
        attributes: { nodes_treeids: { kind: "ints", values } },
      }),
    ],
    inputs: [makeValueInfo({ name: "x", type: "float", shape: [null, 2] })],
    outputs: [makeValueInfo({ name: "y", type: "float", shape: [null, 1] })],
    initializers: [makeTensor({ name: "bias", type: "float", shape: [3], data: [1, 2, 3] })],
    opsets: { "ai.onnx.ml": 3 },
  });

/** Two stumps: three nodes each. */
const stumps = treesOf([0, 0, 0, 1, 1, 1]);

describe("what a row costs", () => {
  it("is a dense layer's weights, without its biases", () => {
    expect(countRowWork(regressor())).toEqual({ multiplyAdds: 2, splits: 0 });
  });

  it("is the depth of each tree, as if balanced: log2(3 + 1) twice", () => {
    expect(countRowWork(stumps)).toEqual({ multiplyAdds: 0, splits: 4 });
  });
});

describe("whether the native engine is worth its download", () => {
  it("counts 20 saved seconds: 2.5e11 multiply-adds, or 1e10 splits", () => {
    expect(estimateSavedSeconds({ multiplyAdds: 2.5e6, splits: 0 }, 1e5)).toBeCloseTo(20);
    expect(estimateSavedSeconds({ multiplyAdds: 0, splits: 1e5 }, 1e5)).toBeCloseTo(20);
  });

  it("counts how long opening trees takes, by pairs of nodes of one tree", () => {
    expect(estimateSavedOpening(stumps)).toBeCloseTo(18 * 1.2e-9, 15);
    const grown = Array.from({ length: 130_000 }, () => 0);
    expect(isWorthDownload(treesOf(grown), 1)).toBe(true);
    expect(isWorthDownload(treesOf(grown.map((_, at) => at % 100)), 1)).toBe(false);
  });

  it("is not for a small model on any usual table, and not where the rows are unknown", () => {
    expect(isWorthDownload(regressor(), 10_000_000)).toBe(false);
    expect(isWorthDownload(stumps, 0)).toBe(false);
    expect(isWorthDownload(stumps, 2.6e9)).toBe(true);
  });
});
