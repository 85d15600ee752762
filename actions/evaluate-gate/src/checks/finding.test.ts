import { describe, expect, it } from "vitest";
import {
  formatBound,
  formatFound,
  formatValue,
  judgeOutcome,
  nameRows,
  percent,
  quoteName,
} from "./finding.ts";

const asked = { name: "overfit", part: "gap", choice: { bound: 0.1, level: "warn" } } as const;
const measured = (value: number, low: number | null = null, high: number | null = null) =>
  ({ kind: "measured", value, low, high, found: "Found.", advice: "Do." }) as const;

describe("judgeOutcome", () => {
  it("passes on the bound, and fails beyond it where the value is a fact", () => {
    expect(judgeOutcome(asked, measured(0.1))).toMatchObject({
      verdict: "pass",
      message: "Found.",
    });
    expect(judgeOutcome(asked, measured(0.11))).toMatchObject({
      verdict: "fail",
      message: "Found. Do.",
      bound: 0.1,
      operator: "<=",
    });
  });

  it("fails only when chance does not explain it, else leaves it open", () => {
    expect(judgeOutcome(asked, measured(0.3, 0.11, 0.5)).verdict).toBe("fail");
    const open = judgeOutcome(asked, measured(0.3, 0.1, 0.5));
    expect(open.verdict).toBe("inconclusive");
    expect(open.message).toBe(
      "Found. That misses the bound, but by no more than chance on so few rows may give. Do.",
    );
    const shift = { ...measured(0.3), isBeyondChance: false };
    expect(judgeOutcome(asked, shift).verdict).toBe("inconclusive");
    expect(judgeOutcome(asked, { ...shift, isBeyondChance: true }).verdict).toBe("fail");
  });

  it("looks at the upper end where more is better", () => {
    const gain = { name: "baseline-gain", part: "gain", choice: asked.choice } as const;
    expect(judgeOutcome(gain, measured(0.1)).verdict).toBe("pass");
    expect(judgeOutcome(gain, measured(0.05, 0, 0.09))).toMatchObject({ verdict: "fail" });
    expect(judgeOutcome(gain, measured(0.05, 0, 0.2)).verdict).toBe("inconclusive");
    expect(judgeOutcome(gain, measured(0.05, 0, 0.2)).margin).toBeCloseTo(-0.05, 12);
  });

  it("skips what is not known, but leaves open what was to decide", () => {
    const unknown = { kind: "unknown", why: "No rows." } as const;
    const decides = { ...asked, choice: { bound: 0.1, level: "error" } } as const;
    expect(judgeOutcome(asked, unknown)).toMatchObject({ verdict: "skipped", value: null });
    expect(judgeOutcome(decides, unknown)).toMatchObject({
      verdict: "inconclusive",
      message: "No rows.",
    });
    const never = { kind: "not-applicable", why: "No." } as const;
    expect(judgeOutcome(decides, never).verdict).toBe("skipped");
  });

  it("holds nothing against a part without a bound", () => {
    const shown = { name: "size", part: "mb", choice: { bound: null, level: "warn" } } as const;
    expect(judgeOutcome(shown, measured(3))).toMatchObject({
      verdict: "skipped",
      value: 3,
      message: "Found. No bound is given.",
    });
  });
});

describe("what people read", () => {
  it("is in percent, with two digits that count", () => {
    expect([0, 0.0005, 0.0151, 0.5, 1, -0.02, 0.9999].map(percent)).toEqual([
      "0 %",
      "0.05 %",
      "1.5 %",
      "50.0 %",
      "100 %",
      "−2 %",
      "100 %",
    ]);
  });

  it("has a bound's own digits", () => {
    expect(formatBound(0.15, "share")).toBe("15 %");
    expect(formatBound(0.8, "number")).toBe("0.8");
    expect(formatBound(20, "milliseconds")).toBe("20 ms");
    expect(formatBound(50, "megabytes")).toBe("50 MB");
    expect(formatFound(0.0504, 0.05, "share")).toBe("5.04 %");
    expect(formatFound(0.05, 0.05, "share")).toBe("5 %");
    expect(formatFound(0.1004, 0.1, "number")).toBe("0.1004");
    expect(formatFound(0.154, 0.1, "number")).toBe("0.154");
    expect(formatFound(0.5, null, "number")).toBe("0.500");
    expect(formatValue(null, "share")).toBe("—");
    expect(formatValue(0.0315, "share")).toBe("3.1 %");
  });

  it("names at most three rows, counted from 1", () => {
    expect(nameRows([4])).toBe("row 5");
    expect(nameRows([4, 76])).toBe("rows 5 and 77");
    expect(nameRows([4, 76, 1999])).toBe("rows 5, 77 and 2,000");
    expect(nameRows([4, 76, 1999, 5000])).toBe("rows 5, 77, 2,000, …");
  });

  it("cuts names, and takes no control characters from them", () => {
    expect(quoteName(`a\u001B[31m\n${"b".repeat(100)}`)).toBe(`"a ${"b".repeat(57)}…"`);
  });
});
