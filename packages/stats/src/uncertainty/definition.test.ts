/**
 * Intervals and comparisons against the definition of the bootstrap, written out: rows (or clusters)
 * are drawn, repeated as often as drawn, and the metric computed on what that gives.
 */
import { describe, expect, test } from "vitest";
import type { ClassificationEvaluation, Evaluation } from "../metrics/evaluation.ts";
import { createRandom } from "../random/generator.ts";
import { drawMultinomial } from "../random/multinomial.ts";
import {
  bcaInterval,
  bootstrapTails,
  expandConfidence,
  expandTails,
  percentileInterval,
} from "./bootstrap-interval.ts";
import { compareOnRows } from "./comparison.ts";
import { intervalOf } from "./interval.ts";
import {
  rows,
  groups,
  clusters,
  binary,
  multiclass,
  regression,
  repeated,
  type Ask,
  valueOf,
  drawsOf,
  withoutEach,
  close,
  plain,
  weigh,
  expectedEnds,
  expectedTails,
} from "./testing/definition.ts";

/** Metrics of each way to resample, with the models that they are of. */
const asked: readonly (Ask & { readonly models: readonly [Evaluation, Evaluation] })[] = [
  { name: "log_loss", models: binary },
  { name: "brier", models: binary, clusters },
  { name: "rmse", models: regression },
  { name: "r2", models: regression, clusters },
  { name: "mae", models: [weigh(regression[0]), weigh(regression[1])] },
  { name: "explained_variance", models: [weigh(regression[0]), weigh(regression[1])], clusters },
  { name: "f1", models: binary, clusters },
  { name: "mcc", models: [weigh(binary[0]), weigh(binary[1])] },
  { name: "balanced_accuracy", models: multiclass, clusters },
  { name: "f1_macro", models: [weigh(multiclass[0]), weigh(multiclass[1])], clusters },
  { name: "demographic_parity_difference", argument: "region", models: binary, clusters },
  { name: "average_precision", models: binary, clusters },
  { name: "average_precision", models: [weigh(binary[0]), weigh(binary[1])] },
  { name: "average_precision", models: [weigh(binary[0]), weigh(binary[1])], clusters },
  { name: "roc_auc", models: binary, clusters },
  { name: "roc_auc_ovr", models: multiclass, clusters },
  { name: "ece", models: binary },
  { name: "median_absolute_error", models: regression },
];
/** Means have a bootstrap of their own unless percentiles are asked for. */
const means = ["log_loss", "brier", "rmse", "r2", "mae", "explained_variance"];
const titled = asked.map((ask) => ({
  ...ask,
  title: [
    ask.name,
    ask.models[0].weights === undefined ? "" : "with weights",
    ask.clusters === undefined ? "of rows" : "of clusters",
  ]
    .filter(Boolean)
    .join(" "),
}));

describe.each(titled)("by definition: $title", ({ models, ...ask }) => {
  const units = ask.clusters === undefined ? rows : 7;
  const [candidate, reference] = models;
  const request = { ...plain, clusters: ask.clusters };
  const metric = { name: ask.name, argument: ask.argument };
  const method = ask.clusters === undefined ? "bootstrap-rows" : "bootstrap-clusters";

  test("an interval lies between the expanded percentiles of what rows give", () => {
    if (means.includes(ask.name)) return;
    const estimate = valueOf(ask, candidate);
    const distribution = drawsOf(ask, [candidate], 150);
    const confidence = expandConfidence(0.9, units);
    const [low, high] = expectedEnds(ask.name, { distribution, estimate }, confidence);
    const against = distribution.toSorted((a, b) => a - b)[100]! + 1e-7;
    const { below, above } = expectedTails(ask.name, { distribution, estimate, units }, against);
    expect(intervalOf(metric, candidate, { ...request, confidence: 0.9, against })).toEqual({
      value: close(estimate),
      low: close(low),
      high: close(high),
      n: rows,
      method,
      resamples: distribution.length,
      pBelow: close(below),
      pAbove: close(above),
    });
  });

  test("by percentiles as they are, and by BCa with what each unit does", () => {
    const estimate = valueOf(ask, candidate);
    const distribution = drawsOf(ask, [candidate], 150);
    const percentile = percentileInterval({ distribution, estimate });
    const against = estimate + 1e-7;
    const tails = bootstrapTails(distribution, against);
    const options = { ...request, against };
    expect(intervalOf(metric, candidate, { ...options, interval: "percentile" })).toMatchObject({
      low: close(percentile.low),
      high: close(percentile.high),
      pBelow: close(tails.below),
      pAbove: close(tails.above),
    });
    const values = withoutEach(ask, [candidate]);
    // Equal draws must count as equal to the estimate, whatever their last digit.
    if (distribution.some((value) => Math.abs(value - estimate) < 1e-12)) return;
    const bca = bcaInterval({ distribution, estimate, jackknife: { values } });
    expect(intervalOf(metric, candidate, { ...options, interval: "bca" })).toMatchObject({
      low: close(bca.low),
      high: close(bca.high),
    });
  });

  test("a comparison draws both models' rows together", () => {
    const [a, b] = [valueOf(ask, candidate), valueOf(ask, reference)];
    const distribution = drawsOf(ask, [candidate, reference], 150);
    const confidence = expandConfidence(0.95, units);
    const { low, high } = percentileInterval({ distribution, estimate: a - b, confidence });
    const nullDifference = distribution.toSorted((x, y) => x - y)[40]! + 1e-7;
    const tails = expandTails(distribution, nullDifference, units);
    const found = compareOnRows({ metric, candidate, reference, ...request, nullDifference });
    expect(found).toMatchObject({
      candidate: close(a),
      reference: close(b),
      difference: close(a - b),
      low: close(low),
      high: close(high),
      pBelow: close(tails.below),
      pAbove: close(tails.above),
      method,
      n: rows,
      resamples: distribution.length,
    });
    if (found.test === "bootstrap")
      expect(found.p).toBeCloseTo(expandTails(distribution, 0, units).twoSided, 9);
  });
});

describe("by definition: counts", () => {
  /** Draws of the cells that rows share, in the order of truth (in its group) and predictions. */
  function drawsOfCells(ask: Ask, models: readonly ClassificationEvaluation[]): number[] {
    const [{ classes, truth: own }] = models as [ClassificationEvaluation];
    const inGroup = (row: number): number =>
      ask.argument === undefined ? 0 : groups.region.codes[row]!;
    const keyOf = (row: number): number =>
      [own, ...models.map(({ prediction }) => prediction)].reduce(
        (key, codes) => key * classes.length + codes[row]!,
        inGroup(row),
      );
    const known = Array.from({ length: rows }, (_, row) => row).filter((row) => inGroup(row) >= 0);
    const keys = [...new Set(known.map(keyOf))].toSorted((a, b) => a - b);
    const cells = keys.map((key) => known.filter((row) => keyOf(row) === key));
    const sizes = cells.map((cell) => cell.length);
    const generator = createRandom(9);
    return Array.from({ length: 150 }, () => {
      const into = new Float64Array(cells.length);
      drawMultinomial(known.length, sizes, { random: generator, into });
      const counts = Array<number>(rows).fill(0);
      cells.forEach(([row], cell) => (counts[row!] = into[cell]!));
      const [first, second = 0] = models.map((model) => valueOf(ask, repeated(model, counts)));
      return first! - second;
    }).filter((value) => !Number.isNaN(value));
  }

  test.each([
    { name: "f1", models: binary },
    { name: "mcc", models: binary },
    { name: "f1_macro", models: multiclass },
    { name: "demographic_parity_difference", argument: "region", models: binary },
  ])("$name draws the cells of truth and predictions", ({ models, ...ask }) => {
    const [candidate, reference] = models;
    const metric = { name: ask.name, argument: ask.argument };
    const estimate = valueOf(ask, candidate);
    const distribution = drawsOfCells(ask, [candidate]);
    const confidence = expandConfidence(0.95, rows);
    const [low, high] = expectedEnds(ask.name, { distribution, estimate }, confidence);
    expect(intervalOf(metric, candidate, plain)).toMatchObject({
      low: close(low),
      high: close(high),
      method: "bootstrap-counts",
      resamples: distribution.length,
    });
    const both = drawsOfCells(ask, models);
    const ends = percentileInterval({ distribution: both, estimate, confidence });
    expect(compareOnRows({ metric, candidate, reference, ...plain })).toMatchObject({
      low: close(ends.low),
      high: close(ends.high),
      method: "bootstrap-counts",
      resamples: both.length,
    });
    const values = withoutEach(ask, [candidate]);
    if (ask.argument !== undefined) return;
    const bca = bcaInterval({ distribution, estimate, jackknife: { values } });
    if (distribution.some((value) => Math.abs(value - estimate) < 1e-12)) return;
    expect(intervalOf(metric, candidate, { ...plain, interval: "bca" })).toMatchObject({
      low: close(bca.low),
      high: close(bca.high),
    });
  });
});
