import type { Clock } from "#core";
import { RemoteError } from "#core";
import type { Transport } from "../transport.ts";
import { fatalError, fatalReasonIn, fatalConditionOf } from "./conditions.ts";
import { failureOfRevision } from "./settled.ts";
import type { Operation, Revision, RpcStatus } from "./types.ts";

/** How long something is waited for. */
export interface Waiting {
  /** Milliseconds from now; ten minutes by default. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Waits between looks: short at first, because most changes take a second or two. */
export const firstPollMs = 250;
export const longestPollMs = 5_000;
export const standardWaitMs = 600_000;

/** What {@link pollUntil} looks at and how long. */
export interface Polling<T> extends Waiting {
  readonly clock: Clock;
  readonly random: () => number;
  /** Looks once: a value ends the waiting, a text says what is still missing. */
  readonly look: () => Promise<{ readonly done: T } | { readonly why: string }>;
  /** How the error names what was waited for. */
  readonly what: string;
}

/** Looks again and again, ever more slowly, until there is a result or the time is over. */
export async function pollUntil<T>(polling: Polling<T>): Promise<T> {
  const { clock, random, timeoutMs = standardWaitMs, signal } = polling;
  const startMs = clock.now().getTime();
  for (let look = 0; ; look += 1) {
    signal?.throwIfAborted();
    const seen = await polling.look();
    if ("done" in seen) return seen.done;
    const leftMs = startMs + timeoutMs - clock.now().getTime();
    if (leftMs <= 0) throw deadlinePassed(polling.what, timeoutMs, seen.why);
    const ceilingMs = Math.min(longestPollMs, firstPollMs * 1.5 ** look);
    await clock.wait(Math.min(leftMs, ceilingMs * (0.75 + 0.25 * random())), signal);
  }
}

function deadlinePassed(what: string, timeoutMs: number, why: string): RemoteError {
  return new RemoteError({
    code: "DEADLINE_EXCEEDED",
    message: `${what} was not done after ${Math.round(timeoutMs / 1000)} seconds: ${why}.`,
    hint: "Look at the service in the Google Cloud console; running the step again goes on from where it is.",
    call: `wait for ${what}`,
    status: null,
    retryable: true,
  });
}

/** What an operation is waited for with. */
export interface OperationWait extends Waiting {
  readonly transport: Transport;
  readonly endpoint: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** Reads the revision that the operation makes, to explain its failure. */
  readonly revision?: () => Promise<Revision | null>;
}

/** Waits for an operation and gives its result; its error becomes one with log link and remedy. */
export async function awaitOperation<T>(
  operation: Operation<T>,
  wait: OperationWait,
): Promise<T | undefined> {
  const finished = await pollUntil<Operation<T>>({
    ...wait,
    what: operation.name,
    async look() {
      const current = operation.done
        ? operation
        : await wait.transport.json<Operation<T>>({
            name: `GET ${operation.name}`,
            method: "GET",
            url: `${wait.endpoint}/v2/${operation.name}`,
            repeat: "safe",
            signal: wait.signal,
          });
      return current.done ? { done: current } : { why: "the operation is still running" };
    },
  });
  if (finished.error === undefined) return finished.response;
  throw await operationError(finished.name, finished.error, wait);
}

/** Codes of google.rpc.Code after which the same call may succeed: ABORTED, UNAVAILABLE and so on. */
const retryableCodes: ReadonlySet<number> = new Set([4, 8, 10, 13, 14]);

async function operationError(
  name: string,
  status: RpcStatus,
  wait: OperationWait,
): Promise<RemoteError> {
  const revision = await wait.revision?.().catch(() => null);
  const failure = revision === null || revision === undefined ? null : failureOfRevision(revision);
  if (failure !== null) return failure;
  const message = status.message ?? "no message was given";
  const reason = fatalReasonIn(message);
  if (reason !== null) {
    const fatal = fatalConditionOf([{ type: "Ready", state: "CONDITION_FAILED", message, reason }]);
    if (fatal !== null) return fatalError(name, fatal, logLinkIn(message));
  }
  return new RemoteError({
    code: "OPERATION_FAILED",
    message: `${name} failed: ${message}`,
    call: `wait for ${name}`,
    status: null,
    retryable: retryableCodes.has(status.code ?? 2),
    cause: status,
  });
}

function logLinkIn(message: string): string | null {
  return /https:\/\/console\.cloud\.google\.com\/logs\S+/.exec(message)?.[0] ?? null;
}
