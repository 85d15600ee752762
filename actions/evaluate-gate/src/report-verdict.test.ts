import { describe, expect, it } from "vitest";
import type { Judgement } from "#core";
import { judgementTable } from "#report";
import { orderJudgements } from "./report-verdict.ts";

const each = (value: number, verdict: Judgement["verdict"], margin: number | null): Judgement => ({
  threshold: `accuracy[shop=${value}] >= 0.8`,
  metric: `accuracy[shop=${value}]`,
  level: "error",
  verdict,
  measure: { value: 0.8 },
  bounds: [{ operator: ">=", value: 0.8, margin }],
  each_of: "accuracy[shop] >= 0.8",
});

describe("the lines of a threshold for each value of a column", () => {
  it("are ten a verdict at most, the worst first, and one that counts the rest", () => {
    const open = Array.from({ length: 1658 }, (_, at) =>
      each(at, "inconclusive", at === 7 ? null : 5 - at),
    );
    const failed = Array.from({ length: 11 }, (_, at) => each(5000 + at, "fail", -at));
    const passed = Array.from({ length: 331 }, (_, at) => each(9000 + at, "pass", at + 1));
    const lines = orderJudgements([...passed, ...open, ...failed]);
    expect(lines.map(({ verdict }) => verdict)).toEqual([
      ...Array.from({ length: 11 }, () => "fail"),
      ...Array.from({ length: 11 }, () => "inconclusive"),
      "pass",
    ]);
    expect(lines[0]?.metric).toBe("accuracy[shop=5010]");
    expect(lines[10]).toMatchObject({
      threshold: "accuracy[shop] >= 0.8",
      reason: "1 more value: fail; evaluation.json has all",
    });
    expect(lines[11]?.metric).toBe("accuracy[shop=1657]");
    expect(lines[21]?.reason).toBe("1,648 more values: inconclusive; evaluation.json has all");
    expect(lines[22]?.reason).toBe("331 values pass; the closest is accuracy[shop=9000]");
  });

  it("are all there when they are few, and thresholds of their own are never merged", () => {
    const few = Array.from({ length: 10 }, (_, at) => each(at, "inconclusive", at));
    expect(orderJudgements(few)).toEqual(few);
    const own = Array.from({ length: 30 }, (_, at) => {
      const { each_of: _of, ...judgement } = each(at, "fail", -1);
      return judgement;
    });
    expect(orderJudgements(own)).toEqual(own);
  });

  it("show a margin of minus nothing as 0", () => {
    expect(judgementTable([each(1, "pass", -0)])).not.toMatch(/[-−]0/);
  });
});
