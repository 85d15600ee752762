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
    expect(errorReduction({ own: [], naive: [] }).value).toBeNull();
    expect(() => errorReduction({ own: [1], naive: [] })).toThrow(RangeError);
  });

  it("takes the root of mean losses: a quarter of the squared error is half of the error", () => {
    const found = rootErrorReduction({ own: [1, 1], naive: [4, 4] });
    expect(found).toMatchObject({ value: 0.5, standardError: 0 });
    expect(rootErrorReduction({ own: [0], naive: [0] }).value).toBeNull();
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

  it("is undefined without rows", () => {
    expect(reliabilityOf({ probabilities: new Float64Array(0), outcomes: [] }).value).toBeNull();
  });
});

describe("recalibrationLine", () => {
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
