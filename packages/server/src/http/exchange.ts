import type { IncomingMessage, ServerResponse } from "node:http";
import { randomUUID } from "node:crypto";

/** One request with the place for its answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly startedMs: number;
}

/** What is answered. */
export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** JSON, as every reply but the metrics and the page is. */
export const JSON_TYPE = "application/json";

/** A reply of a JSON value. */
export function jsonReply(status: number, value: unknown): Reply {
  return { status, type: JSON_TYPE, body: JSON.stringify(value) };
}

/** Begins an exchange: the caller's `X-Request-Id` where it needs no escaping anywhere, else a new id. */
export function beginExchange(request: IncomingMessage, response: ServerResponse): Exchange {
  const given = request.headers["x-request-id"];
  const isUsable = typeof given === "string" && /^[!#-[\]-~]{1,200}$/.test(given);
  return {
    request,
    response,
    requestId: isUsable ? given : randomUUID(),
    startedMs: performance.now(),
  };
}

/** The trace's id of a W3C `traceparent` header, or `null`. */
export function traceOf({ headers }: IncomingMessage): string | null {
  const { traceparent } = headers;
  if (typeof traceparent !== "string") return null;
  const match = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(traceparent);
  const trace = match?.[1];
  return trace === undefined || /^0+$/.test(trace) ? null : trace;
}
