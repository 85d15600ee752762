import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Judgement } from "./evaluation.ts";
import {
  judgeInterval,
  judgeThreshold,
  judgeWhole,
  type JudgedCheck,
  type ReferenceEvidence,
  type ThresholdEvidence,
} from "./judging.ts";
import { parseThresholds } from "./thresholds.ts";

const threshold = (text: string) => {
  const [parsed] = parseThresholds(text, { metrics: ["accuracy", "rmse", "mismatches"] });
  if (parsed === undefined) throw new Error("nothing was parsed");
  return parsed;
};
const measured = (
  value: number,
  difference?: readonly [number, number, number],
): ReferenceEvidence => ({
  kind: "measured",
  version: "v1.0.0",
  value,
  difference:
    difference === undefined
      ? null
      : { value: difference[1], low: difference[0], high: difference[2] },
});
const judge = (
  text: string,
  evidence: Partial<ThresholdEvidence>,
  plainBounds: "point" | "interval" = "point",
) =>
  judgeThreshold(
    threshold(text),
    { measure: { value: 0.8 }, references: {}, ...evidence },
    { plainBounds },
  );

describe("judgeThreshold", () => {
  it("holds a plain bound against the value", () => {
    expect(judge("accuracy >= 0.75", {}).verdict).toBe("pass");
    expect(judge("accuracy >= 0.85", {})).toMatchObject({
      verdict: "fail",
      bounds: [{ value: 0.85, margin: -0.04999999999999993 }],
    });
    expect(judge("accuracy > 0.8", {}).verdict).toBe("fail");
    expect(judge("accuracy < 0.8", {}).verdict).toBe("fail");
    expect(judge("accuracy <= 0.8", {}).verdict).toBe("pass");
    expect(judge("mismatches == 0", { measure: { value: 0 } }).verdict).toBe("pass");
    expect(judge("mismatches != 0", { measure: { value: 0 } }).verdict).toBe("fail");
  });

  it("is not put off by the last bit of a decimal sum", () => {
    expect(judge("accuracy >= 0.3", { measure: { value: 0.1 + 0.2 - 1e-16 } }).verdict).toBe(
      "pass",
    );
  });

  it("holds a plain bound against the interval when asked", () => {
    const measure = { value: 0.8, low: 0.76, high: 0.84 };
    expect(judge("accuracy >= 0.75", { measure }, "interval").verdict).toBe("pass");
    expect(judge("accuracy >= 0.9", { measure }, "interval").verdict).toBe("fail");
    expect(judge("accuracy >= 0.8", { measure }, "interval")).toMatchObject({
      verdict: "inconclusive",
      reason: "the interval 0.76 to 0.84 contains the bound",
    });
    expect(judge("accuracy >= 0.8", {}, "interval")).toMatchObject({
      verdict: "inconclusive",
      reason: "the metric has no interval",
    });
  });

  it("fails a metric that does not exist, with its reason", () => {
    expect(
      judge("accuracy >= 0.5", { measure: { value: null, reason: "one class only" } }),
    ).toMatchObject({
      verdict: "fail",
      reason: "one class only",
    });
    expect(judge("accuracy >= 0.5", { measure: { value: null } }).reason).toBe(
      "the metric does not exist",
    );
  });

  it("judges a reference on the interval of the paired difference", () => {
    const against = (difference: readonly [number, number, number]) =>
      judge("accuracy >= production - 0.01", {
        references: { production: measured(0.8, difference) },
      }).verdict;
    expect(against([-0.005, 0, 0.005])).toBe("pass");
    expect(against([-0.05, -0.03, -0.011])).toBe("fail");
    expect(against([-0.05, 0, 0.05])).toBe("inconclusive");
  });

  it("says how many rows would settle a difference, where that is known and not out of reach", () => {
    const reasonOf = (value: number, n?: number, text = "accuracy >= production - 0.01") =>
      judge(text, {
        references: {
          production: {
            ...measured(0.8),
            difference: { value, low: value - 0.02, high: value + 0.02, ...(n && { n }) },
          } as ReferenceEvidence,
        },
      }).reason;
    const open = "which does not settle a bound of −0.01";
    // 600 * (0.02 / 0.01)^2
    expect(reasonOf(0, 600)).toBe(
      `the difference lies between −0.02 and +0.02, ${open}; about 2,400 rows like these would, if the difference stays as it is`,
    );
    expect(reasonOf(-0.02, 617)).toContain("; about 2,500 rows like these would");
    expect(reasonOf(0)).toBe(`the difference lies between −0.02 and +0.02, ${open}`);
    for (const near of [-0.0081, -0.01])
      expect(reasonOf(near, 600)).toMatch(/−0\.01; no number of rows near this one would$/);
    expect(reasonOf(0.001, 600, "accuracy == production")).toMatch(/a bound of 0$/);
  });

  it("takes a percentage of the reference's absolute value", () => {
    const judgement = judge("rmse <= production + 10%", {
      measure: { value: 2.1 },
      references: { production: measured(2, [0.05, 0.1, 0.19]) },
    });
    expect(judgement).toMatchObject({
      verdict: "pass",
      bounds: [{ value: 2.2, reference: { version: "v1.0.0", value: 2 } }],
    });
  });

  it("skips a reference that is not there yet", () => {
    const judgement = judge("accuracy >= production", {
      references: { production: { kind: "absent", why: "first version: not compared" } },
    });
    expect(judgement).toMatchObject({ verdict: "skipped", reason: "first version: not compared" });
  });

  it.each<readonly [string, ReferenceEvidence, string]>([
    [
      "could not be scored",
      { kind: "not-compared", version: "v1.0.0", why: "no common rows" },
      "no common rows",
    ],
    [
      "has no such metric",
      { ...measured(0), value: null } as ReferenceEvidence,
      "the metric does not exist for production",
    ],
    ["has no paired difference", measured(0.8), "there is no paired difference to judge"],
    [
      "has an undefined difference",
      {
        kind: "measured",
        version: null,
        value: 0.8,
        difference: { value: null, low: null, high: null, reason: "under 30 rows" },
      },
      "under 30 rows",
    ],
  ])("is inconclusive when the reference %s", (_, production, why) => {
    expect(judge("accuracy >= production", { references: { production } })).toMatchObject({
      verdict: "inconclusive",
      reason: why,
    });
  });

  it("is inconclusive when the reference was not measured at all", () => {
    expect(judge("accuracy >= latest", {})).toMatchObject({
      verdict: "inconclusive",
      reason: "latest was not measured",
    });
  });

  it("takes the worse of two sides", () => {
    expect(judge("0.5 <= accuracy <= 0.7", {}).verdict).toBe("fail");
    expect(judge("0.5 <= accuracy <= 0.9", {}).verdict).toBe("pass");
    const references = { production: { kind: "absent", why: "none" } } as const;
    expect(judge("0.5 <= accuracy <= production", { references }).verdict).toBe("skipped");
  });
});

describe("judgeInterval", () => {
  it("settles equality only when the interval is a point or excludes the limit", () => {
    expect(judgeInterval("==", { low: 1, high: 1 }, 1)).toBe("pass");
    expect(judgeInterval("==", { low: 0, high: 2 }, 1)).toBe("inconclusive");
    expect(judgeInterval("==", { low: 2, high: 3 }, 1)).toBe("fail");
    expect(judgeInterval("!=", { low: 2, high: 3 }, 1)).toBe("pass");
    expect(judgeInterval("!=", { low: 1, high: 1 }, 1)).toBe("fail");
    expect(judgeInterval("!=", { low: 0, high: 2 }, 1)).toBe("inconclusive");
  });

  it("passes only what every point of the interval would pass", () => {
    const operators = fc.constantFrom(">=" as const, ">" as const, "<=" as const, "<" as const);
    fc.assert(
      fc.property(
        operators,
        fc.integer({ min: -50, max: 50 }),
        fc.nat(20),
        fc.integer({ min: -50, max: 50 }),
        (operator, low, width, limit) => {
          const verdict = judgeInterval(operator, { low, high: low + width }, limit);
          const ends = [low, low + width].map((end) =>
            judgeInterval(operator, { low: end, high: end }, limit),
          );
          const expected = ends[0] === ends[1] ? ends[0] : "inconclusive";
          expect(verdict).toBe(expected);
        },
      ),
    );
  });
});

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
      "All 2 thresholds passed.",
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
      "All 2 thresholds passed.",
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
      reason: "All 2 thresholds passed; 1 check warns: overlap.",
    });
  });

  it("says that checks that decide passed too", () => {
    const checks = [check("overlap", "pass"), check("overlap", "pass")];
    expect(judgeWhole([judgement("pass"), judgement("pass")], "hold", checks).reason).toBe(
      "All 2 thresholds and 1 check passed.",
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
