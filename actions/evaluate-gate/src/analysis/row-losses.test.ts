import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { computeMetric, type Evaluation } from "#stats";
import { rowLossesOf } from "./row-losses.ts";

const share = fc.double({ min: 0, max: 1, noNaN: true });
const weight = fc.double({ min: 0.01, max: 10, noNaN: true });

/** Rows of a classifier of three classes, of which two are used for a binary task. */
const classified = fc
  .record({
    classes: fc.constantFrom(2, 3),
    rows: fc.array(fc.tuple(fc.nat(2), share, share, weight), { minLength: 1, maxLength: 40 }),
    weighted: fc.boolean(),
  })
  .map(({ classes, rows, weighted }): Evaluation => {
    const scores = rows.map(([, a, b]) => {
      const all = [a + 0.01, b + 0.01, 0.5].slice(0, classes);
      const sum = all.reduce((total, one) => total + one, 0);
      return all.map((one) => one / sum);
    });
    const columns = Array.from({ length: classes }, (_, k) =>
      Float64Array.from(scores, (row) => row[k] ?? 0),
    );
    return {
      task: classes === 2 ? "binary" : "multiclass",
      classes: ["a", "b", "c"].slice(0, classes),
      truth: Int32Array.from(rows, ([truth]) => truth % classes),
      prediction: Int32Array.from(scores, (row) => row.indexOf(Math.max(...row))),
      scores: columns,
      ...(weighted && { weights: Float64Array.from(rows, ([, , , one]) => one) }),
    };
  });

describe("the losses of rows", () => {
  it("have the Brier score as their mean where scores are probabilities", () => {
    fc.assert(
      fc.property(classified, (evaluation) => {
        const { name, mean } = rowLossesOf(evaluation);
        expect(name).toBe("brier");
        expect(mean).toBeCloseTo(computeMetric("brier", undefined, evaluation).value ?? -1, 12);
      }),
    );
  });

  it("have the share of wrong rows as their mean where there are only labels, or scores that are none", () => {
    fc.assert(
      fc.property(classified, fc.boolean(), (evaluation, margins) => {
        if (evaluation.task === "regression") return;
        const { scores: _, ...labelled } = evaluation;
        const doubled = [0, 1].map(() => new Float64Array(evaluation.truth.length).fill(7));
        const odd: Evaluation = margins ? { ...labelled, scores: doubled } : labelled;
        const { name, mean } = rowLossesOf(odd);
        expect(name).toBe("zero_one");
        expect(mean).toBeCloseTo(1 - (computeMetric("accuracy", undefined, odd).value ?? 9), 12);
      }),
    );
  });

  it("are the absolute errors of a regression, whose mean is the mean absolute error", () => {
    const evaluation: Evaluation = {
      task: "regression",
      truth: Float64Array.of(1, 2, 3),
      prediction: Float64Array.of(1, 0, 7),
      weights: Float64Array.of(1, 1, 2),
    };
    const { name, values, mean } = rowLossesOf(evaluation);
    expect([name, ...values]).toEqual(["absolute_error", 0, 2, 4]);
    // (0 + 2 + 2 x 4) / 4
    expect(mean).toBe(2.5);
    expect(computeMetric("mae", undefined, evaluation).value).toBe(2.5);
  });

  it("of a partition's parts add up to the whole", () => {
    fc.assert(
      fc.property(classified, fc.integer({ min: 1, max: 5 }), (evaluation, parts) => {
        const { values, mean } = rowLossesOf(evaluation);
        const weightAt = (row: number): number => evaluation.weights?.[row] ?? 1;
        const rows = [...values.keys()];
        const total = rows.reduce((sum, row) => sum + weightAt(row), 0);
        const sum = Array.from({ length: parts }, (_, part) => {
          const own = rows.filter((row) => row % parts === part);
          const share = own.reduce((all, row) => all + weightAt(row), 0);
          const loss = own.reduce((all, row) => all + weightAt(row) * (values[row] ?? 0), 0);
          return share === 0 ? 0 : (share / total) * (loss / share);
        }).reduce((all, one) => all + one, 0);
        expect(sum).toBeCloseTo(mean, 12);
      }),
    );
  });
});
