import { describe, expect, it } from "vitest";
import type { Judgement } from "./evaluation.ts";
import { judgeWhole, type JudgedCheck } from "./judge-whole.ts";

describe("judgeWhole", () => {
  const judgement = (verdict: Judgement["verdict"], extra: Partial<Judgement> = {}): Judgement => ({
    threshold: `a ${verdict}`,
    metric: "a",
    level: "error",
    verdict,
    measure: { value: 1 },
    bounds: [{ operator: ">=", value: 0, margin: 1 }],
    ...extra,
  });

  it("fails when any fails, and names it", () => {
    expect(
      judgeWhole([judgement("pass"), judgement("fail"), judgement("inconclusive")], "hold"),
    ).toEqual({
      verdict: "fail",
      reason: "1 of 3 thresholds failed: a fail.",
    });
    expect(judgeWhole([judgement("fail")], "hold").reason).toBe("The threshold failed: a fail.");
  });

  it("counts a threshold for each value of a column once", () => {
    const each = (verdict: "pass" | "fail") =>
      judgement(verdict, { each_of: "accuracy[region] >= 0.8" });
    expect(judgeWhole([each("pass"), each("pass"), judgement("pass")], "hold").reason).toBe(
      "Both thresholds passed.",
    );
    expect(judgeWhole([each("fail"), each("fail"), judgement("pass")], "hold").reason).toBe(
      "1 of 2 thresholds failed: a fail; a fail.",
    );
  });

  it("never lets a warning decide", () => {
    expect(judgeWhole([judgement("fail", { level: "warn" })], "hold")).toEqual({
      verdict: "pass",
      reason: "No threshold decides; nothing failed; 1 threshold warns: a fail.",
    });
  });

  it("tells with every verdict what warns, each name once and five at most", () => {
    const warns = (name: string): JudgedCheck => check(name, "fail", { level: "warn" });
    const checks = ["leakage", "duplicates", "overlap", "overlap"].map(warns);
    const told = "3 checks warn: leakage, duplicates, overlap.";
    for (const [verdict, reason] of [
      ["pass", "The threshold passed"],
      ["fail", "The threshold failed: a fail"],
      ["inconclusive", "a inconclusive could not be settled: the rows do not tell either way"],
    ] as const) {
      expect(judgeWhole([judgement(verdict)], "hold", checks)).toEqual({
        verdict,
        reason: `${reason}; ${told}`,
      });
    }
    const each = judgement("fail", { level: "warn", each_of: "accuracy[region] >= 0.8 warn" });
    expect(
      judgeWhole([judgement("pass"), each, each], "hold", ["a", "b", "c", "d", "e", "f"].map(warns))
        .reason,
    ).toBe(
      "The threshold passed; 1 threshold warns: accuracy[region] >= 0.8; 6 checks warn: a, b, c, d, e, ….",
    );
  });

  it("does not speak of plain thresholds where every deciding one was skipped", () => {
    const skipped = judgement("skipped", {
      bounds: [{ operator: ">=", value: null, margin: null }],
    });
    expect(judgeWhole([skipped, judgement("pass", { level: "warn" })], "hold").reason).toBe(
      "First version: not compared; no other threshold decides.",
    );
    expect(judgeWhole([skipped], "hold", [check("overlap", "pass")]).reason).toBe(
      "First version: not compared; no other threshold decides; 1 check passed.",
    );
  });

  it("passes when all pass, and says when it is a first version", () => {
    expect(judgeWhole([judgement("pass"), judgement("pass")], "hold").reason).toBe(
      "Both thresholds passed.",
    );
    expect(judgeWhole([judgement("pass"), judgement("skipped")], "hold").reason).toBe(
      "Every plain threshold passed; first version: not compared.",
    );
  });

  it("does with an inconclusive one what the policy says", () => {
    const open = [judgement("pass"), judgement("inconclusive")];
    expect(judgeWhole(open, "hold").verdict).toBe("inconclusive");
    expect(judgeWhole(open, "pass").verdict).toBe("pass");
    expect(judgeWhole(open, "fail").verdict).toBe("fail");
    expect(judgeWhole(open, "estimate").verdict).toBe("pass");
    const missing = judgement("inconclusive", {
      bounds: [{ operator: ">=", value: 2, margin: -1 }],
    });
    expect(judgeWhole([missing], "estimate")).toMatchObject({ verdict: "fail" });
    const unknown = judgement("inconclusive", {
      bounds: [{ operator: ">=", value: null, margin: null }],
    });
    expect(judgeWhole([unknown], "estimate").verdict).toBe("fail");
  });

  it("lets an estimate at a bound decide as the bound's operator does", () => {
    const at = (operator: ">=" | ">" | "<" | "!="): Judgement =>
      judgement("inconclusive", { bounds: [{ operator, value: 2, margin: 0 }] });
    expect(judgeWhole([at(">=")], "estimate").verdict).toBe("pass");
    for (const operator of [">", "<", "!="] as const)
      expect(judgeWhole([at(operator)], "estimate").verdict).toBe("fail");
  });

  it("does not hold a bound against a first version where the estimate decides", () => {
    const twoSided = judgement("inconclusive", {
      bounds: [
        { operator: ">=", value: 0.5, margin: 0.1 },
        { operator: "<=", value: null, margin: null },
      ],
    });
    expect(judgeWhole([twoSided], "estimate").verdict).toBe("pass");
    expect(judgeWhole([twoSided], "hold").reason).toContain("the rows do not tell either way");
    const reference = { name: "production", version: "v1.0.0", value: null };
    const notCompared = { operator: "<=", value: null, margin: null, reference } as const;
    const bounds = [{ operator: ">=", value: 0.5, margin: 0.1 } as const, notCompared];
    expect(judgeWhole([judgement("inconclusive", { bounds })], "estimate").verdict).toBe("fail");
  });

  const check = (
    name: string,
    verdict: JudgedCheck["verdict"],
    extra: Partial<JudgedCheck> = {},
  ): JudgedCheck => ({ name, verdict, level: "error", margin: 0.1, ...extra });

  it("fails when a check that decides fails, and names it once", () => {
    const checks = [check("overlap", "fail"), check("overlap", "fail"), check("size", "pass")];
    expect(judgeWhole([judgement("pass")], "hold", checks)).toEqual({
      verdict: "fail",
      reason: "1 check failed: overlap.",
    });
    expect(judgeWhole([judgement("fail")], "hold", [...checks, check("size", "fail")])).toEqual({
      verdict: "fail",
      reason: "The threshold failed: a fail; 2 checks failed: overlap; size.",
    });
  });

  it("never lets a check that only warns decide, nor one that was skipped", () => {
    const checks = [
      check("overlap", "fail", { level: "warn" }),
      check("leakage", "inconclusive", { level: "warn" }),
      check("overfit", "skipped"),
    ];
    expect(judgeWhole([judgement("pass"), judgement("pass")], "hold", checks)).toEqual({
      verdict: "pass",
      reason: "Both thresholds passed; 1 check warns: overlap.",
    });
  });

  it("says that checks that decide passed too", () => {
    const checks = [check("overlap", "pass"), check("overlap", "pass")];
    expect(judgeWhole([judgement("pass"), judgement("pass")], "hold", checks).reason).toBe(
      "Both thresholds and 1 check passed.",
    );
    expect(judgeWhole([judgement("skipped")], "hold", checks).reason).toBe(
      "Every plain threshold and 1 check passed; first version: not compared.",
    );
    expect(judgeWhole([], "hold", checks).reason).toBe("No threshold decides; 1 check passed.");
  });

  it("does with an inconclusive check what the policy says", () => {
    const within = [check("overfit", "inconclusive")];
    expect(judgeWhole([judgement("pass")], "hold", within)).toEqual({
      verdict: "inconclusive",
      reason: "check overfit could not be settled: the rows do not tell either way.",
    });
    expect(judgeWhole([judgement("pass")], "pass", within).verdict).toBe("pass");
    expect(judgeWhole([judgement("pass")], "fail", within).verdict).toBe("fail");
    expect(judgeWhole([judgement("pass")], "estimate", within).verdict).toBe("pass");
    const unknown = check("duplicates", "inconclusive", { margin: null, message: "No rows." });
    expect(judgeWhole([judgement("pass")], "hold", [unknown]).reason).toBe(
      "check duplicates could not be settled: No rows.",
    );
    for (const margin of [-0.1, null]) {
      const beyond = [check("overfit", "inconclusive", { margin })];
      expect(judgeWhole([judgement("pass")], "estimate", beyond).verdict).toBe("fail");
    }
  });

  it("names five of many", () => {
    const many = Array.from({ length: 7 }, () => judgement("fail"));
    expect(judgeWhole(many, "hold").reason).toBe(
      "7 of 7 thresholds failed: a fail; a fail; a fail; a fail; a fail; ….",
    );
  });
});
