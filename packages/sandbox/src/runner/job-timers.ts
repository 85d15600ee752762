import type { Cancellation } from "./cancellation.ts";

/** Cancels a job that takes too long, and ends what still runs long after a cancellation. */
export function startTimers(
  cancellation: Cancellation,
  {
    timeoutMinutes,
    cancelTimeoutMinutes,
  }: { timeoutMinutes: number; cancelTimeoutMinutes: number },
) {
  const deadline = new AbortController();
  let deadlineTimer: NodeJS.Timeout | undefined;
  const timeoutTimer = setTimeout(
    () =>
      cancellation.cancel(
        `The job has exceeded the maximum execution time of ${timeoutMinutes} minutes.`,
      ),
    timeoutMinutes * 60_000,
  ).unref();
  const stopListening = cancellation.onCancel(() => {
    deadlineTimer = setTimeout(() => deadline.abort(), cancelTimeoutMinutes * 60_000).unref();
  });
  return {
    deadline: deadline.signal,
    stop() {
      clearTimeout(timeoutTimer);
      clearTimeout(deadlineTimer);
      stopListening();
    },
  };
}
