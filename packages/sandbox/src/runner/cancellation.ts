/** Whether and why a job or run was cancelled, and whom to tell. */
export interface Cancellation {
  readonly cancelled: boolean;
  readonly reason: string | undefined;
  /** Cancels, once. */
  cancel(reason: string): void;
  /** Calls back when cancelled, at once if it already is; returns a function that stops it. */
  onCancel(listener: () => void): () => void;
}

/** Makes a cancellation; it follows its parents. */
export function createCancellation(parents: readonly Cancellation[] = []): Cancellation {
  const listeners = new Set<() => void>();
  let reason: string | undefined;
  const cancellation: Cancellation = {
    get cancelled() {
      return reason !== undefined;
    },
    get reason() {
      return reason;
    },
    cancel(why) {
      if (reason !== undefined) return;
      reason = why;
      for (const listener of listeners) listener();
      listeners.clear();
    },
    onCancel(listener) {
      if (reason !== undefined) {
        listener();
        return () => {};
      }
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  for (const parent of parents)
    parent.onCancel(() => cancellation.cancel(parent.reason ?? "cancelled"));
  return cancellation;
}

/** Lets an abort signal cancel; returns a function that stops it. */
export function followSignal(
  cancellation: Cancellation,
  signal: AbortSignal | undefined,
): () => void {
  const cancel = () => cancellation.cancel("The operation was canceled.");
  if (signal?.aborted) cancel();
  else signal?.addEventListener("abort", cancel, { once: true });
  return () => signal?.removeEventListener("abort", cancel);
}
