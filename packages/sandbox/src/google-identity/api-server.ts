import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Service } from "../contracts.ts";
import { createFaults, type Faults } from "../faults.ts";
import { ApiError, renderApiError } from "./api-error.ts";
import { readJsonFile, writeJsonFile } from "./json-file.ts";

/** One request as a route sees it. */
export interface ApiRequest {
  readonly method: string;
  /** Path parameters, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The request itself: its headers, and its body as a stream. */
  readonly incoming: IncomingMessage;
}

/** What a route answers. */
export type ApiReply =
  | {
      readonly kind: "json";
      readonly body: unknown;
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "bytes";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string | Readable;
    };

/** A method and a path (in `URLPattern`'s form) with what answers it. */
export interface ApiRoute {
  readonly method: string;
  readonly path: string;
  readonly handle: (request: ApiRequest) => Promise<ApiReply> | ApiReply;
}

/** What an API server is started with. */
export interface ApiServerOptions {
  readonly stateDirectory: string;
  /** 0 or absent: the port used before on this folder where it is free, else any. */
  readonly port?: number;
  readonly routes: readonly ApiRoute[];
  /** The JSON body of an error; Google's usual form when absent. */
  readonly renderError?: (error: ApiError) => unknown;
  /** Headers of every answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A running API server and the faults it has been asked to have. */
export interface ApiServer extends Service {
  readonly faults: Faults;
}

interface CompiledRoute extends ApiRoute {
  readonly pattern: URLPattern;
}

/** Starts an HTTP server on loopback that answers by its routes and has faults on demand. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const faults = createFaults();
  const routes = options.routes.map((route) => ({
    ...route,
    pattern: new URLPattern({ pathname: route.path }),
  }));
  const server = createServer((request, response) => {
    void answer(request, response);
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client that goes away in the middle of its upload is not an error of ours.
    request.on("error", () => undefined);
    try {
      if (await faults.handle(request, response)) return;
      await send(response, await dispatch(routes, request), options.headers);
    } catch (error) {
      await sendError(request, response, error);
    }
  }

  async function sendError(
    request: IncomingMessage,
    response: ServerResponse,
    error: unknown,
  ): Promise<void> {
    if (request.socket.destroyed || response.headersSent) return void response.destroy();
    const known =
      error instanceof ApiError
        ? error
        : new ApiError("INTERNAL", `The local service failed: ${describe(error)}`);
    const body = (options.renderError ?? renderApiError)(known);
    // Refusing an upload before it is read: what is left of it must not hold the connection.
    request.resume();
    await send(
      response,
      { kind: "json", status: known.code, body, headers: known.extras.headers ?? {} },
      options.headers,
    ).catch(() => undefined);
  }

  const port = await listenWhereBefore(server, options);
  return {
    url: `http://127.0.0.1:${port}`,
    faults,
    close: () => closeServer(server),
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function dispatch(
  routes: readonly CompiledRoute[],
  incoming: IncomingMessage,
): Promise<ApiReply> {
  const url = new URL(incoming.url ?? "/", "http://127.0.0.1");
  const method = incoming.method ?? "GET";
  for (const route of routes) {
    if (route.method !== method) continue;
    const match = route.pattern.exec({ pathname: url.pathname });
    if (match === null) continue;
    const parameters = decodeParameters(match.pathname.groups);
    return route.handle({ method, parameters, query: url.searchParams, incoming });
  }
  throw new ApiError(
    "NOT_FOUND",
    `${method} ${url.pathname} is not implemented by the local service.`,
    { code: 501 },
  );
}

function decodeParameters(
  groups: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  try {
    return Object.fromEntries(
      Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value ?? "")]),
    );
  } catch {
    throw new ApiError("INVALID_ARGUMENT", "The path is not valid percent-encoded UTF-8.");
  }
}

async function send(
  response: ServerResponse,
  reply: ApiReply,
  common: Readonly<Record<string, string>> = {},
): Promise<void> {
  if (reply.kind === "json") {
    const text = JSON.stringify(reply.body);
    response.writeHead(reply.status ?? 200, {
      "content-type": "application/json; charset=UTF-8",
      "content-length": Buffer.byteLength(text),
      ...common,
      ...reply.headers,
    });
    response.end(text);
    return;
  }
  if (typeof reply.body === "string") {
    const length = Buffer.byteLength(reply.body);
    const hasLength = reply.status !== 204;
    response.writeHead(reply.status, {
      ...(hasLength ? { "content-length": length } : {}),
      ...common,
      ...reply.headers,
    });
    response.end(reply.body);
    return;
  }
  response.writeHead(reply.status, { ...common, ...reply.headers });
  await pipeline(reply.body, response);
}

/** Listens on loopback: on the port asked for, else on the one this folder had before, else on any. */
export async function listenWhereBefore(
  server: Server,
  { port, stateDirectory }: { readonly port?: number; readonly stateDirectory: string },
): Promise<number> {
  const file = join(stateDirectory, "port.json");
  const before = readJsonFile(file);
  const used =
    port === undefined || port === 0
      ? await listen(server, typeof before === "number" ? before : 0).catch(() => listen(server, 0))
      : await listen(server, port);
  if (used !== before) writeJsonFile(file, used);
  return used;
}

/** Listens on a loopback port (0: any) and resolves to the port in use. */
export async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}

/** Stops a server; open connections are cut, so that nobody's keep-alive holds it up. */
export async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeAllConnections();
  await closed;
}

/** The parameters that every Google API takes and that change nothing here. */
const inertParameters: ReadonlySet<string> = new Set([
  "alt",
  "$alt",
  "prettyPrint",
  "$prettyPrint",
  "fields",
  "$fields",
  "key",
  "quotaUser",
]);

/**
 * Refuses a query parameter that the method does not have, so that nothing asked for is silently
 * ignored.
 *
 * @throws ApiError 400 that names the parameter
 */
export function checkQuery(query: URLSearchParams, allowed: readonly string[]): void {
  for (const name of query.keys()) {
    if (inertParameters.has(name) || allowed.includes(name)) continue;
    throw new ApiError(
      "INVALID_ARGUMENT",
      `Unknown name "${name}": Cannot bind query parameter, or the local service does not implement it.`,
      { reason: "invalidParameter" },
    );
  }
  const alt = query.get("alt") ?? query.get("$alt");
  if (alt !== null && !/^(json|media)(;enum-encoding=int)?$/.test(alt)) {
    throw new ApiError("INVALID_ARGUMENT", `alt=${alt} is not implemented by the local service.`, {
      reason: "invalidParameter",
    });
  }
}

const maxJsonBytes = 10 * 1024 * 1024;

/** The body of a request as bytes, up to 10 MiB. */
export async function readBytes(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of incoming) {
    const bytes = chunk as Buffer;
    sizeBytes += bytes.length;
    if (sizeBytes > maxJsonBytes) {
      throw new ApiError(
        "INVALID_ARGUMENT",
        "Request payload size exceeds the limit: 10485760 bytes.",
      );
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/**
 * The JSON object in a request's body; an empty body is an empty object.
 *
 * @throws ApiError 400 when it is anything else
 */
export async function readJsonObject(incoming: IncomingMessage): Promise<Record<string, unknown>> {
  return parseJsonObject(await readBytes(incoming));
}

/** The JSON object in `bytes`; none at all is an empty object. */
export function parseJsonObject(bytes: Buffer): Record<string, unknown> {
  if (bytes.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw new ApiError("INVALID_ARGUMENT", `Invalid JSON payload received. ${describe(error)}`, {
      reason: "parseError",
    });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ApiError("INVALID_ARGUMENT", "Invalid JSON payload received. Expected an object.", {
      reason: "parseError",
    });
  }
  return value as Record<string, unknown>;
}

/** A JSON reply. */
export function json(body: unknown, headers: Readonly<Record<string, string>> = {}): ApiReply {
  return { kind: "json", body, headers };
}

/** The bearer token of a request, if it has one. */
export function bearerToken(incoming: IncomingMessage): string | undefined {
  const match = /^Bearer\s+(\S+)$/i.exec(incoming.headers.authorization ?? "");
  return match?.[1];
}
