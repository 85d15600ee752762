/** A deployed model to ask. */
export interface Target {
  /** Base URL without a trailing slash. */
  readonly url: string;
  /** Sent with every request to this target's own host, and to no other. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** One request. */
export interface ProbeRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Sent as it is, as JSON. */
  readonly body?: string;
}

/** How a request ended. */
export type ProbeAnswer =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly text: string;
      readonly latencyMs: number;
    }
  /** No whole answer: refused, cut off, redirected away, or later than the timeout. */
  | { readonly kind: "failed"; readonly why: string; readonly latencyMs: number };

const LONGEST_ANSWER_BYTES = 32 * 1024 * 1024;

/** Asks once. It never throws but for the caller's own abort, and never follows a redirect. */
export async function ask(
  target: Target,
  request: ProbeRequest,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const started = performance.now();
  const elapsed = (): number => performance.now() - started;
  try {
    const response = await fetch(target.url + request.path, {
      method: request.method,
      headers: {
        accept: "application/json",
        // Made-up rows must not be taken for what the model sees in production.
        "prediction-log": "off",
        ...(request.body !== undefined && { "content-type": "application/json" }),
        ...target.headers,
      },
      ...(request.body !== undefined && { body: request.body }),
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(target.timeoutMs)]),
    });
    const location = response.headers.get("location");
    if (response.status >= 300 && response.status < 400 && location !== null) {
      await response.body?.cancel();
      return {
        kind: "failed",
        why: `redirected to ${location}, which was not followed`,
        latencyMs: elapsed(),
      };
    }
    const text = await readBounded(response);
    return { kind: "answered", status: response.status, text, latencyMs: elapsed() };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: "failed", why: describeFailure(error, target.timeoutMs), latencyMs: elapsed() };
  }
}

async function readBounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > LONGEST_ANSWER_BYTES)
      throw new Error(`the answer is longer than ${LONGEST_ANSWER_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function describeFailure(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === "TimeoutError")
    return `no answer within ${timeoutMs} ms`;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as { readonly code?: unknown }).code;
  if (typeof code === "string")
    return `${code}${cause instanceof Error && cause.message !== "" ? `: ${cause.message}` : ""}`;
  return cause instanceof Error ? cause.message : String(cause);
}
