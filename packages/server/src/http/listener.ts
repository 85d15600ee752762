import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { ServerLimits } from "../limits.ts";
import type { Metrics } from "../metrics.ts";
import { describeError, messageOf, type OperationLog } from "../operation-log.ts";
import { beginExchange, type Exchange, type Reply } from "./exchange.ts";
import { refusalBody } from "./instances-protocol.ts";
import { refusalReply, type PredictHandler, type Send } from "./predict.ts";
import type { Identity } from "./protocol.ts";
import { refuseSize } from "./read-body.ts";
import { refuseBusy, type Refusal } from "./refusal.ts";
import type { Route, RouteTable } from "./routes.ts";

/** What the listener looks at with every request; changed as the server comes up and goes down. */
export interface ServingState {
  phase: "loading" | "ready" | "draining";
  identity: Identity | null;
  routes: RouteTable;
  predict: PredictHandler | null;
}

interface ListenerParts {
  readonly state: ServingState;
  readonly limits: ServerLimits;
  readonly metrics: Metrics;
  readonly log: OperationLog;
}

/** What is plugged into the HTTP server. */
export interface HttpListener {
  readonly onRequest: RequestListener;
  /** For a client that asks before it sends its body. */
  readonly onCheckContinue: RequestListener;
  readonly send: Send;
}

/** Makes the listener that finds a request's route and answers it. */
export function createListener(parts: ListenerParts): HttpListener {
  const { state, limits } = parts;
  const labels = new WeakMap<Exchange, string>();
  const send: Send = (exchange, reply) =>
    sendReply(parts, exchange, {
      reply,
      label: labels.get(exchange) ?? "other",
    });
  const refuse = (exchange: Exchange, refusal: Refusal): void => {
    // What was sent with it is read and dropped, so that the connection can go on.
    exchange.request.resume();
    send(
      exchange,
      refusalReply(refusal, (one) => refusalBody(state.identity, one)),
    );
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const exchange = beginExchange(request, response);
    const route = findRoute(state.routes, request.url ?? "/");
    if (route === undefined) return refuse(exchange, refusePath(state, request));
    labels.set(exchange, route.label);
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (route.kind === "read" ? !isRead : request.method !== "POST") {
      return refuse(exchange, refuseMethod(route));
    }
    if (route.kind === "predict") {
      if (state.predict === null) return refuse(exchange, notReady);
      state.predict(exchange, route.protocol);
      return;
    }
    request.resume();
    answerRead(route, { exchange, send, log: parts.log, refuse });
  };
  return {
    onRequest,
    onCheckContinue: (request, response) => {
      if (Number(request.headers["content-length"] ?? 0) > limits.requestBytes) {
        refuse(beginExchange(request, response), refuseSize(limits.requestBytes));
        return;
      }
      response.writeContinue();
      onRequest(request, response);
    },
    send,
  };
}

interface Reading {
  readonly exchange: Exchange;
  readonly send: Send;
  readonly log: OperationLog;
  readonly refuse: (exchange: Exchange, refusal: Refusal) => void;
}

function answerRead(
  route: Extract<Route, { kind: "read" }>,
  { exchange, send, log, refuse }: Reading,
): void {
  void Promise.resolve()
    .then(route.reply)
    .then(
      (reply) => send(exchange, reply),
      (error: unknown) => {
        log("ERROR", `${route.label} failed: ${messageOf(error)}`, describeError(error));
        refuse(exchange, {
          status: 500,
          code: "INTERNAL",
          message: "The server could not answer.",
        });
      },
    );
}

const notReady = refuseBusy("NOT_READY", "The model is not loaded yet. Try again soon.");

/** By the exact path first; clients differ in what they percent-encode. */
function findRoute(routes: RouteTable, url: string): Route | undefined {
  const query = url.indexOf("?");
  const path = query === -1 ? url : url.slice(0, query);
  const route = routes.get(path);
  if (route !== undefined || !path.includes("%")) return route;
  try {
    return routes.get(decodeURIComponent(path));
  } catch {
    return undefined;
  }
}

function refusePath(state: ServingState, { url = "/" }: IncomingMessage): Refusal {
  if (state.predict === null) return notReady;
  const { identity } = state;
  const served = `${identity?.model} ${identity?.version}`;
  const message = url.startsWith("/v2/models/")
    ? `There is no such model or version here: ${served} is served.`
    : "There is no such path. GET /docs shows those that there are.";
  return { status: 404, code: "NOT_FOUND", message };
}

function refuseMethod(route: Route): Refusal {
  const allow = route.kind === "read" ? "GET, HEAD" : "POST";
  return {
    status: 405,
    code: "METHOD_NOT_ALLOWED",
    message: `This path answers ${allow}.`,
    headers: { allow },
  };
}

interface LabelledReply {
  readonly reply: Reply;
  readonly label: string;
}

function sendReply(
  { state, metrics }: ListenerParts,
  { response, requestId, startedMs }: Exchange,
  { reply, label }: LabelledReply,
): void {
  const { status, type, body, headers } = reply;
  metrics.countRequest(label, status, (performance.now() - startedMs) / 1000);
  if (response.destroyed || response.headersSent) return;
  const { identity } = state;
  // A flat list of names and values is what node writes fastest.
  const head = ["Content-Type", type, "Content-Length", String(Buffer.byteLength(body))];
  head.push("X-Request-Id", requestId);
  if (identity !== null) head.push("X-Model", identity.model, "X-Model-Version", identity.version);
  if (headers !== undefined)
    for (const [name, value] of Object.entries(headers)) head.push(name, value);
  if (state.phase === "draining" && headers?.["connection"] === undefined) {
    head.push("Connection", "close");
  }
  response.writeHead(status, head);
  response.end(body);
}
