import { describe, expect, it } from "vitest";
import type { Evaluation } from "#stats";
import { findConfusions } from "./confusion-pairs.ts";

const classes = ["cat", "dog", "fox"];
const evaluate = (truth: readonly number[], prediction: readonly number[]): Evaluation => ({
  task: "multiclass",
  classes,
  truth: Int32Array.from(truth),
  prediction: Int32Array.from(prediction),
});
const times = (count: number, value: number): number[] =>
  Array.from({ length: count }, () => value);

describe("findConfusions", () => {
  it("counts pairs, the most frequent first, with their share of the true class", () => {
    const truth = [...times(10, 0), ...times(5, 1)];
    const prediction = [...times(6, 0), ...times(3, 1), ...times(1, 2), ...times(5, 1)];
    expect(findConfusions(evaluate(truth, prediction), null, 0.05)).toEqual({
      pairs: [
        { truth: "cat", predicted: "dog", count: 3, share: 0.3, change: null },
        { truth: "cat", predicted: "fox", count: 1, share: 0.1, change: null },
      ],
      kinds: 2,
      tested: 0,
      test: "mcnemar-exact",
      level: 0.05,
    });
  });

  it("tests each pair's change by McNemar's exact test, corrected by Holm", () => {
    const truth = [...times(20, 0), ...times(20, 1)];
    // The baseline takes 8 cats for dogs that the candidate knows, and one dog less for a fox.
    const candidate = [...times(20, 0), ...times(19, 1), 2];
    const baseline = [...times(8, 1), ...times(12, 0), ...times(20, 1)];
    const found = findConfusions(
      evaluate(truth, candidate),
      {
        candidate: evaluate(truth, candidate),
        reference: evaluate(truth, baseline),
        clusters: null,
      },
      0.05,
    );
    expect(found?.tested).toBe(2);
    expect(found?.pairs).toEqual([
      {
        truth: "dog",
        predicted: "fox",
        count: 1,
        share: 0.05,
        change: {
          candidate: 1,
          baseline: 0,
          onlyCandidate: 1,
          onlyBaseline: 0,
          p: 1,
          adjustedP: 1,
        },
      },
      // No longer confused at all, and shown because that is no chance: p = 2 / 2^8, twice by Holm.
      {
        truth: "cat",
        predicted: "dog",
        count: 0,
        share: 0,
        change: {
          candidate: 0,
          baseline: 8,
          onlyCandidate: 0,
          onlyBaseline: 8,
          p: 2 / 256,
          adjustedP: 4 / 256,
        },
      },
    ]);
  });

  it("counts entities, not rows, where rows belong to them", () => {
    const rows = 60;
    const truth = times(rows, 0);
    // Six entities of ten rows; the baseline confuses every row of five of them.
    const clusters = Int32Array.from({ length: rows }, (_, row) => Math.floor(row / 10));
    const baseline = [...times(50, 1), ...times(10, 0)];
    const found = findConfusions(
      evaluate(truth, truth),
      { candidate: evaluate(truth, truth), reference: evaluate(truth, baseline), clusters },
      0.05,
    );
    expect(found).toMatchObject({ test: "wilcoxon-entities", tested: 1, pairs: [] });
    const rowwise = findConfusions(
      evaluate(truth, truth),
      { candidate: evaluate(truth, truth), reference: evaluate(truth, baseline), clusters: null },
      0.07,
    );
    expect(rowwise?.pairs[0]?.change?.p).toBeLessThan(1e-12);
    // By signed ranks of five equal differences of one sign: 2 / 2^5 at best.
    const shown = findConfusions(
      evaluate(truth, truth),
      { candidate: evaluate(truth, truth), reference: evaluate(truth, baseline), clusters },
      0.07,
    );
    expect(shown?.pairs[0]?.change).toMatchObject({ baseline: 50, onlyBaseline: 50 });
    expect(shown?.pairs[0]?.change?.p).toBeGreaterThan(0.02);
  });

  it("has nothing to say of a regression", () => {
    const values = Float64Array.of(1, 2);
    expect(
      findConfusions({ task: "regression", truth: values, prediction: values }, null, 0.05),
    ).toBeNull();
  });
});
