import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  findingOf,
  gateRows,
  noise,
  plain,
  rowsOf,
  type GateRows,
} from "../testing/some-checks.ts";
import { openWorkspace, writeWeatherRun, type Workspace } from "../testing/some-gate.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

const gate = (...given: GateRows) => gateRows(workspace, ...given);

describe("overfit", () => {
  it("scores the training rows of a model that is open here", async () => {
    await writeWeatherRun(workspace);
    const outcome = await workspace.gate({ thresholds: "log_loss <= 2", resamples: "100" });
    expect(findingOf(outcome, "overfit")).toMatchObject({
      verdict: "pass",
      message: expect.stringMatching(
        /^log_loss is 0\.6150 here, \S+ % (better|worse) than on training rows \(0\.\d+\)\.$/,
      ) as string,
    });
  });

  it("reads run.json's metrics of training where rows are not kept", async () => {
    const run = await writeWeatherRun(workspace);
    const train = { ...run.split?.parts["train"], path: null };
    await workspace.write(
      "slipway-run/run.json",
      JSON.stringify({
        ...run,
        metrics: { train: { accuracy: 1 } },
        split: { ...run.split, parts: { ...run.split?.parts, train } },
      }),
    );
    const outcome = await workspace.gate({ thresholds: "accuracy >= 0.5", resamples: "100" });
    const found = findingOf(outcome, "overfit");
    expect(found).toMatchObject({ verdict: "fail", bound: 0.1 });
    expect(found.value).toBeCloseTo(1 - 693 / 862, 12);
    expect(found.message).toMatch(
      /^accuracy is 0\.8039 here, 19\.6 % worse than on training rows, by run\.json \(1\)\./,
    );
    expect(findingOf(outcome, "duplicates")).toMatchObject({
      verdict: "skipped",
      message:
        "The run kept no training rows; train with keep-splits: true, or give training-data: the rows that it was trained on.",
    });
  });
});

describe("baseline-gain", () => {
  it("warns of a model that is no better than a constant", async () => {
    const outcome = await gate(
      rowsOf(4000, (at) => ({
        ...plain(at),
        label: at % 4 === 0 ? 1 : 0,
        prediction: at % 3 === 0 ? 1 : 0,
      })),
      { thresholds: "accuracy >= 0.1" },
    );
    expect(findingOf(outcome, "baseline-gain")).toMatchObject({
      verdict: "fail",
      operator: ">=",
      message: expect.stringContaining("A constant does nearly as well") as string,
    });
  });

  it("sees the worth of a model of a rare class, although its error rate is no lower", async () => {
    // Of 2 % positives it finds all, with as many false alarms: error rate 2 %, as never saying so.
    const outcome = await gate(
      rowsOf(1000, (at) => ({
        ...plain(at),
        label: at % 50 === 0 ? 1 : 0,
        prediction: at % 25 === 0 ? 1 : 0,
      })),
    );
    expect(findingOf(outcome, "baseline-gain")).toMatchObject({ verdict: "pass" });
    expect(findingOf(outcome, "baseline-gain").value).toBeGreaterThan(0.9);
  });

  it("holds a regression against mean and median", async () => {
    const outcome = await gate(
      rowsOf(100, (at) => ({ x: noise(), label: at + 0.5, prediction: at })),
      { features: "x", "positive-class": "", thresholds: "rmse <= 1" },
    );
    // Root mean squared error 0.5; that of the mean is sqrt((100² - 1) / 12).
    expect(findingOf(outcome, "baseline-gain")).toMatchObject({ verdict: "pass" });
    expect(findingOf(outcome, "baseline-gain").value).toBeCloseTo(
      1 - 0.5 / Math.sqrt(9999 / 12),
      12,
    );
    expect(findingOf(outcome, "baseline-gain").message).toBe(
      "Its root mean squared error is 98.3 % below that of always answering the mean, 50.",
    );
  });
});

describe("calibration", () => {
  const confident = (count: number, share: number) =>
    rowsOf(count, (at) => ({
      x: noise(),
      z: noise(),
      label: at % 10 < share * 10 ? 1 : 0,
      score: at % 2 === 0 ? 0.95 : 0.94,
    }));

  it("warns of probabilities that do not come about, and names the direction", async () => {
    const outcome = await gate(confident(500, 0.6), { scores: "score", prediction: "none" });
    const found = findingOf(outcome, "calibration");
    expect(found.verdict).toBe("fail");
    expect(found.value).toBeCloseTo(0.345, 9);
    expect(found.message).toContain("Probabilities are off by 0.345 on average");
  });

  it("calls nothing bad that a calibrated model shows on few rows", async () => {
    const few = await gate(confident(20, 0.8), { scores: "score", prediction: "none" });
    expect(findingOf(few, "calibration")).toMatchObject({ verdict: "inconclusive" });
  });

  it("is not asked of a regression", async () => {
    const outcome = await gate(
      rowsOf(50, (at) => ({ x: noise(), label: at + 0.5, prediction: at })),
      {
        features: "x",
        "positive-class": "",
        thresholds: "rmse <= 1",
        checks: "calibration: error",
      },
    );
    expect(findingOf(outcome, "calibration").verdict).toBe("skipped");
    expect(outcome.document.verdict).toBe("pass");
  });
});

describe("fairness", () => {
  const rows = rowsOf(420, (at) => ({
    ...plain(at),
    sex: at < 200 ? "f" : at < 400 ? "m" : "x",
    label: at % 2,
    // Of f 30 % are selected, of m 80 %, whatever the truth.
    prediction: (at < 200 ? at % 20 < 6 : at % 20 < 16) ? 1 : 0,
  }));

  it("shows gaps of the columns asked for, and leaves small groups out", async () => {
    const outcome = await gate(rows, { checks: "fairness: [sex]", thresholds: "accuracy >= 0.1" });
    expect(findingOf(outcome, "fairness", "demographic_parity_difference")).toMatchObject({
      verdict: "skipped",
      value: 0.5,
      bound: null,
      message:
        'By "sex" the selection rate differs by 0.500: "m" 80.0 % of 200, "f" 30.0 % of 200. Left out with fewer than 30 rows: "x". No bound is given.',
    });
    expect(await workspace.read("slipway-run/report.md")).toContain("3 shown");
  });

  it("fails on a bound that is missed for certain", async () => {
    const outcome = await gate(rows, {
      checks: "fairness: { columns: sex, demographic_parity_difference: 0.1 }",
      thresholds: "accuracy >= 0.1",
    });
    expect(outcome.document).toMatchObject({
      verdict: "fail",
      reason: "1 check failed: fairness.",
    });
  });

  it("says which column is not there", async () => {
    const outcome = await gate(rows, {
      checks: "fairness: { columns: gender, equal_opportunity_difference: 0.1 }",
      thresholds: "accuracy >= 0.1",
    });
    expect(findingOf(outcome, "fairness", "equal_opportunity_difference")).toMatchObject({
      verdict: "inconclusive",
      message: 'The data has no column "gender".',
    });
  });
});
