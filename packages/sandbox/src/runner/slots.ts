import type { Cancellation } from "./cancellation.ts";

/** Places for jobs that run at the same time. */
export interface Slots {
  /** Waits for a place; the function it resolves to gives it back. Resolves to `undefined` when cancelled before. */
  take(cancellation: Cancellation): Promise<(() => void) | undefined>;
}

/** Makes a number of places. */
export function createSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  const giveBack = () => {
    free += 1;
    waiting.shift()?.();
  };
  return {
    take: (cancellation) =>
      new Promise((resolve) => {
        const take = () => {
          stopListening();
          free -= 1;
          resolve(giveBack);
        };
        const stopListening = cancellation.onCancel(() => {
          const index = waiting.indexOf(take);
          if (index >= 0) waiting.splice(index, 1);
          resolve(undefined);
        });
        if (cancellation.cancelled) return;
        if (free > 0) take();
        else waiting.push(take);
      }),
  };
}
