import type { Clock, Log } from "../ports.ts";

/** A log that keeps its lines. */
export function rememberingLog(): Log & { readonly lines: readonly string[] } {
  const lines: string[] = [];
  const remember = (message: string): void => void lines.push(message);
  return {
    lines,
    info: remember,
    warning: remember,
    debug: () => {},
    group: (_title, work) => work(),
  };
}

/** A clock that waits for nobody: waiting moves it on. */
export function steppingClock(start = "2026-01-01T00:00:00Z"): Clock {
  let time = Date.parse(start);
  return {
    now: () => new Date(time),
    wait: (durationMs, signal) => {
      signal?.throwIfAborted();
      time += durationMs;
      return Promise.resolve();
    },
  };
}
