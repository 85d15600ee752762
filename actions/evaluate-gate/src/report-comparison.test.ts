import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openWorkspace, type Workspace } from "./testing/some-gate.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

/** Two models' predictions, compared and nothing more. */
const files = {
  predictions: "now.csv",
  "baseline-predictions": "before.csv",
  resamples: "100",
  checks: "off",
  "error-analysis": "off",
};

/** Sixty rows whose predictions are off by up to `size`. */
const rowsOff = (size: number): string =>
  [
    "id,price,predicted",
    ...Array.from({ length: 60 }, (_, row) => `${row},${row},${row + size * Math.sin(row)}`),
  ].join("\n");

describe("a metric whose difference has no interval", () => {
  it("is told as not compared, in the summary and in its row", async () => {
    await workspace.write("now.csv", rowsOff(1));
    await workspace.write("before.csv", rowsOff(2));
    await workspace.gate({
      ...files,
      target: "price",
      prediction: "predicted",
      id: "id",
      task: "regression",
      thresholds: "mae <= production",
    });
    const report = await workspace.read("slipway-run/report.md");
    expect(report).toContain("Of 6 metrics: 5 better, 1 not compared.");
    expect(report).toMatch(
      /<code>max&#95;<wbr>error<\/code><br><small>not compared<\/small> \| −\d\S*<br><small>no interval<\/small>/,
    );
  });
});

describe("rows that only the baseline has", () => {
  it("are told: a candidate that leaves hard rows out is judged without them", async () => {
    await workspace.write("before.csv", rowsOff(2));
    await workspace.write("now.csv", rowsOff(1).split("\n").slice(0, 51).join("\n"));
    const { document } = await workspace.gate({
      ...files,
      target: "price",
      prediction: "predicted",
      id: "id",
      task: "regression",
      thresholds: "mae <= baseline",
    });
    expect(document.baseline).toMatchObject({
      rows: 50,
      note: "10 of 60 rows of before.csv are not in now.csv",
    });
    expect(await workspace.read("slipway-run/report.md")).toContain("10 of 60 rows of");
  });
});

describe("a measure of rows that a threshold holds against the baseline", () => {
  /** Rankings of 60 queries, `better` by that much; the label says nothing. */
  const rankings = (better: number): string =>
    [
      "query,label,prediction,ndcg,seconds",
      ...Array.from({ length: 60 }, (_, row) => {
        const base = 0.5 + 0.3 * Math.sin(row);
        return `${row},0,0,${base + better * (1 + 0.2 * Math.cos(row))},${10 + base}`;
      }),
    ].join("\n");
  const judge = async (thresholds: string): Promise<string> => {
    await workspace.write("now.csv", rankings(0.1));
    await workspace.write("before.csv", rankings(0));
    await workspace.gate({
      ...files,
      target: "label",
      id: "query",
      thresholds,
    });
    const report = await workspace.read("slipway-run/report.md");
    return report.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
  };

  it("is what the summary tells and stands among what got better", async () => {
    const report = await judge("mean(ndcg) >= baseline - 0.01");
    expect(report).toMatch(
      /Of 5 metrics: 1 better, 4 without a clear change\. <code>mean\(ndcg\)<\/code> 0\.\d+ → 0\.\d+: <strong>\+0\.1/,
    );
    expect(report).toMatch(/<code>mean\(ndcg\)<\/code><br><small>▲ better<\/small>/);
  });

  it("is worse when it grows under a bound from above", async () => {
    expect(await judge("mean(ndcg) <= baseline + 1")).toMatch(
      /<code>mean\(ndcg\)<\/code><br><small>▼ worse<\/small>/,
    );
  });

  it("is neither where the bound says no way", async () => {
    const report = await judge("mean(ndcg) != baseline");
    expect(report).toContain("Of 5 metrics: 1 changed, 4 without a clear change.");
    expect(report).toMatch(/<code>mean\(ndcg\)<\/code><br><small>◆ changed<\/small>/);
  });

  it("is left out where the bound is a number", async () => {
    expect(await judge("mean(ndcg) >= 0.1")).toContain("None of 4 metrics shows a clear change.");
  });
});
