import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Judgement } from "#core";
import { openWorkspace, type Workspace } from "./testing/some-gate.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

interface Group {
  readonly name: string;
  readonly rows: number;
  readonly right: number;
}

/** Rows of each group, the first `right` of them predicted right; half of the truths are 1. */
async function judge(
  groups: readonly Group[],
  inputs: Readonly<Record<string, string>>,
): Promise<readonly Judgement[]> {
  const lines = groups.flatMap(({ name, rows, right }) =>
    Array.from({ length: rows }, (_, row) => {
      const truth = row % 2;
      return `${name}-${row},${name},${truth},${row < right ? truth : 1 - truth}`;
    }),
  );
  await workspace.write("p.csv", `id,region,label,prediction\n${lines.join("\n")}\n`);
  const { document } = await workspace.gate({
    predictions: "p.csv",
    target: "label",
    id: "id",
    resamples: "200",
    ...inputs,
  });
  return document.judgements;
}

const summary = (judgements: readonly Judgement[]) =>
  judgements.map(({ threshold, verdict, reason }) => ({ threshold, verdict, reason }));

describe("thresholds on slices", () => {
  it("judges each value with enough rows and leaves out the rest", async () => {
    const judgements = await judge(
      [
        { name: "EU", rows: 100, right: 95 },
        { name: "US", rows: 60, right: 55 },
        { name: "JP", rows: 10, right: 1 },
      ],
      { thresholds: "accuracy[region] >= 0.8" },
    );
    expect(summary(judgements)).toEqual([
      { threshold: "accuracy[region=EU] >= 0.8", verdict: "pass", reason: undefined },
      { threshold: "accuracy[region=US] >= 0.8", verdict: "pass", reason: undefined },
    ]);
    expect(judgements[0]?.measure).toMatchObject({ value: 0.95, n: 100 });
  });

  it("calls one of several slices bad only when chance is no explanation", async () => {
    const judgements = await judge(
      [
        { name: "EU", rows: 200, right: 190 },
        // 31 of 40 is 0.775: below 0.8, but chance does that often (one-sided p about 0.35).
        { name: "US", rows: 40, right: 31 },
        // 60 of 100 against 0.8: p = Φ(-5).
        { name: "JP", rows: 100, right: 60 },
      ],
      { thresholds: "accuracy[region] >= 0.8" },
    );
    expect(judgements.map(({ verdict }) => verdict)).toEqual(["pass", "fail", "inconclusive"]);
    expect(judgements[1]).toMatchObject({
      p: expect.closeTo(2.866515718791939e-7, 12) as number,
      p_kind: "one-sided, uncorrected",
      adjusted_p: expect.closeTo(3 * 2.866515718791939e-7, 12) as number,
      correction: {
        method: "benjamini-hochberg",
        tests: 3,
        level: expect.closeTo(0.025, 12) as number,
      },
    });
    expect(judgements[2]?.reason).toMatch(
      /^misses its bound, but among 3 slices chance alone can do that \(adjusted p = 0\.5\d\)$/,
    );
  });

  it("judges a single named slice without correction", async () => {
    const judgements = await judge(
      [
        { name: "EU", rows: 200, right: 190 },
        { name: "US", rows: 40, right: 31 },
      ],
      { thresholds: "accuracy[region=US] >= 0.8" },
    );
    expect(judgements).toMatchObject([{ verdict: "fail", measure: { value: 0.775, n: 40 } }]);
  });

  it("fails with the reason where a slice is missing or too small, or no such column is there", async () => {
    const judgements = await judge(
      [
        { name: "EU", rows: 100, right: 95 },
        { name: "US", rows: 12, right: 12 },
      ],
      {
        thresholds:
          "accuracy[region=JP] >= 0.5\naccuracy[region=US] >= 0.5\naccuracy[town] >= 0.5\naccuracy[id] >= 0.5",
      },
    );
    expect(judgements.map(({ verdict, reason }) => [verdict, reason])).toEqual([
      ["fail", "no row has region = JP; it has EU, US"],
      ["fail", "there are 12 rows with region = US, at least 30 are needed"],
      ["fail", "the data has no column town"],
      ["fail", "no value of id has at least 30 rows"],
    ]);
  });

  it("compares fairness between the values of a column", async () => {
    const judgements = await judge(
      [
        { name: "EU", rows: 100, right: 100 },
        { name: "US", rows: 100, right: 50 },
      ],
      { thresholds: "equal_opportunity_difference(region) <= 0.1" },
    );
    // Half of the US rows are right, in equal parts of both classes: recall 1 against 0.5.
    expect(judgements).toMatchObject([{ verdict: "fail", measure: { value: 0.5 } }]);
  });
});

describe("plain bounds", () => {
  const groups = [{ name: "EU", rows: 100, right: 82 }];

  it("judge the value by default and the interval when asked to", async () => {
    const thresholds = "accuracy >= 0.8\naccuracy >= 0.5\naccuracy >= 0.95";
    const byValue = await judge(groups, { thresholds });
    expect(byValue.map(({ verdict }) => verdict)).toEqual(["pass", "pass", "fail"]);
    const byInterval = await judge(groups, { thresholds, "plain-bounds": "interval" });
    expect(byInterval.map(({ verdict }) => verdict)).toEqual(["inconclusive", "pass", "fail"]);
  });

  it("judge both sides of a threshold", async () => {
    const judgements = await judge(groups, { thresholds: "0.5 <= accuracy <= 0.8" });
    expect(judgements).toMatchObject([
      { verdict: "fail", bounds: [{ value: 0.5 }, { value: 0.8 }] },
    ]);
  });

  it("fail for a metric that does not exist for the task", async () => {
    const judgements = await judge(groups, { thresholds: "rmse <= 1" });
    expect(summary(judgements)).toEqual([
      {
        threshold: "rmse <= 1",
        verdict: "fail",
        reason: "rmse is for regression, the task is binary",
      },
    ]);
  });
});
