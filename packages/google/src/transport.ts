import type { Clock } from "#core";
import { errorOfFailure, errorOfResponse, isStatus, judgeRetry } from "./remote-errors.ts";
import { withRetries, type RetryPolicy } from "./retry.ts";

/** One HTTP call to a Google service. */
export interface Call {
  /** How messages name the call; never carries a credential. */
  readonly name: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes the body anew for each attempt. */
  readonly body?: () => RequestInit["body"];
  /** `safe`: repeating it does no harm, so it is repeated. `once`: the caller decides. */
  readonly repeat: "safe" | "once";
  /** Statuses beyond 2xx that are answers, not errors. */
  readonly accept?: readonly number[];
  /** Longest wait for the answer's head, an attempt. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** `false` for URLs that carry their own authority. */
  readonly authenticate?: boolean;
}

/** Sends calls with a token, repeats the safe ones, and turns refusals into errors. */
export interface Transport {
  /** Resolves at the answer's head; reading the body is the caller's. */
  send(call: Call): Promise<Response>;
  /** Reads the answer as JSON; a body cut short is repeated like any other failure. */
  json<T>(call: Call): Promise<T>;
}

/** What a {@link Transport} is made of. */
export interface TransportParts {
  readonly accessToken: (options?: { readonly refresh?: boolean }) => Promise<string>;
  readonly clock: Clock;
  readonly retryPolicy: RetryPolicy;
  /** A number in [0, 1), for jitter. */
  readonly random?: (() => number) | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
}

const standardTimeoutMs = 60_000;

/** Builds the {@link Transport} that all adapters of this package share. */
export function createTransport(parts: TransportParts): Transport {
  const repeat = <T>(call: Call, attempt: () => Promise<T>): Promise<T> =>
    call.repeat === "once"
      ? attempt()
      : withRetries(
          {
            policy: parts.retryPolicy,
            clock: parts.clock,
            random: parts.random ?? Math.random,
            signal: call.signal,
            judge: judgeRetry,
          },
          attempt,
        );
  return {
    send: (call) => repeat(call, () => sendWithFreshToken(parts, call)),
    json: <T>(call: Call) =>
      repeat(call, async () => await readJson<T>(call, await sendWithFreshToken(parts, call))),
  };
}

async function sendWithFreshToken(parts: TransportParts, call: Call): Promise<Response> {
  try {
    return await sendOnce(parts, call, false);
  } catch (error) {
    // A token can be revoked or expire in flight; a 401 has changed nothing, so once more is safe.
    if (call.authenticate !== false && isStatus(error, 401)) {
      return await sendOnce(parts, call, true);
    }
    throw error;
  }
}

async function sendOnce(
  { accessToken, clock, fetch = globalThis.fetch }: TransportParts,
  call: Call,
  refresh: boolean,
): Promise<Response> {
  call.signal?.throwIfAborted();
  const headers = new Headers(call.headers);
  if (call.authenticate !== false) {
    headers.set("authorization", `Bearer ${await accessToken({ refresh })}`);
  }
  const guard = attemptGuard(call);
  try {
    const body = call.body?.();
    const response = await fetch(call.url, {
      method: call.method,
      headers,
      // A redirect would carry the token to another host.
      redirect: "manual",
      signal: guard.signal,
      ...(body === undefined || body === null ? {} : { body, duplex: "half" }),
    });
    if (response.ok || call.accept?.includes(response.status)) return response;
    throw await errorOfResponse(call.name, response, clock.now().getTime());
  } catch (error) {
    call.signal?.throwIfAborted();
    if (guard.timedOut()) throw errorOfFailure(call.name, guard.reason);
    throw error instanceof TypeError || isNetworkError(error)
      ? errorOfFailure(call.name, error)
      : error;
  } finally {
    guard.dispose();
  }
}

function isNetworkError(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /^(E[A-Z]+|UND_ERR_)/.test(code);
}

/** Ends an attempt when the caller aborts or the answer's head takes too long. */
function attemptGuard({ signal, timeoutMs = standardTimeoutMs }: Call) {
  const controller = new AbortController();
  const reason = new Error(`no answer within ${timeoutMs} ms`);
  const timer = setTimeout(() => controller.abort(reason), timeoutMs);
  return {
    // The caller's abort goes on to end the body's stream; only the timer belongs to the head.
    signal: signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]),
    reason,
    timedOut: () => controller.signal.aborted,
    dispose: () => clearTimeout(timer),
  };
}

async function readJson<T>({ name, signal }: Call, response: Response): Promise<T> {
  try {
    const text = await response.text();
    return JSON.parse(text === "" ? "{}" : text) as T;
  } catch (error) {
    signal?.throwIfAborted();
    throw errorOfFailure(name, error);
  }
}
