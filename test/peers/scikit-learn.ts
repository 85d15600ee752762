import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { computeMetric, createRandom, type Evaluation, type Random } from "#stats";
import type { PeerSuite } from "./check.ts";
import { requireProgram } from "./tools.ts";

type Task = Evaluation["task"];

/** Random rows; scores row by row, a list a row where there are more than two classes. */
interface RandomCase {
  readonly name: string;
  readonly task: Task;
  readonly truth: readonly number[];
  readonly prediction: readonly number[];
  readonly scores: readonly number[] | readonly (readonly number[])[] | null;
  readonly weights: readonly number[] | null;
}

const rows = 700;
const classCount = 4;

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

function drawBinary(random: Random) {
  const truth = times(rows, () => (random.uniform() < 0.3 ? 1 : 0));
  // Two decimals, so that many scores are tied.
  const scores = truth.map((label) => {
    const raw = 1 / (1 + Math.exp(-(2 * label - 1 + random.normal())));
    return Math.min(0.99, Math.max(0.01, Math.round(raw * 100) / 100));
  });
  return { truth, scores, prediction: scores.map((score) => (score >= 0.5 ? 1 : 0)) };
}

function drawMulticlass(random: Random) {
  const truth = times(rows, () => Math.min(random.integer(classCount), random.integer(classCount)));
  const scores = truth.map((label) => {
    const raw = times(classCount, (k) => Math.exp(random.normal() + (k === label ? 1 : 0)));
    const total = raw.reduce((sum, value) => sum + value, 0);
    return raw.map((value) => value / total);
  });
  const prediction = scores.map((row) => row.indexOf(Math.max(...row)));
  return { truth, scores, prediction };
}

function drawRegression(random: Random) {
  const truth = times(rows, () => 50 + 20 * random.normal());
  return { truth, scores: null, prediction: truth.map((value) => value + 5 * random.normal() + 1) };
}

const draws = { binary: drawBinary, multiclass: drawMulticlass, regression: drawRegression };

function drawCases(seed: number): readonly RandomCase[] {
  const random = createRandom(seed);
  return (["binary", "multiclass", "regression"] as const).flatMap((task) => [
    { name: task, task, ...draws[task](random), weights: null },
    {
      name: `${task}, weighted`,
      task,
      ...draws[task](random),
      weights: times(rows, () => Math.round(random.uniform() * 5000) / 1000),
    },
  ]);
}

function evaluationOf({ task, truth, prediction, scores, weights }: RandomCase): Evaluation {
  const weighted = weights === null ? {} : { weights };
  if (task === "regression") return { task, truth, prediction, ...weighted };
  const classes = times(task === "binary" ? 2 : classCount, (k) => `class${k}`);
  return {
    task,
    classes,
    truth,
    prediction,
    scores: Float64Array.from((scores ?? []).flat()),
    ...weighted,
  };
}

/** `recall(rain)` as a name and its argument. */
function parseName(text: string): { readonly name: string; readonly argument: string | undefined } {
  const [, name = text, argument] = /^([^(]+)\((.*)\)$/.exec(text) ?? [];
  return { name, argument };
}

async function askScikitLearn(
  python: string,
  cases: readonly RandomCase[],
): Promise<readonly Readonly<Record<string, number>>[]> {
  const folder = mkdtempSync(join(tmpdir(), "slipway-peers-"));
  try {
    const path = join(folder, "cases.json");
    writeFileSync(path, JSON.stringify(cases));
    const script = join(import.meta.dirname, "scikit_learn_metrics.py");
    return JSON.parse(await requireProgram(python, [script, path])) as Record<string, number>[];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Metrics on rows that are drawn anew each time, against scikit-learn's. */
export const scikitLearnSuite: PeerSuite = {
  peer: "scikit-learn",
  run: async (check, { python }) => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const cases = drawCases(seed);
    const answers = await askScikitLearn(python, cases);
    for (const [index, one] of cases.entries()) {
      const expected = Object.entries(answers[index] ?? {});
      await check(`${expected.length} metrics agree to 1e-9: ${one.name} (seed ${seed})`, () => {
        assert.ok(expected.length >= 9);
        const evaluation = evaluationOf(one);
        const wrong = expected.flatMap(([text, value]) => {
          const { name, argument } = parseName(text);
          const found = computeMetric(name, argument, evaluation).value;
          const allowed = Math.max(1e-9 * Math.abs(value), 1e-12);
          const isClose = found !== null && Math.abs(found - value) <= allowed;
          return isClose ? [] : [`${text}: ${found}, scikit-learn ${value}`];
        });
        assert.deepEqual(wrong, []);
      });
    }
  },
};
