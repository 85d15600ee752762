import { parseThresholds, type Judgement, type Table } from "#core";
import type { Random } from "#stats";
import type { Answers } from "../answers.ts";
import type { Candidate } from "../candidate.ts";
import { evaluateCandidate, evaluatePair, type Pair } from "../evaluations.ts";
import { judgeThresholds, type Judging } from "../judge.ts";
import type { Bench } from "../measure.ts";
import type { Meaning } from "../meaning.ts";
import type { ScoredReference } from "../reference.ts";
import { sliceBy } from "../slices.ts";
import { GATE_METRICS } from "../vocabulary.ts";

const regions = ["AT", "BE", "CZ", "DE", "ES", "FR", "IT", "PL"];
const twoClasses: Meaning = { task: "binary", classes: ["0", "1"], positiveClass: "1" };

/** A candidate's and production's answers on the same rows. */
export interface Contest {
  readonly target: Float64Array;
  readonly answers: readonly [Answers, Answers];
  readonly meaning: Meaning;
}

function classesOf(values: Float64Array): Answers {
  return {
    kind: "classes",
    classes: ["0", "1"],
    labels: Int32Array.from(values, (score) => (score >= 0.5 ? 1 : 0)),
    scores: [{ name: "1", values }],
    measures: new Map(),
    notes: [],
  };
}

/** Two equally good classifiers: scores of the same signal, half of whose noise they share. */
export function drawClassifiers(rows: number, random: Random): Contest {
  const target = Float64Array.from({ length: rows }, () => (random.uniform() < 0.4 ? 1 : 0));
  const shared = target.map(() => random.normal());
  const answersOf = (): Answers =>
    classesOf(
      shared.map((noise, row) => {
        const signal = 1.6 * ((target[row] ?? 0) - 0.5);
        return 1 / (1 + Math.exp(-(signal + 0.7 * noise + 0.7 * random.normal())));
      }),
    );
  return { target, answers: [answersOf(), answersOf()], meaning: twoClasses };
}

/** The chances that one model alone is right about a row. */
export interface Discord {
  readonly onlyCandidate: number;
  readonly onlyProduction: number;
}

/** Two classifiers that are both right about 70 % of the rows, and one alone by its chance. */
export function drawDiscordant(
  rows: number,
  random: Random,
  { onlyCandidate, onlyProduction }: Discord,
): Contest {
  const target = Float64Array.from({ length: rows }, () => (random.uniform() < 0.4 ? 1 : 0));
  const right: readonly [boolean[], boolean[]] = [[], []];
  for (let row = 0; row < rows; row++) {
    const chance = random.uniform();
    const onlyFirst = chance < onlyCandidate;
    const onlySecond = !onlyFirst && chance < onlyCandidate + onlyProduction;
    const isBoth = chance > 0.3;
    right[0].push(onlyFirst || isBoth);
    right[1].push(onlySecond || isBoth);
  }
  const answersOf = (isRight: readonly boolean[]): Answers =>
    classesOf(target.map((truth, row) => (isRight[row] === true ? truth : 1 - truth)));
  return { target, answers: [answersOf(right[0]), answersOf(right[1])], meaning: twoClasses };
}

/** Share of the variance of two regressors' errors that is the same error. */
export const SHARED_ERROR = 0.36;

export interface Regressors {
  /** The candidate's errors in units of production's. */
  readonly scale?: number;
  /** Errors with Laplace's tails instead of normal ones. */
  readonly isHeavy?: boolean;
}

/** Two regressors whose errors correlate by {@link SHARED_ERROR}. */
export function drawRegressors(
  rows: number,
  random: Random,
  { scale = 1, isHeavy = false }: Regressors = {},
): Contest {
  const target = Float64Array.from({ length: rows }, () => 10 + 3 * random.normal());
  // A normal number times the root of an exponential one has Laplace's law.
  const stretch = target.map(() => (isHeavy ? Math.sqrt(-Math.log(1 - random.uniform())) : 1));
  const shared = target.map(() => Math.sqrt(SHARED_ERROR) * random.normal());
  const answersOf = (size: number): Answers => ({
    kind: "values",
    values: target.map(
      (y, row) =>
        y +
        size *
          (stretch[row] ?? 1) *
          ((shared[row] ?? 0) + Math.sqrt(1 - SHARED_ERROR) * random.normal()),
    ),
    measures: new Map(),
    notes: [],
  });
  const meaning: Meaning = { task: "regression", classes: [], positiveClass: null };
  return { target, answers: [answersOf(scale), answersOf(1)], meaning };
}

function tableOf(target: Float64Array): Table {
  const codes = Int32Array.from(target, (_, row) => row % regions.length);
  return {
    rows: target.length,
    columns: [
      { kind: "number", name: "label", values: target, missing: null, integer: false },
      { kind: "text", name: "region", codes, levels: regions },
    ],
  };
}

function candidateOf({ target, answers, meaning }: Contest): Candidate {
  const table = tableOf(target);
  const [column] = table.columns;
  if (column === undefined) throw new Error("no target");
  return {
    rows: {
      table,
      name: "simulated",
      digest: "sha256:0",
      target: column,
      weight: null,
      clusters: null,
      ids: [],
      keys: BigUint64Array.from(target, (_, row) => BigInt(row)),
      isTestPart: false,
    },
    answers: answers[0],
    meaning,
    scoredBy: "by simulation",
    open: null,
    sizeBytes: null,
    modelFile: null,
  };
}

function productionOf({ target, answers, meaning }: Contest): ScoredReference {
  return {
    kind: "scored",
    name: "production (v1.0.0)",
    version: "v1.0.0",
    rows: Uint32Array.from(target, (_, row) => row),
    answers: answers[1],
    meaning,
    scoredBy: "by simulation",
    note: null,
    manifest: null,
    open: null,
    sizeBytes: null,
  };
}

/** How a gate is set. */
export interface GateSettings {
  readonly seed: number;
  readonly resamples: number;
  readonly correction?: Judging["correction"];
}

/** Judges thresholds on one contest as the gate does by default. */
export function judgeContest(
  thresholds: string,
  contest: Contest,
  { seed, resamples, correction = "bh" }: GateSettings,
): readonly Judgement[] {
  const candidate = candidateOf(contest);
  const production = productionOf(contest);
  let pair: Pair | null = null;
  const bench: Bench = {
    candidate,
    evaluation: evaluateCandidate(candidate),
    run: null,
    options: { confidence: 0.95, resamples, seed },
    timeOrdered: false,
    midP: false,
    cluster: null,
    pairWith: () => (pair ??= evaluatePair(candidate, production, { groups: [], time: null })),
    latencies: () => null,
  };
  return judgeThresholds(parseThresholds(thresholds, { metrics: GATE_METRICS }), {
    bench,
    references: new Map([["production", production]]),
    slicesOf: (column) => sliceBy(candidate.rows.table, column),
    minSliceRows: 30,
    plainBounds: "point",
    correction,
  });
}
