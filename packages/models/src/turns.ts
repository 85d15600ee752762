import { setImmediate } from "node:timers/promises";

/** How long work in loops may keep signals, timers and input waiting, in milliseconds. */
const LONGEST_MS = 50;
/** When the event loop last had its turn: one for the process, as there is one loop. */
let lastTurn = performance.now();

/**
 * Lets long work be stopped: throws once the signal is aborted, and from time to time lets the event
 * loop have its turn, without which no signal would ever arrive.
 */
export async function takeTurn(signal: AbortSignal | undefined): Promise<void> {
  if (performance.now() - lastTurn > LONGEST_MS) {
    await setImmediate();
    lastTurn = performance.now();
  }
  signal?.throwIfAborted();
}
