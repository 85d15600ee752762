import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Matrix } from "../matrix.ts";
import type { Part } from "../part.ts";
import { createStream } from "../random.ts";
import { countUp } from "../sample-tables.ts";
import { binFeatures } from "./bin-features.ts";
import type { TreesOptions } from "./fit-trees.ts";
import { fitTrees } from "./fit-trees.ts";
import { predictTrees } from "./tree-model.ts";

const options: TreesOptions = {
  rounds: 1,
  learningRate: 1,
  maxLeaves: 31,
  maxDepth: 0,
  minChildRows: 1,
  minChildHessian: 0,
  l2: 0,
  maxBins: 255,
  subsample: 1,
  colsample: 1,
  earlyStopping: 0,
};

function regression(columns: readonly (readonly number[])[], values: readonly number[]): Part {
  return {
    matrix: toMatrix(columns),
    target: {
      task: "regression",
      classes: [],
      values: Float64Array.from(values),
      weights: new Float64Array(values.length).fill(1),
    },
  };
}

function toMatrix(columns: readonly (readonly number[])[]): Matrix {
  const rows = columns[0]?.length ?? 0;
  const values = countUp(rows).flatMap((row) => columns.map((column) => column[row] ?? 0));
  return { rows, columns: columns.length, values: Float32Array.from(values) };
}

function fit(part: Part, changes: Partial<TreesOptions> = {}, seed = 1) {
  return fitTrees(part, null, {
    options: { ...options, ...changes },
    random: createStream(seed, 0),
  });
}

describe("binFeatures", () => {
  it("gives each of few values a bin of its own, cut in the middle between neighbours", () => {
    const binned = binFeatures(toMatrix([[3, 1, 2, 1, Number.NaN]]), 255);
    expect([...binned.codes]).toEqual([2, 0, 1, 0, 3]);
    expect([...(binned.bounds[0] ?? [])].slice(0, 2)).toEqual([1.5, 2.5]);
  });

  it("never puts rows of one code on both sides of a float32 bound, however close the values", () => {
    const float = fc.float({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(
        fc.array(float, { minLength: 2, maxLength: 60 }),
        fc.integer({ min: 2, max: 20 }),
        (values, maxBins) => {
          const binned = binFeatures(toMatrix([values]), maxBins);
          const bounds = binned.bounds[0] ?? new Float32Array();
          expect(bounds.length).toBeLessThanOrEqual(maxBins);
          values.forEach((value, row) => {
            bounds.forEach((bound, bin) => {
              expect(Math.fround(value) <= bound).toBe((binned.codes[row] ?? 0) <= bin);
            });
          });
        },
      ),
    );
  });

  it("fills bins evenly when there are more values than bins, and keeps a heavy value apart", () => {
    const values = [...countUp(500), ...Array.from({ length: 500 }, () => 1000)];
    const binned = binFeatures(toMatrix([values]), 10);
    const counts = new Map<number, number>();
    for (const code of binned.codes) counts.set(code, (counts.get(code) ?? 0) + 1);
    expect(counts.get(binned.codes[999] ?? 0)).toBe(500);
    expect(counts.size).toBeGreaterThanOrEqual(6);
  });
});

describe("fitTrees", () => {
  it("finds the one split that a step needs, with leaves at the means", () => {
    const part = regression([[1, 2, 3, 4]], [10, 10, 30, 30]);
    const { model } = fit(part);
    expect(model.base[0]).toBe(20);
    expect(model.trees[0]?.threshold[0]).toBe(2.5);
    expect([...predictTrees(model, part.matrix)]).toEqual([10, 10, 30, 30]);
  });

  it("shrinks leaves by the penalty: sum / (rows + l2)", () => {
    const { model } = fit(regression([[1, 2, 3, 4]], [10, 10, 30, 30]), { l2: 2, maxLeaves: 2 });
    expect([...(model.trees[0]?.value ?? [])].slice(1)).toEqual([-5, 5]);
  });

  it("learns on which side missing values belong", () => {
    const nan = Number.NaN;
    const low = regression([[1, 2, nan, 8, 9, nan]], [0, 0, 0, 1, 1, 0]);
    const high = regression([[1, 2, nan, 8, 9, nan]], [0, 0, 1, 1, 1, 1]);
    expect([...predictTrees(fit(low).model, low.matrix)].map(Math.round)).toEqual([
      0, 0, 0, 1, 1, 0,
    ]);
    expect([...predictTrees(fit(high).model, high.matrix)].map(Math.round)).toEqual([
      0, 0, 1, 1, 1, 1,
    ]);
  });

  it("splits missing from present where nothing else differs", () => {
    const part = regression([[5, Number.NaN, 5, Number.NaN]], [1, 3, 1, 3]);
    expect([...predictTrees(fit(part).model, part.matrix)]).toEqual([1, 3, 1, 3]);
  });

  it("sends missing values that it never saw to the larger child", () => {
    const { model } = fit(regression([[1, 2, 3, 9]], [0, 0, 0, 8]));
    expect(predictTrees(model, toMatrix([[Number.NaN]]))[0]).toBe(0);
  });

  it("keeps to max_leaves, max_depth and min_child_samples", () => {
    const part = regression(
      [countUp(64)],
      countUp(64).map((x) => x * x),
    );
    const leaves = (changes: Partial<TreesOptions>) =>
      [...(fit(part, changes).model.trees[0]?.left ?? [])].filter((left) => left < 0).length;
    expect(leaves({ maxLeaves: 5 })).toBe(5);
    expect(leaves({ maxDepth: 2 })).toBe(4);
    expect(leaves({ maxLeaves: 64, minChildRows: 32 })).toBe(2);
    expect(leaves({ maxLeaves: 64 })).toBe(64);
  });

  it("treats a weight of two as the row standing there twice", () => {
    const weighted = regression([[1, 2, 3, 4]], [1, 5, 2, 8]);
    const part = {
      ...weighted,
      target: { ...weighted.target, weights: Float64Array.of(2, 1, 1, 2) },
    };
    const doubled = regression([[1, 1, 2, 3, 4, 4]], [1, 1, 5, 2, 8, 8]);
    const changes = { rounds: 5, learningRate: 0.5, maxLeaves: 3, l2: 1 };
    const one = predictTrees(fit(part, changes).model, part.matrix);
    const two = predictTrees(fit(doubled, changes).model, part.matrix);
    one.forEach((value, row) => expect(value).toBeCloseTo(two[row] ?? 0, 5));
  });

  it("never raises the training loss of squared errors from round to round", () => {
    const part = regression(
      [countUp(50).map((x) => Math.sin(x * 7)), countUp(50)],
      countUp(50).map((x) => Math.sin(x / 3) * x),
    );
    const losses = fit(part, { rounds: 30, learningRate: 0.3, minChildRows: 3 }).curve.map(
      ({ train }) => train,
    );
    losses.slice(1).forEach((loss, round) => expect(loss).toBeLessThanOrEqual(losses[round] ?? 0));
  });

  it("follows from the seed when it samples rows and columns", () => {
    const part = regression(
      [countUp(40), countUp(40).map((x) => (x * 17) % 40)],
      countUp(40).map((x) => x % 7),
    );
    const changes = { rounds: 4, subsample: 0.5, colsample: 0.5 };
    expect(fit(part, changes, 1).model).toEqual(fit(part, changes, 1).model);
    expect(fit(part, changes, 1).model).not.toEqual(fit(part, changes, 2).model);
  });

  it("keeps the rounds up to the best on validation and stops after early_stopping more", () => {
    const part = regression(
      [countUp(20)],
      countUp(20).map((x) => x % 2),
    );
    const other = regression(
      [countUp(20)],
      countUp(20).map((x) => 1 - (x % 2)),
    );
    const { bestRound, curve, model } = fitTrees(part, other, {
      options: { ...options, rounds: 100, learningRate: 0.1, earlyStopping: 5 },
      random: createStream(1, 0),
    });
    expect(curve).toHaveLength(bestRound + 5);
    expect(model.trees).toHaveLength(bestRound);
  });

  it("fits several classes with a tree a class and round, starting from their shares", () => {
    const part: Part = {
      matrix: toMatrix([countUp(30)]),
      target: {
        task: "multiclass",
        classes: ["a", "b", "c"],
        values: Float64Array.from(countUp(30), (row) => Math.floor(row / 10)),
        weights: new Float64Array(30).fill(1),
      },
    };
    const { model } = fit(part, { rounds: 20, learningRate: 0.3, l2: 1 });
    expect(model.trees).toHaveLength(60);
    expect(model.base[0]).toBeCloseTo(Math.log(1 / 3), 6);
    const outputs = predictTrees(model, part.matrix);
    countUp(30).forEach((row) => {
      const own = [...outputs.subarray(row * 3, row * 3 + 3)];
      expect(own.indexOf(Math.max(...own))).toBe(Math.floor(row / 10));
    });
  });

  it("ends where the report says stop", () => {
    const part = regression([countUp(20)], countUp(20));
    const { curve } = fitTrees(part, null, {
      options: { ...options, rounds: 50, learningRate: 0.1 },
      random: createStream(1, 0),
      report: ({ step }) => (step === 3 ? "stop" : "continue"),
    });
    expect(curve).toHaveLength(3);
  });
});
