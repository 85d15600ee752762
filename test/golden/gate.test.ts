import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Evaluation } from "#core";
import {
  fixture,
  openWorkspace,
  type Workspace,
} from "../../actions/evaluate-gate/src/testing/some-gate.ts";
import { expectMeasured, isClose, readGolden, type Golden } from "./golden-file.ts";

interface ClassificationCase {
  readonly name: string;
  readonly expected: {
    readonly accuracy: Golden;
    readonly balanced_accuracy: Golden;
    readonly precision: { readonly binary: Golden; readonly macro: Golden };
    readonly recall: { readonly binary: Golden; readonly weighted: Golden };
    readonly f1: { readonly binary: Golden; readonly macro: Golden };
    readonly mcc: Golden;
    readonly cohen_kappa: { readonly unweighted: Golden };
    readonly roc_auc: Golden;
    readonly average_precision: Golden;
    readonly log_loss: Golden;
    readonly brier: Golden;
    readonly calibration: { readonly uniform_10: { readonly ece: Golden } };
  };
}

interface RegressionCase {
  readonly name: string;
  readonly expected: Readonly<Record<"rmse" | "mae" | "median_ae" | "r2" | "mape", Golden>>;
}

interface DelongCase {
  readonly name: string;
  readonly expected: {
    readonly difference: {
      readonly estimate: number;
      readonly p_two_sided: number;
      readonly ci95: readonly [number, number];
    };
  };
}

interface BootstrapCase {
  readonly name: string;
  readonly expected: {
    readonly percentile: Record<"low" | "high", { readonly mean: number; readonly sd: number }>;
  };
}

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

async function gateAgainst(
  set: "breast_cancer" | "diabetes",
  inputs: Readonly<Record<string, string>>,
): Promise<Evaluation> {
  await workspace.write("a.csv", readFileSync(fixture(`gate/${set}_a.csv`)));
  await workspace.write("b.csv", readFileSync(fixture(`gate/${set}_b.csv`)));
  const { document } = await workspace.gate({
    predictions: "b.csv",
    "baseline-predictions": "a.csv",
    target: "label",
    id: "id",
    ...inputs,
  });
  return document;
}

function find<T extends { readonly name: string }>(file: string, name: string): T {
  const found = readGolden<T>(file).find((one) => one.name === name);
  if (found === undefined) throw new Error(`${file} has no case ${name}`);
  return found;
}

describe("evaluate-gate on the predictions of two real models", () => {
  it("has scikit-learn's numbers for the candidate and the baseline of breast cancer", async () => {
    const { metrics, baseline_metrics: baseline = {} } = await gateAgainst("breast_cancer", {
      scores: "score",
      thresholds: "accuracy >= 0.9",
    });
    const forest = find<ClassificationCase>(
      "classification.json",
      "binary breast cancer, random forest (many tied scores)",
    ).expected;
    const logistic = find<ClassificationCase>(
      "classification.json",
      "binary breast cancer, logistic regression",
    ).expected;
    for (const [found, expected] of [
      [metrics, forest],
      [baseline, logistic],
    ] as const) {
      const at = (name: string) => found[name] ?? { value: null };
      expectMeasured(at("accuracy"), expected.accuracy);
      expectMeasured(at("balanced_accuracy"), expected.balanced_accuracy);
      expectMeasured(at("precision"), expected.precision.binary);
      expectMeasured(at("recall"), expected.recall.binary);
      expectMeasured(at("f1"), expected.f1.binary);
      expectMeasured(at("roc_auc"), expected.roc_auc);
      expectMeasured(at("average_precision"), expected.average_precision);
      expectMeasured(at("log_loss"), expected.log_loss);
      expectMeasured(at("brier"), expected.brier);
      expectMeasured(at("ece"), expected.calibration.uniform_10.ece);
    }
    expectMeasured(metrics["mcc"] ?? { value: null }, forest.mcc);
    expectMeasured(metrics["cohen_kappa"] ?? { value: null }, forest.cohen_kappa.unweighted);
    expect(metrics["accuracy"]?.n).toBe(228);
  });

  it("judges the area under the ROC curve by DeLong's interval and p", async () => {
    const { judgements, differences = {} } = await gateAgainst("breast_cancer", {
      scores: "score",
      thresholds: "roc_auc >= production - 0.01",
    });
    const { difference } = find<DelongCase>(
      "tests.json",
      "delong: breast cancer, two models",
    ).expected;
    const found = differences["roc_auc"];
    // The golden difference is a minus b; the gate's is candidate b minus baseline a.
    expect(isClose(found?.value ?? 0, -difference.estimate)).toBe(true);
    expect(isClose(found?.low ?? 0, -difference.ci95[1])).toBe(true);
    expect(isClose(found?.high ?? 0, -difference.ci95[0], 1e-7)).toBe(true);
    expect(isClose(found?.p ?? 0, difference.p_two_sided)).toBe(true);
    expect(judgements).toMatchObject([{ verdict: "inconclusive" }]);
  });

  it("has scikit-learn's numbers for diabetes, and SciPy's bootstrap of the paired difference", async () => {
    const {
      metrics,
      baseline_metrics: baseline = {},
      differences = {},
    } = await gateAgainst("diabetes", { thresholds: "mae <= production + 2" });
    const ridge = find<RegressionCase>("regression.json", "diabetes, ridge").expected;
    const boosting = find<RegressionCase>("regression.json", "diabetes, boosting").expected;
    for (const [found, expected] of [
      [metrics, boosting],
      [baseline, ridge],
    ] as const) {
      for (const [name, golden] of [
        ["rmse", expected.rmse],
        ["mae", expected.mae],
        ["median_absolute_error", expected.median_ae],
        ["r2", expected.r2],
        ["mape", expected.mape],
      ] as const)
        expectMeasured(found[name] ?? { value: null }, golden);
    }
    const { percentile } = find<BootstrapCase>(
      "tests.json",
      "bootstrap_statistical: mae difference, diabetes",
    ).expected;
    const found = differences["mae"];
    // The golden difference is ridge minus boosting.
    expect(Math.abs(-(found?.high ?? 0) - percentile.low.mean)).toBeLessThan(5 * percentile.low.sd);
    expect(Math.abs(-(found?.low ?? 0) - percentile.high.mean)).toBeLessThan(
      5 * percentile.high.sd,
    );
  });
});
