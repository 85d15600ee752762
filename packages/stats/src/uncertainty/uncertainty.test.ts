import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { computeMetric } from "../metrics/compute.ts";
import type { ClassificationEvaluation, RegressionEvaluation } from "../metrics/evaluation.ts";
import { type Random, createRandom, shuffled } from "../random/generator.ts";
import { wilsonInterval } from "../hypothesis/proportions.ts";
import {
  bcaInterval,
  bootstrapTails,
  expandConfidence,
  expandTails,
  percentileInterval,
} from "./bootstrap-interval.ts";
import { compareOnRows } from "./comparison.ts";
import { delongCovariance, delongDifference } from "./delong.ts";
import { intervalOf } from "./interval.ts";

interface Model {
  /** How far positives score above negatives. */
  readonly strength: number;
}

/** Rows of two binary models that see the same signal. */
type Rows = ClassificationEvaluation & {
  readonly truth: Int32Array;
  readonly prediction: Int32Array;
  readonly scores: Float64Array;
};

function modelsOf(random: Random, rows: number, models: readonly Model[]): Rows[] {
  const truth = Int32Array.from({ length: rows }, () => (random.uniform() < 0.4 ? 1 : 0));
  const shared = Float64Array.from(truth, () => random.normal());
  return models.map(({ strength }) => {
    const scores = shared.map((noise, i) => {
      const z = 0.7 * noise + 0.7 * random.normal() + strength * (truth[i]! - 0.5);
      return 1 / (1 + Math.exp(-z));
    });
    const prediction = Int32Array.from(scores, (score) => (score >= 0.5 ? 1 : 0));
    return { task: "binary", classes: ["no", "yes"], truth, prediction, scores };
  });
}

function regressionsOf(
  random: Random,
  rows: number,
  errors: readonly number[],
): RegressionEvaluation[] {
  const truth = Float64Array.from({ length: rows }, () => 10 + 2 * random.normal());
  return errors.map((error) => ({
    task: "regression",
    truth,
    prediction: truth.map((y) => y + error * random.normal()),
  }));
}

const [good, better] = modelsOf(createRandom(1), 400, [{ strength: 1 }, { strength: 1.6 }]) as [
  Rows,
  Rows,
];
const metric = (
  name: string,
  argument?: string,
): { name: string; argument: string | undefined } => ({
  name,
  argument,
});

describe("an interval", () => {
  test("of a share of rows is Wilson's", () => {
    const found = intervalOf(metric("accuracy"), good);
    const right = Math.round(found.value! * 400);
    expect(found).toMatchObject({ ...wilsonInterval(right, 400), method: "wilson", n: 400 });
    expect(intervalOf(metric("selection_rate"), good).method).toBe("wilson");
    expect(intervalOf(metric("recall_at_threshold", "0.3"), good).method).toBe("wilson");
    for (const [name, trials] of [
      ["recall", good.truth],
      ["precision", good.prediction],
    ] as const) {
      const n = Array.from(trials).filter((code) => code === 1).length;
      const { value, low, high } = intervalOf(metric(name), good);
      expect({ low, high }).toEqual(wilsonInterval(Math.round(value! * n), n));
    }
    const { value, low } = intervalOf(metric("specificity"), good);
    expect(low).toBeLessThan(value!);
    expect(intervalOf(metric("precision_at_threshold", "0.3"), good).method).toBe("wilson");
  });

  test("of top-k accuracy is Wilson's as well", () => {
    const scores = Float64Array.from({ length: 90 }, (_, k) => [0.5, 0.3, 0.2][k % 3]!);
    const truth = Int32Array.from({ length: 30 }, (_, i) => i % 3);
    const evaluation: ClassificationEvaluation = {
      task: "multiclass",
      classes: ["a", "b", "c"],
      truth,
      prediction: truth,
      scores,
    };
    const found = intervalOf(metric("top_k_accuracy", "2"), evaluation, { against: 0.5 });
    expect(found).toMatchObject({ value: 2 / 3, ...wilsonInterval(20, 30), method: "wilson" });
    expect(found.pAbove).toBeLessThan(0.05);
  });

  test("of the area under the ROC curve is DeLong's", () => {
    const found = intervalOf(metric("roc_auc"), good, { against: 0.5 });
    expect(found.method).toBe("delong");
    expect(found.pAbove).toBeLessThan(1e-6);
    expect(found.pBelow).toBeCloseTo(1, 6);
  });

  test("of a count metric resamples the counts, which is what resampling rows gives", () => {
    for (const name of ["f1", "mcc", "cohen_kappa", "balanced_accuracy"]) {
      const counts = intervalOf(metric(name), good, { resamples: 4000 });
      const clusters = Int32Array.from(good.truth.keys());
      const rows = intervalOf(metric(name), good, { resamples: 4000, clusters });
      expect([counts.method, rows.method]).toEqual(["bootstrap-counts", "bootstrap-clusters"]);
      const width = counts.high! - counts.low!;
      expect(Math.abs(counts.low! - rows.low!)).toBeLessThan(0.08 * width);
      expect(Math.abs(counts.high! - rows.high!)).toBeLessThan(0.08 * width);
    }
  });

  test("does not depend on the order of rows where counts are resampled", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const order = shuffled([...good.truth.keys()] as number[], createRandom(seed));
        const turned: ClassificationEvaluation = {
          ...good,
          truth: Int32Array.from(order, (row) => good.truth[row]!),
          prediction: Int32Array.from(order, (row) => good.prediction[row]!),
        };
        expect(intervalOf(metric("f1"), turned, { resamples: 50 })).toEqual(
          intervalOf(metric("f1"), good, { resamples: 50 }),
        );
      }),
      { numRuns: 10 },
    );
  });

  test("is the same for a seed and another for another seed", () => {
    const of = (seed: number): unknown => intervalOf(metric("log_loss"), good, { seed });
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });

  test("covers the truth about as often as it says", () => {
    const random = createRandom(77);
    const runs = 80;
    const covered = { f1: 0, log_loss: 0, average_precision: 0, roc_auc: 0, accuracy: 0 };
    const [whole] = modelsOf(createRandom(5), 50_000, [{ strength: 1.2 }]);
    for (let run = 0; run < runs; run++) {
      const [sample] = modelsOf(random, 150, [{ strength: 1.2 }]);
      for (const name of Object.keys(covered) as (keyof typeof covered)[]) {
        const truth = computeMetric(name, undefined, whole!).value!;
        const found = intervalOf(metric(name), sample!, { resamples: 200, confidence: 0.9 });
        if (found.low! <= truth && truth <= found.high!) covered[name]++;
      }
    }
    for (const count of Object.values(covered)) {
      expect(count / runs).toBeGreaterThan(0.78);
      expect(count / runs).toBeLessThan(0.99);
    }
  });

  test("widens when rows of one entity come together", () => {
    const repeated = <T extends ArrayLike<number>>(values: T): Float64Array =>
      Float64Array.from({ length: 400 }, (_, i) => values[Math.floor(i / 8)]!);
    const rows: ClassificationEvaluation = {
      ...good,
      truth: repeated(good.truth),
      prediction: repeated(good.prediction),
      scores: repeated(good.scores as Float64Array),
    };
    const clusters = Int32Array.from({ length: 400 }, (_, i) => Math.floor(i / 8));
    for (const name of ["f1", "log_loss", "roc_auc", "accuracy"]) {
      const width = (options: object): number => {
        const { low, high } = intervalOf(metric(name), rows, options);
        return high! - low!;
      };
      expect(width({ clusters }) / width({})).toBeGreaterThan(2);
    }
  });

  test("of weighted rows resamples rows", () => {
    const weights = Float64Array.from(good.truth, (_, i) => 1 + (i % 3));
    for (const name of ["accuracy", "roc_auc", "brier"]) {
      const found = intervalOf(metric(name), { ...good, weights }, { resamples: 200 });
      expect(found.method).toBe(name === "brier" ? "bootstrap-t" : "bootstrap-rows");
      expect(found.low).toBeLessThan(found.value!);
      expect(found.high).toBeGreaterThan(found.value!);
    }
  });

  test("of many rows by the normal limit, influences or the group jackknife is what rows would give", () => {
    const [large] = modelsOf(createRandom(3), 20_000, [{ strength: 1 }]);
    const [wide] = regressionsOf(createRandom(4), 20_000, [1]);
    const cases = [
      [large!, "log_loss", "bootstrap-normal"],
      [wide!, "rmse", "bootstrap-normal"],
      [wide!, "r2", "bootstrap-normal"],
      [large!, "average_precision", "infinitesimal-jackknife"],
      [wide!, "median_absolute_error", "group-jackknife"],
    ] as const;
    for (const [evaluation, name, method] of cases) {
      const cheap = intervalOf(metric(name), evaluation);
      const dear = intervalOf(metric(name), evaluation, { resamples: 250, interval: "percentile" });
      expect([cheap.method, dear.method]).toEqual([method, "bootstrap-rows"]);
      const ratio = (cheap.high! - cheap.low!) / (dear.high! - dear.low!);
      expect(ratio).toBeGreaterThan(0.75);
      expect(ratio).toBeLessThan(1.3);
    }
  });

  test("of weighted and clustered many rows uses the group jackknife", () => {
    const [large] = modelsOf(createRandom(3), 12_000, [{ strength: 1 }]);
    const weights = Float64Array.from(large!.truth, (_, i) => 1 + (i % 2));
    const clusters = Int32Array.from(large!.truth, (_, i) => i >> 1);
    const found = intervalOf(metric("f1"), { ...large!, weights }, { clusters });
    expect(found.method).toBe("group-jackknife");
    const means = intervalOf(metric("log_loss"), { ...large!, weights }, { clusters });
    expect(means.method).toBe("bootstrap-normal");
  });

  test("by BCa exists for every kind of metric", () => {
    const groups = { town: { codes: good.truth.map((_, i) => i % 2), names: ["a", "b"] } };
    const weights = Float64Array.from(good.truth, () => 2);
    const options = { interval: "bca", resamples: 300 } as const;
    const evaluations = [
      [{ ...good, groups }, "f1", undefined],
      [{ ...good, groups }, "demographic_parity_difference", "town"],
      [{ ...good, weights }, "f1", undefined],
      [good, "log_loss", undefined],
      [good, "roc_auc", undefined],
    ] as const;
    for (const [evaluation, name, argument] of evaluations) {
      const found = intervalOf(metric(name, argument), evaluation, options);
      expect(found.high).toBeGreaterThan(found.low!);
    }
    const [large] = modelsOf(createRandom(9), 1500, [{ strength: 1 }]);
    expect(intervalOf(metric("roc_auc"), large!, options).method).toBe("bootstrap-rows");
  });

  test("of a fairness metric leaves out rows without a group", () => {
    const codes = good.truth.map((_, i) => (i % 4 === 3 ? -1 : i % 2));
    const evaluation = { ...good, groups: { town: { codes, names: ["a", "b"] } } };
    const found = intervalOf(metric("equal_opportunity_difference", "town"), evaluation);
    expect(found.method).toBe("bootstrap-counts");
    expect(found.high).toBeGreaterThan(found.low!);
  });

  test("does not exist where the metric does not, or not in most resamples", () => {
    expect(intervalOf(metric("nonsense"), good)).toMatchObject({ value: null, low: null, n: 400 });
    const one: ClassificationEvaluation = { ...good, truth: [1, 0, 0], prediction: [1, 0, 0] };
    const rare = { ...one, scores: Float64Array.of(0.9, 0.1, 0.2) };
    const none = { ...rare, truth: [0, 0, 0] };
    expect(intervalOf(metric("roc_auc"), none).reason).toBe("no row is of the positive class");
    const lonely: ClassificationEvaluation = {
      ...good,
      truth: Int32Array.from({ length: 4000 }, (_, i) => (i === 0 ? 1 : 0)),
      prediction: new Int32Array(4000),
      scores: Float64Array.from({ length: 4000 }, (_, i) => i / 4000),
    };
    const found = intervalOf(metric("roc_auc"), lonely, { resamples: 100 });
    expect(found).toMatchObject({ value: 0, method: "clopper-pearson" });
    const few = Int32Array.from({ length: 10 }, (_, i) => (i === 0 ? 1 : 0));
    const lost = intervalOf(
      metric("balanced_accuracy"),
      { ...good, truth: few, prediction: few },
      { resamples: 50 },
    );
    expect(lost.value).toBe(1);
  });

  test("gives p values that agree with it", () => {
    const { low, high } = intervalOf(metric("f1"), good);
    const at = (against: number): number => intervalOf(metric("f1"), good, { against }).pBelow!;
    expect(at(high! + 0.01)).toBeLessThan(0.025);
    expect(at(high! - 0.01)).toBeGreaterThan(0.025);
    expect(intervalOf(metric("f1"), good, { against: low! - 0.01 }).pAbove).toBeLessThan(0.025);
    const share = intervalOf(metric("accuracy"), good, { against: 0.99 });
    expect(share.pBelow).toBeLessThan(1e-6);
    const certain = intervalOf(metric("accuracy"), good, { against: 1 });
    expect([certain.pBelow, certain.pAbove]).toEqual([0, 1]);
  });

  test("of perfect scores is as wide as its rarest class allows", () => {
    const truth = Int32Array.of(0, 0, 1, 1);
    const perfect = { ...good, truth, prediction: truth, scores: Float64Array.of(0, 0.1, 0.8, 1) };
    const found = intervalOf(metric("roc_auc"), perfect, { against: 0.9 });
    // Two rows of a class: the low end is the square root of 0.025.
    expect(found.low).toBeCloseTo(Math.sqrt(0.025), 12);
    expect(found).toMatchObject({ high: 1, pBelow: 1 });
    expect(found.pAbove).toBeCloseTo(0.9 ** 2, 12);
  });
});

describe("a comparison", () => {
  const compare = (name: string, options: object = {}): ReturnType<typeof compareOnRows> =>
    compareOnRows({ metric: metric(name), candidate: better, reference: good, ...options });

  test("of accuracy uses McNemar and the joint counts", () => {
    const found = compare("accuracy");
    expect(found).toMatchObject({ test: "mcnemar-exact", method: "bootstrap-counts", n: 400 });
    expect(found.difference).toBeCloseTo(found.candidate! - found.reference!, 14);
    expect(found.pAbove).toBeLessThan(found.pBelow!);
    const mid = compare("accuracy", { midP: true });
    expect(mid.test).toBe("mcnemar-mid-p");
    expect(mid.p).toBeLessThan(found.p!);
    const shifted = compare("accuracy", { nullDifference: -0.5 });
    expect(shifted.p).toBe(found.p);
    expect(shifted.pAbove).toBeLessThan(0.001);
  });

  test("of the area under the ROC curve uses DeLong, unless rows are weighted", () => {
    const found = compare("roc_auc", { confidence: 0.9, nullDifference: 0.3 });
    expect(found).toMatchObject({ test: "delong", method: "delong", resamples: null });
    expect(found.pBelow).toBeLessThan(0.001);
    const weights = Float64Array.from(good.truth, () => 1);
    const weighted = compareOnRows({
      metric: metric("roc_auc"),
      candidate: { ...better, weights },
      reference: good,
      resamples: 500,
    });
    expect(weighted.test).toBe("bootstrap");
    const width = found.high! - found.low!;
    const plain = compare("roc_auc", { confidence: 0.95 });
    expect(Math.abs(weighted.low! - plain.low!)).toBeLessThan(0.3 * width);
  });

  test("of any other metric resamples both models on the same rows", () => {
    for (const name of ["f1", "log_loss", "ece"]) {
      const found = compare(name, { resamples: 500 });
      expect(found.test).toBe("bootstrap");
      expect(found.low).toBeLessThan(found.difference!);
      expect(found.high).toBeGreaterThan(found.difference!);
      expect(found.p).toBeCloseTo(Math.min(1, 2 * Math.min(found.pBelow!, found.pAbove!)), 12);
    }
  });

  test("is narrower than two separate intervals, for noise in common cancels", () => {
    const paired = compare("log_loss");
    const width = (evaluation: ClassificationEvaluation): number => {
      const { low, high } = intervalOf(metric("log_loss"), evaluation);
      return high! - low!;
    };
    expect(paired.high! - paired.low!).toBeLessThan(Math.hypot(width(good), width(better)));
  });

  test("of a model with itself is 0 with p 1", () => {
    for (const name of ["accuracy", "roc_auc", "f1", "log_loss"]) {
      const copy = { ...good, prediction: Int32Array.from(good.prediction) };
      const found = compareOnRows({
        metric: metric(name),
        candidate: copy,
        reference: good,
        resamples: 100,
      });
      expect(found).toMatchObject({ difference: 0, low: 0, high: 0, p: 1 });
    }
    const shifted = compareOnRows({
      metric: metric("roc_auc"),
      candidate: good,
      reference: good,
      nullDifference: 0.1,
    });
    expect(shifted).toMatchObject({ pBelow: 0, pAbove: 1 });
    const lower = {
      metric: metric("roc_auc"),
      candidate: good,
      reference: good,
      nullDifference: -0.1,
    };
    expect(compareOnRows(lower)).toMatchObject({ pBelow: 1, pAbove: 0 });
  });

  test("of regressions ranks losses, or follows time when told", () => {
    const [first, second] = regressionsOf(createRandom(2), 120, [1, 1.6]);
    const pair = { candidate: first!, reference: second! };
    for (const name of ["mae", "rmse", "pinball"]) {
      const found = compareOnRows({ metric: metric(name), ...pair });
      expect(found).toMatchObject({ test: "wilcoxon", method: "bootstrap-rows" });
      expect(found.difference).toBeLessThan(0);
      expect(found.p).toBeLessThan(0.05);
    }
    const inTime = compareOnRows({ metric: metric("mse"), ...pair, timeOrdered: true, horizon: 2 });
    expect(inTime.test).toBe("diebold-mariano");
    expect(inTime.p).toBeLessThan(0.05);
    expect(compareOnRows({ metric: metric("explained_variance"), ...pair }).test).toBe("bootstrap");
    expect(compareOnRows({ metric: metric("max_error"), ...pair, resamples: 200 }).test).toBe(null);
    const same = { candidate: first!, reference: { ...first! } };
    expect(compareOnRows({ metric: metric("mae"), ...same })).toMatchObject({
      p: 1,
      difference: 0,
    });
    expect(compareOnRows({ metric: metric("mae"), ...same, timeOrdered: true }).test).toBe(
      "bootstrap",
    );
  });

  test("of fairness keeps the groups together", () => {
    const groups = { town: { codes: good.truth.map((_, i) => i % 2), names: ["a", "b"] } };
    const found = compareOnRows({
      metric: metric("demographic_parity_difference", "town"),
      candidate: { ...better, groups },
      reference: { ...good, groups },
    });
    expect(found).toMatchObject({ test: "bootstrap", method: "bootstrap-counts" });
  });

  test("calls equal models different about as often as it says", () => {
    const random = createRandom(13);
    let called = { accuracy: 0, roc_auc: 0, f1: 0 };
    const runs = 80;
    for (let run = 0; run < runs; run++) {
      const [a, b] = modelsOf(random, 200, [{ strength: 1 }, { strength: 1 }]);
      for (const name of Object.keys(called) as (keyof typeof called)[]) {
        const { low, high } = compareOnRows({
          metric: metric(name),
          candidate: a!,
          reference: b!,
          resamples: 300,
        });
        if (low! > 0 || high! < 0) called = { ...called, [name]: called[name] + 1 };
      }
    }
    for (const count of Object.values(called)) expect(count / runs).toBeLessThan(0.15);
  });

  test("of many classes finds the cells of the joint table by a map", () => {
    const count = 60;
    const names = Array.from({ length: count }, (_, k) => String(k));
    const random = createRandom(6);
    const truth = Int32Array.from({ length: 500 }, () => random.integer(count));
    const predicted = (share: number): Int32Array =>
      truth.map((t) => (random.uniform() < share ? t : random.integer(count)));
    const candidate: ClassificationEvaluation = {
      task: "multiclass",
      classes: names,
      truth,
      prediction: predicted(0.8),
    };
    const reference = { ...candidate, prediction: predicted(0.5) };
    const found = compareOnRows({ metric: metric("mcc"), candidate, reference, resamples: 200 });
    expect(found.low).toBeGreaterThan(0);
  });

  test("says why there is none", () => {
    const labels = { ...better, scores: undefined };
    const of = (
      name: string,
      candidate: ClassificationEvaluation = better,
      reference: ClassificationEvaluation = good,
    ): string | undefined => compareOnRows({ metric: metric(name), candidate, reference }).reason;
    expect(of("log_loss", labels)).toBe("candidate: log_loss needs scores and there are none");
    expect(of("log_loss", good, labels)).toBe(
      "reference: log_loss needs scores and there are none",
    );
    const never = { ...good, prediction: new Int32Array(400) };
    expect(of("precision", never, good)).toContain("candidate: precision is undefined");
    const found = compareOnRows({ metric: metric("precision"), candidate: good, reference: never });
    expect(found).toMatchObject({ reference: null, difference: null });
    expect(found.candidate).not.toBeNull();
  });

  test("refuses models on other rows", () => {
    const other = { ...good, truth: good.truth.map((t, i) => (i === 7 ? 1 - t : t)) };
    expect(() =>
      compareOnRows({ metric: metric("f1"), candidate: good, reference: other }),
    ).toThrow("truth differs in row 7");
    const fewer = { ...good, truth: [1], prediction: [1] };
    expect(() =>
      compareOnRows({ metric: metric("f1"), candidate: good, reference: fewer }),
    ).toThrow("400 rows against 1");
    const weights = Float64Array.from(good.truth, (_, i) => (i === 3 ? 2 : 1));
    expect(() =>
      compareOnRows({ metric: metric("f1"), candidate: good, reference: { ...good, weights } }),
    ).toThrow("weights differ in row 3");
    const [regression] = regressionsOf(createRandom(1), 400, [1]);
    expect(() =>
      compareOnRows({ metric: metric("f1"), candidate: good, reference: regression! }),
    ).toThrow("tasks differ");
  });
});

describe("bootstrap intervals", () => {
  test("BCa falls back to percentiles where every draw is on one side", () => {
    const distribution = [1, 2, 3, 4, 5];
    const jackknife = { values: [1, 1, 1] };
    expect(bcaInterval({ distribution, estimate: 0, jackknife })).toEqual(
      percentileInterval({ distribution, estimate: 0 }),
    );
    const centred = bcaInterval({ distribution, estimate: 3, jackknife });
    expect(centred).toEqual(percentileInterval({ distribution, estimate: 3 }));
  });

  test("tails of few units are Student's, also beyond every draw", () => {
    const random = createRandom(4);
    const draws = Float64Array.from({ length: 2000 }, () => random.normal());
    // 2 · T₂₄(-2 · √(24/25)), Student's law with 24 degrees of freedom: 0.0309 on one side.
    const near = expandTails(draws, 2, 25);
    expect(near.below).toBeGreaterThan(0.024);
    expect(near.below).toBeLessThan(0.038);
    expect(near.twoSided).toBeCloseTo(2 * near.below, 12);
    // Six deviations away p is T₂₄(-6 · √(24/25)) = 3e-6, not one resample of 2,000.
    const far = expandTails(draws, 6, 25);
    expect(far.below).toBeLessThan(1e-5);
    expect(far.below).toBeGreaterThan(1e-7);
    expect(far.above).toBe(1);
    expect(expandTails([1, 1, 1], 1, 25)).toEqual({ below: 1, above: 1, twoSided: 1 });
    expect(expandConfidence(0.95, 50)).toBeCloseTo(0.957644, 5);
  });

  test("tails never are 0 and agree with the draws", () => {
    expect(bootstrapTails([1, 2, 3, 4], 10)).toEqual({ below: 0.2, above: 1, twoSided: 0.4 });
  });
});

describe("DeLong's covariance", () => {
  test("needs two rows of either class and scores that are numbers", () => {
    const of = (scores: number[], truth: number[]): unknown =>
      delongCovariance([{ scores: Float64Array.from(scores), truth, positive: 1 }]);
    expect(of([1, 2, 3], [1, 0, 0])).toHaveProperty("reason");
    expect(of([1, Number.NaN, 3, 4], [1, 0, 0, 1])).toHaveProperty("reason");
    const one = { scores: Float64Array.of(1, 2), truth: [0, 1], positive: 1 };
    expect(delongDifference(one, one)).toHaveProperty("reason");
    const few = { ...good, truth: [1, 0], prediction: [1, 0], scores: Float64Array.of(0.9, 0.1) };
    const lonely = intervalOf(metric("roc_auc"), few, { resamples: 60 });
    expect(lonely.value).toBe(1);
    expect(
      compareOnRows({ metric: metric("roc_auc"), candidate: few, reference: few }).method,
    ).not.toBe("delong");
  });
});
