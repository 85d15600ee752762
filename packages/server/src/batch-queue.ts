import type { Predictions } from "#models";
import type { Instance } from "./check-instances.ts";

/** How rows that were submitted ended. */
export type BatchOutcome =
  /** The rows' answers stand in `predictions` from `start` on. */
  | { readonly kind: "scored"; readonly predictions: Predictions; readonly start: number }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "late" };

/** What bounds the queue. */
export interface QueueLimits {
  /** Rows that may wait. */
  readonly queueRows: number;
  /** Rows of one run; a request with more is run alone. */
  readonly batchRows: number;
  /** From submission to answer. */
  readonly timeoutMs: number;
}

/** Rows that wait for the next run of the model. */
export interface BatchQueue {
  /** Takes rows unless the queue is full; `done` is called once. */
  readonly submit: (
    instances: readonly Instance[],
    done: (outcome: BatchOutcome) => void,
  ) => boolean;
  readonly waitingRows: () => number;
  /** Resolves when nothing waits or runs. */
  readonly idle: () => Promise<void>;
}

interface Entry {
  readonly instances: readonly Instance[];
  readonly deadlineMs: number;
  /** `null` once it was called. */
  done: ((outcome: BatchOutcome) => void) | null;
}

interface QueueParts {
  readonly score: (rows: readonly Instance[]) => Promise<Predictions>;
  readonly limits: QueueLimits;
  /** Told of every run with its number of rows. */
  readonly onRun: (rows: number) => void;
  /** Told what a `done` threw, which must not keep the others waiting. */
  readonly onError: (error: unknown) => void;
}

interface QueueState {
  waiting: Entry[];
  waitingRows: number;
  running: readonly Entry[];
  isScheduled: boolean;
  sweeper: NodeJS.Timeout | null;
  whenIdle: (() => void)[];
}

/**
 * Joins what arrives in one turn of the event loop into one run of the model: a lone request
 * waits for nothing, and many at once cost little more than one.
 */
export function createBatchQueue(parts: QueueParts): BatchQueue {
  const { limits } = parts;
  const state: QueueState = {
    waiting: [],
    waitingRows: 0,
    running: [],
    isScheduled: false,
    sweeper: null,
    whenIdle: [],
  };
  return {
    submit: (instances, done) => {
      if (state.waitingRows > 0 && state.waitingRows + instances.length > limits.queueRows) {
        return false;
      }
      state.waiting.push({ instances, deadlineMs: performance.now() + limits.timeoutMs, done });
      state.waitingRows += instances.length;
      schedule(state, parts);
      state.sweeper ??= setInterval(
        () => sweep(state, parts),
        Math.min(250, limits.timeoutMs),
      ).unref();
      return true;
    },
    waitingRows: () => state.waitingRows,
    idle: () =>
      new Promise((resolve) => {
        if (isIdle(state)) resolve();
        else state.whenIdle.push(resolve);
      }),
  };
}

function isIdle(state: QueueState): boolean {
  return state.waiting.length === 0 && state.running.length === 0;
}

function schedule(state: QueueState, parts: QueueParts): void {
  if (state.isScheduled || state.running.length > 0) return;
  state.isScheduled = true;
  setImmediate(() => {
    state.isScheduled = false;
    void runNext(state, parts);
  });
}

async function runNext(state: QueueState, parts: QueueParts): Promise<void> {
  state.running = takeBatch(state, parts.limits.batchRows);
  if (state.running.length > 0) {
    await runBatch(state.running, parts);
    state.running = [];
  }
  if (state.waiting.length > 0) {
    schedule(state, parts);
    return;
  }
  if (state.sweeper !== null) clearInterval(state.sweeper);
  state.sweeper = null;
  for (const resolve of state.whenIdle.splice(0)) resolve();
}

function takeBatch(state: QueueState, batchRows: number): readonly Entry[] {
  let rows = 0;
  let count = 0;
  for (const { instances } of state.waiting) {
    if (count > 0 && rows + instances.length > batchRows) break;
    rows += instances.length;
    count += 1;
  }
  const taken = count === state.waiting.length ? state.waiting : state.waiting.slice(0, count);
  state.waiting = taken === state.waiting ? [] : state.waiting.slice(count);
  state.waitingRows -= rows;
  return taken.filter(({ done }) => done !== null);
}

async function runBatch(entries: readonly Entry[], parts: QueueParts): Promise<void> {
  const [only] = entries;
  const isAlone = entries.length === 1 && only !== undefined;
  const rows = isAlone ? only.instances : entries.flatMap(({ instances }) => instances);
  parts.onRun(rows.length);
  let predictions: Predictions;
  try {
    predictions = await parts.score(rows);
  } catch (error) {
    if (isAlone) settle(only, { kind: "failed", error }, parts);
    // One request's value must not fail its neighbours: each is run by itself.
    else for (const entry of entries) await runBatch([entry], parts);
    return;
  }
  let start = 0;
  for (const entry of entries) {
    settle(entry, { kind: "scored", predictions, start }, parts);
    start += entry.instances.length;
  }
}

function settle(entry: Entry, outcome: BatchOutcome, { onError }: QueueParts): void {
  const { done } = entry;
  entry.done = null;
  try {
    done?.(outcome);
  } catch (error) {
    onError(error);
  }
}

function sweep({ waiting, running }: QueueState, parts: QueueParts): void {
  const now = performance.now();
  for (const entries of [running, waiting]) {
    for (const entry of entries)
      if (entry.deadlineMs <= now) settle(entry, { kind: "late" }, parts);
  }
}
