import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoffMs, parseRetryAfter, withRetries } from "./retry.ts";
import { instantClock, threeAttempts } from "./testing/scripted-server.ts";

const now = Date.parse("2026-01-01T00:00:00Z");

describe("parseRetryAfter", () => {
  it.each([
    ["3", 3000],
    ["0", 0],
    ["Thu, 01 Jan 2026 00:00:05 GMT", 5000],
    ["Wed, 31 Dec 2025 23:59:00 GMT", 0],
    ["soon", null],
    ["-1", null],
    ["", null],
    [null, null],
  ])("reads %j as %j ms", (header, expected) => {
    expect(parseRetryAfter(header, now)).toBe(expected);
  });
});

describe("backoffMs", () => {
  it("doubles up to the longest delay, with at most half of it as jitter", () => {
    const at = (attempt: number, random: number) =>
      backoffMs({ policy: threeAttempts, attempt, retryAfterMs: null }, random);
    expect([1, 2, 3, 4, 5].map((attempt) => at(attempt, 0))).toEqual([500, 1000, 2000, 4000, 4000]);
    expect(at(1, 0.5)).toBe(750);
  });

  it("never waits less than the service asked for", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 100_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempt, retryAfterMs, random) => {
          expect(
            backoffMs({ policy: threeAttempts, attempt, retryAfterMs }, random),
          ).toBeGreaterThanOrEqual(retryAfterMs);
        },
      ),
    );
  });
});

describe("withRetries", () => {
  const retrying = (clock = instantClock()) => ({
    policy: threeAttempts,
    clock,
    random: () => 1,
    judge: (error: unknown) => ({
      retry: error instanceof Error && error.message !== "for good",
      retryAfterMs: null,
    }),
  });

  it("stops after the policy's attempts with the last error", async () => {
    const clock = instantClock();
    let calls = 0;
    await expect(
      withRetries(retrying(clock), async () => {
        calls += 1;
        throw new Error(`attempt ${calls}`);
      }),
    ).rejects.toThrow("attempt 3");
    expect(clock.waitsMs).toEqual([1000, 2000]);
  });

  it("does not repeat what will not get better", async () => {
    let calls = 0;
    await expect(
      withRetries(retrying(), async () => {
        calls += 1;
        throw new Error("for good");
      }),
    ).rejects.toThrow("for good");
    expect(calls).toBe(1);
  });

  it("does not repeat once the caller has aborted", async () => {
    const controller = new AbortController();
    let calls = 0;
    await expect(
      withRetries({ ...retrying(), signal: controller.signal }, async () => {
        calls += 1;
        controller.abort();
        throw new Error("again");
      }),
    ).rejects.toThrow("again");
    expect(calls).toBe(1);
  });
});
