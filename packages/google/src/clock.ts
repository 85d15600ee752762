import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "#core";

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  async wait(durationMs, signal) {
    signal?.throwIfAborted();
    try {
      await delay(durationMs, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
};
