import type {
  ClassificationEvaluation,
  Evaluation,
  RegressionEvaluation,
} from "../../metrics/evaluation.ts";
import type { Random } from "../../random/generator.ts";
import { normalCdf, normalQuantile, normalSf } from "../../special/normal.ts";

/** A law of rows and the value that a metric, or the difference of two models in it, has under it. */
export interface Law {
  readonly name: string;
  readonly metric: string;
  readonly truth: number;
  /** Simulated with no more rows than these: a law beside it tells the same of more. */
  readonly mostRows?: number;
  /** One model, or a candidate and the reference on the same rows. */
  readonly draw: (rows: number, random: Random) => readonly [Evaluation, Evaluation?];
}

const share = 0.4;
const strength = 1.3;
const weaker = 0.9;

type Scored = ClassificationEvaluation & { readonly scores: Float64Array };

function classified(truth: Int32Array, scores: Float64Array, cut: number): Scored {
  const prediction = Int32Array.from(scores, (score) => (score > cut ? 1 : 0));
  return { task: "binary", classes: ["no", "yes"], truth, prediction, scores };
}

function drawTruth(rows: number, random: Random): Int32Array {
  return Int32Array.from({ length: rows }, () => (random.uniform() < share ? 1 : 0));
}

/** Two normal laws of scores, `strength` apart, cut in the middle. */
function drawBinary(rows: number, random: Random): readonly [Evaluation] {
  const truth = drawTruth(rows, random);
  const scores = Float64Array.from(truth, (t) => random.normal() + strength * t);
  return [classified(truth, scores, strength / 2)];
}

/** Two such models that share half of their noise's variance, the second one weaker. */
function drawBinaryPair(rows: number, random: Random): readonly [Evaluation, Evaluation] {
  const truth = drawTruth(rows, random);
  const shared = Float64Array.from(truth, () => random.normal());
  const model = (own: number): Scored => {
    const scores = shared.map(
      (noise, row) => Math.SQRT1_2 * (noise + random.normal()) + own * truth[row]!,
    );
    return classified(truth, scores, own / 2);
  };
  return [model(strength), model(weaker)];
}

/** Probabilities spread evenly over 0.05..0.95 that are right: an event is as likely as they say. */
function drawCalibrated(rows: number, random: Random): readonly [Evaluation] {
  const scores = Float64Array.from({ length: rows }, () => 0.05 + 0.9 * random.uniform());
  const truth = Int32Array.from(scores, (score) => (random.uniform() < score ? 1 : 0));
  return [classified(truth, scores, 0.5)];
}

/** Probabilities that are right and mostly near 0 or 1: their log odds are normal with deviation 3. */
function drawSharp(rows: number, random: Random): readonly [Evaluation] {
  const scores = Float64Array.from({ length: rows }, () => logistic(3 * random.normal()));
  const truth = Int32Array.from(scores, (score) => (random.uniform() < score ? 1 : 0));
  return [classified(truth, scores, 0.5)];
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

type DrawError = (random: Random) => number;

const normalError: DrawError = (random) => random.normal();

/** Laplace's law: two exponential tails, mean absolute value 1. */
const laplaceError: DrawError = (random) => Math.log((random.uniform() || 0.5) / random.uniform());

/** Student's law with 5 degrees of freedom: no moments beyond the fourth. */
function studentError(random: Random): number {
  let squares = 0;
  for (let k = 0; k < 5; k++) squares += random.normal() ** 2;
  return random.normal() / Math.sqrt(squares / 5);
}

/** A target with deviation 2 and a prediction that errs by a law. */
function drawRegression(error: DrawError): Law["draw"] {
  return (rows, random) => {
    const truth = Float64Array.from({ length: rows }, () => 2 * random.normal());
    return [{ task: "regression", truth, prediction: truth.map((y) => y + error(random)) }];
  };
}

/** Two models whose normal errors correlate by a half; the second errs by a quarter more. */
function drawRegressionPair(rows: number, random: Random): readonly [Evaluation, Evaluation] {
  const truth = Float64Array.from({ length: rows }, () => 2 * random.normal());
  const shared = truth.map(() => random.normal());
  const model = (scale: number): RegressionEvaluation => ({
    task: "regression",
    truth,
    prediction: truth.map((y, row) => y + scale * Math.SQRT1_2 * (shared[row]! + random.normal())),
  });
  return [model(1), model(1.25)];
}

/** The mean of a function over an interval, by the midpoint rule. */
function meanOver(from: number, to: number, of: (x: number) => number): number {
  const steps = 200_000;
  let sum = 0;
  for (let k = 0; k < steps; k++) sum += of(from + ((to - from) * (k + 0.5)) / steps);
  return sum / steps;
}

const overShares = (of: (p: number) => number): number => meanOver(0.05, 0.95, of);
const overSharp = (of: (p: number) => number): number =>
  24 *
  meanOver(-12, 12, (x) => (of(logistic(3 * x)) * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI));
const entropy = (p: number): number =>
  p > 0 && p < 1 ? -p * Math.log(p) - (1 - p) * Math.log1p(-p) : 0;
const spread = (p: number): number => p * (1 - p);

const rightBy = (own: number): number => normalCdf(own / 2);
const right = rightBy(strength);
const f1By = (own: number): number =>
  (2 * share * rightBy(own)) / (2 * share * rightBy(own) + 1 - rightBy(own));
const named = share * right + (1 - share) * (1 - right);
const correlation = (2 * right - 1) * Math.sqrt(spread(share) / spread(named));

/** The mean over positives of the precision at their own score. */
const averagePrecision =
  16 *
  meanOver(-8, 8, (x) => {
    const [hits, alarms] = [share * normalSf(x), (1 - share) * normalSf(x + strength)];
    return ((hits / (hits + alarms)) * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
  });

/** Laws by the metric that is asked for. */
export const laws: readonly Law[] = [
  { name: "accuracy", metric: "accuracy", truth: right, draw: drawBinary },
  {
    name: "balanced_accuracy",
    metric: "balanced_accuracy",
    truth: right,
    draw: drawBinary,
    mostRows: 200,
  },
  { name: "f1", metric: "f1", truth: f1By(strength), draw: drawBinary },
  { name: "mcc", metric: "mcc", truth: correlation, draw: drawBinary, mostRows: 200 },
  {
    name: "roc_auc",
    metric: "roc_auc",
    truth: normalCdf(strength / Math.SQRT2),
    draw: drawBinary,
  },
  {
    name: "average_precision",
    metric: "average_precision",
    truth: averagePrecision,
    draw: drawBinary,
  },
  { name: "log_loss", metric: "log_loss", truth: overShares(entropy), draw: drawCalibrated },
  {
    name: "log_loss, sharp",
    metric: "log_loss",
    truth: overSharp(entropy),
    draw: drawSharp,
    mostRows: 200,
  },
  { name: "brier", metric: "brier", truth: overShares(spread), draw: drawCalibrated },
  {
    name: "brier, sharp",
    metric: "brier",
    truth: overSharp(spread),
    draw: drawSharp,
    mostRows: 200,
  },
  ...[
    { of: "normal", error: normalError, absolute: Math.sqrt(2 / Math.PI), square: 1 },
    { of: "Laplace", error: laplaceError, absolute: 1, square: 2 },
    {
      of: "Student 5",
      error: studentError,
      // E|t| = 2 sqrt(5) Γ(3) / (sqrt(π) Γ(5/2) 4), and the variance 5 / 3.
      absolute: (2 * Math.sqrt(5) * 2) / (Math.sqrt(Math.PI) * (0.75 * Math.sqrt(Math.PI)) * 4),
      square: 5 / 3,
    },
  ].flatMap(({ of, error, absolute, square }): Law[] => [
    { name: `mae, ${of}`, metric: "mae", truth: absolute, draw: drawRegression(error) },
    { name: `rmse, ${of}`, metric: "rmse", truth: Math.sqrt(square), draw: drawRegression(error) },
  ]),
  { name: "r2, normal", metric: "r2", truth: 0.75, draw: drawRegression(normalError) },
  {
    name: "median_absolute_error, normal",
    mostRows: 200,
    metric: "median_absolute_error",
    truth: normalQuantile(0.75),
    draw: drawRegression(normalError),
  },
  {
    name: "accuracy, difference",
    mostRows: 200,
    metric: "accuracy",
    truth: right - rightBy(weaker),
    draw: drawBinaryPair,
  },
  {
    name: "f1, difference",
    metric: "f1",
    truth: f1By(strength) - f1By(weaker),
    draw: drawBinaryPair,
  },
  {
    name: "roc_auc, difference",
    mostRows: 200,
    metric: "roc_auc",
    truth: normalCdf(strength / Math.SQRT2) - normalCdf(weaker / Math.SQRT2),
    draw: drawBinaryPair,
  },
  {
    name: "mae, difference",
    mostRows: 200,
    metric: "mae",
    truth: -0.25 * Math.sqrt(2 / Math.PI),
    draw: drawRegressionPair,
  },
  { name: "rmse, difference", metric: "rmse", truth: -0.25, draw: drawRegressionPair },
];
