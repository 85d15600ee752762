import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LatencyPoint } from "#google";
import { alphaOfOneTest, isBeyondCeiling, judgeLook, type JudgingRules } from "./judge-look.ts";
import { fewestForQuantile, slowPointsToFail } from "./judge-latency.ts";
import { readRolloutThresholds } from "./rollout-thresholds.ts";
import type { ServedFigures } from "./served-figures.ts";

const bounds = Array.from({ length: 100 }, (_, at) => at * 10);

/** One of Monitoring's points: nine tenths in the bucket of the typical value, a tenth in that of twice the value. */
const point = (minute: number, requests: number, typicalMs: number): LatencyPoint => {
  const counts = [...bounds, 0].map(() => 0);
  const slow = Math.round(requests / 10);
  counts[typicalMs / 10 + 1] = requests - slow;
  counts[typicalMs / 5 + 1] = slow;
  return { end: new Date(minute * 60_000), latencyMs: { bounds, counts } };
};

/** Requests spread over ten minutes; typical milliseconds of all of them, or minute by minute. */
const served = (
  requests: number,
  errors: number,
  typicalMs: number | readonly number[] = [],
): ServedFigures => {
  const minutes = typeof typicalMs === "number" ? Array(10).fill(typicalMs) : typicalMs;
  return {
    requests,
    errors,
    latencies: minutes.map((typical: number, minute) =>
      point(
        minute,
        Math.floor(((minute + 1) * requests) / minutes.length) -
          Math.floor((minute * requests) / minutes.length),
        typical,
      ),
    ),
  };
};
const rules = (text: string, extra: Partial<JudgingRules> = {}): JudgingRules => ({
  thresholds: readRolloutThresholds(text),
  minRequests: 50,
  alpha: 0.001,
  ...extra,
});
const judge = (
  text: string,
  candidate: ServedFigures,
  stable: ServedFigures | { readonly missing: string },
  extra: Partial<JudgingRules> = {},
) => judgeLook({ candidate, stable, stableVersion: "v1.0.0" }, rules(text, extra));

describe("errors against stable", () => {
  const text = "error_rate <= stable + 0.005";

  it("fail when they are more than allowed and that is no chance", () => {
    const { verdict, reason, judgements } = judge(text, served(100, 10), served(1900, 19));
    expect(verdict).toBe("fail");
    expect(reason).toBe("The threshold failed: error_rate <= stable + 0.005.");
    const [bound] = judgements[0]?.bounds ?? [];
    expect(bound?.value).toBeCloseTo(0.015, 12);
    expect(bound?.reference).toEqual({ name: "stable", version: "v1.0.0", value: 0.01 });
    // One-sided, by the hypergeometric distribution: 2000 requests, 29 errors, 100 of the candidate's.
    expect(bound?.difference?.p).toBeLessThan(1e-5);
  });

  it("take their p from the hypergeometric distribution", () => {
    // 50 and 50 requests, 3 errors, all with the candidate: C(50,3) / C(100,3) = 19600 / 161700.
    const { judgements } = judge(text, served(50, 3), served(50, 0));
    expect(judgements[0]?.bounds[0]?.difference?.p).toBeCloseTo(19_600 / 161_700, 10);
    expect(judgements[0]?.verdict).toBe("pass");
    expect(judgements[0]?.reason).toContain("that can be chance: p = 0.12");
  });

  it("pass when they differ for sure, but by less than half a point", () => {
    const zero = "error_rate <= stable";
    expect(judge(zero, served(100_000, 400), served(100_000, 0)).verdict).toBe("pass");
    expect(judge(zero, served(100_000, 600), served(100_000, 0)).verdict).toBe("fail");
  });

  it("may be relative to stable's", () => {
    const relative = "error_rate <= stable + 50%";
    expect(judge(relative, served(10_000, 1400), served(10_000, 1000)).verdict).toBe("pass");
    expect(judge(relative, served(10_000, 1700), served(10_000, 1000)).verdict).toBe("fail");
  });

  it("are inconclusive under min-requests on either side, never a pass", () => {
    expect(judge(text, served(49, 0), served(1000, 0))).toMatchObject({
      verdict: "inconclusive",
      reason: "It cannot be told: 49 requests reached the candidate, min-requests is 50.",
    });
    expect(judge(text, served(1000, 0), served(49, 0)).verdict).toBe("inconclusive");
    expect(judge(text, served(1000, 0), { missing: "Monitoring is down" })).toMatchObject({
      verdict: "inconclusive",
      reason: "It cannot be told: Monitoring is down.",
    });
  });

  it("of fewer than stable's always pass", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 50, max: 5000 }),
        fc.integer({ min: 50, max: 5000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (ours, theirs, share, less) => {
          const errors = Math.floor(theirs * share);
          const fewer = Math.floor((ours * errors * less) / theirs);
          expect(judge(text, served(ours, fewer), served(theirs, errors)).verdict).toBe("pass");
        },
      ),
    );
  });
});

describe("latency against stable", () => {
  const text = "p95_ms <= stable + 50%";

  it("fails when it is slower beyond the allowance", () => {
    const found = judge(text, served(1000, 0, 200), served(1000, 0, 100));
    expect(found.verdict).toBe("fail");
    const [bound] = found.judgements[0]?.bounds ?? [];
    // 95 % lies in the middle of the slow tenth's bucket: [200, 210) and [400, 410).
    expect(bound?.reference?.value).toBeCloseTo(205, 6);
    expect(bound?.value).toBeCloseTo(307.5, 6);
    expect(found.judgements[0]?.measure.value).toBeCloseTo(405, 6);
    expect(found.judgements[0]?.reason).toContain(
      "slower beyond the allowance in 10 of 10 minutes",
    );
  });

  it("passes within the allowance, whatever the number of requests", () => {
    expect(judge(text, served(100_000, 0, 140), served(100_000, 0, 100)).verdict).toBe("pass");
  });

  it("passes where only some minutes are slow, as a stall or new instances make them", () => {
    const some = [100, 100, 400, 400, 100, 400, 100, 400, 400, 100];
    const found = judge(text, served(10_000, 0, some), served(10_000, 0, 100));
    expect(found.verdict).toBe("pass");
    expect(found.judgements[0]?.reason).toBe("slower, but only in 5 of 10 minutes; 8 would tell");
    const most = [100, 400, 400, 400, 400, 400, 100, 400, 400, 400];
    expect(judge(text, served(10_000, 0, most), served(10_000, 0, 100)).verdict).toBe("fail");
  });

  it("asks for as many slow minutes as a busy machine alone hardly ever has", () => {
    // P(K >= 8) of ten minutes that are slow with a chance of 0.3 each is 0.00159, P(K >= 7) 0.0106.
    expect([5, 9, 10, 30].map(slowPointsToFail)).toEqual([5, 8, 8, 17]);
  });

  it("allows a relative bound 50 ms at least, and takes an absolute one as it is", () => {
    const [candidate, stable] = [served(10_000, 0, 20), served(10_000, 0, 10)];
    const found = judge(text, candidate, stable);
    expect(found.verdict).toBe("pass");
    expect(found.judgements[0]?.bounds[0]?.value).toBeCloseTo(75, 6);
    expect(found.judgements[0]?.reason).toBe(
      "slower by 20.0 ms; a relative bound allows 50 ms at least",
    );
    expect(judge("p95_ms <= stable + 10", candidate, stable).verdict).toBe("fail");
    expect(judge("p95_ms <= stable", candidate, stable).verdict).toBe("fail");
  });

  it("gives the same verdict for the same figures", () => {
    const [candidate, stable] = [served(220, 0, 170), served(260, 0, 100)];
    expect(judge(text, candidate, stable)).toEqual(judge(text, candidate, stable));
  });

  it("is not compared under 200 requests; where nothing else is judged, nothing can be told", () => {
    const few = judge(text, served(199, 0, 400), served(5000, 0, 100));
    expect(few).toMatchObject({
      verdict: "inconclusive",
      reason:
        "Nothing was compared: not compared: it needs 200 requests on both sides, and has 199 and 5000.",
    });
    const both = judge(`${text}\nerror_rate <= stable`, served(199, 0, 400), served(5000, 0, 100));
    expect(both).toMatchObject({
      verdict: "pass",
      reason: "1 of 2 thresholds passed; 1 not compared.",
    });
    expect([0.5, 0.95, 0.99].map(fewestForQuantile)).toEqual([200, 200, 1000]);
  });

  it("is not compared over fewer than five minutes", () => {
    const short = judge(text, served(5000, 0, [400, 400, 400, 400]), served(5000, 0, 100));
    expect(short).toMatchObject({
      verdict: "inconclusive",
      reason:
        "Nothing was compared: not compared: it needs 5 points of Cloud Monitoring, one a minute, and has 4: give a longer bake-time.",
    });
  });
});

describe("plain bounds", () => {
  it("judge the candidate's own figure", () => {
    expect(judge("error_rate <= 0.01", served(1000, 10), served(0, 0)).verdict).toBe("pass");
    expect(judge("error_rate <= 0.01", served(1000, 11), served(0, 0)).verdict).toBe("fail");
    expect(judge("p95_ms <= 200", served(1000, 0, 100), served(0, 0)).verdict).toBe("fail");
    expect(judge("p95_ms <= 230", served(1000, 0, 100), served(0, 0)).verdict).toBe("pass");
  });

  it("and bounds against stable can stand in one line", () => {
    const text = "0 <= error_rate <= stable + 0.01";
    const { judgements } = judge(text, served(1000, 0), served(1000, 0));
    expect(judgements[0]).toMatchObject({
      verdict: "pass",
      bounds: [{ value: 0 }, { value: 0.01 }],
    });
  });

  it("that only warn decide nothing", () => {
    const text = "error_rate <= 0 warn\nerror_rate <= 0.5";
    const found = judge(text, served(100, 10), served(100, 10));
    expect(found.verdict).toBe("pass");
    expect(found.judgements.map(({ verdict }) => verdict)).toEqual(["fail", "pass"]);
  });
});

describe("the ceiling", () => {
  it("is a fifth of at least 50", () => {
    expect(isBeyondCeiling(served(50, 10))).toBe(true);
    expect(isBeyondCeiling(served(50, 9))).toBe(false);
    expect(isBeyondCeiling(served(49, 49))).toBe(false);
  });
});

describe("the level of one test", () => {
  it("is a hundredth over all looks, their extensions and thresholds", () => {
    const thresholds = readRolloutThresholds("error_rate <= stable\np95_ms <= stable");
    expect(alphaOfOneTest(4, thresholds)).toBeCloseTo(0.01 / 24, 15);
    expect(alphaOfOneTest(1, [])).toBe(0.01);
  });
});

describe("thresholds of a rollout", () => {
  it("refuse what no rollout can judge, with the line", () => {
    const refusal = (text: string) => {
      try {
        readRolloutThresholds(text);
        return "accepted";
      } catch (error) {
        return error instanceof Error ? error.message : "";
      }
    };
    expect(refusal("error_rate >= stable")).toBe(
      "Threshold line 1: a bound against stable is an upper one (<=), found >=.",
    );
    expect(refusal("\nerror_rate <= v1.2.0")).toBe(
      'Threshold line 2: "v1.2.0" does not serve; a rollout compares with stable.',
    );
    expect(refusal("p95_ms[region=EU] <= 3")).toBe(
      "Threshold line 1: p95_ms takes no argument and no slice in a rollout.",
    );
    expect(refusal("accuracy >= 0.9")).toContain('there is no metric "accuracy"');
    expect(refusal("error_rate <= production")).toContain('"production" is no reference');
  });
});
