import { describe, expect, it } from "vitest";
import { rawInputs } from "#toolkit";
import { parseInputs } from "./inputs.ts";

const parse = (values: Readonly<Record<string, string>>) =>
  parseInputs(rawInputs({ model: "weather", thresholds: "accuracy >= 0.9", ...values }));

describe("the inputs of evaluate-gate", () => {
  it("have the documented defaults", () => {
    expect(parse({})).toMatchObject({
      runDirectory: "slipway-run",
      prediction: "prediction",
      task: "auto",
      baseline: { kind: "version", selector: "production" },
      confidence: 0.95,
      plainBounds: "point",
      resamples: 2000,
      seed: 42,
      minSliceRows: 30,
      onInconclusive: "hold",
      slices: null,
      errorAnalysis: "auto",
      showValues: null,
      failOnVerdict: true,
      goldenCases: { count: 20, from: "profile" },
      engine: "auto",
      workingDirectory: ".",
    });
  });

  it.each([
    ["none", { kind: "none" }],
    ["latest", { kind: "version", selector: "latest" }],
    ["staging", { kind: "version", selector: "staging" }],
    ["1.2.3", { kind: "version", selector: "v1.2.3" }],
    ["models/old.onnx", { kind: "file", path: "models/old.onnx" }],
  ])("read baseline %s", (written, expected) => {
    expect(parse({ baseline: written }).baseline).toEqual(expected);
  });

  it.each([
    ["ref:main", { kind: "ref", ref: "main", path: null }],
    ["ref:feature/a.b", { kind: "ref", ref: "feature/a.b", path: null }],
    ["ref:HEAD~1", { kind: "ref", ref: "HEAD~1", path: null }],
    ["ref:main:models/old name.ubj", { kind: "ref", ref: "main", path: "models/old name.ubj" }],
    ["run:release/2", { kind: "run", branch: "release/2" }],
  ])("read baseline %s", (baseline, expected) => {
    expect(parse({ baseline }).baseline).toEqual(expected);
  });

  it.each([
    "ref:",
    "run:",
    "ref:--upload-pack=x",
    "run:a b",
    "ref:main:",
    "run:main:x",
    "ref:a\u0007",
  ])("refuse baseline %s, which git would not take as a name", (baseline) => {
    expect(() => parse({ baseline })).toThrow("ref:<branch, tag or commit>, run:<branch> or none.");
  });

  it.each(["0", "0s", "soon"])("refuse predict-timeout %s", (timeout) => {
    expect(() => parse({ "predict-timeout": timeout })).toThrow("expected a duration");
  });

  it("read golden-cases", () => {
    expect(parse({ "golden-cases": "0" }).goldenCases.count).toBe(0);
    expect(parse({ "golden-cases": "real" }).goldenCases).toEqual({ count: 20, from: "rows" });
    expect(() => parse({ "golden-cases": "some" })).toThrow(
      'Input golden-cases is "some": expected a whole number from 0 to 1000, or real.',
    );
  });

  it.each([
    ["PR_AUC >= 0.5", "Write average_precision"],
    ["fpr <= 0.1", "Write a bound of specificity"],
    ["error_rate <= 0.1", "Write a bound of accuracy"],
    ["f2 >= 0.5", "Write f_beta(2)."],
    ["ndcg >= 0.5", "Write mean(ndcg)"],
    ["roc-auc >= 0.5", "Did you mean `roc_auc >= 0.5`?"],
  ])("say what another tool's name of a metric is here: %s", (thresholds, hint) => {
    expect(() => parse({ thresholds })).toThrow(hint);
  });

  it.each([
    ["accuracy >= 90", "accuracy lies between 0 and 1, so >= 90 can never hold. Did you mean 0.9"],
    ["auc >= 1.2", "auc lies between 0 and 1, so >= 1.2 can never hold."],
    ["log_loss <= -1", "log_loss is at least 0, so <= -1 can never hold."],
    ["r2 >= 85", "r2 is at most 1, so >= 85 can never hold. Did you mean 0.85 or 85 %?"],
    ["recall(rain) <= 100", "recall lies between 0 and 1, so <= 100 always holds."],
    ["p95_ms < 0", "p95_ms is at least 0, so < 0 can never hold."],
    ["f1 >= production - 1", "Did you mean production - 0.01, or production - 1%?"],
    ["f1 >= production * 0.99", "Did you mean `f1 >= production - 1%`?"],
  ])("refuse a bound that no model could make a difference to: %s", (thresholds, message) => {
    expect(() => parse({ thresholds })).toThrow(message);
  });

  it.each(["rmse <= 250", "mape <= 1.5", "r2 >= -0.2", "mean(judge_score) >= 90", "brier <= 1.2"])(
    "take a bound within the metric's range: %s",
    (thresholds) => {
      expect(parse({ thresholds }).thresholds).toHaveLength(1);
    },
  );

  it.each([
    ["a, b", ["a", "b"]],
    ['"weight, kg", height\n"the ""best"" one"', ["weight, kg", "height", 'the "best" one']],
    ['"weight, kg"\n\n# a, comment\n  height (m)  \n', ["weight, kg", "height (m)"]],
    ['["weight, kg", "height"]', ["weight, kg", "height"]],
    ['size "XL", [low]', ['size "XL"', "[low]"]],
    ['"  two\nlines"', ["  two\nlines"]],
  ])("read the names of columns in %j", (written, names) => {
    const read = parse({ features: written, slices: written, "show-values": written, id: written });
    expect(read).toMatchObject({ features: names, slices: names, showValues: names, id: names });
  });

  it("read classes in quotes, and one a line with commas", () => {
    expect(parse({ classes: '"yes, sir", no' }).classes).toEqual(["yes, sir", "no"]);
    expect(parse({ classes: 'yes, sir\n"no"' }).classes).toEqual(["yes, sir", "no"]);
  });

  it.each(['"weight, kg', '"weight" kg, height', 'height, "a"b"'])(
    "refuse names with quotes that do not fit: %s",
    (slices) => {
      expect(() => parse({ slices })).toThrow("expected names, each alone or in double quotes");
    },
  );

  it("report every fault at once, with the nearest metric", () => {
    expect(() =>
      parseInputs(
        rawInputs({
          thresholds: "acuracy >= 0.9\nf1 >= prodution",
          confidence: "2",
          engine: "gpu",
        }),
      ),
    ).toThrow(
      /Input model is required[\s\S]*Did you mean accuracy\?[\s\S]*Did you mean production\?[\s\S]*confidence[\s\S]*engine/,
    );
  });
});
