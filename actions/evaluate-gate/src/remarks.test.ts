import { describe, expect, it } from "vitest";
import type { Evaluation, Judgement } from "#core";
import { remarksOf } from "./remarks.ts";

const judged = (bound: Partial<Judgement["bounds"][number]>): string | undefined => {
  const judgement: Judgement = {
    threshold: "accuracy >= baseline - 0.01",
    metric: "accuracy",
    level: "error",
    verdict: "fail",
    measure: { value: 0.6905 },
    bounds: [{ operator: ">=", value: 0.7335, margin: -0.043, ...bound }],
  };
  const document = { model: "m", judgements: [judgement] } as unknown as Evaluation;
  return remarksOf(document, new Map())[0]?.message;
};

describe("the remark of a failed comparison", () => {
  const reference = { name: "baseline", version: null, value: 0.7435 };

  it("names the reference, its value and the difference with its interval", () => {
    const difference = { value: -0.053, low: -0.0702, high: -0.0361 };
    expect(judged({ reference, difference })).toBe(
      "accuracy >= baseline - 0.01: 0.6905, baseline 0.7435, difference −0.0530 [−0.0702, −0.0361]",
    );
  });

  it("leaves out what is not known", () => {
    expect(judged({ reference, difference: { value: -0.053 } })).toBe(
      "accuracy >= baseline - 0.01: 0.6905, baseline 0.7435, difference −0.0530",
    );
    expect(judged({ reference, difference: null })).toBe(
      "accuracy >= baseline - 0.01: 0.6905, baseline 0.7435",
    );
    expect(judged({})).toBe("accuracy >= baseline - 0.01: 0.6905");
  });
});
