/**
 * Small models and what the definition of the bootstrap says of them: rows (or clusters) are drawn,
 * repeated as often as drawn, and the metric computed on what that gives.
 */
import { expect } from "vitest";
import { computeMetric } from "../../metrics/compute.ts";
import type { ClassificationEvaluation, Evaluation } from "../../metrics/evaluation.ts";
import { createRandom, type Random } from "../../random/generator.ts";
import { drawRowCounts } from "../../random/multinomial.ts";
import { expandTails, percentileInterval } from "../bootstrap-interval.ts";

/** Rows of every model here. */
export const rows = 24;
const random = createRandom(8);
/** The class of each row. */
const truth = Int32Array.from({ length: rows }, (_, i) => i % 3);
/** The groups of the rows. */
export const groups = {
  region: {
    names: ["north", "south"],
    // Two rows without a region: metrics of groups leave them out.
    codes: Int32Array.from({ length: rows }, (_, i) => (i === 5 || i === 16 ? -1 : (i >> 1) % 2)),
  },
};
/** The entity of each row, 7 in all. */
export const clusters = Int32Array.from({ length: rows }, (_, i) => Math.floor((i * 7) / 24));
/** A weight for each row. */
/** The same with weights. */
export const weights = Float64Array.from({ length: rows }, (_, i) => 0.5 + (i % 4));

/** A model with scores around the truth; classes of a multiclass task or whether it is class 0. */
export function classifier(
  task: "binary" | "multiclass",
  random: Random,
): ClassificationEvaluation {
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

/** Two models of two classes. */
export const binary = [classifier("binary", random), classifier("binary", random)] as const;
/** Two models of three classes. */
export const multiclass = [
  classifier("multiclass", random),
  classifier("multiclass", random),
] as const;
/** The number that regressors predict. */
export const target = Float64Array.from({ length: rows }, () => 10 + 3 * random.normal());
const regressor = (error: number): Evaluation => ({
  task: "regression",
  truth: target,
  prediction: target.map((value) => value + error * random.normal()),
});
/** Two regressors. */
export const regression = [regressor(1), regressor(1.5)] as const;

/** The same rows as often as counted. */
export function repeated(evaluation: Evaluation, counts: readonly number[]): Evaluation {
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

/** The metric that is asked for, of rows or of clusters. */
export interface Ask {
  readonly name: string;
  readonly argument?: string | undefined;
  readonly clusters?: Int32Array | undefined;
}

/** The metric by its own definition; NaN where it has none. */
export const valueOf = ({ name, argument }: Ask, evaluation: Evaluation): number =>
  computeMetric(name, argument, evaluation).value ?? Number.NaN;

/** Draws by the definition: the statistic of the models on what is drawn. */
export function drawsOf(ask: Ask, models: readonly Evaluation[], resamples: number): number[] {
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
export function withoutEach(ask: Ask, models: readonly Evaluation[]): number[] {
  const units = ask.clusters === undefined ? rows : Math.max(...ask.clusters) + 1;
  return Array.from({ length: units }, (_, unit) => {
    const counts = Array.from({ length: rows }, (_, row) =>
      Number((ask.clusters?.[row] ?? row) !== unit),
    );
    const [first, second = 0] = models.map((model) => valueOf(ask, repeated(model, counts)));
    return first! - second;
  });
}

/** Equal to nine digits behind the point. */
export const close = (value: number): number => expect.closeTo(value, 9) as number;
/** Few resamples, from the seed that the definition takes too. */
export const plain = { resamples: 150, seed: 9 };
export const weigh = <E extends Evaluation>(evaluation: E): E => ({ ...evaluation, weights });

/** Metrics that noise lifts: their percentiles count with their mirror image at the unlifted estimate. */
const lifted = ["ece", "demographic_parity_difference"];

/** What was drawn of a metric, and what it is on all rows. */
export interface Drawn {
  readonly distribution: readonly number[];
  readonly estimate: number;
}

/** The value as far on the other side of the estimate less what the draws lie above it. */
export function mirrored({ distribution, estimate }: Drawn, value: number): number {
  const mean = distribution.reduce((sum, one) => sum + one, 0) / distribution.length;
  const unlifted = 2 * estimate - mean;
  return 2 * unlifted - value;
}

/** The expanded percentiles of one metric. */
export function expectedEnds(name: string, drawn: Drawn, confidence: number): [number, number] {
  const { low, high } = percentileInterval({ ...drawn, confidence });
  if (!lifted.includes(name)) return [low, high];
  const ends = [low, high, mirrored(drawn, low), mirrored(drawn, high), drawn.estimate];
  return [Math.max(0, Math.min(...ends)), Math.min(1, Math.max(...ends))];
}

/** The p values of "the truth is below, and above, a value" that agree with them. */
export function expectedTails(name: string, drawn: Drawn & { units: number }, value: number) {
  const { below, above } = expandTails(drawn.distribution, value, drawn.units);
  if (!lifted.includes(name)) return { below, above };
  const other = expandTails(drawn.distribution, mirrored(drawn, value), drawn.units);
  return { below: Math.max(below, other.above), above: Math.max(above, other.below) };
}
