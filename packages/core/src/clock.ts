import type { Clock } from "./ports.ts";

/** A machine's time, from which a clock is made. */
export interface MachineTime {
  now(): Date;
  /** Ends after so many milliseconds, or fails when the signal is aborted: `node:timers/promises`. */
  sleep(durationMs: number, value: undefined, options: { signal?: AbortSignal }): Promise<unknown>;
}

/** A clock of a machine's time. */
export function makeClock({ now, sleep }: MachineTime): Clock {
  return {
    now,
    async wait(durationMs, signal) {
      signal?.throwIfAborted();
      try {
        await sleep(durationMs, undefined, signal === undefined ? {} : { signal });
      } catch (error) {
        // Timers fail with an error of their own; whoever waits is told why it was stopped.
        signal?.throwIfAborted();
        throw error;
      }
    },
  };
}
