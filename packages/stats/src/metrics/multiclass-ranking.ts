import {
  type ClassificationEvaluation,
  positiveOf,
  scoreColumns,
  scoresOfClass,
} from "./evaluation.ts";
import { type Measured, type Undefined, defined, undefinedBecause } from "./measure.ts";
import { rowsSumToOne } from "./probability.ts";
import {
  type FallingScores,
  complementPrecision,
  fallingScores,
  pooledAveragePrecision,
  releaseScores,
} from "./falling-scores.ts";
import { orderJoins } from "./rank-layout.ts";
import { type RankingInput, averagePrecision, noPositives, rocAuc } from "./ranking.ts";

/** How the areas of several classes become one number. */
export type RankingAverage = "macro" | "weighted" | "micro";

const unnormalised = "scores of a row must sum to 1 to compare classes by them";

/** Scores and rows of one class against the rest, or why there are none. */
export function rankingOfClass(
  evaluation: ClassificationEvaluation,
  code: number,
): RankingInput | Undefined {
  const found = scoresOfClass(evaluation, code);
  if (found.value === null) return found;
  const { truth, weights } = evaluation;
  return { scores: found.scores, truth, positive: code, weights };
}

/** ROC AUC of one class against the rest; see {@link rocAuc}. */
export function rocAucOfClass(evaluation: ClassificationEvaluation, code: number): Measured {
  const input = rankingOfClass(evaluation, code);
  return "scores" in input ? rocAuc(input) : input;
}

/** Average precision of one class against the rest; see {@link averagePrecision}. */
export function averagePrecisionOfClass(
  evaluation: ClassificationEvaluation,
  code: number,
): Measured {
  const input = rankingOfClass(evaluation, code);
  return "scores" in input ? averagePrecision(input) : input;
}

/**
 * ROC AUC of each class against the rest, averaged; `weighted` weights by the classes' true rows,
 * `micro` ranks all scores of all classes together. Undefined where a class has no true rows.
 */
export function rocAucOneVsRest(
  evaluation: ClassificationEvaluation,
  average: RankingAverage,
): Measured {
  if (evaluation.task === "binary") return rocAucOfClass(evaluation, positiveOf(evaluation));
  if (scoreColumns(evaluation) !== null && !rowsSumToOne(evaluation))
    return undefinedBecause(unnormalised);
  return averageOverClasses(evaluation, average, rocAuc);
}

/** Average precision over the classes, as {@link rocAucOneVsRest} averages. */
export function averagePrecisionOfClasses(
  evaluation: ClassificationEvaluation,
  average: RankingAverage,
): Measured {
  const pair = evaluation.weights === undefined ? precisionOfPair(evaluation) : null;
  if (pair !== null && average === "micro") return pair.pooled;
  if (pair === null || pair.ofNegative === null)
    return averageOverClasses(evaluation, average, averagePrecision);
  const { positive, ofNegative } = pair;
  return averageOverClasses(evaluation, average, averagePrecision, (code) =>
    code === positive ? null : ofNegative,
  );
}

/** Average precision of two classes, found without joining their columns or sorting the second. */
interface PairPrecision {
  readonly truth: ClassificationEvaluation["truth"];
  readonly positive: number;
  /** Of both classes' scores ranked together. */
  readonly pooled: Measured;
  /** Of the class that has no column of its own; `null` where it has one. */
  readonly ofNegative: Measured | null;
}

const latestPrecision = new WeakMap<readonly Float64Array[], PairPrecision>();

/** `null` where there are not two classes, or a score is NaN or a row of neither class. */
function precisionOfPair(evaluation: ClassificationEvaluation): PairPrecision | null {
  const found = scoreColumns(evaluation);
  if (found === null || evaluation.classes.length !== 2) return null;
  const { truth } = evaluation;
  const positive = evaluation.task === "binary" ? positiveOf(evaluation) : 1;
  const known = latestPrecision.get(found.columns);
  if (known?.truth === truth && known.positive === positive) return known;
  for (let i = 0; i < truth.length; i++) if (truth[i] !== 0 && truth[i] !== 1) return null;
  const rankingOf = (code: number): FallingScores | null => {
    const input = rankingOfClass(evaluation, code);
    return "scores" in input ? fallingScores(input) : null;
  };
  const first = rankingOf(positive);
  if (first === null) return null;
  const precision =
    found.columns.length === 1 ? ofComplement(first) : ofBoth(first, rankingOf(1 - positive));
  releaseScores(first);
  if (precision === null) return null;
  const made = { truth, positive, ...precision };
  latestPrecision.set(found.columns, made);
  return made;
}

type Precisions = Pick<PairPrecision, "pooled" | "ofNegative">;

function ofComplement(first: FallingScores): Precisions {
  const { pooled, alone } = complementPrecision(first);
  return { pooled: measuredPrecision(pooled), ofNegative: measuredPrecision(alone) };
}

function ofBoth(first: FallingScores, second: FallingScores | null): Precisions | null {
  if (second === null) return null;
  const pooled = measuredPrecision(pooledAveragePrecision(first, second));
  releaseScores(second);
  return { pooled, ofNegative: null };
}

function measuredPrecision(value: number | null): Measured {
  return value === null ? undefinedBecause(noPositives) : defined(value);
}

function averageOverClasses(
  evaluation: ClassificationEvaluation,
  average: RankingAverage,
  metric: (input: RankingInput) => Measured,
  known: (code: number) => Measured | null = () => null,
): Measured {
  if (average === "micro") return microAverage(evaluation, metric);
  let sum = 0;
  let weights = 0;
  for (let code = 0; code < evaluation.classes.length; code++) {
    const kept = known(code);
    const input = kept === null ? rankingOfClass(evaluation, code) : null;
    if (input !== null && !("scores" in input)) return input;
    const one = kept ?? metric(input as RankingInput);
    if (one.value === null)
      return undefinedBecause(`class "${evaluation.classes[code]!}": ${one.reason}`);
    const weight = average === "macro" ? 1 : weightOfClass(evaluation, code);
    sum += weight * one.value;
    weights += weight;
  }
  return weights > 0 ? defined(sum / weights) : undefinedBecause("there are no rows");
}

function weightOfClass(
  { truth, weights }: Pick<ClassificationEvaluation, "truth" | "weights">,
  code: number,
): number {
  let sum = 0;
  for (let i = 0; i < truth.length; i++)
    if (truth[i] === code) sum += weights === undefined ? 1 : weights[i]!;
  return sum;
}

/** Ranks every pair of row and class: positive where it is the row's true class. */
function microAverage(
  evaluation: ClassificationEvaluation,
  metric: (input: RankingInput) => Measured,
): Measured {
  const ranking = concatenatedRanking(evaluation);
  return ranking === null ? undefinedBecause("there are no scores") : metric(ranking);
}

/** The arrays of a pooled ranking that do not depend on weights, kept by the scores' columns. */
interface Pooled {
  readonly truth: ClassificationEvaluation["truth"];
  readonly scores: Float64Array;
  readonly hits: Uint8Array;
}

const latestPooled = new WeakMap<readonly Float64Array[], Pooled>();

/**
 * Every pair of row and class as a ranking, class after class: positive where it is the row's true
 * class; `null` without scores.
 */
export function concatenatedRanking(evaluation: ClassificationEvaluation): RankingInput | null {
  const found = scoreColumns(evaluation);
  if (found === null) return null;
  const { truth, weights } = evaluation;
  const known = latestPooled.get(found.columns);
  const { scores, hits } = known?.truth === truth ? known : poolClasses(evaluation, found.columns);
  const rows = truth.length;
  const repeated = weights === undefined ? undefined : new Float64Array(scores.length);
  if (repeated !== undefined)
    for (let k = 0; k < repeated.length; k++) repeated[k] = weights![k % rows]!;
  return { scores, truth: hits, positive: 1, weights: repeated };
}

function poolClasses(
  evaluation: ClassificationEvaluation,
  columns: readonly Float64Array[],
): Pooled {
  const { truth, classes } = evaluation;
  const rows = truth.length;
  const scores = new Float64Array(rows * classes.length);
  const hits = new Uint8Array(scores.length);
  // One column alone is of the positive class; the other class has its complement.
  const parts = classes.map((_, code) => {
    const found = scoresOfClass(evaluation, code);
    return found.value === null ? columns[code]! : found.scores;
  });
  orderJoins(scores, parts);
  parts.forEach((part, code) => {
    scores.set(part, code * rows);
    for (let i = 0; i < rows; i++) if (truth[i] === code) hits[code * rows + i] = 1;
  });
  const made = { truth, scores, hits };
  latestPooled.set(columns, made);
  return made;
}

/**
 * ROC AUC of each pair of classes that truth holds, averaged (Hand & Till 2001); `weighted` weights
 * pairs by their true rows. Row weights count in each pair.
 */
export function rocAucOneVsOne(
  evaluation: ClassificationEvaluation,
  average: "macro" | "weighted",
): Measured {
  if (evaluation.task === "binary") return rocAucOfClass(evaluation, positiveOf(evaluation));
  const found = scoreColumns(evaluation);
  if (found === null) return undefinedBecause("there are no scores");
  if (!rowsSumToOne(evaluation)) return undefinedBecause(unnormalised);
  const present = evaluation.classes.flatMap((_, code) =>
    weightOfClass(evaluation, code) > 0 ? [code] : [],
  );
  const { pairOf } = pairsOf(evaluation, found.columns);
  let sum = 0;
  let weights = 0;
  for (const a of present) {
    for (const b of present) {
      if (a >= b) continue;
      const pair = weighPair(pairOf(a, b), evaluation.weights);
      const one = meanOfBothSides(pair, [a, b]);
      if (one.value === null) return one;
      const weight = average === "macro" ? 1 : weightOfClass(pair, a) + weightOfClass(pair, b);
      sum += weight * one.value;
      weights += weight;
    }
  }
  return weights > 0 ? defined(sum / weights) : undefinedBecause("only one class is present");
}

/** The rows of a true class that carry weight. */
export function rowsOfClass(
  { truth, weights }: ClassificationEvaluation,
  code: number,
): readonly number[] {
  const rows: number[] = [];
  for (let i = 0; i < truth.length; i++)
    if (truth[i] === code && (weights === undefined || weights[i]! > 0)) rows.push(i);
  return rows;
}

/** The rows of two true classes, and how each of them scores there. */
interface Pair {
  readonly rows: Uint32Array;
  readonly truth: Int32Array;
  /** Scores of the first class, then of the second. */
  readonly sides: readonly [Float64Array, Float64Array];
}

interface WeighedPair extends Pair {
  readonly weights: Float64Array | undefined;
}

/** Pairs of classes by their codes. */
interface Pairs {
  readonly truth: ClassificationEvaluation["truth"];
  readonly pairOf: (a: number, b: number) => Pair;
}

/** Rows times classes up to which the pairs are kept, some 40 bytes each. */
const mostKeptPairRows = 1_000_000;

const latestPairs = new WeakMap<readonly Float64Array[], Pairs>();

/**
 * The pairs of classes, kept by the scores' columns where they are not too large: a bootstrap, which
 * only changes weights, neither gathers nor sorts them again.
 */
function pairsOf(
  { truth, classes }: ClassificationEvaluation,
  columns: readonly Float64Array[],
): Pairs {
  const known = latestPairs.get(columns);
  if (known?.truth === truth) return known;
  const places = classes.map((_, code) => placesOfClass(truth, code));
  const make = (a: number, b: number): Pair => {
    const rows = Uint32Array.from([...places[a]!, ...places[b]!]);
    const scoresOf = (code: number): Float64Array =>
      Float64Array.from(rows, (row) => columns[code]![row]!);
    return {
      rows,
      truth: Int32Array.from(rows, (row) => truth[row]!),
      sides: [scoresOf(a), scoresOf(b)],
    };
  };
  if (truth.length * classes.length > mostKeptPairRows) return { truth, pairOf: make };
  const made = new Map<number, Pair>();
  const pairOf = (a: number, b: number): Pair => {
    const key = a * classes.length + b;
    const pair = made.get(key) ?? make(a, b);
    made.set(key, pair);
    return pair;
  };
  const pairs = { truth, pairOf };
  latestPairs.set(columns, pairs);
  return pairs;
}

function placesOfClass(truth: ClassificationEvaluation["truth"], code: number): readonly number[] {
  const places: number[] = [];
  for (let i = 0; i < truth.length; i++) if (truth[i] === code) places.push(i);
  return places;
}

function weighPair(pair: Pair, weights: ArrayLike<number> | undefined): WeighedPair {
  if (weights === undefined) return { ...pair, weights };
  const own = new Float64Array(pair.rows.length);
  for (let k = 0; k < own.length; k++) own[k] = weights[pair.rows[k]!]!;
  return { ...pair, weights: own };
}

function meanOfBothSides(
  { truth, weights, sides }: WeighedPair,
  codes: readonly [number, number],
): Measured {
  let sum = 0;
  for (const [side, positive] of codes.entries()) {
    const one = rocAuc({ scores: sides[side]!, truth, positive, weights });
    if (one.value === null) return one;
    sum += one.value;
  }
  return defined(sum / 2);
}
