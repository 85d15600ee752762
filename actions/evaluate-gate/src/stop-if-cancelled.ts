import { setImmediate } from "node:timers/promises";

/** Lets a signal that waits arrive, and ends the gate when the step was cancelled. @throws the signal's reason */
export async function stopIfCancelled({ signal }: { readonly signal: AbortSignal }): Promise<void> {
  await setImmediate();
  signal.throwIfAborted();
}
