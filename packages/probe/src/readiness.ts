import type { Clock } from "#core";
import { ask, type Target } from "./request.ts";
import { parseJson, type Protocol } from "./protocols.ts";

/** Whether and how soon a server was ready. */
export type Readiness =
  | {
      readonly kind: "ready";
      readonly path: string;
      readonly waitedMs: number;
      readonly attempts: number;
    }
  | {
      readonly kind: "not-ready";
      readonly why: string;
      readonly waitedMs: number;
      readonly attempts: number;
    };

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

/**
 * Asks until a server says that it is ready, with growing pauses. The wait of the first good
 * answer is the cold start as a user would feel it.
 */
export async function waitUntilReady(
  target: Target,
  {
    protocol,
    readyTimeoutMs,
    clock,
    signal,
  }: {
    readonly protocol: Protocol;
    readonly readyTimeoutMs: number;
    readonly clock: Clock;
    readonly signal: AbortSignal;
  },
): Promise<Readiness> {
  const started = clock.now().getTime();
  const waited = (): number => clock.now().getTime() - started;
  let why = "it was never asked";
  let pauseMs = FIRST_PAUSE_MS;
  for (let attempts = 1; ; attempts++) {
    for (const path of protocol.readyPaths) {
      const answer = await ask(target, { method: "GET", path }, signal);
      if (answer.kind === "answered" && answer.status < 300)
        return { kind: "ready", path, waitedMs: waited(), attempts };
      why =
        answer.kind === "failed"
          ? answer.why
          : `${path} answered ${answer.status}: ${answer.text.slice(0, 200)}`;
      // A server that does not know a path is asked by the next; any other answer is its word.
      if (answer.kind === "answered" && answer.status !== 404) break;
    }
    if (isFinal(why)) return { kind: "not-ready", why, waitedMs: waited(), attempts };
    if (waited() + pauseMs > readyTimeoutMs)
      return { kind: "not-ready", why, waitedMs: waited(), attempts };
    await clock.wait(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

/** Waiting does not mend a refused token or a name that does not exist. */
function isFinal(why: string): boolean {
  return / answered 40[13]:/.test(why) || why.startsWith("ENOTFOUND");
}

/** What a server says it is. */
export interface Identity {
  readonly model: string | null;
  readonly version: string | null;
  readonly digest: string | null;
}

/** Reads `GET /metadata`; `null` when the server does not say. */
export async function readIdentity(target: Target, signal: AbortSignal): Promise<Identity | null> {
  const answer = await ask(target, { method: "GET", path: "/metadata" }, signal);
  if (answer.kind !== "answered" || answer.status >= 300) return null;
  const body = parseJson(answer.text);
  if (typeof body !== "object" || body === null) return null;
  const read = (name: string): string | null => {
    const value = (body as Record<string, unknown>)[name];
    return typeof value === "string" ? value : null;
  };
  return { model: read("model"), version: read("version"), digest: read("digest") };
}
