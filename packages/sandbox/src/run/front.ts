import { randomBytes } from "node:crypto";
import {
  Agent,
  createServer,
  request as sendRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { closeServer, listen } from "../google-identity/api-server.ts";
import type { AuthenticateInvoker } from "./front-auth.ts";
import type { Instances } from "./instances.ts";
import type { ServiceRecord } from "./model.ts";
import type { RequestMetrics } from "./request-metrics.ts";
import type { RevisionFaults } from "./revision-faults.ts";
import { chooseRevision } from "./traffic.ts";

/** What fronts work on. */
export interface FrontContext {
  /** The service as it is now. */
  readonly find: (name: string) => ServiceRecord | undefined;
  readonly instances: Instances;
  readonly metrics: RequestMetrics;
  readonly faults: RevisionFaults;
  readonly authenticate: AuthenticateInvoker;
  readonly random: () => number;
}

/** The addresses of services: one for each service and one for each of its tags. */
export interface Fronts {
  /** Opens the address of a service, or of one of its tags; resolves to its port. */
  open(service: string, tag: string | undefined, port: number | undefined): Promise<number>;
  close(service: string, tag?: string): Promise<void>;
  closeAll(): Promise<void>;
}

/** Opens and closes the addresses that users call. */
export function createFronts(context: FrontContext): Fronts {
  const servers = new Map<string, Server>();
  const agent = new Agent({ keepAlive: true });
  const key = (service: string, tag: string | undefined): string => `${service}#${tag ?? ""}`;

  /** Forgets the addresses at once, so that one opened meanwhile under the same name stays. */
  async function close(matches: (name: string) => boolean): Promise<void> {
    const closing = [...servers].filter(([name]) => matches(name));
    for (const [name] of closing) servers.delete(name);
    await Promise.all(closing.map(([, server]) => closeServer(server)));
  }

  return {
    open: async (service, tag, port) => {
      const server = createServer((request, response) => {
        request.on("error", () => undefined);
        response.on("error", () => undefined);
        void answer(context, { agent, service, tag }, { request, response }).catch(() =>
          response.destroy(),
        );
      });
      servers.set(key(service, tag), server);
      return listen(server, port ?? 0).catch(() => listen(server, 0));
    },
    close: (service, tag) =>
      close((name) =>
        tag === undefined ? name.startsWith(`${service}#`) : name === key(service, tag),
      ),
    closeAll: async () => {
      await close(() => true);
      agent.destroy();
    },
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function answer(
  context: FrontContext,
  entry: { readonly agent: Agent; readonly service: string; readonly tag: string | undefined },
  exchange: Exchange,
): Promise<void> {
  const service = context.find(entry.service);
  const path = exchange.request.url?.split("?")[0];
  const isOpen = (service?.spec.ingress ?? ingressAll) === ingressAll;
  // Google's front end keeps this path for itself: no container ever sees it.
  if (service === undefined || !isOpen || path === "/healthz") return refuse(exchange, 404);
  const verdict = await context.authenticate(service, exchange.request);
  if (verdict.kind === "refused") return refuse(exchange, verdict.status, verdict.header);
  const revision =
    entry.tag === undefined
      ? chooseRevision(service.routes, context.random())
      : service.routes.find(({ target }) => target.tag === entry.tag)?.revision;
  if (revision === undefined) return refuse(exchange, 404);
  await serve(context, { agent: entry.agent, service, revision }, exchange);
}

const ingressAll = "INGRESS_TRAFFIC_ALL";

interface Destination {
  readonly agent: Agent;
  readonly service: ServiceRecord;
  readonly revision: string;
}

async function serve(
  context: FrontContext,
  destination: Destination,
  exchange: Exchange,
): Promise<void> {
  const { service, revision } = destination;
  const record = service.revisions.find(({ name }) => name === revision);
  const instance =
    record === undefined ? undefined : await context.instances.ensure(service, record);
  const begun = performance.now();
  const count = (status: number): void => {
    const { project, location, id } = service;
    const key = { project, location, service: id, revision };
    context.metrics.record(key, status, performance.now() - begun);
  };
  const fault = context.faults.effect(service.id, revision);
  if (fault.extraLatencyMs > 0) await sleep(fault.extraLatencyMs);
  if (fault.errorRate > 0 && context.random() < fault.errorRate) {
    count(500);
    return refuse(exchange, 500);
  }
  if (record === undefined || instance?.kind !== "ready") {
    count(503);
    return refuse(exchange, 503);
  }
  context.instances.touch(service, revision, 1);
  try {
    const timeoutMs = Number.parseFloat(record.template.timeout ?? "300s") * 1000;
    count(await forward({ agent: destination.agent, port: instance.port, timeoutMs }, exchange));
  } finally {
    context.instances.touch(service, revision, -1);
  }
}

const hopByHop = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade", "te"]);
const clientGone = 499;

/** Passes a request on and its response back; resolves to the status that counts. */
function forward(
  upstream: { readonly agent: Agent; readonly port: number; readonly timeoutMs: number },
  { request, response }: Exchange,
): Promise<number> {
  return new Promise((resolve) => {
    const onward = sendRequest({
      agent: upstream.agent,
      host: "127.0.0.1",
      port: upstream.port,
      method: request.method ?? "GET",
      path: request.url ?? "/",
      headers: onwardHeaders(request),
    });
    const timer = setTimeout(() => onward.destroy(new Error("timeout")), upstream.timeoutMs);
    let status = clientGone;
    const end = (final: number): void => {
      clearTimeout(timer);
      resolve(final);
    };
    onward.on("response", (answer) => {
      status = answer.statusCode ?? 502;
      response.writeHead(status, answer.statusMessage, withoutHopByHop(answer.headers));
      answer.pipe(response);
      answer.on("error", () => response.destroy());
      response.once("finish", () => end(status));
    });
    onward.on("error", (error) => {
      const failure = error.message === "timeout" ? 504 : 503;
      if (response.destroyed) return end(clientGone);
      if (response.headersSent) response.destroy();
      else refuse({ request, response }, failure);
      end(failure);
    });
    response.once("close", () => {
      if (!response.writableFinished) onward.destroy();
      end(status);
    });
    request.pipe(onward);
  });
}

function onwardHeaders(request: IncomingMessage): Record<string, string | string[]> {
  const { headers } = request;
  const given = String(headers["traceparent"] ?? "");
  const trace = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(given) ? given : newTraceParent();
  const [, traceId = "", spanId = ""] = trace.split("-");
  return {
    ...withoutHopByHop(headers),
    ...(headers.authorization === undefined
      ? {}
      : { authorization: withoutSignature(headers.authorization) }),
    "x-forwarded-for": [headers["x-forwarded-for"], request.socket.remoteAddress]
      .filter((address) => address !== undefined)
      .join(", "),
    "x-forwarded-proto": "http",
    traceparent: trace,
    "x-cloud-trace-context": `${traceId}/${BigInt(`0x${spanId}`)}`,
  };
}

function newTraceParent(): string {
  return `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-00`;
}

// A container learns who calls, and cannot use the caller's token elsewhere.
function withoutSignature(authorization: string): string {
  return authorization.replace(
    /^(Bearer\s+[\w-]+\.[\w-]+)\.[\w-]+$/i,
    "$1.SIGNATURE_REMOVED_BY_GOOGLE",
  );
}

function withoutHopByHop(
  headers: NodeJS.Dict<string | string[]>,
): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || hopByHop.has(name) ? [] : [[name, value]],
    ),
  );
}

const explanations: Readonly<Record<number, string>> = {
  401: "Your client does not have valid credentials for this service.",
  403: "Your client does not have permission to get this URL from this server.",
  404: "The requested URL was not found on this server.",
  500: "The server encountered an error and could not complete your request.",
  503: "The request failed because either the HTTP response was malformed or connection to the instance had an error.",
  504: "The request has been terminated because it has reached the maximum request timeout.",
};

function refuse({ request, response }: Exchange, status: number, challenge?: string): void {
  request.resume();
  const body = `<html><head><title>${status}</title></head><body><h1>Error ${status}</h1><p>${explanations[status] ?? ""}</p></body></html>\n`;
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    ...(challenge === undefined ? {} : { "www-authenticate": challenge }),
  });
  response.end(body);
}
