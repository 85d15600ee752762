import type { Cancellation } from "./cancellation.ts";

/** `concurrency:` after evaluation. */
export interface ConcurrencyAsk {
  readonly group: string;
  readonly cancelInProgress: boolean;
  /** `single`: a newer one replaces the one that waits; `max`: all wait their turn. */
  readonly queue: "single" | "max";
  readonly cancellation: Cancellation;
}

interface Waiting {
  readonly ask: ConcurrencyAsk;
  readonly start: () => void;
}

interface Group {
  running: ConcurrencyAsk | undefined;
  readonly waiting: Waiting[];
}

/** Groups of which one member runs at a time. */
export interface ConcurrencyGroups {
  /** Waits for the turn; the function it resolves to gives the turn away. Rejects when cancelled before. */
  enter(ask: ConcurrencyAsk): Promise<() => void>;
}

const pendingReplaced = (group: string) =>
  `Canceling since a higher priority waiting request for '${group}' exists`;

/** Makes concurrency groups, shared by all runs of a repository. */
export function createConcurrencyGroups(): ConcurrencyGroups {
  const groups = new Map<string, Group>();
  const next = (name: string, group: Group) => {
    group.running = undefined;
    const waiting = group.waiting.shift();
    if (waiting === undefined) groups.delete(name);
    else waiting.start();
  };
  return {
    enter(ask) {
      const name = ask.group.toLowerCase();
      const group = groups.get(name) ?? { running: undefined, waiting: [] };
      groups.set(name, group);
      return new Promise((resolve, reject) => {
        const start = () => {
          group.running = ask;
          stopListening();
          resolve(() => next(name, group));
        };
        const waiting = { ask, start };
        const stopListening = ask.cancellation.onCancel(() => {
          const index = group.waiting.indexOf(waiting);
          if (index >= 0) group.waiting.splice(index, 1);
          if (group.running === undefined && group.waiting.length === 0) groups.delete(name);
          reject(new Error(ask.cancellation.reason ?? "cancelled"));
        });
        if (ask.cancellation.cancelled) return;
        if (group.running === undefined) {
          start();
          return;
        }
        if (ask.queue === "single") {
          const older = group.waiting.map((member) => member.ask.cancellation);
          for (const cancellation of older) cancellation.cancel(pendingReplaced(ask.group));
        }
        group.waiting.push(waiting);
        if (ask.cancelInProgress) group.running.cancellation.cancel(pendingReplaced(ask.group));
      });
    },
  };
}
