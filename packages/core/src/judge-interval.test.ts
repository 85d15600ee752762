import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeInterval } from "./judge-interval.ts";

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
