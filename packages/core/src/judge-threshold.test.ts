import { describe, expect, it } from "vitest";
import {
  judgeThreshold,
  type ReferenceEvidence,
  type ThresholdEvidence,
} from "./judge-threshold.ts";
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

  it("tells bounds apart in the small units of a target", () => {
    const rmse = (value: number): ThresholdEvidence["measure"] => ({ value });
    expect(judge("rmse <= 1e-14", { measure: rmse(5e-13) }).verdict).toBe("fail");
    expect(judge("rmse <= 1e-14", { measure: rmse(0.9e-14) }).verdict).toBe("pass");
    const worse = { production: measured(3e-14, [1e-15, 2e-15, 3e-15]) };
    expect(judge("rmse <= production", { measure: rmse(3.2e-14), references: worse }).verdict).toBe(
      "fail",
    );
  });

  it("judges the margin to a reference on the rows of both", () => {
    // On all rows the candidate has 0.8; on those that the reference answered too it is 0.05 worse.
    const references = { production: measured(0.7, [-0.12, -0.05, 0.02]) };
    expect(judge("accuracy >= production - 0.01", { references })).toMatchObject({
      verdict: "inconclusive",
      bounds: [{ margin: -0.04 }],
    });
  });

  it("tells the ends of an interval from a bound that they are not", () => {
    const measure = { value: 0.8, low: 0.749_96, high: 0.84 };
    expect(judge("accuracy >= 0.75", { measure }, "interval").reason).toBe(
      "the interval 0.74996 to 0.84 contains the bound",
    );
    const references = { production: measured(0.8, [-0.010_003, 0.01, 0.03]) };
    expect(judge("accuracy >= production - 0.01", { references }).reason).toContain(
      "between −0.010003 and +0.03, which does not settle a bound of −0.01",
    );
  });

  it("has no margin where only rounding parts a value and its bound", () => {
    const references = { production: measured(0.3, [-0.2, 0.1 + 0.2 - 0.3, 0.2]) };
    expect(judge("accuracy >= production", { references }).bounds[0]?.margin).toBe(0);
    expect(judge("accuracy <= production", { references }).bounds[0]?.margin).toBe(0);
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
