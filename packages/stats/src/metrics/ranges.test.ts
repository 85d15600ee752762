import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { metricCatalog } from "./catalog.ts";
import { computeMetric } from "./compute.ts";
import type { Evaluation } from "./evaluation.ts";
import { rangeOfMetric } from "./ranges.ts";

const ARGUMENTS: Readonly<Record<string, string>> = {
  "number-and-class": "2",
  number: "0.5",
  column: "group",
};

/** The metrics of an evaluation that are outside of their ranges, with their values. */
function findOutside(evaluation: Evaluation): readonly string[] {
  return [...metricCatalog.values()].flatMap(({ name, argument, tasks }) => {
    if (!tasks.includes(evaluation.task)) return [];
    const given = argument?.required === true ? ARGUMENTS[argument.kind] : undefined;
    const { value } = computeMetric(name, given, evaluation);
    const { low, high } = rangeOfMetric(name) ?? { low: Number.NaN, high: Number.NaN };
    const isInside = value === null || (value >= low - 1e-9 && value <= high + 1e-9);
    return isInside ? [] : [`${name}: ${value}`];
  });
}

const cell = (count: number) => fc.integer({ min: 0, max: count - 1 });

describe("rangeOfMetric", () => {
  it("holds every value of a classifier's metrics", () => {
    const row = (classes: number) =>
      fc.record({
        truth: cell(classes),
        prediction: cell(classes),
        group: cell(2),
        raw: fc.array(fc.integer({ min: 0, max: 100 }), { minLength: classes, maxLength: classes }),
      });
    for (const classes of [2, 4]) {
      fc.assert(
        fc.property(fc.array(row(classes), { minLength: 4, maxLength: 40 }), (rows) => {
          const names = Array.from({ length: classes }, (_, code) => `c${code}`);
          const shares = rows.map(({ raw }) => {
            const sum = raw.reduce((total, value) => total + value, 0);
            return raw.map((value) => (sum === 0 ? 1 / classes : value / sum));
          });
          const outside = findOutside({
            task: classes === 2 ? "binary" : "multiclass",
            classes: names,
            truth: Int32Array.from(rows, ({ truth }) => truth),
            prediction: Int32Array.from(rows, ({ prediction }) => prediction),
            scores: names.map((_, code) => Float64Array.from(shares, (row) => row[code] ?? 0)),
            groups: {
              group: { codes: Int32Array.from(rows, ({ group }) => group), names: ["g0", "g1"] },
            },
          });
          expect(outside).toEqual([]);
        }),
        { numRuns: 60, seed: 42 },
      );
    }
  });

  it("holds every value of a regression's metrics", () => {
    const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number), { minLength: 3, maxLength: 40 }), (rows) => {
        const outside = findOutside({
          task: "regression",
          truth: Float64Array.from(rows, ([truth]) => truth),
          prediction: Float64Array.from(rows, ([, prediction]) => prediction),
        });
        expect(outside).toEqual([]);
      }),
      { numRuns: 60, seed: 42 },
    );
  });

  it("knows aliases, and nothing of what is no metric", () => {
    expect(rangeOfMetric("matthews_corrcoef")).toEqual({ low: -1, high: 1 });
    expect(rangeOfMetric("ndcg")).toBeUndefined();
  });
});
