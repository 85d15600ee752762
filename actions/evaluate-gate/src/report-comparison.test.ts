import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openWorkspace, type Workspace } from "./testing/some-gate.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

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
      predictions: "now.csv",
      "baseline-predictions": "before.csv",
      target: "price",
      prediction: "predicted",
      id: "id",
      task: "regression",
      thresholds: "mae <= production",
      resamples: "100",
      checks: "off",
      "error-analysis": "off",
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
      predictions: "now.csv",
      "baseline-predictions": "before.csv",
      target: "price",
      prediction: "predicted",
      id: "id",
      task: "regression",
      thresholds: "mae <= baseline",
      resamples: "100",
      checks: "off",
      "error-analysis": "off",
    });
    expect(document.baseline).toMatchObject({
      rows: 50,
      note: "10 of 60 rows of before.csv are not in now.csv",
    });
    expect(await workspace.read("slipway-run/report.md")).toContain("10 of 60 rows of");
  });
});
