import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { makeClock } from "./clock.ts";

const clock = makeClock({ now: () => new Date(), sleep });

describe("a clock of the machine's time", () => {
  it("waits as long as it is told", async () => {
    const before = clock.now().getTime();
    await clock.wait(20);
    // Timers may fire up to a millisecond before their time.
    expect(clock.now().getTime() - before).toBeGreaterThanOrEqual(19);
  });

  it("ends a wait early with the reason that its signal gives", async () => {
    const stop = new AbortController();
    const waiting = clock.wait(60_000, stop.signal);
    stop.abort(new Error("The step was cancelled."));
    await expect(waiting).rejects.toThrow("The step was cancelled.");
  });

  it("does not begin to wait once its signal is aborted", async () => {
    const stopped = AbortSignal.abort(new Error("too late"));
    await expect(clock.wait(60_000, stopped)).rejects.toThrow("too late");
  });
});
