import { expect, test } from "vitest";
import type { ClassificationEvaluation } from "./evaluation.ts";
import { brierRows, forgetLosses, logLossRows } from "./probability.ts";

test("losses are kept with their evaluation until they are let go of", () => {
  const evaluation: ClassificationEvaluation = {
    task: "binary",
    classes: ["no", "yes"],
    truth: [0, 1],
    prediction: [0, 1],
    scores: Float64Array.of(0.25, 0.5),
  };
  for (const losses of [brierRows, logLossRows]) {
    const first = losses(evaluation);
    expect(losses(evaluation)).toBe(first);
    forgetLosses(evaluation);
    expect(losses(evaluation)).not.toBe(first);
    expect(losses(evaluation)).toEqual(first);
  }
});
