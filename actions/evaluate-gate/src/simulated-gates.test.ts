import { afterAll, describe, expect, it } from "vitest";
import { parseThresholds, type Judgement, type Table } from "#core";
import { createRandom, type Random } from "#stats";
import type { Answers } from "./answers.ts";
import type { Candidate } from "./candidate.ts";
import { evaluateCandidate, evaluatePair, type Pair } from "./evaluations.ts";
import { judgeThresholds } from "./judge.ts";
import type { Bench } from "./measure.ts";
import type { Meaning } from "./meaning.ts";
import type { ScoredReference } from "./reference.ts";
import { sliceBy } from "./slices.ts";
import { GATE_METRICS } from "./vocabulary.ts";

/**
 * Gates of two models that are equally good: how often one is called worse than the other.
 * SLIPWAY_SIMULATIONS sets how many, at most a thousand.
 */
const gates = Math.min(1000, Number(process.env["SLIPWAY_SIMULATIONS"] ?? 25));
const isLong = gates >= 1000;
const resamples = isLong ? 400 : 100;
const confidence = 0.95;
const regions = ["AT", "BE", "CZ", "DE", "ES", "FR", "IT", "PL"];

/** Two models' answers on the same rows. */
interface Contest {
  readonly target: Float64Array;
  readonly answers: readonly [Answers, Answers];
  readonly meaning: Meaning;
}

/** Scores of both models are the same signal with noise of their own; `edge` is added to the first's. */
function drawClassifiers(rows: number, random: Random, edge = 0): Contest {
  const target = Float64Array.from({ length: rows }, () => (random.uniform() < 0.4 ? 1 : 0));
  const shared = target.map(() => random.normal());
  const answersOf = (own: number): Answers => {
    const values = shared.map((noise, row) => {
      const signal = (1.6 + own) * ((target[row] ?? 0) - 0.5);
      return 1 / (1 + Math.exp(-(signal + 0.7 * noise + 0.7 * random.normal())));
    });
    return {
      kind: "classes",
      classes: ["0", "1"],
      labels: Int32Array.from(values, (score) => (score >= 0.5 ? 1 : 0)),
      scores: [{ name: "1", values }],
      measures: new Map(),
      notes: [],
    };
  };
  const meaning: Meaning = { task: "binary", classes: ["0", "1"], positiveClass: "1" };
  return { target, answers: [answersOf(edge), answersOf(0)], meaning };
}

function drawRegressors(rows: number, random: Random): Contest {
  const target = Float64Array.from({ length: rows }, () => 10 + 3 * random.normal());
  const shared = target.map(() => random.normal());
  const answersOf = (): Answers => ({
    kind: "values",
    values: target.map((y, row) => y + 0.6 * (shared[row] ?? 0) + 0.8 * random.normal()),
    measures: new Map(),
    notes: [],
  });
  const meaning: Meaning = { task: "regression", classes: [], positiveClass: null };
  return { target, answers: [answersOf(), answersOf()], meaning };
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

/** Judges thresholds on one contest as the gate does. */
function judge(text: string, contest: Contest, seed: number): readonly Judgement[] {
  const candidate = candidateOf(contest);
  const production = productionOf(contest);
  let pair: Pair | null = null;
  const bench: Bench = {
    candidate,
    evaluation: evaluateCandidate(candidate),
    run: null,
    options: { confidence, resamples, seed },
    timeOrdered: false,
    midP: false,
    cluster: null,
    pairWith: () => (pair ??= evaluatePair(candidate, production, { groups: [], time: null })),
    latencies: () => null,
  };
  return judgeThresholds(parseThresholds(text, { metrics: GATE_METRICS }), {
    bench,
    references: new Map([["production", production]]),
    slicesOf: (column) => sliceBy(candidate.rows.table, column),
    minSliceRows: 30,
    plainBounds: "point",
    correction: "bh",
  });
}

/** The share of gates in which a threshold, for whatever slice, fails. */
function falseFails(
  thresholds: readonly string[],
  draw: (random: Random) => Contest,
): ReadonlyMap<string, number> {
  const random = createRandom(2026);
  const failed = new Map(thresholds.map((text) => [text, 0]));
  for (let gate = 0; gate < gates; gate++) {
    const judgements = judge(thresholds.join("\n"), draw(random), gate);
    const named = judgements.filter(({ verdict }) => verdict === "fail");
    const texts = new Set(
      named.map(({ threshold, each_of: whole }) => (typeof whole === "string" ? whole : threshold)),
    );
    for (const text of texts) failed.set(text, (failed.get(text) ?? 0) + 1);
  }
  return new Map([...failed].map(([text, count]) => [text, count / gates]));
}

const table: string[] = [];
afterAll(() => {
  if (isLong)
    console.log(["| threshold | rows | false fails |", "|---|---|---|", ...table].join("\n"));
});

/** What the level of the intervals allows, and three standard errors of a share that was seen in so few gates. */
const level = 1 - confidence;
const most = isLong ? level : level + 3 * Math.sqrt((level * confidence) / gates);

const classifierBounds = [
  "accuracy >= production",
  "balanced_accuracy >= production",
  "f1 >= production",
  "mcc >= production",
  "roc_auc >= production - 0.0",
  "log_loss <= production",
];
const regressorBounds = ["rmse <= production", "mae <= production", "r2 >= production"];
const classifierSlices = [
  "accuracy[region] >= production",
  "roc_auc[region] >= production",
  "f1[region] >= production",
];
const regressorSlices = ["rmse[region] <= production", "mae[region] <= production"];

describe("gates of two equal models", () => {
  const cases = [
    { what: "classifiers", rows: 300, thresholds: classifierBounds, draw: drawClassifiers },
    { what: "regressors", rows: 300, thresholds: regressorBounds, draw: drawRegressors },
    {
      what: "classifiers in 8 slices",
      rows: 800,
      thresholds: classifierSlices,
      draw: drawClassifiers,
    },
    {
      what: "regressors in 8 slices",
      rows: 800,
      thresholds: regressorSlices,
      draw: drawRegressors,
    },
  ];
  it.each(cases)(
    "call $what worse at most as often as the level says",
    ({ rows, thresholds, draw }) => {
      const found = falseFails(thresholds, (random) => draw(rows, random));
      for (const [text, share] of found) {
        table.push(`| \`${text}\` | ${rows} | ${(100 * share).toFixed(1)} % |`);
        expect([text, share <= most ? "within" : share]).toEqual([text, "within"]);
      }
    },
    900_000,
  );
});

describe("gates of a model that is worse", () => {
  it("call it so, mostly", () => {
    const random = createRandom(7);
    let failed = 0;
    const runs = Math.min(gates, 100);
    for (let gate = 0; gate < runs; gate++) {
      const contest = drawClassifiers(1000, random, -0.8);
      const [accuracy] = judge("accuracy >= production", contest, gate);
      if (accuracy?.verdict === "fail") failed++;
    }
    expect(failed / runs).toBeGreaterThan(0.8);
  }, 600_000);
});
