/**
 * The bootstrap t against its definition, written out: rows (or clusters) get new weights, the metric
 * is computed with them, and its standard error from how it moves with each unit's weight.
 */
import { describe, expect, test } from "vitest";
import { computeMetric } from "../metrics/compute.ts";
import type { Evaluation } from "../metrics/evaluation.ts";
import { quantileOfSorted } from "../quantiles.ts";
import { drawBetaWeights } from "../random/beta-weights.ts";
import { createRandom } from "../random/generator.ts";
import { studentSf } from "../special/student-t.ts";
import { compareOnRows } from "./comparison.ts";
import { intervalOf } from "./interval.ts";
import { studentizedTails } from "./studentized.ts";

const rows = 30;
const random = createRandom(5);
const target = Float64Array.from({ length: rows }, () => 10 + 3 * random.normal());
const regressor = (error: number): Evaluation => ({
  task: "regression",
  truth: target,
  prediction: target.map((value) => value + error * random.normal()),
});
const codes = Int32Array.from({ length: rows }, (_, row) => Number(row % 3 === 0));
const classifier = (): Evaluation => ({
  task: "binary",
  classes: ["no", "yes"],
  truth: codes,
  prediction: codes,
  scores: Float64Array.from(codes, (code) => 0.05 + 0.3 * code + 0.6 * random.uniform()),
});
const regression = regressor(1);
const another = regressor(1.4);
const binary = classifier();
const clusters = Int32Array.from({ length: rows }, (_, row) => Math.floor((row * 9) / rows));
const weights = Float64Array.from({ length: rows }, (_, row) => 0.5 + (row % 4));

interface Ask {
  readonly name: string;
  readonly model: Evaluation;
  readonly clusters?: Int32Array;
  readonly weights?: Float64Array;
}

const asked: readonly Ask[] = [
  { name: "mae", model: regression },
  { name: "mse", model: regression, clusters },
  { name: "mae", model: regression, weights },
  { name: "rmse", model: regression, weights, clusters },
  { name: "r2", model: regression },
  { name: "r2", model: regression, weights },
  { name: "explained_variance", model: regression, clusters },
  { name: "log_loss", model: binary },
  { name: "brier", model: binary, clusters },
];
const titled = asked.map((ask) => ({
  ...ask,
  title: [ask.name, ask.weights && "with weights", ask.clusters ? "of clusters" : "of rows"]
    .filter(Boolean)
    .join(" "),
}));
const resamples = 60;
const seed = 9;

interface Defined {
  readonly estimate: number;
  readonly deviation: number;
  readonly errors: Float64Array;
  readonly units: number;
}

/** The studentised errors by the definition of the statistic, which looks at whole evaluations. */
function define(ask: Ask, pivot: (value: number) => number): Defined {
  const units = ask.clusters === undefined ? rows : Math.max(...ask.clusters) + 1;
  const at = (drawn: ArrayLike<number>): number => {
    const own = Float64Array.from(
      { length: rows },
      (_, row) => drawn[ask.clusters?.[row] ?? row]! * (ask.weights?.[row] ?? 1),
    );
    return pivot(computeMetric(ask.name, undefined, { ...ask.model, weights: own }).value!);
  };
  const deviationAt = (drawn: Float64Array): number => {
    const total = drawn.reduce((sum, one) => sum + one, 0);
    const squares = Array.from(drawn, (weight, unit) => {
      const step = 1e-4 * weight;
      const move = (by: number): number => at(drawn.map((one, u) => (u === unit ? one + by : one)));
      const influence = (total * (move(step) - move(-step))) / (2 * step);
      return (weight / total) * influence ** 2;
    });
    return Math.sqrt(squares.reduce((sum, one) => sum + one, 0) / units);
  };
  const ones = new Float64Array(units).fill(1);
  const [estimate, deviation] = [at(ones), deviationAt(ones)];
  const generator = createRandom(seed);
  const errors = Float64Array.from({ length: resamples }, () => {
    const drawn = Float64Array.from(drawBetaWeights(generator, new Float32Array(units)));
    return (at(drawn) - estimate) / deviationAt(drawn);
  });
  return { estimate, deviation, errors: errors.sort(), units };
}

/** p by counting errors, or Student's where few are left. */
function tail({ errors, units }: Defined, error: number, side: 1 | -1): number {
  const beyond = errors.filter((one) => side * one >= side * error).length;
  const share = (1 + beyond) / (1 + errors.length);
  if (beyond >= 10) return share;
  return Math.min(share, studentSf(side * error * Math.sqrt((units - 1) / units), units - 1));
}

const close = (value: number): number => expect.closeTo(value, 5) as number;

describe.each(titled)("the bootstrap t by its definition: $title", (ask) => {
  const evaluation: Evaluation =
    ask.weights === undefined ? ask.model : { ...ask.model, weights: ask.weights };
  const options = { clusters: ask.clusters, resamples, seed };
  const metric = { name: ask.name };
  const method = ask.clusters === undefined ? "bootstrap-t" : "bootstrap-t-clusters";

  test("an interval reaches as far as the drawn errors", () => {
    const isRoot = ask.name === "rmse";
    const pivot = (value: number): number => (isRoot ? value ** 2 : value);
    const back = (value: number): number => (isRoot ? Math.sqrt(value) : value);
    const own = define(ask, pivot);
    const end = (level: number): number =>
      own.estimate - own.deviation * quantileOfSorted(own.errors, level);
    const against = back(own.estimate + 0.3 * own.deviation);
    const error = (own.estimate - pivot(against)) / own.deviation;
    expect(intervalOf(metric, evaluation, { ...options, confidence: 0.9, against })).toEqual({
      value: close(back(own.estimate)),
      low: close(back(end(0.95))),
      high: close(back(end(0.05))),
      n: rows,
      method,
      resamples,
      pBelow: close(tail(own, error, -1)),
      pAbove: close(tail(own, error, 1)),
    });
  });
});

describe("the bootstrap t", () => {
  const model = regression;

  test("of a root is the root of the mean's", () => {
    const [root, square] = ["rmse", "mse"].map((name) =>
      intervalOf({ name }, model, { against: 1 }),
    );
    expect(root!.low).toBeCloseTo(Math.sqrt(square!.low!), 9);
    expect(root!.high).toBeCloseTo(Math.sqrt(square!.high!), 9);
    expect(root!.pBelow).toBeCloseTo(square!.pBelow!, 9);
    // No error is below 0, however far a bound lies there.
    expect(intervalOf({ name: "rmse" }, model, { against: -1 }).pAbove).toBeLessThan(0.001);
  });

  test("moves and stretches with what it is the mean of", () => {
    const shifted = (by: number, times: number): Evaluation => ({
      task: "regression",
      truth: new Float64Array(rows),
      prediction: target.map((value) => by + times * value),
    });
    const name = "mae";
    const [own, moved, wide] = [
      [0, 1],
      [1e6, 1],
      [0, 1e6],
    ].map(([by, times]) => intervalOf({ name }, shifted(by!, times!)));
    expect(moved!.low! - 1e6).toBeCloseTo(own!.low!, 5);
    expect(moved!.high! - 1e6).toBeCloseTo(own!.high!, 5);
    expect(wide!.low! / 1e6).toBeCloseTo(own!.low!, 9);
  });

  test("stays finite where one row holds nearly all of the loss", () => {
    const prediction = Float64Array.from({ length: rows }, (_, row) => (row === 0 ? 5 : 1e-3));
    const evaluation: Evaluation = {
      task: "regression",
      truth: new Float64Array(rows),
      prediction,
    };
    const { value, low, high } = intervalOf({ name: "mae" }, evaluation);
    expect(low).toBeGreaterThanOrEqual(0);
    expect(high).toBeGreaterThan(2 * value!);
    expect(high).toBeLessThan(30 * value!);
  });

  test("does not leave what a metric can be", () => {
    const prediction = Float64Array.from(target, (value, row) => value + (row === 0 ? 5 : 0.01));
    const evaluation: Evaluation = { task: "regression", truth: target, prediction };
    expect(intervalOf({ name: "mse" }, evaluation).low).toBe(0);
    expect(intervalOf({ name: "r2" }, evaluation).high).toBe(1);
  });

  test("is percentiles of differences, where no row differs, there are many, or they are asked for", () => {
    const even: Evaluation = {
      task: "regression",
      truth: target,
      prediction: target.map((value) => value + 0.5),
    };
    const none = intervalOf({ name: "mae" }, even);
    expect(none).toMatchObject({ method: "bootstrap-rows", value: close(0.5), low: close(0.5) });
    const same = compareOnRows({ metric: { name: "mae" }, candidate: model, reference: model });
    expect(same).toMatchObject({ method: "bootstrap-rows", difference: 0, low: 0, high: 0 });
    const two = compareOnRows({ metric: { name: "mae" }, candidate: model, reference: another });
    expect(two.method).toBe("bootstrap-rows");
    const method = (options: object): unknown => intervalOf({ name: "mae" }, model, options).method;
    expect(method({})).toBe("bootstrap-t");
    expect(method({ interval: "cheap" })).toBe("bootstrap-t");
    expect(method({ interval: "percentile" })).toBe("bootstrap-rows");
    expect(method({ interval: "bca" })).toBe("bootstrap-rows");
    expect(method({ clusters: new Int32Array(rows) })).toBe("bootstrap-clusters");
    expect(method({ resamples: 333_334 })).toBe("bootstrap-normal");
  });

  test("has p values that are Student's where hardly any drawn error is beyond", () => {
    const draws = { errors: Float64Array.of(-2, -1, 0, 1, 2), deviation: 0.5, units: 10 };
    const far = studentizedTails(draws, { estimate: 1, value: 4 });
    const student = studentSf(6 * Math.sqrt(0.9), 9);
    expect(far.below).toBeCloseTo(student, 12);
    expect(far.above).toBeCloseTo(1, 3);
    expect(far.twoSided).toBe(2 * far.below);
    const many = { ...draws, errors: Float64Array.from({ length: 99 }, (_, k) => (k - 49) / 20) };
    expect(studentizedTails(many, { estimate: 1, value: 1.5 }).below).toBeCloseTo(0.31, 12);
    expect(studentizedTails(many, { estimate: 1.5, value: 1 }).above).toBeCloseTo(0.31, 12);
  });
});
