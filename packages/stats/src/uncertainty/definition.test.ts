/**
 * Intervals and comparisons against the definition of the bootstrap, written out: rows (or clusters)
 * are drawn, repeated as often as drawn, and the metric computed on what that gives.
 */
import { describe, expect, test } from "vitest";
import { computeMetric } from "../metrics/compute.ts";
import type { ClassificationEvaluation, Evaluation } from "../metrics/evaluation.ts";
import type { MeanKernel } from "../metrics/kernel.ts";
import { createRandom, type Random } from "../random/generator.ts";
import { drawMultinomial, drawRowCounts } from "../random/multinomial.ts";
import { dieboldMarianoTest } from "../hypothesis/diebold-mariano.ts";
import { mcNemarTest } from "../hypothesis/proportions.ts";
import { wilcoxonTest } from "../hypothesis/wilcoxon.ts";
import { normalCdf, normalQuantile, normalSf } from "../special/normal.ts";
import { studentQuantile, studentSf } from "../special/student-t.ts";
import {
  bcaInterval,
  bootstrapTails,
  expandConfidence,
  expandTails,
  percentileInterval,
} from "./bootstrap-interval.ts";
import { drawBins } from "./binned.ts";
import { compareOnRows } from "./comparison.ts";
import { delongCovariance, delongDifference } from "./delong.ts";
import { intervalOf, planOf } from "./interval.ts";
import { drawByInfluence } from "./linear.ts";
import { drawMeansByNormal, momentsOfRows, momentsOfUnits, sumsByUnit } from "./means.ts";
import { resample } from "./resampling.ts";

const rows = 24;
const random = createRandom(8);
const truth = Int32Array.from({ length: rows }, (_, i) => i % 3);
const groups = {
  region: {
    names: ["north", "south"],
    // Two rows without a region: metrics of groups leave them out.
    codes: Int32Array.from({ length: rows }, (_, i) => (i === 5 || i === 16 ? -1 : (i >> 1) % 2)),
  },
};
const clusters = Int32Array.from({ length: rows }, (_, i) => Math.floor((i * 7) / 24));
const weights = Float64Array.from({ length: rows }, (_, i) => 0.5 + (i % 4));

/** A model with scores around the truth; classes of a multiclass task or whether it is class 0. */
function classifier(task: "binary" | "multiclass"): ClassificationEvaluation {
  const classes = task === "binary" ? ["no", "yes"] : ["a", "b", "c"];
  const own = task === "binary" ? truth.map((code) => Number(code === 0)) : truth;
  const raw = Array.from({ length: rows }, (_, i) => {
    const found = classes.map((_, k) => Math.exp(0.7 * Number(own[i] === k) + random.normal()));
    const total = found.reduce((sum, value) => sum + value, 0);
    return found.map((value) => value / total);
  });
  const prediction = Int32Array.from(raw, (found) => found.indexOf(Math.max(...found)));
  const scores =
    task === "binary"
      ? Float64Array.from(raw, (found) => found[1]!)
      : classes.map((_, k) => Float64Array.from(raw, (found) => found[k]!));
  return { task, classes, truth: own, prediction, scores, groups };
}

const binary = [classifier("binary"), classifier("binary")] as const;
const multiclass = [classifier("multiclass"), classifier("multiclass")] as const;
const target = Float64Array.from({ length: rows }, () => 10 + 3 * random.normal());
const regressor = (error: number): Evaluation => ({
  task: "regression",
  truth: target,
  prediction: target.map((value) => value + error * random.normal()),
});
const regression = [regressor(1), regressor(1.5)] as const;

/** The same rows as often as counted. */
function repeated(evaluation: Evaluation, counts: readonly number[]): Evaluation {
  const places = counts.flatMap((times, row) => Array<number>(times).fill(row));
  const take = (values: ArrayLike<number>): Float64Array =>
    Float64Array.from(places, (row) => values[row]!);
  const shared = {
    truth: take(evaluation.truth),
    prediction: take(evaluation.prediction),
    ...(evaluation.weights === undefined ? {} : { weights: take(evaluation.weights) }),
  };
  if (evaluation.task === "regression") return { ...evaluation, ...shared };
  const { scores } = evaluation;
  const columns = Array.isArray(scores) ? (scores as Float64Array[]).map(take) : null;
  return {
    ...evaluation,
    ...shared,
    scores: columns ?? take(scores as Float64Array),
    groups: { region: { ...groups.region, codes: take(groups.region.codes) } },
  };
}

interface Ask {
  readonly name: string;
  readonly argument?: string | undefined;
  readonly clusters?: Int32Array | undefined;
}

const valueOf = ({ name, argument }: Ask, evaluation: Evaluation): number =>
  computeMetric(name, argument, evaluation).value ?? Number.NaN;

/** Draws by the definition: the statistic of the models on what is drawn. */
function drawsOf(ask: Ask, models: readonly Evaluation[], resamples: number): number[] {
  const generator = createRandom(9);
  const units = ask.clusters === undefined ? rows : Math.max(...ask.clusters) + 1;
  return Array.from({ length: resamples }, () => {
    const drawn = drawRowCounts(generator, new Uint16Array(units));
    const counts = Array.from({ length: rows }, (_, row) => drawn[ask.clusters?.[row] ?? row]!);
    const [first, second = 0] = models.map((model) => valueOf(ask, repeated(model, counts)));
    return first! - second;
  }).filter((value) => !Number.isNaN(value));
}

/** The statistic without each row or cluster. */
function withoutEach(ask: Ask, models: readonly Evaluation[]): number[] {
  const units = ask.clusters === undefined ? rows : Math.max(...ask.clusters) + 1;
  return Array.from({ length: units }, (_, unit) => {
    const counts = Array.from({ length: rows }, (_, row) =>
      Number((ask.clusters?.[row] ?? row) !== unit),
    );
    const [first, second = 0] = models.map((model) => valueOf(ask, repeated(model, counts)));
    return first! - second;
  });
}

const close = (value: number): number => expect.closeTo(value, 9) as number;
const plain = { resamples: 150, seed: 9 };
const weigh = <E extends Evaluation>(evaluation: E): E => ({ ...evaluation, weights });

/** Metrics that noise lifts: their percentiles count with their mirror image at the unlifted estimate. */
const lifted = ["ece", "demographic_parity_difference"];

interface Drawn {
  readonly distribution: readonly number[];
  readonly estimate: number;
}

/** The value as far on the other side of the estimate less what the draws lie above it. */
function mirrored({ distribution, estimate }: Drawn, value: number): number {
  const mean = distribution.reduce((sum, one) => sum + one, 0) / distribution.length;
  const unlifted = 2 * estimate - mean;
  return 2 * unlifted - value;
}

/** The expanded percentiles of one metric. */
function expectedEnds(name: string, drawn: Drawn, confidence: number): [number, number] {
  const { low, high } = percentileInterval({ ...drawn, confidence });
  if (!lifted.includes(name)) return [low, high];
  const ends = [low, high, mirrored(drawn, low), mirrored(drawn, high), drawn.estimate];
  return [Math.max(0, Math.min(...ends)), Math.min(1, Math.max(...ends))];
}

/** The p values of "the truth is below, and above, a value" that agree with them. */
function expectedTails(name: string, drawn: Drawn & { units: number }, value: number) {
  const { below, above } = expandTails(drawn.distribution, value, drawn.units);
  if (!lifted.includes(name)) return { below, above };
  const other = expandTails(drawn.distribution, mirrored(drawn, value), drawn.units);
  return { below: Math.max(below, other.above), above: Math.max(above, other.below) };
}

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

test("a row whose number is infinite counts only in the resamples that draw it", () => {
  const losses = Float64Array.from({ length: 30 }, (_, i) => (i === 4 ? Infinity : i / 30));
  const kernel: MeanKernel = { kind: "means", rows: [losses], combine: (means) => means[0]! };
  const plan = planOf([kernel], regression[0], { resamples: 300, seed: 3 });
  const { draws } = resample({ ...plan, rowCount: 30 });
  const finite = draws.filter((value) => Number.isFinite(value)).length;
  // A row is left out of a resample with the chance (29 / 30)^30 = 0.36.
  expect(finite).toBeGreaterThan(75);
  expect(finite).toBeLessThan(145);
  expect(draws.filter((value) => value === Infinity)).toHaveLength(300 - finite);
});

describe("the normal limit of means", () => {
  const columns = [0, 1].map((k) =>
    Float64Array.from({ length: rows }, (_, i) => (i % 5) + k * random.normal()),
  );
  const kernels = [
    { kind: "means", rows: columns, combine: ([a, b]: ArrayLike<number> & number[]) => a! / b! },
  ] as unknown as Parameters<typeof sumsByUnit>[0];

  /** A generator whose normals are 0 but for one. */
  function unitNormals(place: number): Random {
    let at = 0;
    return { ...createRandom(1), normal: () => Number(at++ === place) };
  }

  test.each([
    { title: "rows", clusters: undefined, weights: undefined },
    { title: "weighted rows", clusters: undefined, weights },
    { title: "weighted clusters", clusters, weights },
  ])("has the mean and the covariance of what $title add", (asked) => {
    const units = asked.clusters === undefined ? rows : 7;
    const added = Array.from({ length: units }, (_, unit) => {
      const sums = [0, 0, 0];
      for (let i = 0; i < rows; i++) {
        if ((asked.clusters?.[i] ?? i) !== unit) continue;
        const weight = asked.weights?.[i] ?? 1;
        [1, columns[0]![i]!, columns[1]![i]!].forEach((value, k) => (sums[k]! += weight * value));
      }
      return sums;
    });
    const means = [0, 1, 2].map((k) => added.reduce((sum, one) => sum + one[k]!, 0) / units);
    const covariance = (j: number, k: number): number =>
      added.reduce((sum, one) => sum + (one[j]! - means[j]!) * (one[k]! - means[k]!), 0) / units;
    const moments =
      asked.clusters === undefined
        ? momentsOfRows(kernels, rows, asked.weights)
        : momentsOfUnits(sumsByUnit(kernels, { rowCount: rows, ...asked }));
    expect(Array.from(moments.means)).toEqual(means.map(close));
    // Each unit normal moves the sums by a column of the covariance's root, times sqrt(units).
    const roots = [0, 1, 2].map((place) =>
      Array.from(
        drawMeansByNormal(moments, unitNormals(place))(),
        (sum, k) => sum - units * means[k]!,
      ),
    );
    for (let j = 0; j < 3; j++)
      for (let k = 0; k < 3; k++)
        expect(roots.reduce((sum, root) => sum + root[j]! * root[k]!, 0)).toBeCloseTo(
          units * covariance(j, k),
          8,
        );
  });
});

describe("the law by influences", () => {
  test.each([
    { title: "rows", clusters: undefined },
    { title: "clusters", clusters },
  ])("is normal with the sum of squared influences of $title", (asked) => {
    const influences = [3, 1].map((value) => {
      const raw = Float64Array.from({ length: rows }, () => random.normal());
      return { value, rows: raw };
    });
    for (const count of [1, 2]) {
      const some = influences.slice(0, count);
      const draws = drawByInfluence({
        influences: some,
        statistic: ([a, b = 0]) => 2 * a! - b + 5,
        clusters: asked.clusters,
        resamples: 9,
      });
      const moves = new Map<number, number>();
      for (let i = 0; i < rows; i++) {
        const unit = asked.clusters?.[i] ?? i;
        const own = 2 * some[0]!.rows[i]! - (some[1]?.rows[i] ?? 0);
        moves.set(unit, (moves.get(unit) ?? 0) + own);
      }
      const variance = [...moves.values()].reduce((sum, move) => sum + move * move, 0);
      const centre = count === 1 ? 11 : 10;
      expect(Array.from(draws)).toEqual(
        Array.from({ length: 9 }, (_, b) =>
          close(centre + Math.sqrt(variance) * normalQuantile((b + 0.5) / 9)),
        ),
      );
    }
  });
});

describe("DeLong by its definition", () => {
  const own = Array.from(binary[0].truth);
  const columns = binary.map(({ scores }) => scores as Float64Array);
  const positives = [...own.keys()].filter((row) => own[row] === 1);
  const negatives = [...own.keys()].filter((row) => own[row] !== 1);
  const wins = (scores: Float64Array, high: number, low: number): number =>
    scores[high]! > scores[low]! ? 1 : scores[high] === scores[low] ? 0.5 : 0;
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const covariance = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, value, i) => sum + (value - mean(a)) * (b[i]! - mean(b)), 0) / (a.length - 1);
  const placements = columns.map((scores) => ({
    ofPositives: positives.map((high) => mean(negatives.map((low) => wins(scores, high, low)))),
    ofNegatives: negatives.map((low) => mean(positives.map((high) => wins(scores, high, low)))),
  }));
  const expected = (j: number, k: number): number =>
    covariance(placements[j]!.ofPositives, placements[k]!.ofPositives) / positives.length +
    covariance(placements[j]!.ofNegatives, placements[k]!.ofNegatives) / negatives.length;
  const rankings = columns.map((scores) => ({ truth: own, positive: 1, scores }));

  test("has the covariance of placements", () => {
    const found = delongCovariance(rankings);
    if ("reason" in found) throw new Error(found.reason);
    for (let j = 0; j < 2; j++)
      for (let k = 0; k < 2; k++) expect(found.covariance[j]![k]).toBeCloseTo(expected(j, k), 12);
    expect(found).toMatchObject({ positives: positives.length, negatives: negatives.length });
    // What was found of a pair is not taken for another pair, or another truth.
    const same = delongDifference(rankings[0]!, rankings[0]!);
    expect(same).toMatchObject({ difference: 0, variance: 0, z: null, p: 1, low: 0, high: 0 });
    const turned = delongCovariance([{ ...rankings[0]!, positive: 0 }]);
    if ("reason" in turned) throw new Error(turned.reason);
    expect(turned.aucs[0]).toBeCloseTo(1 - found.aucs[0]!, 12);
  });

  test("takes nothing from the same scores under another truth, and needs two rows of a class", () => {
    const areaOf = (truth: readonly number[], more = rankings): number | null => {
      const found = delongCovariance(more.map((one) => ({ ...one, truth })));
      return "reason" in found ? null : found.aucs[0]!;
    };
    const [single] = rankings;
    const usual = areaOf(own, [single!])!;
    const turned = own.map((code) => 1 - code);
    expect(areaOf(turned, [single!])).toBeCloseTo(1 - usual, 12);
    expect(areaOf(own, [single!])).toBe(usual);
    expect(areaOf(own.map((_, row) => Number(row === 3)))).toBeNull();
    expect(areaOf(own.map((_, row) => Number(row !== 3)))).toBeNull();
    expect(areaOf(own.map((_, row) => Number(row > 1)))).not.toBeNull();
    const broken = {
      ...rankings[1]!,
      scores: columns[1]!.map((_, row) => (row ? row : Number.NaN)),
    };
    expect(delongCovariance([rankings[0]!, broken])).toHaveProperty("reason");
  });

  test("is certain where both models rank alike", () => {
    const at = (nullDifference: number): object =>
      delongDifference(rankings[0]!, rankings[0]!, { nullDifference });
    expect(at(0.1)).toMatchObject({ p: 0, pBelow: 0, pAbove: 1 });
    expect(at(-0.1)).toMatchObject({ p: 0, pBelow: 1, pAbove: 0 });
    expect(at(0)).toMatchObject({ p: 1, pBelow: 1, pAbove: 1 });
  });

  /** Satterthwaite's degrees of freedom of a sum of two variances. */
  const freedomOf = (ofPositives: number, ofNegatives: number): number =>
    (ofPositives + ofNegatives) ** 2 /
    (ofPositives ** 2 / (positives.length - 1) + ofNegatives ** 2 / (negatives.length - 1));

  test("gives the interval of an area by Student's law of its logit", () => {
    const auc = mean(placements[0]!.ofPositives);
    const { ofPositives, ofNegatives } = placements[0]!;
    const freedom = freedomOf(
      covariance(ofPositives, ofPositives) / positives.length,
      covariance(ofNegatives, ofNegatives) / negatives.length,
    );
    const deviation = Math.sqrt(expected(0, 0)) / (auc * (1 - auc));
    const odds = (share: number): number => Math.log(share / (1 - share));
    const end = (side: number): number =>
      1 / (1 + Math.exp(-(odds(auc) + side * studentQuantile(0.95, freedom) * deviation)));
    const t = (odds(auc) - odds(0.6)) / deviation;
    const options = { against: 0.6, confidence: 0.9 };
    expect(intervalOf({ name: "roc_auc" }, binary[0], options)).toEqual({
      value: close(auc),
      low: close(end(-1)),
      high: close(end(1)),
      n: rows,
      method: "delong",
      resamples: null,
      pBelow: close(studentSf(-t, freedom)),
      pAbove: close(studentSf(t, freedom)),
    });
  });

  test("gives the interval of a difference by the normal law and one-sided tests by Student's", () => {
    const [auc, other] = placements.map(({ ofPositives }) => mean(ofPositives)) as [number, number];
    const varianceOf = (side: "ofPositives" | "ofNegatives"): number => {
      const [a, b] = placements.map((placed) => placed[side]) as [number[], number[]];
      const apart = a.map((value, at) => value - b[at]!);
      return covariance(apart, apart) / apart.length;
    };
    const spread = Math.sqrt(expected(0, 0) + expected(1, 1) - 2 * expected(0, 1));
    const freedom = freedomOf(varianceOf("ofPositives"), varianceOf("ofNegatives"));
    const [candidate, reference] = binary;
    const t = (auc - other - 0.05) / spread;
    const request = { metric: { name: "roc_auc" }, candidate, reference, nullDifference: 0.05 };
    expect(compareOnRows({ ...request, confidence: 0.9 })).toMatchObject({
      difference: close(auc - other),
      low: close(auc - other - normalQuantile(0.95) * spread),
      high: close(auc - other + normalQuantile(0.95) * spread),
      test: "delong",
      p: close(2 * normalSf(Math.abs(auc - other) / spread)),
      pBelow: close(studentSf(-t, freedom)),
      pAbove: close(studentSf(t, freedom)),
    });
    expect(compareOnRows({ ...request, interval: "percentile", resamples: 50 }).test).toBe(
      "bootstrap",
    );
  });
});

describe("what was drawn for one pair", () => {
  test("is not taken for another one, nor for other options", () => {
    const [candidate, reference] = binary;
    const third = classifier("binary");
    const of = (more: object): unknown => {
      const { low, high, resamples } = compareOnRows({
        metric: { name: "f1" },
        candidate,
        reference,
        ...plain,
        ...more,
      });
      return [low, high, resamples];
    };
    const first = of({});
    const others = [
      { reference: third },
      { clusters },
      { seed: 10 },
      { resamples: 151 },
      { confidence: 0.5 },
      { interval: "percentile" },
      { metric: { name: "precision" } },
      { metric: { name: "f_beta", argument: "3" } },
    ];
    for (const other of others) expect(of(other)).not.toEqual(first);
    expect(of({ nullDifference: 0.2 })).toEqual(first);
    expect(of({})).toEqual(first);
  });
});

describe("the draws of bins", () => {
  const bins = 2;
  const size = 60;
  const models = [0, 1].map(() => {
    const confidences = Float64Array.from({ length: size }, () => random.uniform());
    const cells = Uint16Array.from(confidences, (p, i) => 2 * Math.floor(p * bins) + (i % 2));
    return { binCount: bins, cells, confidences };
  });

  /** Gaps of each model's bins in the first draw, with one normal that is not 0. */
  function gapsWith(place: number): { readonly gaps: number[][]; readonly held: number[][] } {
    let at = 0;
    const fixed: Random = { ...createRandom(3), normal: () => Number(at++ === place) };
    const held: number[][] = [];
    const gaps: number[][] = [];
    const kernels = models.map((binned, k) => ({
      binned,
      combine: (sums: { gaps: Float64Array; rows: Float64Array }) => {
        gaps[k] = Array.from(sums.gaps);
        held[k] = Array.from(sums.rows);
        return 0;
      },
    }));
    drawBins(kernels, fixed)();
    return { gaps, held };
  }

  test("count rows exactly, and move confidences as much as those of a cell spread", () => {
    const keyOf = (i: number): number => models[0]!.cells[i]! * 4 + models[1]!.cells[i]!;
    const all = Array.from({ length: size }, (_, i) => i);
    const keys = [...new Set(all.map(keyOf))].toSorted((a, b) => a - b);
    const cells = keys.map((key) => all.filter((i) => keyOf(i) === key));
    const into = new Float64Array(cells.length);
    const sizes = cells.map((cell) => cell.length);
    drawMultinomial(size, sizes, { random: createRandom(3), into });
    const mean = (cell: readonly number[], f: (i: number) => number): number =>
      cell.reduce((sum, i) => sum + f(i), 0) / cell.length;
    const binOf = (k: number, cell: readonly number[]): number => models[k]!.cells[cell[0]!]! >> 1;
    const rest = gapsWith(-1);
    for (const k of [0, 1])
      for (let bin = 0; bin < bins; bin++) {
        const own = cells.flatMap((cell, c) => (binOf(k, cell) === bin ? [{ cell, c }] : []));
        const count = own.reduce((sum, { c }) => sum + into[c]!, 0);
        expect(rest.held[k]![bin]).toBe(count);
        const gap = own.reduce((sum, { cell, c }) => {
          const { confidences, cells: codes } = models[k]!;
          return sum + into[c]! * mean(cell, (i) => confidences[i]! - (codes[i]! & 1));
        }, 0);
        expect(rest.gaps[k]![bin]).toBeCloseTo(gap, 10);
      }
    const moves = Array.from({ length: 2 * cells.length }, (_, place) =>
      gapsWith(place).gaps.map((gaps, k) => gaps.map((gap, bin) => gap - rest.gaps[k]![bin]!)),
    );
    for (const [j, k] of [
      [0, 0],
      [0, 1],
      [1, 1],
    ] as const)
      for (let first = 0; first < bins; first++)
        for (let second = 0; second < bins; second++) {
          const found = moves.reduce((sum, move) => sum + move[j]![first]! * move[k]![second]!, 0);
          const expected = cells.reduce((sum, cell, c) => {
            if (binOf(j, cell) !== first || binOf(k, cell) !== second) return sum;
            const [x, y] = [models[j]!.confidences, models[k]!.confidences];
            const product = mean(cell, (i) => x[i]! * y[i]!);
            return sum + into[c]! * (product - mean(cell, (i) => x[i]!) * mean(cell, (i) => y[i]!));
          }, 0);
          expect(found).toBeCloseTo(expected, 9);
        }
  });
});

describe("the group jackknife", () => {
  test("spreads as leaving out every 200th row does", () => {
    const many = 2000;
    const values = Float64Array.from({ length: many }, () => random.normal());
    const evaluation: Evaluation = {
      task: "regression",
      truth: values,
      prediction: values.map((value) => value + random.normal()),
    };
    const errors = values.map((value, i) => Math.abs(value - evaluation.prediction[i]!));
    const median = (kept: Float64Array): number => {
      const sorted = kept.toSorted();
      const half = sorted.length / 2;
      return (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2;
    };
    const left = Array.from({ length: 200 }, (_, group) =>
      median(errors.filter((_, i) => i % 200 !== group)),
    );
    const mean = left.reduce((sum, value) => sum + value, 0) / 200;
    const squares = left.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const deviation = Math.sqrt((199 / 200) * squares);
    const generator = createRandom(9);
    const estimate = median(errors);
    const distribution = Float64Array.from(
      { length: 10_001 },
      () => estimate + deviation * generator.normal(),
    );
    const confidence = expandConfidence(0.95, many);
    const { low, high } = percentileInterval({ distribution, estimate, confidence });
    const options = { resamples: 10_001, seed: 9 };
    expect(intervalOf({ name: "median_absolute_error" }, evaluation, options)).toMatchObject({
      value: close(estimate),
      low: close(low),
      high: close(high),
      method: "group-jackknife",
    });
  });
});

describe("tails and tests by their formulas", () => {
  test("tails of few units are Student's where hardly any resample lies beyond", () => {
    const distribution = Array.from({ length: 50 }, () => 2 + random.normal());
    const mean = distribution.reduce((sum, value) => sum + value, 0) / 50;
    const deviation = Math.sqrt(
      distribution.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 50,
    );
    const shrink = Math.sqrt(11 / 12);
    const far = expandTails(distribution, 7, 12);
    const wide = studentSf(-normalQuantile(1 / 51) * shrink, 11);
    const own = studentSf(((7 - mean) / deviation) * shrink, 11);
    expect(own).toBeLessThan(wide);
    expect(far).toEqual({ below: close(own), above: 1, twoSided: close(2 * own) });
    const turned = expandTails(distribution, -3, 12);
    expect(turned.above).toBeCloseTo(studentSf(((mean + 3) / deviation) * shrink, 11), 9);
    const middle = distribution.toSorted((a, b) => a - b)[30]! + 1e-9;
    expect(expandTails(distribution, middle, 12).below).toBeCloseTo(
      studentSf(-normalQuantile(20 / 51) * shrink, 11),
      9,
    );
    // Without spread there is no law to take the tail from.
    const constant = expandTails([1, 1, 1], 2, 12);
    expect(constant.below).toBeCloseTo(studentSf(-normalQuantile(1 / 4) * shrink, 11), 9);
  });

  test("a share's tails are the score test's", () => {
    const value = valueOf({ name: "accuracy" }, binary[0]);
    const at = (against: number): [number, number] => {
      const { pBelow, pAbove } = intervalOf({ name: "accuracy" }, binary[0], { against });
      return [pBelow!, pAbove!];
    };
    const z = (value - 0.9) / Math.sqrt((0.9 * 0.1) / rows);
    expect(at(0.9)).toEqual([close(normalCdf(z)), close(normalSf(z))]);
    expect([at(0), at(1)]).toEqual([
      [1, 0],
      [0, 1],
    ]);
    const clustered = intervalOf({ name: "accuracy" }, binary[0], { ...plain, clusters });
    expect(clustered).toMatchObject({ method: "bootstrap-clusters", pBelow: null, pAbove: null });
  });

  test("accuracies are compared by McNemar's test, errors by Wilcoxon's or by time", () => {
    const right = binary.map(({ truth: own, prediction }) =>
      Array.from(own, (code, i) => code === prediction[i]),
    ) as [boolean[], boolean[]];
    const onlyFirst = right[0].filter((is, i) => is && !right[1][i]).length;
    const onlySecond = right[1].filter((is, i) => is && !right[0][i]).length;
    const ahead = mcNemarTest({ onlyFirst, onlySecond });
    const behind = mcNemarTest({ onlyFirst: onlySecond, onlySecond: onlyFirst });
    const [candidate, reference] = binary;
    const request = { metric: { name: "accuracy" }, candidate, reference, ...plain };
    expect(compareOnRows(request)).toMatchObject({
      test: "mcnemar-exact",
      p: ahead.exact,
      pBelow: behind.firstBetterExact,
      pAbove: ahead.firstBetterExact,
    });
    expect(compareOnRows({ ...request, midP: true })).toMatchObject({
      test: "mcnemar-mid-p",
      p: ahead.mid,
      pBelow: behind.firstBetterMid,
      pAbove: ahead.firstBetterMid,
    });
    const errors = regression.map(({ prediction }) =>
      target.map((value, i) => Math.abs(value - prediction[i]!)),
    ) as [Float64Array, Float64Array];
    const differences = errors[0].map((error, i) => error - errors[1][i]!);
    const models = { candidate: regression[0], reference: regression[1] };
    const mae = { metric: { name: "mae" }, ...models, ...plain };
    const ranked = wilcoxonTest(differences);
    expect(compareOnRows(mae)).toMatchObject({ test: "wilcoxon", p: "p" in ranked && ranked.p });
    const [first, second] = errors;
    const timed = dieboldMarianoTest({ first, second, horizon: 2, loss: "absolute" });
    expect(compareOnRows({ ...mae, timeOrdered: true, horizon: 2 })).toMatchObject({
      test: "diebold-mariano",
      p: "p" in timed && timed.p,
    });
    expect(compareOnRows({ ...mae, clusters }).test).toBe("bootstrap");
  });

  test("a metric that most resamples leave undefined has no interval", () => {
    // Two entities, one of them all positive: half of the draws hold both classes, or fewer.
    const sides = Int32Array.from(binary[0].truth);
    const options = { resamples: 400, interval: "percentile", clusters: sides } as const;
    const drawn = [1, 2, 3, 4, 5, 6].map((seed) => {
      const generator = createRandom(seed);
      let defined = 0;
      for (let b = 0; b < 400; b++)
        defined += Number(drawRowCounts(generator, new Uint16Array(2))[0] === 1);
      const found = intervalOf({ name: "roc_auc" }, binary[0], { ...options, seed });
      expect(found.resamples).toBe(defined < 200 ? null : defined);
      if (defined < 200)
        expect(found.reason).toBe("the metric is undefined in most resamples of these rows");
      return defined < 200;
    });
    expect(new Set(drawn).size).toBe(2);
  });

  test("no interval is made that was not asked for", () => {
    const cheap = { ...plain, interval: "cheap" } as const;
    expect(intervalOf({ name: "average_precision" }, binary[0], cheap)).toMatchObject({
      low: null,
      reason: "no interval was asked for",
    });
    expect(intervalOf({ name: "accuracy" }, binary[0], cheap).method).toBe("wilson");
  });
});
