import { describe, expect, test } from "vitest";
import { errorReduction } from "./checks/error-reduction.ts";
import { computeMetric } from "./metrics/compute.ts";
import type { ClassificationEvaluation } from "./metrics/evaluation.ts";
import { averagePrecisionInfluence, rocAucInfluence } from "./metrics/influence.ts";
import { layoutOf } from "./metrics/rank-layout.ts";
import { averagePrecision, rocAuc } from "./metrics/ranking.ts";
import { weightedMean } from "./metrics/regression.ts";
import { createRandom } from "./random/generator.ts";
import { forEachBlock } from "./row-blocks.ts";
import { delongCovariance } from "./uncertainty/delong.ts";

test.each([0, 1, 4095, 4096, 4097, 10_000])(
  "blocks of %i rows hold each row once, in order",
  (n) => {
    const seen: number[] = [];
    forEachBlock(n, (from, to) => {
      for (let i = from; i < to; i++) seen.push(i);
    });
    expect(seen).toEqual(Array.from({ length: n }, (_, i) => i));
  },
);

/** Rows of several blocks; scores of three decimals tie often. */
const rows = 13_001;
const random = createRandom(31);
const truth = Int32Array.from({ length: rows }, () => random.integer(2));
const scores = Float64Array.from(
  truth,
  (code) => Math.round(600 * random.uniform() + 300 * code) / 1000,
);
const others = Float64Array.from(scores, (score) => 0.5 * score + 0.5 * random.uniform());
const weights = Float64Array.from(truth, () => random.uniform());
const ranking = { scores, truth, positive: 1 };
const positives = truth.reduce((sum, code) => sum + code, 0);
const negatives = rows - positives;

/** Rows of each class at or above every score, by a map and a plain sort. */
function cumulated(): readonly { score: number; hits: number; misses: number }[] {
  const byScore = new Map<number, { hits: number; misses: number }>();
  scores.forEach((score, row) => {
    const held = byScore.get(score) ?? { hits: 0, misses: 0 };
    if (truth[row] === 1) held.hits++;
    else held.misses++;
    byScore.set(score, held);
  });
  return [...byScore]
    .map(([score, held]) => ({ score, ...held }))
    .sort((a, b) => b.score - a.score);
}

describe("what is added up block by block is what plain loops give", () => {
  test("means", () => {
    let [sum, total] = [0, 0];
    for (let i = 0; i < rows; i++)
      [sum, total] = [sum + weights[i]! * scores[i]!, total + weights[i]!];
    expect(weightedMean(scores, weights).value).toBe(sum / total);
    expect(weightedMean(scores, undefined).value).toBe(scores.reduce((a, b) => a + b, 0) / rows);
  });

  test("log loss, of one column of scores or of two", () => {
    const classes = ["no", "yes"];
    const inside = others.map((score) => 0.01 + 0.98 * score);
    const one: ClassificationEvaluation = {
      task: "binary",
      classes,
      truth,
      prediction: truth,
      scores: inside,
    };
    const two = { ...one, scores: [inside.map((score) => 1 - score), inside] };
    const losses = inside.map((score, i) => -Math.log(truth[i] === 1 ? score : 1 - score));
    const mean = losses.reduce((a, b) => a + b, 0) / rows;
    expect(computeMetric("log_loss", undefined, one).value).toBe(mean);
    expect(computeMetric("log_loss", undefined, two).value).toBe(mean);
  });

  test("the calibration error", () => {
    const gaps = new Float64Array(10);
    scores.forEach((score, i) => {
      gaps[Math.max(0, Math.ceil(score * 10) - 1)]! += score - truth[i]!;
    });
    const expected = gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / rows;
    const evaluation = {
      task: "binary",
      classes: ["no", "yes"],
      truth,
      prediction: truth,
      scores,
    } as const;
    expect(computeMetric("ece", "10", evaluation).value).toBeCloseTo(expected, 12);
  });

  test("the places where scores change, NaN last", () => {
    const { order, ends } = layoutOf(scores);
    const sorted = scores.toSorted();
    expect(Float64Array.from(order, (row) => scores[row]!)).toEqual(sorted);
    const changes = Array.from(sorted, (_, k) => k + 1).filter((k) => sorted[k] !== sorted[k - 1]);
    expect([...ends]).toEqual(changes);
    expect(layoutOf(Float64Array.of()).ends).toHaveLength(0);
    expect(layoutOf(Float64Array.of(Number.NaN, 1)).hasNan).toBe(true);
  });

  test("areas, their influences and DeLong's covariance", () => {
    let [pairs, above, predicted, precisions] = [0, 0, 0, 0];
    for (const { hits, misses } of cumulated()) {
      pairs += misses * (above + hits / 2);
      above += hits;
      predicted += hits + misses;
      precisions += (hits * above) / predicted;
    }
    expect(rocAuc(ranking).value).toBe(pairs / positives / negatives);
    expect(averagePrecision(ranking).value).toBe(precisions / positives);

    const placed = rocAucInfluence(ranking)!.rows;
    const weighed = averagePrecisionInfluence(ranking)!.rows;
    for (const row of [0, 4095, 4096, 9000, rows - 1]) {
      const isHit = truth[row] === 1;
      const shares = scores.map((score, i) => {
        if (truth[i] === truth[row]) return 0;
        const gap = scores[row]! - score;
        return gap === 0 ? 0.5 : Number(isHit ? gap > 0 : gap < 0);
      });
      const [size, own] = isHit ? [negatives, positives] : [positives, negatives];
      const share = shares.reduce((a, b) => a + b, 0) / size;
      expect(placed[row]).toBeCloseTo((share - rocAuc(ranking).value!) / own, 12);
      expect(weighed[row]).toBeCloseTo(slopeOfPrecision(row), 7);
    }

    const other = { scores: others, truth, positive: 1 };
    const found = delongCovariance([ranking, other]);
    if ("reason" in found) throw new Error(found.reason);
    const theirs = rocAucInfluence(other)!.rows;
    let [among, rest] = [0, 0];
    for (let i = 0; i < rows; i++) {
      if (truth[i] === 1) among += placed[i]! * theirs[i]!;
      else rest += placed[i]! * theirs[i]!;
    }
    expect(found.covariance[0]![1]).toBe(
      (among * positives) / (positives - 1) + (rest * negatives) / (negatives - 1),
    );
  });

  test("the share of loss that is removed", () => {
    const found = errorReduction({ own: scores, naive: others, weights });
    if (found.value === null) throw new Error(found.reason);
    let [own, naive, squares] = [0, 0, 0];
    for (let i = 0; i < rows; i++) {
      own += weights[i]! * scores[i]!;
      naive += weights[i]! * others[i]!;
    }
    expect(found.value).toBe(1 - own / naive);
    for (let i = 0; i < rows; i++)
      squares += (weights[i]! * (scores[i]! - (own / naive) * others[i]!)) ** 2;
    expect(found.standardError).toBe(Math.sqrt((squares * rows) / (rows - 1)) / naive);
  });
});

/** Average precision's derivative by a row's weight, by a small step to either side. */
function slopeOfPrecision(row: number): number {
  const step = 1e-3;
  const at = (weight: number): number => {
    const moved = new Float64Array(rows).fill(1);
    moved[row] = weight;
    return averagePrecision({ ...ranking, weights: moved }).value!;
  };
  return (at(1 + step) - at(1 - step)) / (2 * step);
}
