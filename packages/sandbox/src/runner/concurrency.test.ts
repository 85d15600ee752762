import { describe, expect, it } from "vitest";
import { createCancellation } from "./cancellation.ts";
import { createConcurrencyGroups, type ConcurrencyAsk } from "./concurrency.ts";
import { createSlots } from "./slots.ts";

const ask = (change: Partial<ConcurrencyAsk> = {}): ConcurrencyAsk => ({
  group: "g",
  cancelInProgress: false,
  queue: "single",
  cancellation: createCancellation(),
  ...change,
});

describe("concurrency groups", () => {
  it("let one in at a time and the next when it leaves", async () => {
    const groups = createConcurrencyGroups();
    const leave = await groups.enter(ask());
    let entered = false;
    const second = groups.enter(ask({ group: "G" })).then((go) => {
      entered = true;
      return go;
    });
    await Promise.resolve();
    expect(entered).toBe(false);
    leave();
    (await second)();
    await expect(groups.enter(ask())).resolves.toBeTypeOf("function");
  });

  it("replace the one that waits, unless all are to wait", async () => {
    const groups = createConcurrencyGroups();
    const leave = await groups.enter(ask());
    const second = groups.enter(ask());
    const third = groups.enter(ask());
    await expect(second).rejects.toThrow(/higher priority waiting request for 'g'/);
    const fourth = groups.enter(ask({ queue: "max" }));
    leave();
    (await third)();
    (await fourth)();
  });

  it("cancel the one that runs when asked, and wait until it has left", async () => {
    const groups = createConcurrencyGroups();
    const running = ask();
    const leave = await groups.enter(running);
    const next = groups.enter(ask({ cancelInProgress: true }));
    expect(running.cancellation.cancelled).toBe(true);
    leave();
    await expect(next).resolves.toBeTypeOf("function");
  });

  it("forget one that is cancelled while it waits", async () => {
    const groups = createConcurrencyGroups();
    const leave = await groups.enter(ask());
    const waiting = ask();
    const entered = groups.enter(waiting);
    waiting.cancellation.cancel("no longer wanted");
    await expect(entered).rejects.toThrow("no longer wanted");
    leave();
    await expect(groups.enter(ask())).resolves.toBeTypeOf("function");
  });
});

describe("slots", () => {
  it("are given out up to their number and taken back", async () => {
    const slots = createSlots(1);
    const none = createCancellation();
    const giveBack = await slots.take(none);
    const cancelled = createCancellation();
    const never = slots.take(cancelled);
    const next = slots.take(none);
    cancelled.cancel("x");
    expect(await never).toBeUndefined();
    giveBack?.();
    expect(await next).toBeTypeOf("function");
  });
});
