import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRandom } from "../random/generator.ts";
import { drawMultinomial } from "../random/multinomial.ts";
import { jensenShannonDistance, kullbackLeibler, populationStabilityIndex } from "./divergences.ts";
import { evidentlyColumnDrift, evidentlyDatasetDrift, evidentlyKind } from "./evidently.ts";
import { addByGroup, mergeBins } from "./merge-bins.ts";
import { correctColumns, judgeColumn } from "./rule.ts";
import {
  binSample,
  binnedWasserstein,
  normedWasserstein,
  quantileEdges,
  wassersteinDistance,
} from "./samples.ts";
import {
  type DriftColumn,
  type DriftStatistic,
  driftStatistic,
  driftStatistics,
} from "./statistic.ts";

const counts = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 2, maxLength: 60 });
const pairs = counts
  .chain((reference) =>
    fc.tuple(
      fc.constant(reference),
      fc.array(fc.integer({ min: 0, max: 500 }), {
        minLength: reference.length,
        maxLength: reference.length,
      }),
    ),
  )
  .filter(([a, b]) => a.some((x) => x > 0) && b.some((x) => x > 0))
  .map(([reference, current]) => ({ reference, current }));

describe("divergences", () => {
  test("are 0 for equal shares, and distances are symmetric", () => {
    fc.assert(
      fc.property(pairs, ({ reference, current }) => {
        const same = { reference, current: reference.map((count) => count * 3) };
        expect(populationStabilityIndex(same)).toBeCloseTo(0, 12);
        expect(jensenShannonDistance(same)).toBeCloseTo(0, 7);
        const turned = { reference: current, current: reference };
        const there = jensenShannonDistance({ reference, current });
        expect(jensenShannonDistance(turned)).toBeCloseTo(there, 12);
        expect(there).toBeLessThanOrEqual(Math.sqrt(Math.LN2) + 1e-12);
      }),
    );
  });

  test("refuse bins that do not match and samples without rows", () => {
    expect(() => kullbackLeibler({ reference: [1, 2], current: [1] })).toThrow(RangeError);
    expect(() => kullbackLeibler({ reference: [1, 2], current: [0, 0] })).toThrow(RangeError);
  });
});

describe("merging bins", () => {
  test("keeps every row, leaves at most 20 bins that expect 5 rows, and keeps neighbours together", () => {
    fc.assert(
      fc.property(pairs, fc.boolean(), ({ reference, current }, isOrdered) => {
        const groups = mergeBins({ reference, current }, { isOrdered });
        expect(groups.flat().toSorted((a, b) => a - b)).toEqual([...reference.keys()]);
        expect(groups.length).toBeLessThanOrEqual(20);
        if (isOrdered) expect(groups.flat()).toEqual([...reference.keys()]);
        const sum = (values: ArrayLike<number>): number =>
          Array.from(values).reduce((a, b) => a + b, 0);
        const [n, m] = [sum(reference), sum(current)];
        const [a, b] = [addByGroup(reference, groups), addByGroup(current, groups)];
        expect([sum(a), sum(b)]).toEqual([n, m]);
        if (groups.length > 1)
          a.forEach((count, k) =>
            expect(((count + b[k]!) * Math.min(n, m)) / (n + m)).toBeGreaterThanOrEqual(5 - 1e-9),
          );
      }),
    );
  });

  test("by hand: the smallest joins its smaller neighbour, small categories join each other", () => {
    const pair = { reference: [100, 2, 40, 60], current: [100, 2, 40, 60] };
    expect(mergeBins(pair, { isOrdered: true })).toEqual([[0], [1, 2], [3]]);
    // The last two joined expect five rows; the one before them does not, and joins them too.
    const outgrown = {
      reference: [0, 6, 2, 0, 317, 469, 2, 251],
      current: [0, 2, 6, 4, 0, 265, 469, 2],
    };
    expect(mergeBins(outgrown, { isOrdered: false })).toEqual([[5], [6], [4], [7], [1, 2, 3, 0]]);
    const categories = { reference: [2, 100, 1, 60], current: [2, 100, 1, 60] };
    expect(mergeBins(categories, { isOrdered: false })).toEqual([[1], [3, 0, 2]]);
  });
});

describe("merging bins by other limits", () => {
  test("expects as many rows and leaves as many bins as told", () => {
    const pair = { reference: [10, 10, 10, 10], current: [10, 10, 10, 10] };
    expect(mergeBins(pair, { isOrdered: true })).toEqual([[0], [1], [2], [3]]);
    expect(mergeBins(pair, { isOrdered: true, mostBins: 3 })).toEqual([[0, 1], [2], [3]]);
    expect(mergeBins(pair, { isOrdered: false, mostBins: 2 })).toEqual([[0], [1, 2, 3]]);
    expect(mergeBins(pair, { isOrdered: true, smallestExpected: 10 })).toHaveLength(4);
    expect(mergeBins(pair, { isOrdered: true, smallestExpected: 11 })).toEqual([
      [0, 1],
      [2, 3],
    ]);
    // 20 and 5 rows: a bin expects a fifth of its rows in the smaller sample.
    const uneven = { reference: [24, 16, 40], current: [1, 9, 10] };
    expect(mergeBins(uneven, { isOrdered: true })).toEqual([[0], [1], [2]]);
    expect(mergeBins(uneven, { isOrdered: true, smallestExpected: 5.1 })).toEqual([[0, 1], [2]]);
  });
});

describe("Wasserstein from bins", () => {
  test("is the exact distance when each bin holds one value", () => {
    const value = fc.integer({ min: -9, max: 9 });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), fc.array(value, { minLength: 1 }), (x, y) => {
        const edges = Float64Array.from({ length: 20 }, (_, k) => k - 9.5);
        const binned = { reference: binSample(x, edges), current: binSample(y, edges) };
        const exact = wassersteinDistance({ reference: x, current: y });
        expect(binnedWasserstein(binned)).toBeCloseTo(exact, 12);
      }),
    );
  });

  test("by hand, and undefined for a reference that does not vary", () => {
    expect(wassersteinDistance({ reference: [0, 1], current: [1, 3] })).toBe(1.5);
    expect(normedWasserstein({ reference: [2, 2], current: [1] })).toHaveProperty("reason");
    expect(quantileEdges([1, 2, 3, 4, 5], 2)).toEqual(Float64Array.of(3));
  });
});

/** A column of numbers in bins of equal reference counts. */
function numbersOf(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  bins: number,
): DriftColumn {
  const edges = quantileEdges(reference, bins);
  const values = Array.from(reference);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  return {
    reference: binSample(reference, edges),
    current: binSample(current, edges),
    isOrdered: true,
    referenceDeviation: Math.sqrt(variance),
  };
}

function normals(seed: number, rows: number, shift = 0): Float64Array {
  const random = createRandom(seed);
  return Float64Array.from({ length: rows }, () => random.normal() + shift);
}

const names = [...driftStatistics.keys()] as DriftStatistic[];

describe.each(names)("the default rule with %s", (statistic) => {
  test("calls about 1 % of drift-free columns beyond noise, with few rows and with many", () => {
    for (const [n, m, runs] of [
      [300, 120, 60],
      [3000, 1500, 60],
    ] as const) {
      let beyond = 0;
      for (let run = 0; run < runs; run++) {
        const column = numbersOf(normals(run, n), normals(10_000 + run, m), 40);
        const { p, noise, score } = judgeColumn(column, { statistic, simulations: 200 });
        if (p! < 0.01) beyond++;
        if (Math.abs(score! - noise!) > 0.2 * noise!) expect(p! < 0.01).toBe(score! > noise!);
      }
      expect(beyond / runs).toBeLessThanOrEqual(0.07);
    }
  });

  test("finds a shift of one deviation, and nothing large in equal samples", () => {
    for (const rows of [400, 4000]) {
      const shifted = numbersOf(normals(1, rows), normals(2, rows, 1), 50);
      expect(judgeColumn(shifted, { statistic }).drifted).toBe(true);
      const same = numbersOf(normals(1, rows), normals(3, rows), 50);
      expect(judgeColumn(same, { statistic }).drifted).toBe(false);
    }
  });

  test("does not call a tiny shift at a million rows drift, though it is beyond noise", () => {
    const reference = normals(1, 100_000);
    const column = numbersOf(reference, normals(2, 100_000, 0.03), 20);
    const scale = (sample: DriftColumn["reference"]): DriftColumn["reference"] => ({
      counts: Array.from(sample.counts, (count) => count * 10),
      sums: Array.from(sample.sums!, (sum) => sum * 10),
    });
    const large = { ...column, reference: scale(column.reference), current: scale(column.current) };
    const found = judgeColumn(large, { statistic, simulations: 200 });
    expect(found.p).toBeLessThan(0.01);
    expect(found.drifted).toBe(false);
  });
});

describe("the default rule", () => {
  const steady: DriftColumn = {
    reference: { counts: [600, 400, 0] },
    current: { counts: [60, 39, 1] },
    isOrdered: false,
  };

  test("does not call one new category in 100 rows drift", () => {
    const found = judgeColumn(steady);
    expect(found).toMatchObject({ drifted: false, bins: 2, method: "simulation" });
    expect(found.p).toBeGreaterThan(0.5);
  });

  test("uses the asymptotic law from 1,000 rows on", () => {
    const column = { ...steady, current: { counts: [600, 390, 90] } };
    const reference = { counts: [6000, 4000, 0] };
    expect(judgeColumn({ ...column, reference })).toMatchObject({ method: "chi-squared", bins: 3 });
    expect(judgeColumn({ ...column, reference }, { statistic: "linf" }).method).toBe(
      "normal-simulation",
    );
  });

  test("does not judge fewer rows than asked for, and says so", () => {
    const few = { ...steady, current: { counts: [10, 40, 0] } };
    const found = judgeColumn(few);
    expect(found).toMatchObject({ drifted: false, reason: "fewer than 100 rows" });
    expect(found.score).toBeGreaterThan(0.1);
    expect(judgeColumn(few, { minRows: 20 }).drifted).toBe(true);
    expect(judgeColumn(few, { minRows: 20, threshold: 0.9 }).drifted).toBe(false);
  });

  test("has no score where a sample is empty or only one bin is left", () => {
    expect(judgeColumn({ ...steady, current: { counts: [0, 0, 0] } })).toMatchObject({
      score: null,
      reason: "the current data has no rows",
    });
    expect(judgeColumn({ ...steady, reference: { counts: [0, 0, 0] } }).reason).toBe(
      "the reference has no rows",
    );
    const one = { ...steady, reference: { counts: [500] }, current: { counts: [500] } };
    expect(judgeColumn(one)).toMatchObject({ score: 0, p: null, drifted: false });
    expect(judgeColumn(one, { statistic: "cramers_v" }).score).toBeNull();
  });

  test("keeps statistics of order away from categories and of sums from columns without", () => {
    expect(driftStatistic("ks", steady).reason).toBe("ks is for numbers");
    const numbers = { ...steady, isOrdered: true };
    expect(driftStatistic("wasserstein", numbers).reason).toContain("needs the sum of each bin");
    const sums = { counts: [1, 2, 3], sums: [1, 2, 3] };
    const constant = { ...numbers, reference: sums, current: sums, referenceDeviation: 0 };
    expect(driftStatistic("wasserstein", constant).reason).toBe("the reference does not vary");
  });

  test("adds the sums of merged bins", () => {
    const column = numbersOf(normals(1, 200), normals(2, 200), 60);
    expect(judgeColumn(column, { statistic: "psi" }).bins).toBeLessThanOrEqual(20);
  });

  test("gives the same answer for a seed", () => {
    const column = numbersOf(normals(1, 200), normals(2, 200), 10);
    expect(judgeColumn(column, { seed: 3 })).toEqual(judgeColumn(column, { seed: 3 }));
  });
});

describe("the noise of drift-free samples", () => {
  const counts = {
    reference: { counts: [6000, 4000, 2000] },
    current: { counts: [600, 420, 230] },
  };

  // Scores by NumPy; bounds at 99 % and p by SciPy's chi2, kstwobign and chi2_contingency.
  test.each([
    ["psi", 0.0025526474389545744, 0.008135800661912293, 0.23577088382539477],
    ["kl", 0.001264949401251339, 0.004067900330956146, 0.23882643838287382],
    ["js", 0.017860191569802928, 0.031890046766021474, 0.23587178363103944],
    ["js_base2", 0.021452276319709137, 0.03830384978791625, 0.23587178363103944],
    ["hellinger", 0.017861513809068173, 0.031890046766021474, 0.23582133990551968],
    ["ks", 0.020000000000000018, 0.0481978963784519, 0.7517124727356899],
    ["cramers_v", 0.00848559912827707, 0.023328229986599437, 0.2283044582213215],
  ] as const)("of %s in many rows is that of its limit law", (statistic, score, noise, p) => {
    const found = judgeColumn({ ...counts, isOrdered: true }, { statistic });
    expect(found.score).toBeCloseTo(score, 12);
    expect(found.noise).toBeCloseTo(noise, 9);
    expect(found.p).toBeCloseTo(p, 9);
  });

  /** Normal samples in bins, with so many rows that the limit law is used or just not. */
  const nearBorder = (currentRows: number): DriftColumn => {
    const reference = normals(1, 5000);
    const column = numbersOf(reference, reference, 12);
    const share = currentRows / 5000;
    const scaled = (values: ArrayLike<number>): number[] =>
      Array.from(values, (value) => value * share);
    const { counts: all, sums = [] } = column.current;
    return { ...column, current: { counts: scaled(all), sums: scaled(sums) } };
  };

  test.each(["linf", "wasserstein", "psi", "js", "ks", "kl", "hellinger"] as const)(
    "of %s is the same, simulated below 1,000 rows and by its law from there on",
    (statistic) => {
      const options = { statistic, simulations: 2000, confidence: 0.9 };
      const drawn = judgeColumn(nearBorder(999), options);
      const law = judgeColumn(nearBorder(1000), options);
      expect(drawn.method).toBe("simulation");
      expect(law.method).not.toBe("simulation");
      // Distances in bins are a little less than in values, which is what Kolmogorov's law is of.
      const most = statistic === "ks" ? 0.12 : 0.06;
      expect(Math.abs(drawn.noise! / law.noise! - 1)).toBeLessThan(most);
    },
  );

  test.each(["psi", "js", "kl", "hellinger"] as const)(
    "of %s resolves p beyond what the simulations reach, as the limit law does",
    (statistic) => {
      const reference = { counts: [30_000, 20_000, 10_000, 10_000] };
      const at = (rows: number): number => {
        const current = { counts: [0.35, 0.3, 0.16, 0.19].map((share) => share * rows) };
        return judgeColumn({ reference, current, isOrdered: true }, { statistic }).p!;
      };
      const [drawn, law] = [at(990), at(1000)];
      expect(law).toBeLessThan(1e-5);
      expect(Math.abs(Math.log(drawn) / Math.log(law) - 1)).toBeLessThan(0.25);
    },
  );
});

describe("the correction over columns", () => {
  const judgedWith = (shift: number, seed: number): ReturnType<typeof judgeColumn> =>
    judgeColumn(numbersOf(normals(seed, 400), normals(seed + 1000, 300, shift), 20), {
      simulations: 300,
    });

  test("still calls one strong drift among 200 columns, and no drift-free column", () => {
    const columns = Array.from({ length: 200 }, (_, k) => judgedWith(k === 7 ? 0.8 : 0, k));
    for (const correction of ["bh", "holm"] as const) {
      const drifted = correctColumns(columns, correction).flatMap((one, k) =>
        one.drifted ? [k] : [],
      );
      expect(drifted).toEqual([7]);
    }
  });

  test("calls no column that is beyond noise but below its threshold", () => {
    const many = (counts: readonly number[]): DriftColumn["reference"] => ({
      counts: counts.map((count) => count * 1000),
    });
    const column = { reference: many([500, 500]), current: many([480, 520]), isOrdered: true };
    const judged = judgeColumn(column, { statistic: "linf", simulations: 200 });
    expect(judged.score).toBeCloseTo(0.02, 12);
    expect(judged.p).toBeLessThan(0.01);
    expect(correctColumns([judged])[0]!.drifted).toBe(false);
    // The threshold itself counts.
    const at = judgeColumn(column, { statistic: "linf", threshold: judged.score! });
    expect([at.drifted, correctColumns([at])[0]!.drifted]).toEqual([true, true]);
    const [unsure] = correctColumns([{ ...at, p: 0.02 }]);
    expect(unsure).toMatchObject({ adjustedP: 0.02, drifted: false });
  });

  test("judges as many rows as are asked for at least", () => {
    const column = { reference: { counts: [500, 500] }, current: { counts: [90, 10] } };
    expect(judgeColumn({ ...column, isOrdered: true }).drifted).toBe(true);
    const fewer = { ...column, current: { counts: [90, 9] } };
    expect(judgeColumn({ ...fewer, isOrdered: true }).reason).toBe("fewer than 100 rows");
  });

  test("leaves p alone when asked to, and passes over columns that were not judged", () => {
    const judged = judgedWith(1, 1);
    const few = judgeColumn(numbersOf(normals(1, 50), normals(2, 50, 3), 5));
    const [first, second] = correctColumns([few, judged], "none");
    expect(first).toMatchObject({ adjustedP: null, drifted: false });
    expect(second).toMatchObject({ adjustedP: judged.p, drifted: true });
    const [alone] = correctColumns([judged]);
    expect(alone!.adjustedP).toBe(judged.p);
  });
});

describe("Evidently's method", () => {
  test("takes booleans for categories and mostly distinct strings for text", () => {
    expect(evidentlyKind({ type: "boolean", distinct: 2, count: 9 })).toBe("category");
    expect(evidentlyKind({ type: "string", distinct: 6, count: 9 })).toBe("text");
    expect(evidentlyKind({ type: "integer", distinct: 11, count: 90 })).toBe("number");
  });

  test("does not judge empty samples", () => {
    const column = { kind: "category", reference: [0, 1], current: [-1, -1] } as const;
    expect(evidentlyColumnDrift(column)).toEqual({
      value: null,
      reason: "the current data holds no values",
    });
    const turned = { ...column, reference: [-1], current: [0] };
    expect(evidentlyColumnDrift(turned)).toHaveProperty("reason", "the reference holds no values");
  });

  test("treats numbers of up to five distinct values as categories", () => {
    const column = {
      kind: "number",
      reference: [1, 2, 3, 1, 2, 3],
      current: [1, 2, 3, 3],
    } as const;
    expect(evidentlyColumnDrift(column)).toMatchObject({ method: "chisquare", threshold: 0.05 });
  });

  test("floors empty bins at a millionth of the smallest share where that is below 1e-4", () => {
    const reference = Float64Array.from({ length: 20_000 }, (_, i) => (i === 0 ? 1 : 0));
    const current = Float64Array.from({ length: 10 }, () => 0);
    const found = evidentlyColumnDrift({ kind: "category", reference, current }, "psi");
    const share = 1 / 20_000;
    const expected =
      (share - 1e-4) * Math.log(share / 1e-4) + (1 - share - 1) * Math.log(1 - share);
    expect(found).toMatchObject({ score: expect.closeTo(expected, 12) as number });
    const turned = evidentlyColumnDrift(
      { kind: "category", reference: current, current: reference },
      "psi",
    );
    expect(turned).toMatchObject({ score: expect.closeTo(expected, 12) as number });
  });

  test("counts the share of drifted columns", () => {
    expect(evidentlyDatasetDrift([])).toEqual({ driftedColumns: 0, share: 0, drifted: false });
    expect(evidentlyDatasetDrift([{ drifted: true }, { drifted: false }]).drifted).toBe(true);
  });
});

test("a fixed threshold fires on most drift-free batches of 100 rows, the rule does not", () => {
  const random = createRandom(21);
  const shares = Array<number>(10).fill(1);
  let [fixed, ruled] = [0, 0];
  for (let run = 0; run < 100; run++) {
    const reference = {
      counts: drawMultinomial(5000, shares, { random, into: new Float64Array(10) }),
    };
    const current = {
      counts: drawMultinomial(100, shares, { random, into: new Float64Array(10) }),
    };
    const { score, drifted } = judgeColumn(
      { reference, current, isOrdered: true },
      { simulations: 500 },
    );
    if (score! >= 0.1) fixed++;
    if (drifted) ruled++;
  }
  expect(fixed).toBeGreaterThan(30);
  expect(ruled).toBeLessThanOrEqual(4);
});
