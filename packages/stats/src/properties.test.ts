import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ClassificationEvaluation,
  type Evaluation,
  type RegressionEvaluation,
  averagePrecision,
  binomialCdf,
  binomialSf,
  calibrationOf,
  compareOnRows,
  computeMetric,
  confusionFromCells,
  countConfusion,
  countGroups,
  createRandom,
  delongCovariance,
  delongDifference,
  describeMetric,
  intervalOf,
  metricCatalog,
  precisionRecallCurve,
  regularizedBeta,
  rocAuc,
  rocCurve,
  shuffled,
  studentSf,
  thinPrecisionRecallCurve,
  thinRocCurve,
} from "./index.ts";

const names = ["rain", "snow", "sun", "fog"];
const towns = ["a", "b", "c"];
const seeds = fc.integer({ min: 0, max: 2 ** 31 });
const weightings = fc.constantFrom("none", "whole", "real");
type Weighting = "none" | "whole" | "real";

/** What a generated evaluation is like. */
interface Shape {
  readonly seed: number;
  readonly rows: number;
  readonly classes: number;
  readonly weighting: Weighting;
  /** Scores are rounded to this many parts, so that some of them are equal. */
  readonly parts: number;
}

const shapes = fc.record<Shape>({
  seed: seeds,
  rows: fc.integer({ min: 12, max: 60 }),
  classes: fc.integer({ min: 2, max: 4 }),
  weighting: weightings,
  parts: fc.constantFrom(4, 16, 4096),
});

function weightsFor(weighting: Weighting, rows: number, seed: number): Float64Array | undefined {
  const random = createRandom(seed + 1);
  if (weighting === "none") return undefined;
  return Float64Array.from({ length: rows }, () =>
    weighting === "whole" ? 1 + random.integer(3) : 0.05 + random.uniform(),
  );
}

/** Rows of a classifier; every class is true and predicted in some row of every town. */
function classifierOf({ seed, rows, classes, weighting, parts }: Shape): ClassificationEvaluation {
  const random = createRandom(seed);
  const least = classes * towns.length * 2;
  const count = Math.max(rows, least);
  const truth = Int32Array.from({ length: count }, (_, i) =>
    i < least ? i % classes : random.integer(classes),
  );
  const prediction = truth.map((t, i) =>
    i < least / 2 || random.uniform() < 0.4 ? t : random.integer(classes),
  );
  const columns = names.slice(0, classes).map(() => new Float64Array(count));
  for (let i = 0; i < count; i++) {
    let left = parts;
    for (let k = 0; k < classes - 1; k++) {
      const share = random.integer(left + 1);
      columns[(k + truth[i]!) % classes]![i] = share / parts;
      left -= share;
    }
    columns[(classes - 1 + truth[i]!) % classes]![i] = left / parts;
  }
  return {
    task: classes === 2 ? "binary" : "multiclass",
    classes: names.slice(0, classes),
    truth,
    prediction,
    scores: columns,
    weights: weightsFor(weighting, count, seed),
    groups: {
      town: {
        codes: truth.map((_, i) => Math.floor(i / classes) % towns.length),
        names: towns,
      },
    },
  };
}

function regressionOf({ seed, rows, weighting }: Shape): RegressionEvaluation {
  const random = createRandom(seed);
  const truth = Float64Array.from({ length: rows }, () => 3 + random.normal());
  const prediction = truth.map((y) => y + random.normal() / 2);
  return { task: "regression", truth, prediction, weights: weightsFor(weighting, rows, seed) };
}

const evaluations = fc.oneof(
  shapes.map((shape): Evaluation => classifierOf(shape)),
  shapes.map((shape): Evaluation => regressionOf(shape)),
);
const classifiers = shapes.map(classifierOf);
const binaries = shapes.map((shape) => classifierOf({ ...shape, classes: 2 }));
const regressions = shapes.map(regressionOf);

interface Asked {
  readonly name: string;
  readonly argument: string | undefined;
}

/** Every metric that fits an evaluation, with an argument where one is needed. */
function metricsOf(evaluation: Evaluation): readonly Asked[] {
  const example: Record<string, string> = { class: "snow", number: "0.5", column: "town" };
  return [...metricCatalog.values()]
    .filter((metric) => metric.tasks.includes(evaluation.task))
    .map(({ name, argument }) => {
      if (argument?.kind === "number-and-class") return { name, argument: "0.7, snow" };
      const isNeeded = argument?.required === true || argument?.kind === "class";
      return { name, argument: isNeeded ? example[argument.kind] : undefined };
    });
}

function valueOf(evaluation: Evaluation, name: string, argument?: string): number {
  const found = computeMetric(name, argument, evaluation);
  if (found.value === null) throw new Error(`${name}: ${found.reason}`);
  return found.value;
}

function expectNear(found: number, wanted: number, what = ""): void {
  const isNear = Math.abs(found - wanted) <= 1e-9 * Math.max(1, Math.abs(wanted));
  expect([what, isNear ? wanted : found]).toEqual([what, wanted]);
}

function take(values: ArrayLike<number>, rows: readonly number[]): Float64Array {
  return Float64Array.from(rows, (row) => values[row]!);
}

/** The same evaluation of some rows, in that order, some perhaps more than once. */
function rowsOf(evaluation: Evaluation, rows: readonly number[]): Evaluation {
  const { weights } = evaluation;
  const taken = {
    truth: take(evaluation.truth, rows),
    prediction: take(evaluation.prediction, rows),
    weights: weights === undefined ? undefined : take(weights, rows),
  };
  if (evaluation.task === "regression") return { ...evaluation, ...taken };
  const town = evaluation.groups!["town"]!;
  return {
    ...evaluation,
    ...taken,
    scores: (evaluation.scores as Float64Array[]).map((column) => take(column, rows)),
    groups: { town: { ...town, codes: take(town.codes, rows) } },
  };
}

describe("every metric", () => {
  const expectAlike = (first: Evaluation, second: Evaluation): void => {
    for (const { name, argument } of metricsOf(first)) {
      const [a, b] = [first, second].map((one) => computeMetric(name, argument, one).value);
      if (a === null) expect([name, b]).toEqual([name, null]);
      else expectNear(b!, a!, name);
    }
  };

  test("does not mind the order of rows, whatever they weigh", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(evaluations, seeds, (evaluation, seed) => {
        const order = shuffled([...Array(evaluation.truth.length).keys()], createRandom(seed));
        expectAlike(evaluation, rowsOf(evaluation, order));
        expect(order).toHaveLength(evaluation.truth.length);
      }),
      { numRuns: 30 },
    );
  });

  test("does not mind by what all weights are multiplied, and one weight for all is none", () => {
    expect.hasAssertions();
    const factors = fc.double({ min: 1e-3, max: 1e3, noNaN: true });
    fc.assert(
      fc.property(evaluations, factors, (evaluation, factor) => {
        const { weights } = evaluation;
        const scaled = Float64Array.from(evaluation.truth, (_, i) => (weights?.[i] ?? 1) * factor);
        expectAlike(evaluation, { ...evaluation, weights: scaled });
        expect(scaled).toHaveLength(evaluation.truth.length);
      }),
      { numRuns: 30 },
    );
  });

  test("counts a weight of n like n rows of weight 1", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(evaluations, seeds, (evaluation, seed) => {
        const random = createRandom(seed);
        const weights = Float64Array.from(evaluation.truth, () => 1 + random.integer(3));
        const rows = Array.from(weights).flatMap((weight, row) => Array<number>(weight).fill(row));
        const whole = { ...evaluation, weights };
        expectAlike(whole, rowsOf({ ...evaluation, weights: undefined }, rows));
        expect(rows.length).toBeGreaterThanOrEqual(weights.length);
      }),
      { numRuns: 30 },
    );
  });

  test("is of the size that its description says, or undefined with a reason", () => {
    fc.assert(
      fc.property(evaluations, (evaluation) => {
        for (const { name, argument } of metricsOf(evaluation)) {
          const { value, reason } = computeMetric(name, argument, evaluation);
          if (value === null) {
            expect(reason).toMatch(/\w/u);
            continue;
          }
          const { scale } = describeMetric(name)!;
          const most = scale === "share" || scale === "correlation" ? 1 : Infinity;
          const least = scale === "correlation" ? -Infinity : 0;
          expect([name, value >= least - 1e-12, value <= most + 1e-12]).toEqual([name, true, true]);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe("metrics of counts", () => {
  test("of parts added up are those of the whole", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(classifiers, fc.integer({ min: 1, max: 11 }), (evaluation, cut) => {
        const classCount = evaluation.classes.length;
        const all = [...Array(evaluation.truth.length).keys()];
        const parts = [all.slice(0, cut), all.slice(cut)].map((rows) =>
          countConfusion({
            ...(rowsOf(evaluation, rows) as ClassificationEvaluation),
            classCount,
          }),
        );
        const whole = countConfusion({ ...evaluation, classCount });
        const cells = parts[0]!.cells.map((weight, k) => weight + parts[1]!.cells[k]!);
        const added = confusionFromCells(cells, classCount);
        for (const key of ["cells", "truthTotals", "predictionTotals"] as const)
          whole[key].forEach((weight, k) => expectNear(added[key][k]!, weight, key));
        expectNear(added.total, whole.total, "total");
        const weights = evaluation.weights ?? new Float64Array(all.length).fill(1);
        expectNear(
          whole.total,
          Array.from(weights).reduce((sum, weight) => sum + weight, 0),
          "sum of weights",
        );
        evaluation.classes.forEach((_, code) => {
          const own = all.filter((row) => evaluation.truth[row] === code);
          const sum = own.reduce((total, row) => total + weights[row]!, 0);
          expectNear(whole.truthTotals[code]!, sum, "true rows of a class");
        });
        const groups = countGroups(evaluation, evaluation.groups!["town"]!);
        const ofGroups = groups.matrices.reduce((sum, { total }) => sum + total, 0);
        expectNear(ofGroups, whole.total, "total of groups");
        expect(groups.names).toEqual(towns);
      }),
    );
  });

  test("stand in the relations that their definitions give", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(classifiers, (evaluation) => {
        const of = (name: string, argument?: string): number => valueOf(evaluation, name, argument);
        const accuracy = of("accuracy");
        for (const rate of ["precision", "recall", "f1"])
          expectNear(of(`${rate}_micro`), accuracy, rate);
        expectNear(of("recall_weighted"), accuracy, "recall_weighted");
        expectNear(of("recall_macro"), of("balanced_accuracy"), "balanced_accuracy");
        const [p, r] = [of("precision", "snow"), of("recall", "snow")];
        expectNear(of("f1", "snow"), (2 * p * r) / (p + r), "f1");
        expectNear(of("f_beta", "1, snow"), of("f1", "snow"), "f_beta(1)");
        expectNear(of("f_beta", "2, snow"), (5 * p * r) / (4 * p + r), "f_beta(2)");
        expectNear(of("f_beta_macro", "1"), of("f1_macro"), "f_beta_macro");
        const turned = {
          ...evaluation,
          truth: evaluation.prediction,
          prediction: evaluation.truth,
        };
        expectNear(valueOf(turned, "precision", "snow"), r, "precision of the turned table");
        for (const name of ["accuracy", "mcc", "cohen_kappa"])
          expectNear(valueOf(turned, name), of(name), name);
        const perfect = { ...evaluation, prediction: evaluation.truth };
        for (const name of ["accuracy", "f1_macro", "specificity_macro", "mcc", "cohen_kappa"])
          expectNear(valueOf(perfect, name), 1, name);
      }),
      { numRuns: 60 },
    );
  });

  test("of two classes mirror one another", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(binaries, (evaluation) => {
        const of = (name: string, argument?: string): number => valueOf(evaluation, name, argument);
        expectNear(of("specificity", "snow"), of("recall", "rain"), "specificity");
        expectNear(of("selection_rate", "snow"), 1 - of("selection_rate", "rain"), "selection");
        expectNear(of("roc_auc", "snow"), of("roc_auc", "rain"), "roc_auc");
        const flipped = { ...evaluation, positive: 0 };
        for (const name of ["recall", "precision", "f1", "average_precision"])
          expectNear(valueOf(flipped, name), of(name, "rain"), name);
        for (const name of ["mcc", "log_loss", "brier"])
          expectNear(valueOf(flipped, name), of(name), name);
      }),
      { numRuns: 60 },
    );
  });

  test("at a threshold are those of the labels that the threshold makes", () => {
    expect.hasAssertions();
    const thresholds = fc.constantFrom(0.25, 0.5, 0.75, 0.3);
    fc.assert(
      fc.property(binaries, thresholds, (evaluation, threshold) => {
        const scores = (evaluation.scores as Float64Array[])[1]!;
        const prediction = Int32Array.from(scores, (score) => (score >= threshold ? 1 : 0));
        for (const name of ["precision", "recall"]) {
          const found = computeMetric(`${name}_at_threshold`, String(threshold), evaluation).value;
          const wanted = computeMetric(name, "snow", { ...evaluation, prediction }).value;
          if (wanted === null) expect(found).toBeNull();
          else expectNear(found!, wanted, name);
        }
      }),
    );
  });
});

describe("metrics of probabilities", () => {
  test("are bounded, and best where the probability of the truth is 1", () => {
    fc.assert(
      fc.property(classifiers, (evaluation) => {
        const perfect = {
          ...evaluation,
          scores: evaluation.classes.map((_, code) =>
            Float64Array.from(evaluation.truth, (t) => (t === code ? 1 : 0)),
          ),
        };
        const most = evaluation.task === "binary" ? 1 : 2;
        expect(valueOf(evaluation, "brier")).toBeLessThanOrEqual(most + 1e-12);
        expect(valueOf(perfect, "brier")).toBe(0);
        expect(valueOf(perfect, "ece")).toBe(0);
        // The probability is clipped a step away from 1.
        expect(valueOf(perfect, "log_loss")).toBeCloseTo(2 ** -52, 20);
        expect(valueOf(evaluation, "ece")).toBeLessThanOrEqual(valueOf(evaluation, "mce") + 1e-12);
        if (evaluation.classes.length < 3) return;
        expect(valueOf(perfect, "top_k_accuracy", "1")).toBe(1);
        let before = 0;
        for (let k = 1; k < evaluation.classes.length; k++) {
          const share = valueOf(evaluation, "top_k_accuracy", String(k));
          expect(share).toBeGreaterThanOrEqual(before);
          before = share;
        }
      }),
      { numRuns: 60 },
    );
  });

  test("of two classes are half of what the same table gives as several classes", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(binaries, (evaluation) => {
        const several: ClassificationEvaluation = { ...evaluation, task: "multiclass" };
        expectNear(valueOf(several, "brier"), 2 * valueOf(evaluation, "brier"), "brier");
        expectNear(valueOf(several, "log_loss"), valueOf(evaluation, "log_loss"), "log_loss");
        expectNear(valueOf(several, "roc_auc_ovr"), valueOf(evaluation, "roc_auc"), "roc_auc_ovr");
        expectNear(valueOf(several, "roc_auc_ovo"), valueOf(evaluation, "roc_auc"), "roc_auc_ovo");
      }),
      { numRuns: 60 },
    );
  });

  test("a reliability curve holds every row once, and of parts adds up to the whole", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(binaries, fc.integer({ min: 1, max: 20 }), (evaluation, bins) => {
        const probabilities = (evaluation.scores as Float64Array[])[1]!;
        const outcomes = evaluation.truth;
        const rows = [...Array(outcomes.length).keys()];
        const whole = calibrationOf({ probabilities, outcomes, bins });
        const parts = [0, 1].map((half) => {
          const own = rows.filter((row) => row % 2 === half);
          const input = { probabilities: take(probabilities, own), outcomes: take(outcomes, own) };
          return calibrationOf({ ...input, bins });
        });
        expect(whole.bins.reduce((sum, bin) => sum + bin.rows, 0)).toBe(rows.length);
        for (const bin of whole.bins) {
          const own = parts.flatMap((part) => part.bins.filter((one) => one.bin === bin.bin));
          const sum = own.reduce((total, one) => total + one.rows * one.meanOutcome, 0);
          expectNear(sum, bin.rows * bin.meanOutcome, "events of a bin");
          const edge = bin.bin / bins;
          expect(bin.meanConfidence).toBeGreaterThanOrEqual(edge - 1e-9);
          expect(bin.meanConfidence).toBeLessThanOrEqual(edge + 1 / bins + 1e-9);
        }
      }),
    );
  });
});

describe("areas under curves", () => {
  const rankings = fc.record({
    scores: fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 6, maxLength: 50 }),
    seed: seeds,
  });
  const inputOf = ({ scores, seed }: { scores: number[]; seed: number }) => {
    const random = createRandom(seed);
    const truth = Int32Array.from(scores, (_, i) => (i < 4 ? i % 2 : random.integer(2)));
    return { scores: Float64Array.from(scores), truth, positive: 1 };
  };

  test("do not change under a strictly rising map, and mirror under 1 - score", () => {
    const maps: readonly ((s: number) => number)[] = [
      (s) => 3 * s - 7,
      (s) => s ** 3,
      (s) => 1 / (1 + Math.exp(-s)),
      (s) => (s < 0 ? s : s * s + 1),
      (s) => -1e300 / (s + 10),
    ];
    fc.assert(
      fc.property(rankings, fc.constantFrom(...maps), (ranking, map) => {
        const input = inputOf(ranking);
        const auc = rocAuc(input).value!;
        const ap = averagePrecision(input).value!;
        const mapped = { ...input, scores: input.scores.map(map) };
        expect(rocAuc(mapped).value).toBe(auc);
        expect(averagePrecision(mapped).value).toBe(ap);
        const turned = { ...input, scores: input.scores.map((s) => 1 - s) };
        expect(rocAuc(turned).value).toBeCloseTo(1 - auc, 12);
        expect(rocAuc({ ...turned, positive: 0 }).value).toBeCloseTo(auc, 12);
      }),
    );
  });

  test("are the share of pairs ranked right, ties half", () => {
    fc.assert(
      fc.property(rankings, weightings, (ranking, weighting) => {
        const input = inputOf(ranking);
        const weights = weightsFor(weighting, input.scores.length, ranking.seed);
        let [right, pairs] = [0, 0];
        input.truth.forEach((mine, i) => {
          if (mine !== 1) return;
          input.truth.forEach((theirs, j) => {
            if (theirs !== 0) return;
            const weight = (weights?.[i] ?? 1) * (weights?.[j] ?? 1);
            const distance = input.scores[i]! - input.scores[j]!;
            right += weight * (distance > 0 ? 1 : distance === 0 ? 0.5 : 0);
            pairs += weight;
          });
        });
        expect(rocAuc({ ...input, weights }).value).toBeCloseTo(right / pairs, 12);
      }),
    );
  });

  test("by DeLong are the same, with a covariance that is one", () => {
    fc.assert(
      fc.property(rankings, seeds, (ranking, seed) => {
        const first = inputOf(ranking);
        const random = createRandom(seed);
        const second = { ...first, scores: first.scores.map((s) => s + random.integer(5)) };
        const found = delongCovariance([first, second]);
        if ("reason" in found) throw new Error(found.reason);
        expect(found.aucs[0]).toBeCloseTo(rocAuc(first).value!, 12);
        expect(found.aucs[1]).toBeCloseTo(rocAuc(second).value!, 12);
        const [[a, ab], [ba, b]] = found.covariance as [[number, number], [number, number]];
        expect(ab).toBe(ba);
        expect(Math.min(a, b, a * b - ab * ab)).toBeGreaterThanOrEqual(-1e-15);
        expect(found.positives + found.negatives).toBe(first.truth.length);
        const there = delongDifference(first, second);
        const back = delongDifference(second, first);
        if ("reason" in there || "reason" in back) throw new Error("no difference");
        expect(there.difference).toBeCloseTo(-back.difference, 14);
        expect([there.low, there.p]).toEqual([
          expect.closeTo(-back.high, 12),
          expect.closeTo(back.p, 12),
        ]);
        expect(there.pBelow).toBeCloseTo(back.pAbove, 12);
      }),
    );
  });

  test("stay the same to 1e-9 in at most as many points as a drawn curve may have", () => {
    const limits = fc.integer({ min: 4, max: 200 });
    fc.assert(
      fc.property(seeds, fc.integer({ min: 10, max: 1500 }), limits, (seed, rows, limit) => {
        const random = createRandom(seed);
        const truth = Int32Array.from({ length: rows }, (_, i) => (i < 2 ? i : random.integer(2)));
        const scores = Float64Array.from(truth, (t) => random.normal() + t);
        const input = { scores, truth, positive: 1 };
        const roc = thinRocCurve(rocCurve(input)!, limit);
        const steps = thinPrecisionRecallCurve(precisionRecallCurve(input)!, limit);
        expect(roc.length).toBeLessThanOrEqual(limit);
        expect(steps.length).toBeLessThanOrEqual(limit);
        const area = roc.reduce((sum, { x, y }, k) => {
          const before = roc[k - 1] ?? { x: 0, y: 0 };
          expect(Math.min(x - before.x, y - before.y)).toBeGreaterThanOrEqual(-1e-12);
          return sum + ((x - before.x) * (y + before.y)) / 2;
        }, 0);
        const sum = steps.reduce((all, { x, y }, k) => all + (x - (steps[k - 1]?.x ?? 0)) * y, 0);
        expect(area).toBeCloseTo(rocAuc(input).value!, 9);
        expect(sum).toBeCloseTo(averagePrecision(input).value!, 9);
        expect([roc.at(-1), steps.at(-1)?.x]).toEqual([{ x: 1, y: 1 }, 1]);
      }),
      { numRuns: 60 },
    );
  });
});

describe("metrics of a regression", () => {
  test("stand in the relations that their definitions give", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(regressions, (evaluation) => {
        const of = (name: string, argument?: string): number => valueOf(evaluation, name, argument);
        expectNear(of("rmse") ** 2, of("mse"), "rmse");
        expectNear(2 * of("pinball"), of("mae"), "pinball");
        expectNear(of("pinball", "0.9") + of("pinball", "0.1"), of("mae"), "two pinballs");
        expect(of("mae")).toBeLessThanOrEqual(of("rmse") + 1e-12);
        expect(of("rmse")).toBeLessThanOrEqual(of("max_error") + 1e-12);
        expect(of("median_absolute_error")).toBeLessThanOrEqual(of("max_error"));
        expect(of("r2")).toBeLessThanOrEqual(of("explained_variance") + 1e-12);
        const shifted = {
          ...evaluation,
          prediction: take(evaluation.prediction, [...Array(evaluation.truth.length).keys()]).map(
            (z) => z + 5,
          ),
        };
        expectNear(valueOf(shifted, "explained_variance"), of("explained_variance"), "a shift");
        const perfect = { ...evaluation, prediction: evaluation.truth };
        for (const name of ["mse", "mae", "max_error", "mape", "smape", "pinball"])
          expect(valueOf(perfect, name)).toBe(0);
        for (const name of ["r2", "explained_variance"]) expect(valueOf(perfect, name)).toBe(1);
      }),
    );
  });

  test("scale with the target's unit", () => {
    expect.hasAssertions();
    const factors = fc.double({ min: 0.01, max: 100, noNaN: true });
    fc.assert(
      fc.property(regressions, factors, (evaluation, factor) => {
        const times = (values: ArrayLike<number>): Float64Array =>
          Float64Array.from(values, (value) => value * factor);
        const scaled = {
          ...evaluation,
          truth: times(evaluation.truth),
          prediction: times(evaluation.prediction),
        };
        for (const { name, argument } of metricsOf(evaluation)) {
          const { scale } = describeMetric(name)!;
          const power = scale === "target" ? 1 : scale === "target-squared" ? 2 : 0;
          const wanted = valueOf(evaluation, name, argument) * factor ** power;
          expectNear(valueOf(scaled, name, argument), wanted, name);
        }
      }),
    );
  });
});

describe("intervals and comparisons", () => {
  const few = { resamples: 100 } as const;

  test("nest by confidence, repeat by seed and hold what they are of", () => {
    fc.assert(
      fc.property(evaluations, seeds, (evaluation, seed) => {
        for (const { name, argument } of metricsOf(evaluation)) {
          const options = { ...few, seed };
          const narrow = intervalOf({ name, argument }, evaluation, {
            ...options,
            confidence: 0.8,
          });
          const wide = intervalOf({ name, argument }, evaluation, { ...options, confidence: 0.95 });
          if (narrow.low === null) continue;
          expect([name, wide.low! <= narrow.low, wide.high! >= narrow.high!]).toEqual([
            name,
            true,
            true,
          ]);
          const again = intervalOf({ name, argument }, evaluation, { ...options, confidence: 0.8 });
          expect(again).toEqual(narrow);
        }
      }),
      { numRuns: 4 },
    );
  });

  test("of one model with itself are 0, and mirror when the models change places", () => {
    fc.assert(
      fc.property(shapes, seeds, (shape, seed) => {
        const candidate = classifierOf({ ...shape, classes: 2, weighting: "none" });
        const random = createRandom(seed);
        const reference = {
          ...candidate,
          prediction: Int32Array.from(candidate.truth, (t) => (random.uniform() < 0.7 ? t : 1 - t)),
          scores: [0, 1].map((code) =>
            Float64Array.from(candidate.truth, (t) => (t === code ? 0.6 : 0.4)),
          ),
        } as ClassificationEvaluation;
        for (const name of ["accuracy", "roc_auc"]) {
          const there = compareOnRows({ metric: { name }, candidate, reference, ...few });
          const back = compareOnRows({
            metric: { name },
            candidate: reference,
            reference: candidate,
            ...few,
          });
          expect(there.difference).toBeCloseTo(-back.difference!, 12);
          expect(there.p).toBeCloseTo(back.p!, 12);
          expect(there.pBelow).toBeCloseTo(back.pAbove!, 12);
          const self = compareOnRows({ metric: { name }, candidate, reference: candidate, ...few });
          expect(self).toMatchObject({ difference: 0, low: 0, high: 0, p: 1 });
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe("laws", () => {
  const shapesOfBeta = fc.double({ min: 0.1, max: 500, noNaN: true });
  const shares = fc.double({ min: 1e-3, max: 1 - 1e-3, noNaN: true });

  test("the incomplete beta function mirrors, and the binomial's tails add up to 1", () => {
    fc.assert(
      fc.property(shapesOfBeta, shapesOfBeta, shares, (a, b, x) => {
        expect(regularizedBeta(a, b, x)).toBeCloseTo(1 - regularizedBeta(b, a, 1 - x), 9);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), shares, seeds, (n, p, seed) => {
        const k = 1 + (seed % n);
        expect(binomialCdf(k - 1, n, p) + binomialSf(k, n, p)).toBeCloseTo(1, 9);
      }),
    );
  });

  test("Student's tails add up to 1 and fall", () => {
    const statistics = fc.double({ min: -30, max: 30, noNaN: true });
    fc.assert(
      fc.property(statistics, fc.integer({ min: 1, max: 1000 }), (t, freedom) => {
        expect(studentSf(t, freedom) + studentSf(-t, freedom)).toBeCloseTo(1, 12);
        expect(studentSf(t + 0.5, freedom)).toBeLessThanOrEqual(studentSf(t, freedom));
      }),
    );
  });
});
