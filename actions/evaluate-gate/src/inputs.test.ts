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

  it("say that ref: and run: baselines are not there yet", () => {
    expect(() => parse({ baseline: "ref:main" })).toThrow(
      'Input baseline is "ref:main": ref: and run: baselines are not supported yet; expected production, latest, a stage, a version such as v1.2.3, a file or none.',
    );
  });

  it("read golden-cases", () => {
    expect(parse({ "golden-cases": "0" }).goldenCases.count).toBe(0);
    expect(parse({ "golden-cases": "real" }).goldenCases).toEqual({ count: 20, from: "rows" });
    expect(() => parse({ "golden-cases": "some" })).toThrow(
      'Input golden-cases is "some": expected a whole number from 0 to 1000, or real.',
    );
  });

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
