import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../random/generator.ts";
import { errorReduction, rootErrorReduction } from "./error-reduction.ts";
import { predictivePower } from "./predictive-power.ts";
import { largestRateGap } from "./rate-gap.ts";
import { recalibrationLine, reliabilityOf } from "./reliability.ts";
import { growTree } from "./single-column-tree.ts";

const cyclic = (n: number, folds = 4): Uint8Array =>
  Uint8Array.from({ length: n }, (_, row) => row % folds);

describe("errorReduction", () => {
  it("is the share of the naive loss that is gone, with the standard error of a ratio", () => {
    // Ratio 1/2; residuals own - naive / 2 are -1/2, 1/2, -1/2, 1/2: sum of squares 1, times 4/3.
    const found = errorReduction({ own: [0, 1, 0, 1], naive: [1, 1, 1, 1] });
    expect(found).toEqual({ value: 0.5, standardError: Math.sqrt(4 / 3) / 4, n: 4 });
  });

  it("weights rows", () => {
    expect(errorReduction({ own: [0, 1], naive: [1, 1], weights: [3, 1] }).value).toBe(0.75);
  });

  it("is negative where the naive answer is better, and undefined where that makes no error", () => {
    expect(errorReduction({ own: [1, 1], naive: [1, 0] }).value).toBe(-1);
    expect(errorReduction({ own: [1, 1], naive: [0, 0] })).toEqual({
      value: null,
      reason: "the naive answer makes no error",
    });
    expect(errorReduction({ own: [], naive: [] })).toEqual({
      value: null,
      reason: "there are no rows",
    });
    // One row has no spread to tell of.
    expect(errorReduction({ own: [1], naive: [2] })).toEqual({
      value: 0.5,
      standardError: 0,
      n: 1,
    });
    expect(() => errorReduction({ own: [1], naive: [] })).toThrow(RangeError);
  });

  it("takes the root of mean losses: a quarter of the squared error is half of the error", () => {
    const found = rootErrorReduction({ own: [1, 1], naive: [4, 4] });
    expect(found).toMatchObject({ value: 0.5, standardError: 0 });
    expect(rootErrorReduction({ own: [0], naive: [0] }).value).toBeNull();
    // The delta method: the standard error of a root is that of the ratio over twice the root.
    const half = rootErrorReduction({ own: [0, 1, 0, 1], naive: [1, 1, 1, 1] });
    if (half.value === null) throw new Error(half.reason);
    expect(half.value).toBeCloseTo(1 - Math.SQRT1_2, 14);
    expect(half.standardError).toBeCloseTo(Math.sqrt(4 / 3) / 4 / (2 * Math.SQRT1_2), 14);
    const none = rootErrorReduction({ own: [0, 0], naive: [1, 2] });
    expect(none).toEqual({ value: 1, standardError: 0, n: 2 });
  });

  it("has a standard error that covers: 95 % intervals hold the truth in 94 to 96 %", () => {
    const random = createRandom(5);
    let held = 0;
    for (let round = 0; round < 4000; round++) {
      const own = Float64Array.from({ length: 300 }, () => Number(random.uniform() < 0.1));
      const naive = Float64Array.from({ length: 300 }, () => Number(random.uniform() < 0.4));
      const found = errorReduction({ own, naive });
      if (found.value === null) continue;
      if (Math.abs(found.value - 0.75) <= 1.96 * found.standardError) held++;
    }
    expect(held / 4000).toBeGreaterThan(0.935);
    expect(held / 4000).toBeLessThan(0.965);
  });
});

describe("growTree", () => {
  it("cuts again within both halves, by the purity of each node's own rows", () => {
    const y = [0, 0, 0, 1, 1, 1, 0, 0, 2, 2, 2, 2];
    const x = Float64Array.from(y, (_, row) => row);
    const target = { kind: "classes", codes: y, count: 3 } as const;
    expect(growTree({ x, y }, target, { maxDepth: 5, minLeafRows: 1 })).toEqual({
      upTo: [2.5, 5.5, 7.5],
      answers: [0, 1, 0, 2],
    });
    const values = Float64Array.from(y, (code) => code * 10 - 5);
    const regression = { kind: "values", values } as const;
    expect(growTree({ x, y: values }, regression, { maxDepth: 5, minLeafRows: 1 })).toEqual({
      upTo: [2.5, 5.5, 7.5],
      answers: [-5, 5, -5, 15],
    });
  });

  it("leaves equal values whole, and answers nothing taught by 0", () => {
    const y = new Float64Array(7).fill(0.1);
    const x = Float64Array.from(y, (_, row) => row);
    const limits = { maxDepth: 5, minLeafRows: 1 };
    expect(growTree({ x, y }, { kind: "values", values: y }, limits).upTo).toEqual([]);
    const none = new Float64Array(0);
    const empty = growTree({ x: none, y: none }, { kind: "values", values: none }, limits);
    expect(empty).toEqual({ upTo: [], answers: [0] });
  });

  it("answers the lowest of classes that are equally frequent", () => {
    const target = { kind: "classes", codes: [], count: 3 } as const;
    const rows = { x: Float64Array.of(1, 1, 1, 1), y: [2, 1, 1, 2] };
    expect(growTree(rows, target, { maxDepth: 2, minLeafRows: 1 }).answers).toEqual([1]);
  });

  it("cuts halfway between the values where the classes part", () => {
    const tree = growTree(
      { x: Float64Array.of(1, 2, 4, 8), y: [0, 0, 1, 1] },
      { kind: "classes", codes: [0, 0, 1, 1], count: 2 },
      { maxDepth: 3, minLeafRows: 1 },
    );
    expect(tree).toEqual({ upTo: [3], answers: [0, 1] });
  });

  it("never cuts between equal values, nor below the least rows of a leaf", () => {
    const target = { kind: "classes", codes: [], count: 2 } as const;
    const same = { x: Float64Array.of(1, 1, 1, 1), y: [0, 0, 1, 1] };
    expect(growTree(same, target, { maxDepth: 3, minLeafRows: 1 }).upTo).toEqual([]);
    const edge = { x: Float64Array.of(1, 2, 3, 4), y: [0, 1, 1, 1] };
    expect(growTree(edge, target, { maxDepth: 3, minLeafRows: 2 }).upTo).toEqual([2.5]);
  });

  it("answers the mean of values", () => {
    const y = Float64Array.of(1, 3, 10, 12);
    expect(
      growTree(
        { x: Float64Array.of(1, 2, 3, 4), y },
        { kind: "values", values: y },
        { maxDepth: 1, minLeafRows: 1 },
      ),
    ).toEqual({ upTo: [2.5], answers: [2, 11] });
  });
});

describe("predictivePower", () => {
  const codes = Array.from({ length: 80 }, (_, row) => Math.floor(row / 40));

  it("is 1 for a category that is the class, and 0 for one that says nothing", () => {
    const options = { folds: cyclic(80), foldCount: 4 };
    const target = { kind: "classes", codes, count: 2 } as const;
    const same = { kind: "categories", codes, count: 2 } as const;
    expect(predictivePower(same, target, options)).toMatchObject({ value: 1, n: 80 });
    const constant = { kind: "categories", codes: codes.map(() => 0), count: 1 } as const;
    expect(predictivePower(constant, target, options).value).toBe(0);
  });

  it("is 0 for a category of its own in every row: nothing is learnt of rows not seen", () => {
    const own = { kind: "categories", codes: codes.map((_, row) => row), count: 80 } as const;
    const target = { kind: "classes", codes, count: 2 } as const;
    expect(predictivePower(own, target, { folds: cyclic(80), foldCount: 4 }).value).toBe(0);
  });

  it("sees a class that is told by cells being missing, of numbers and of categories", () => {
    const target = { kind: "classes", codes, count: 2 } as const;
    const options = { folds: cyclic(80), foldCount: 4 };
    const numbers = Float64Array.from(codes, (code, row) => (code === 0 ? Number.NaN : row % 7));
    expect(predictivePower({ kind: "numbers", values: numbers }, target, options).value).toBe(1);
    const levels = codes.map((code, row) => (code === 0 ? -1 : row % 3));
    const categories = { kind: "categories", codes: levels, count: 3 } as const;
    expect(predictivePower(categories, target, options).value).toBe(1);
  });

  it("is undefined for a target that never varies", () => {
    const target = { kind: "classes", codes: codes.map(() => 1), count: 2 } as const;
    const feature = { kind: "numbers", values: Float64Array.from(codes) } as const;
    expect(predictivePower(feature, target, { folds: cyclic(80), foldCount: 4 }).value).toBeNull();
  });

  it("answers values by the mean of a category's other rows", () => {
    // Two rows a category: each is answered by the other one, 1 away. Median 10.5, naive loss 10.
    const values = Float64Array.of(0, 1, 20, 21);
    const found = predictivePower(
      { kind: "categories", codes: [0, 0, 1, 1], count: 2 },
      { kind: "values", values },
      { folds: [0, 1, 0, 1], foldCount: 2 },
    );
    expect(found.value).toBeCloseTo(0.9, 12);
  });

  it("answers a category that the other folds lack by all their rows", () => {
    // Every row is answered 1 away, the last by the mean of 1 and 21. Median 12, naive loss 40.
    const values = predictivePower(
      { kind: "categories", codes: [0, 0, 1, 1, 2], count: 3 },
      { kind: "values", values: Float64Array.of(0, 1, 20, 21, 12) },
      { folds: [0, 1, 0, 1, 0], foldCount: 2 },
    );
    expect(values.value).toBeCloseTo(1 - 5 / 40, 12);
    // The last row's category is its own; the others' classes 1 and 2 are equally frequent.
    const codes = [1, 1, 1, 2, 2, 2, 1];
    const classes = predictivePower(
      { kind: "categories", codes: [0, 0, 0, 1, 1, 1, 2], count: 3 },
      { kind: "classes", codes, count: 3 },
      { folds: [0, 1, 2, 0, 1, 2, 0], foldCount: 3 },
    );
    expect(classes.value).toBe(1);
  });

  it("answers missing numbers by the mean of missing ones, present ones by the tree", () => {
    // Each row is answered by the other of its pair, 1 away; the median is 20.5.
    const found = predictivePower(
      { kind: "numbers", values: Float64Array.of(Number.NaN, Number.NaN, 1, 1, 2, 2) },
      { kind: "values", values: Float64Array.of(0, 1, 20, 21, 30, 31) },
      { folds: [0, 1, 0, 1, 0, 1], foldCount: 2, minLeafRows: 1 },
    );
    expect(found.value).toBeCloseTo(1 - 6 / 61, 12);
  });

  it("answers present numbers by all rows where the other folds hold missing ones only", () => {
    const missing = Number.NaN;
    const found = predictivePower(
      { kind: "numbers", values: Float64Array.of(1, 1, missing, missing) },
      { kind: "values", values: Float64Array.of(11, 11, 10, 12) },
      { folds: [0, 0, 1, 1], foldCount: 2, minLeafRows: 1 },
    );
    // Answers 11 everywhere, as the naive median: nothing is gained, and nothing varies.
    expect(found).toEqual({ value: 0, standardError: 0, n: 4 });
  });

  it("takes as many answers as there are rows, and no rows for none", () => {
    const feature = { kind: "numbers", values: Float64Array.of(1, 2) } as const;
    const target = { kind: "classes", codes: [0, 1], count: 2 } as const;
    expect(() => predictivePower(feature, target, { folds: [0], foldCount: 1 })).toThrow(
      "2 cells and 1 folds for 2 rows",
    );
    const more = { kind: "classes", codes: [0, 1, 1], count: 2 } as const;
    expect(() => predictivePower(feature, more, { folds: [0, 1, 0], foldCount: 2 })).toThrow(
      "2 cells and 3 folds for 3 rows",
    );
    const none = { kind: "numbers", values: new Float64Array(0) } as const;
    const undefinedWithoutRows = { value: null, reason: "there are no rows" };
    const options = { folds: [], foldCount: 2 };
    const noClasses = { kind: "classes", codes: [], count: 2 } as const;
    expect(predictivePower(none, noClasses, options)).toEqual(undefinedWithoutRows);
    const noValues = { kind: "values", values: new Float64Array(0) } as const;
    expect(predictivePower(none, noValues, options)).toEqual(undefinedWithoutRows);
  });

  it("does not change when a number is put on another scale that keeps its order", () => {
    const numbers = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 40, maxLength: 80 });
    fc.assert(
      fc.property(numbers, (drawn) => {
        const truth = drawn.map((value, row) => Number(value + (row % 5) > 3));
        const target = { kind: "classes", codes: truth, count: 2 } as const;
        const options = { folds: cyclic(drawn.length), foldCount: 4, minLeafRows: 2 };
        const power = (values: Float64Array) =>
          predictivePower({ kind: "numbers", values }, target, options).value;
        const scaled = Float64Array.from(drawn, (value) => value * 8 + 3);
        expect(power(scaled)).toBe(power(Float64Array.from(drawn)));
      }),
    );
  });
});

describe("largestRateGap", () => {
  const group = (hits: number, trials: number) => ({ hits, trials, rows: trials });

  it("is the largest less the smallest rate, and names both groups", () => {
    const found = largestRateGap([group(50, 100), group(20, 100), group(80, 100)]);
    expect(found).toMatchObject({ largest: 2, smallest: 1 });
    expect(found.value).toBeCloseTo(0.6, 12);
  });

  it("has a lower bound of Agresti and Caffo's, corrected for the pairs", () => {
    const found = largestRateGap([group(60, 100), group(30, 100)], 0.95);
    const spread = Math.sqrt(((61 / 102) * (41 / 102)) / 102 + ((31 / 102) * (71 / 102)) / 102);
    if (found.value === null) throw new Error(found.reason);
    expect(found.low).toBeCloseTo(30 / 102 - 1.959963984540054 * spread, 12);
    const three = largestRateGap([group(60, 100), group(30, 100), group(45, 100)], 0.95);
    if (three.value === null) throw new Error(three.reason);
    // 1 - 0.025 / 3 of the normal law.
    expect(three.low).toBeCloseTo(30 / 102 - 2.3939797998185104 * spread, 9);
  });

  it("takes the lower bound from the pair that is surest, not from the widest", () => {
    const found = largestRateGap([group(3, 3), group(600, 1000), group(100, 1000), group(1, 2)]);
    if (found.value === null) throw new Error(found.reason);
    expect(found).toMatchObject({ value: 0.9, largest: 0, smallest: 2 });
    const [high, low] = [601 / 1002, 101 / 1002];
    const spread = Math.sqrt((high * (1 - high)) / 1002 + (low * (1 - low)) / 1002);
    // 1 - 0.025 / 6 of the normal law: six pairs.
    expect(found.low).toBeCloseTo(high - low - 2.638257273476751 * spread, 9);
  });

  it("names the first of groups with equal rates", () => {
    const groups = [group(1, 4), group(3, 4), group(1, 4), group(3, 4)];
    expect(largestRateGap(groups)).toMatchObject({ largest: 1, smallest: 0 });
  });

  it("compares only the extreme groups where there are too many for all pairs", () => {
    const many = Array.from({ length: 298 }, () => group(50, 100));
    const certain = [group(600, 1000), group(100, 1000)];
    const low = (groups: ReturnType<typeof group>[]): number => {
      const found = largestRateGap(groups);
      if (found.value === null) throw new Error(found.reason);
      return found.low;
    };
    expect(low([...many, ...certain])).toBeGreaterThan(0.4);
    // With 301 groups the widest pair is that of the group of two rows, which proves nothing.
    expect(low([...many, ...certain, group(2, 2)])).toBe(0);
  });

  it("says that one group has nothing to be compared with", () => {
    expect(largestRateGap([group(1, 2)]).value).toBeNull();
  });

  it("calls some 5 % of fair models unfair, however many groups are searched", () => {
    const random = createRandom(11);
    for (const groups of [2, 5, 20]) {
      let called = 0;
      for (let round = 0; round < 1500; round++) {
        const drawn = Array.from({ length: groups }, () => {
          let hits = 0;
          for (let row = 0; row < 60; row++) hits += Number(random.uniform() < 0.4);
          return group(hits, 60);
        });
        const found = largestRateGap(drawn);
        if (found.value !== null && found.low > 0) called++;
      }
      // The level, and two and a half standard errors of 1,500 rounds.
      expect(called / 1500).toBeLessThan(0.05 + 2.5 * Math.sqrt((0.05 * 0.95) / 1500));
    }
  });
});

describe("reliabilityOf", () => {
  const random = createRandom(3);
  const draw = (rows: number, distort: (p: number) => number) => {
    const truth = Float64Array.from({ length: rows }, () => random.uniform());
    return {
      probabilities: truth.map((p) => distort(p)),
      outcomes: Uint8Array.from(truth, (p) => Number(random.uniform() < p)),
    };
  };

  it("is certain of a gap that many rows show", () => {
    const found = reliabilityOf(draw(20_000, (p) => Math.min(1, p + 0.2 * (1 - p))));
    if (found.value === null) throw new Error(found.reason);
    // The mean of 0.2 (1 - p) over the unit interval.
    expect(found.low).toBeLessThan(0.1);
    expect(found.high).toBeGreaterThan(0.1);
    expect(found.high - found.low).toBeLessThan(0.03);
  });

  it("is certain of an error in some 2.5 % of calibrated models, whatever the rows", () => {
    for (const rows of [30, 100, 1000]) {
      let certain = 0;
      for (let round = 0; round < 1000; round++) {
        const found = reliabilityOf(
          draw(rows, (p) => p),
          { simulations: 400 },
        );
        if (found.value !== null && found.low > 0) certain++;
      }
      // The level, and two and a half standard errors of 1,000 rounds.
      expect(certain / 1000).toBeLessThan(0.025 + 2.5 * Math.sqrt((0.025 * 0.975) / 1000));
    }
  });

  it("allows for the noise of a bin at its mean probability or its share, whichever varies more", () => {
    const reachOf = (probability: number, hits: number, rows: number): number => {
      const found = reliabilityOf(
        {
          probabilities: new Float64Array(rows).fill(probability),
          outcomes: Uint8Array.from({ length: rows }, (_, row) => Number(row < hits)),
        },
        { simulations: 40_000, confidence: 0.9 },
      );
      if (found.value === null) throw new Error(found.reason);
      expect(found.value).toBeCloseTo(Math.abs(probability - hits / rows), 12);
      return found.value - found.low;
    };
    // |z| stays below 1.959964 with 95 %; one bin holds all rows.
    expect(reachOf(0.75, 10, 100)).toBeCloseTo(1.959964 * Math.sqrt((0.75 * 0.25) / 100), 2);
    const share = 42 / 104;
    const reach = 1.959964 * Math.sqrt((share * (1 - share)) / 100);
    expect(reachOf(0.95, 40, 100)).toBeCloseTo(reach, 2);
  });

  it("says why it is undefined", () => {
    const found = reliabilityOf({ probabilities: new Float64Array(0), outcomes: [] });
    expect(found).toEqual({ value: null, reason: expect.stringMatching(/\w/u) as string });
  });

  it("is undefined without rows", () => {
    expect(reliabilityOf({ probabilities: new Float64Array(0), outcomes: [] }).value).toBeNull();
  });
});

describe("recalibrationLine", () => {
  it("solves the score equations, for scores near certain too", () => {
    const grid = [0, 1e-7, 0.001, 0.01, 0.3, 0.4, 0.5, 0.6, 0.7, 0.99, 0.999, 1];
    const row = fc.record({
      p: fc.constantFrom(...grid),
      y: fc.integer({ min: 0, max: 1 }),
      w: fc.integer({ min: 1, max: 5 }),
    });
    let determined = 0;
    fc.assert(
      fc.property(fc.array(row, { minLength: 6, maxLength: 30, size: "max" }), (rows) => {
        const line = recalibrationLine({
          probabilities: Float64Array.from(rows, ({ p }) => p),
          outcomes: rows.map(({ y }) => y),
          weights: rows.map(({ w }) => w),
        });
        if (line.value === null) return;
        determined++;
        let [residuals, slopes] = [0, 0];
        for (const { p, y, w } of rows) {
          const inside = Math.min(1 - 1e-6, Math.max(1e-6, p));
          const odds = Math.log(inside / (1 - inside));
          const share = 1 / (1 + Math.exp(-line.intercept - line.slope * odds));
          residuals += w * (y - share);
          slopes += w * (y - share) * odds;
        }
        expect(residuals).toBeCloseTo(0, 6);
        expect(slopes).toBeCloseTo(0, 5);
      }),
      { seed: 4, numRuns: 300 },
    );
    expect(determined).toBeGreaterThan(150);
  });

  it("is not determined by one outcome, one probability or outcomes without a flaw", () => {
    const undetermined = { value: null, reason: "the line is not determined by these rows" };
    const probabilities = Float64Array.of(0.2, 0.4, 0.6, 0.8);
    expect(recalibrationLine({ probabilities, outcomes: [1, 1, 1, 1] })).toEqual(undetermined);
    expect(recalibrationLine({ probabilities, outcomes: [0, 0, 1, 1] })).toEqual(undetermined);
    const constant = new Float64Array(4).fill(0.5);
    expect(recalibrationLine({ probabilities: constant, outcomes: [0, 1, 0, 1] })).toEqual(
      undetermined,
    );
  });
});
