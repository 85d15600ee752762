import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRandom, shuffled } from "../random/generator.ts";
import { calibrationOf } from "./calibration.ts";
import { allMetricNames, describeMetric, metricAliases, metricCatalog } from "./catalog.ts";
import { computeMetric } from "./compute.ts";
import { countConfusion } from "./confusion.ts";
import { fBeta, precision, recall } from "./count-metrics.ts";
import {
  sketchPrecisionRecallCurve,
  sketchRocCurve,
  thinPrecisionRecallCurve,
  thinRocCurve,
} from "./curve-thinning.ts";
import type { ClassificationEvaluation, Evaluation, RegressionEvaluation } from "./evaluation.ts";
import { countGroups, groupRates } from "./fairness.ts";
import { rocAucOneVsOne } from "./multiclass-ranking.ts";
import { largestRowSumError, topKRows } from "./probability.ts";
import { averagePrecision, precisionRecallCurve, rocAuc, rocCurve } from "./ranking.ts";
import { maxError, medianAbsoluteError, meanPinballLoss, rSquared } from "./regression.ts";

const classes = ["rain", "snow", "sun"];

/** Random rows of a classifier whose scores are probabilities and whose prediction is the likeliest. */
function classifierOf(seed: number, rows: number, count: 2 | 3): ClassificationEvaluation {
  const random = createRandom(seed);
  const truth = Int32Array.from({ length: rows }, (_, i) =>
    i < 2 * count ? i % count : random.integer(count),
  );
  const columns = classes.slice(0, count).map(() => new Float64Array(rows));
  for (let i = 0; i < rows; i++) {
    const raw = columns.map((_, k) => 0.2 + random.uniform() + (truth[i] === k ? 0.6 : 0));
    const sum = raw.reduce((a, b) => a + b, 0);
    columns.forEach((column, k) => (column[i] = Math.round((raw[k]! / sum) * 64) / 64));
    columns[0]![i]! += 1 - columns.reduce((a, column) => a + column[i]!, 0);
  }
  const prediction = truth.map((_, i) => {
    const row = columns.map((column) => column[i]!);
    return row.indexOf(Math.max(...row));
  });
  const codes = truth.map(() => random.integer(2));
  return {
    task: count === 2 ? "binary" : "multiclass",
    classes: classes.slice(0, count),
    truth,
    prediction,
    scores: columns,
    groups: { town: { codes, names: ["a", "b"] } },
  };
}

function regressionOf(seed: number, rows: number): RegressionEvaluation {
  const random = createRandom(seed);
  const truth = Float64Array.from({ length: rows }, () => 5 + random.normal());
  const prediction = truth.map((y) => y + random.normal() / 2);
  return { task: "regression", truth, prediction };
}

/** Every metric that fits an evaluation, with an argument where one is needed. */
function metricsOf(evaluation: Evaluation): { name: string; argument: string | undefined }[] {
  const example: Record<string, string> = { class: "rain", number: "0.5", column: "town" };
  return [...metricCatalog.values()]
    .filter((metric) => metric.tasks.includes(evaluation.task))
    .map(({ name, argument }) => {
      if (argument?.kind === "number-and-class") return { name, argument: "2, rain" };
      const isNeeded = argument?.required === true || argument?.kind === "class";
      return { name, argument: isNeeded ? example[argument.kind] : undefined };
    });
}

function pick(values: ArrayLike<number>, rows: readonly number[]): Float64Array {
  return Float64Array.from(rows, (row) => values[row]!);
}

/** The same rows in another order, some of them perhaps more than once. */
function rowsOf(evaluation: Evaluation, rows: readonly number[]): Evaluation {
  const picked = {
    truth: pick(evaluation.truth, rows),
    prediction: pick(evaluation.prediction, rows),
    weights: evaluation.weights === undefined ? undefined : pick(evaluation.weights, rows),
  };
  if (evaluation.task === "regression") return { ...evaluation, ...picked };
  const town = evaluation.groups!["town"]!;
  return {
    ...evaluation,
    ...picked,
    scores: (evaluation.scores as Float64Array[]).map((column) => pick(column, rows)),
    groups: { town: { ...town, codes: pick(town.codes, rows) } },
  };
}

function expectSame(first: Evaluation, second: Evaluation): void {
  for (const { name, argument } of metricsOf(first)) {
    const a = computeMetric(name, argument, first);
    const b = computeMetric(name, argument, second);
    expect([name, a.reason]).toEqual([name, b.reason]);
    if (a.value !== null) expect(b.value).toBeCloseTo(a.value, 9);
  }
}

const kinds = {
  binary: (seed: number) => classifierOf(seed, 40, 2),
  multiclass: (seed: number) => classifierOf(seed, 40, 3),
  regression: (seed: number) => regressionOf(seed, 40),
};
const seeds = fc.integer({ min: 0, max: 1e6 });

describe.each(Object.entries(kinds))("every metric of a %s task", (_, make) => {
  test("does not depend on the order of rows", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(seeds, (seed) => {
        const evaluation = make(seed);
        const order = shuffled([...Array(evaluation.truth.length).keys()], createRandom(seed));
        expectSame(evaluation, rowsOf(evaluation, order));
      }),
      { numRuns: 20 },
    );
  });

  test("does not depend on the scale of weights, and weights of 1 are none", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(seeds, fc.constantFrom(0.5, 4, 1024), (seed, scale) => {
        const evaluation = make(seed);
        const random = createRandom(seed + 1);
        const weights = Float64Array.from(evaluation.truth, () => 1 + random.integer(4));
        expectSame(
          { ...evaluation, weights },
          { ...evaluation, weights: weights.map((w) => w * scale) },
        );
        expectSame(evaluation, { ...evaluation, weights: weights.map(() => scale) });
      }),
      { numRuns: 20 },
    );
  });

  test("counts a row of weight 2 like the row twice, and one of weight 0 not at all", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const evaluation = make(seed);
        const random = createRandom(seed + 2);
        const weights = Float64Array.from(evaluation.truth, (__, i) =>
          i < 6 ? 1 : random.integer(3),
        );
        const rows = Array.from(weights).flatMap((weight, row) => Array<number>(weight).fill(row));
        const weighted = { ...evaluation, weights };
        const repeated = rowsOf({ ...evaluation, weights: undefined }, rows);
        for (const { name, argument } of metricsOf(evaluation)) {
          if (name === "max_error") continue;
          const a = computeMetric(name, argument, weighted).value;
          const b = computeMetric(name, argument, repeated).value;
          expect(a === null).toBe(b === null);
          if (a !== null) expect(b).toBeCloseTo(a, 9);
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe("areas under curves", () => {
  const scores = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 4, maxLength: 60 });

  test("do not change when scores are stretched, and mirror when they are turned round", () => {
    fc.assert(
      fc.property(scores, seeds, (list, seed) => {
        const random = createRandom(seed);
        const truth = list.map((_, i) => (i < 2 ? i : random.integer(2)));
        const column = Float64Array.from(list);
        const auc = rocAuc({ scores: column, truth, positive: 1 }).value!;
        const stretched = column.map((s) => Math.exp(s / 4));
        const turned = column.map((s) => -s);
        expect(rocAuc({ scores: stretched, truth, positive: 1 }).value).toBe(auc);
        expect(rocAuc({ scores: turned, truth, positive: 1 }).value).toBeCloseTo(1 - auc, 12);
        expect(rocAuc({ scores: turned, truth, positive: 0 }).value).toBeCloseTo(auc, 12);
      }),
    );
  });

  test("by hand: two of three pairs are ranked right, one is tied", () => {
    const input = { scores: Float64Array.of(3, 2, 2, 1), truth: [1, 1, 0, 0], positive: 1 };
    expect(rocAuc(input)).toEqual({ value: 3.5 / 4 });
    expect(averagePrecision(input).value).toBeCloseTo(0.5 * 1 + (0.5 * 2) / 3, 14);
  });

  test("are undefined with a reason for NaN scores, and so are the curves", () => {
    const input = { scores: Float64Array.of(1, Number.NaN, 0), truth: [1, 0, 0], positive: 1 };
    expect(rocAuc(input)).toEqual({ value: null, reason: "some scores are not a number" });
    expect(averagePrecision(input).value).toBeNull();
    expect([rocCurve(input), precisionRecallCurve(input)]).toEqual([null, null]);
  });

  test("without rows are undefined", () => {
    const input = { scores: new Float64Array(0), truth: [], positive: 1 };
    expect(rocAuc(input).value).toBeNull();
    expect(averagePrecision(input).value).toBeNull();
  });

  test("stay the same when a long curve is thinned to 200 points", () => {
    const random = createRandom(8);
    const truth = Int32Array.from({ length: 20_000 }, () => (random.uniform() < 0.1 ? 1 : 0));
    const column = Float64Array.from(truth, (t) => random.normal() + t);
    const input = { scores: column, truth, positive: 1 };
    const roc = thinRocCurve(rocCurve(input)!);
    const area = roc.reduce((sum, { x, y }, k) => {
      const before = roc[k - 1] ?? { x: 0, y: 0 };
      expect(x).toBeGreaterThanOrEqual(before.x);
      expect(y).toBeGreaterThanOrEqual(before.y);
      return sum + ((x - before.x) * (y + before.y)) / 2;
    }, 0);
    const steps = thinPrecisionRecallCurve(precisionRecallCurve(input)!);
    const stepArea = steps.reduce((sum, { x, y }, k) => sum + (x - (steps[k - 1]?.x ?? 0)) * y, 0);
    expect(Math.max(roc.length, steps.length)).toBeLessThanOrEqual(200);
    expect(Math.min(roc.length, steps.length)).toBeGreaterThan(150);
    expect(area).toBeCloseTo(rocAuc(input).value!, 12);
    expect(stepArea).toBeCloseTo(averagePrecision(input).value!, 12);
  });
});

describe("metrics by name", () => {
  const binary = classifierOf(1, 60, 2);
  const multiclass = classifierOf(1, 60, 3);
  const reasonOf = (name: string, argument: string | undefined, evaluation: Evaluation): string =>
    computeMetric(name, argument, evaluation).reason ?? "";

  test("are described by name or alias, and every alias leads to a name", () => {
    expect(describeMetric("matthews_corrcoef")?.name).toBe("mcc");
    expect(describeMetric("auc")?.needs).toBe("scores");
    expect(describeMetric("rmse")).toMatchObject({ higherIsBetter: false, scale: "target" });
    expect(describeMetric("nonsense")).toBeUndefined();
    for (const target of metricAliases.values()) expect(metricCatalog.has(target)).toBe(true);
    expect(allMetricNames()).toHaveLength(metricCatalog.size + metricAliases.size);
    expect(new Set(allMetricNames()).size).toBe(allMetricNames().length);
  });

  test("find classes that begin with a blank or hold a comma", () => {
    const odd: Evaluation = {
      task: "multiclass",
      classes: [" >50K", "Paris, France", "x"],
      truth: [0, 0, 1, 1, 2],
      prediction: [0, 1, 1, 1, 2],
    };
    expect(computeMetric("recall", " >50K", odd).value).toBe(0.5);
    expect(computeMetric("recall", ">50K", odd).value).toBe(0.5);
    expect(computeMetric("recall", "Paris, France", odd).value).toBe(1);
    // Precision 2/3, recall 1: F2 is 5 * 2/3 / (4 * 2/3 + 1).
    expect(computeMetric("f_beta", "2, Paris, France", odd).value).toBeCloseTo(10 / 11, 12);
    expect(computeMetric("recall", " x ", odd).value).toBe(1);
  });

  test("say what is wrong with the name, the task or the argument", () => {
    expect(reasonOf("acuracy", undefined, binary)).toBe('no metric is called "acuracy"');
    expect(reasonOf("rmse", undefined, binary)).toBe("rmse is for regression, the task is binary");
    expect(reasonOf("accuracy", "rain", binary)).toBe('accuracy takes no argument, found "rain"');
    expect(reasonOf("f_beta", undefined, binary)).toBe(
      "f_beta needs an argument: f_beta(number and class)",
    );
    expect(reasonOf("f_beta", "much", binary)).toContain("beta must be a number above 0");
    expect(reasonOf("recall", "fog", multiclass)).toBe(
      'no class is called "fog"; the classes are rain, snow, sun',
    );
    expect(reasonOf("recall", undefined, multiclass)).toContain("as recall(rain), or an average");
    expect(reasonOf("roc_auc", undefined, multiclass)).toContain("roc_auc_ovr");
    expect(reasonOf("roc_auc", "fog", multiclass)).toContain("no class is called");
    expect(reasonOf("average_precision", "fog", multiclass)).toContain("no class is called");
    expect(reasonOf("selection_rate", "fog", binary)).toContain("no class is called");
    expect(reasonOf("selection_rate", "town", binary)).toContain("selection_rate[town]");
    expect(reasonOf("demographic_parity_ratio", "city", binary)).toContain('no column "city"');
    expect(reasonOf("precision_at_threshold", "half", binary)).toContain("not a number");
    expect(reasonOf("top_k_accuracy", "0", multiclass)).toContain("not a number that it can take");
    expect(reasonOf("top_k_accuracy", "3", multiclass)).toContain("right in every row");
    expect(reasonOf("ece", "0", binary)).toContain("not a number that it can take");
    expect(reasonOf("pinball", "2", regressionOf(1, 9))).toContain("not a number");
  });

  test("that need scores are undefined without", () => {
    const labels = { ...binary, scores: undefined };
    expect(reasonOf("log_loss", undefined, labels)).toBe(
      "log_loss needs scores and there are none",
    );
    expect(computeMetric("accuracy", undefined, labels).value).not.toBeNull();
  });

  test("take a class of a binary task by its name, also when it is the negative one", () => {
    const one = computeMetric("roc_auc", "rain", binary).value!;
    const other = computeMetric("roc_auc", "snow", binary).value!;
    expect(one).toBeCloseTo(other, 12);
    const column = (binary.scores as Float64Array[])[1]!;
    const single = { ...binary, scores: column };
    expect(computeMetric("roc_auc", "rain", single).value).toBeCloseTo(one, 12);
    expect(computeMetric("log_loss", undefined, single).value).toBeCloseTo(
      computeMetric("log_loss", undefined, binary).value!,
      12,
    );
    expect(computeMetric("brier", undefined, single)).toEqual(
      computeMetric("brier", undefined, binary),
    );
    for (const name of ["roc_auc_ovr", "roc_auc_ovo", "roc_auc_ovr_weighted"])
      expect(computeMetric(name, undefined, binary)).toEqual(
        computeMetric("roc_auc", undefined, binary),
      );
  });

  test("read scores row by row as they read columns", () => {
    const columns = multiclass.scores as Float64Array[];
    const rows = Float64Array.from({ length: 180 }, (_, k) => columns[k % 3]![Math.floor(k / 3)]!);
    expectSame(multiclass, { ...multiclass, scores: rows });
    expect(() =>
      computeMetric("log_loss", undefined, { ...multiclass, scores: new Float64Array(7) }),
    ).toThrow("7 scores where 180 are expected");
  });

  test("refuse probabilities that are none", () => {
    const broken = (value: number): ClassificationEvaluation => ({
      ...binary,
      scores: Float64Array.from(binary.truth, (_, i) => (i === 3 ? value : 0.5)),
    });
    expect(reasonOf("brier", undefined, broken(1.5))).toBe(
      "scores are not probabilities: row 4 has 1.5",
    );
    expect(reasonOf("log_loss", undefined, broken(Number.NaN))).toBe(
      "some scores are not a number",
    );
    expect(reasonOf("ece", undefined, broken(-0.1))).toContain("row 4 has -0.1");
    expect(reasonOf("roc_auc", undefined, broken(Number.NaN))).toBe("some scores are not a number");
  });

  test("of no rows are undefined, each with a reason", () => {
    for (const evaluation of [binary, multiclass, regressionOf(2, 5)]) {
      const empty = rowsOf(evaluation, []);
      for (const { name, argument } of metricsOf(evaluation))
        expect(computeMetric(name, argument, empty)).toMatchObject({
          value: null,
          reason: expect.stringMatching(/\w/u) as string,
        });
    }
  });

  test("of rows without weight are undefined too", () => {
    const weights = new Float64Array(60);
    for (const { name, argument } of metricsOf(binary))
      expect(computeMetric(name, argument, { ...binary, weights }).value).toBeNull();
  });
});

describe("rates of counts", () => {
  const matrix = countConfusion({ classCount: 3, truth: [0, 0, 1, 1], prediction: [0, 1, 1, 1] });

  test("by hand: recall 1/2 and 1, precision 1 and 2/3", () => {
    expect(recall(matrix, { kind: "class", code: 0 })).toEqual({ value: 0.5 });
    expect(precision(matrix, { kind: "class", code: 1 })).toEqual({ value: 2 / 3 });
    expect(fBeta(matrix, { kind: "class", code: 1 }, { beta: 1 }).value).toBeCloseTo(0.8, 14);
  });

  test("leave classes that no row holds out of averages when asked to", () => {
    const macro = { kind: "macro" } as const;
    expect(recall(matrix, macro).reason).toBe("recall is undefined: class 2 has no true rows");
    expect(recall(matrix, macro, { absentClasses: "ignore" })).toEqual({ value: 0.75 });
    expect(recall(matrix, { kind: "weighted" }, { absentClasses: "ignore" })).toEqual({
      value: 0.75,
    });
  });

  test("are undefined in averages of nothing at all", () => {
    const empty = countConfusion({ classCount: 2, truth: [], prediction: [] });
    const micro = { kind: "micro" } as const;
    expect(precision(empty, micro).value).toBeNull();
    expect(precision(empty, micro, { zeroDivision: 1 })).toEqual({ value: 1 });
    const macro = { kind: "macro" } as const;
    expect(precision(empty, macro, { absentClasses: "ignore" }).value).toBeNull();
  });

  test("refuse a beta of 0, unknown codes and unequal lengths", () => {
    expect(() => fBeta(matrix, { kind: "micro" }, { beta: 0 })).toThrow(RangeError);
    expect(() => countConfusion({ classCount: 2, truth: [0, 2], prediction: [0, 1] })).toThrow(
      "row 1: codes 2 and 1 of 2 classes",
    );
    expect(() => countConfusion({ classCount: 2, truth: [0], prediction: [] })).toThrow(RangeError);
  });
});

describe("groups", () => {
  const evaluation: ClassificationEvaluation = {
    task: "binary",
    classes: ["no", "yes"],
    truth: [1, 0, 1, 0, 1],
    prediction: [1, 0, 0, 0, 1],
    groups: { town: { codes: [0, 0, 1, 1, -1], names: ["a", "b", "c"] } },
  };

  test("leave out rows without a group and groups without rows", () => {
    const tables = countGroups(evaluation, evaluation.groups!["town"]!);
    expect(groupRates(tables).map(({ name, weight }) => [name, weight])).toEqual([
      ["a", 2],
      ["b", 2],
    ]);
  });

  test("without positives make equal opportunity undefined, or 0 as in Fairlearn when asked", () => {
    const none = { ...evaluation, truth: [1, 0, 0, 0, 1] };
    const asked = computeMetric("equal_opportunity_difference", "town", none);
    expect(asked).toEqual({ value: null, reason: 'group "b" has no positive rows' });
    const zero = { emptyRate: "zero" } as const;
    expect(computeMetric("equal_opportunity_difference", "town", none, zero).value).toBe(1);
    expect(computeMetric("equalized_odds_difference", "town", none).value).toBeNull();
    // The false positive rates alone would be a ratio of half of the question.
    const mixed = { ...evaluation, truth: [1, 0, 0, 0, 0], prediction: [1, 1, 0, 1, 0] };
    expect(computeMetric("equalized_odds_ratio", "town", mixed)).toEqual({
      value: null,
      reason: 'group "b" has no positive rows',
    });
    expect(computeMetric("equalized_odds_ratio", "town", none).value).toBeNull();
    const noNegatives = { ...evaluation, truth: [1, 0, 1, 1, 1] };
    expect(computeMetric("equalized_odds_difference", "town", noNegatives).reason).toBe(
      'group "b" has no negative rows',
    );
  });

  test("refuse codes without a name", () => {
    const column = { codes: [0, 0, 5, 1, 0], names: ["a", "b"] };
    expect(() => countGroups(evaluation, column)).toThrow("row 2: group 5 of 2");
  });
});

describe("scores of several classes", () => {
  const evaluation = classifierOf(4, 50, 3);

  test("by hand: top-2 counts the class with the higher code first among equals", () => {
    const tied: ClassificationEvaluation = {
      task: "multiclass",
      classes,
      truth: [0, 2],
      prediction: [0, 0],
      scores: Float64Array.of(1 / 3, 1 / 3, 1 / 3, 0.4, 0.4, 0.2),
    };
    expect(topKRows(tied, 2)).toEqual({ rows: Float64Array.of(0, 0) });
    expect(() => topKRows(tied, 1.5)).toThrow(RangeError);
    expect(topKRows({ ...tied, scores: undefined }, 1)).toMatchObject({ value: null });
    expect(topKRows({ ...tied, scores: Float64Array.of(1, 1) }, 1)).toMatchObject({ value: null });
  });

  test("one against one weighs rows and needs scores that sum to 1", () => {
    const weights = Float64Array.from(evaluation.truth, (_, i) => 1 + (i % 3));
    const rows = Array.from(weights).flatMap((weight, row) => Array<number>(weight).fill(row));
    const repeated = rowsOf(evaluation, rows) as ClassificationEvaluation;
    for (const average of ["macro", "weighted"] as const)
      expect(rocAucOneVsOne({ ...evaluation, weights }, average).value).toBeCloseTo(
        rocAucOneVsOne(repeated, average).value!,
        12,
      );
    // Weights that change in place, as a bootstrap's do, down to a class that is not drawn.
    const chosen = rowsOf(
      evaluation,
      Array.from(evaluation.truth, (_, row) => row).filter((row) => evaluation.truth[row] !== 1),
    ) as ClassificationEvaluation;
    for (const row of weights.keys()) weights[row] = evaluation.truth[row] === 1 ? 0 : 1;
    for (const average of ["macro", "weighted"] as const)
      expect(rocAucOneVsOne({ ...evaluation, weights }, average)).toEqual(
        rocAucOneVsOne(chosen, average),
      );
    const doubled = (evaluation.scores as Float64Array[]).map((column) => column.map((s) => s / 2));
    expect(rocAucOneVsOne({ ...evaluation, scores: doubled }, "macro").reason).toContain(
      "sum to 1",
    );
    expect(rocAucOneVsOne({ ...evaluation, scores: undefined }, "macro").value).toBeNull();
    expect(largestRowSumError({ ...evaluation, scores: doubled })).toBeCloseTo(0.5, 12);
    expect(largestRowSumError({ ...evaluation, scores: undefined })).toBe(0);
  });
});

describe("calibration", () => {
  test("by hand: two bins that are off by 0.2 and 0.1", () => {
    const found = calibrationOf({
      probabilities: Float64Array.of(0.3, 0.3, 0.9, 0.9),
      outcomes: [0, 1, 1, 1],
      bins: 2,
    });
    expect(found.bins.map((bin) => bin.meanOutcome)).toEqual([0.5, 1]);
    expect(found.expectedError.value).toBeCloseTo(0.15, 14);
    expect(found.maximumError.value).toBeCloseTo(0.2, 14);
    expect(() =>
      calibrationOf({ probabilities: new Float64Array(1), outcomes: [0], bins: 0 }),
    ).toThrow(RangeError);
  });
});

describe("regression metrics", () => {
  test("refuse what they cannot compute", () => {
    const nan = { truth: [1, Number.NaN], prediction: [1, 2] };
    for (const metric of [maxError, medianAbsoluteError, rSquared])
      expect(metric(nan)).toEqual({ value: null, reason: "some values are not a number" });
    expect(computeMetric("mse", undefined, { task: "regression", ...nan }).reason).toBe(
      "some values are not a number",
    );
    expect(() => maxError({ truth: [1], prediction: [] })).toThrow("0 predictions for 1 rows");
    expect(() => meanPinballLoss({ truth: [1], prediction: [1] }, 2)).toThrow(RangeError);
  });
});

describe("sketches of curves of many rows", () => {
  const random = createRandom(77);
  const truth = Int32Array.from({ length: 20_000 }, () => (random.uniform() < 0.3 ? 1 : 0));
  const scores = Float64Array.from(truth, (label) =>
    Number((label + 2 * random.normal()).toFixed(2)),
  );
  const input = { scores, truth, positive: 1 };

  test("keep the area under the ROC curve", () => {
    const points = sketchRocCurve(input)!;
    let area = 0;
    for (let k = 1; k < points.length; k++)
      area += ((points[k]!.x - points[k - 1]!.x) * (points[k]!.y + points[k - 1]!.y)) / 2;
    expect(area).toBeCloseTo(rocAuc(input).value!, 12);
    expect(points.length).toBeLessThanOrEqual(201);
    expect([points[0], points.at(-1)]).toEqual([
      { x: 0, y: 0 },
      { x: 1, y: 1 },
    ]);
  });

  test("keep average precision, and stay near the whole curve", () => {
    const points = sketchPrecisionRecallCurve(input)!;
    let area = 0;
    for (let k = 1; k < points.length; k++)
      area += (points[k]!.x - points[k - 1]!.x) * points[k]!.y;
    expect(area).toBeCloseTo(averagePrecision(input).value!, 12);
    expect(points.length).toBeLessThanOrEqual(201);
    const whole = thinPrecisionRecallCurve(precisionRecallCurve(input)!);
    expect(Math.abs(points.length - whole.length)).toBeLessThanOrEqual(2);
  });

  test("are none where the curve is none", () => {
    const onlyNegatives = { ...input, truth: new Int32Array(truth.length) };
    expect(sketchRocCurve(onlyNegatives)).toBeNull();
    expect(sketchPrecisionRecallCurve(onlyNegatives)).toBeNull();
  });
});
