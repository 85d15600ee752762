import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "./contracts.ts";

/** An asked-for fault with what is left of it. */
export interface OpenFault {
  readonly id: number;
  readonly fault: Fault;
  /** Matching requests that still pass before it starts. */
  readonly skip: number;
  /** Requests that will still have it. */
  readonly times: number;
}

/** The faults one service has been asked to have. */
export interface Faults {
  /**
   * Serves `/_sandbox/faults` and applies the open faults; call it first for every request.
   *
   * @returns true when the request has been answered (or its connection closed) and the caller must
   * leave it alone; false when the caller goes on as usual, with `drop-after` already wired into
   * `response`
   */
  handle(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
  /** Asks for a fault in process. */
  add(fault: Fault): OpenFault;
  /** The faults that are not used up. */
  list(): readonly OpenFault[];
  clear(): void;
}

const faultsPath = "/_sandbox/faults";
const maxBodyBytes = 1024 * 1024;

/** Faults for one `node:http` service, none open at first. */
export function createFaults(): Faults {
  let open: readonly OpenFault[] = [];
  let lastId = 0;

  function add(fault: Fault): OpenFault {
    lastId += 1;
    const added = { id: lastId, fault, skip: fault.skip ?? 0, times: fault.times ?? 1 };
    open = [...open, added];
    return added;
  }

  function take(method: string, url: string): Fault | undefined {
    const hit = open.find((candidate) => matches(candidate.fault, method, url));
    if (hit === undefined) return undefined;
    const used = hit.skip > 0 ? { ...hit, skip: hit.skip - 1 } : { ...hit, times: hit.times - 1 };
    open = open.flatMap((other) =>
      other.id === hit.id ? (used.times > 0 ? [used] : []) : [other],
    );
    return hit.skip > 0 ? undefined : hit.fault;
  }

  async function administer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method } = request;
    if (method === "GET") return answerJson(response, 200, open);
    if (method === "DELETE") {
      open = [];
      return answerJson(response, 200, open);
    }
    if (method !== "POST") {
      return answerJson(response, 405, { message: `${faultsPath} takes GET, POST and DELETE.` });
    }
    const parsed = parseFault(await readBody(request));
    return typeof parsed === "string"
      ? answerJson(response, 400, { message: parsed })
      : answerJson(response, 201, add(parsed));
  }

  return {
    add,
    list: () => open,
    clear: () => {
      open = [];
    },
    handle: async (request, response) => {
      const url = request.url ?? "/";
      if (url.split("?")[0] === faultsPath) {
        await administer(request, response);
        return true;
      }
      if (url.startsWith("/_sandbox/")) return false;
      const fault = take(request.method ?? "GET", url);
      return fault === undefined ? false : applyFault(fault, request, response);
    },
  };
}

function matches(fault: Fault, method: string, url: string): boolean {
  if (fault.method !== undefined && fault.method !== method) return false;
  return new RegExp(fault.path).test(url);
}

async function applyFault(
  { effect }: Fault,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  switch (effect.kind) {
    case "status":
      await drain(request);
      answer(response, effect);
      return true;
    case "drop-before":
      request.socket.destroy();
      return true;
    case "drop-after":
      swallowResponse(request, response);
      return false;
    case "delay":
      await sleep(effect.delayMs);
      return false;
  }
}

// The caller writes its response as always; nothing of it reaches the wire, and at the point where
// the response would be complete the connection breaks.
function swallowResponse(request: IncomingMessage, response: ServerResponse): void {
  response.write = () => true;
  response.flushHeaders = () => undefined;
  response.writeHead = (statusCode: number) => {
    response.statusCode = statusCode;
    return response;
  };
  response.end = () => {
    request.socket.destroy();
    return response;
  };
}

function answer(
  response: ServerResponse,
  effect: Extract<Fault["effect"], { kind: "status" }>,
): void {
  const { body: asked } = effect;
  const isText = typeof asked === "string";
  const value = asked ?? { message: `Fault injected: status ${effect.status}` };
  const body = typeof value === "string" ? value : JSON.stringify(value);
  response.writeHead(effect.status, {
    "content-type": isText ? "text/plain; charset=utf-8" : "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    ...effect.headers,
  });
  response.end(body);
}

function answerJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}

// Answering before an upload has been read shows as EPIPE at some clients instead of the status.
async function drain(request: IncomingMessage): Promise<void> {
  request.resume();
  if (request.readableEnded || request.destroyed) return;
  await new Promise<void>((resolve) => {
    request.once("end", resolve);
    request.once("close", resolve);
  });
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk as Uint8Array);
    sizeBytes += bytes.length;
    if (sizeBytes <= maxBodyBytes) chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The fault that a request body asks for, or a sentence that says what is wrong with it. */
export function parseFault(text: string): Fault | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return `A fault is a JSON object: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (typeof value !== "object" || value === null) return "A fault is a JSON object.";
  const { method, path, skip, times, effect } = value as Record<string, unknown>;
  if (method !== undefined && typeof method !== "string") return "method: expected a string.";
  if (typeof path !== "string") return "path: expected a regular expression in a string.";
  const badPath = describeBadPattern(path);
  if (badPath !== undefined) return badPath;
  if (skip !== undefined && !isWhole(skip)) return "skip: expected a whole number, 0 or more.";
  if (times !== undefined && (!isWhole(times) || times === 0)) {
    return "times: expected a whole number, 1 or more.";
  }
  const badEffect = describeBadEffect(effect);
  if (badEffect !== undefined) return badEffect;
  return {
    path,
    effect: effect as Fault["effect"],
    ...(method === undefined ? {} : { method: method.toUpperCase() }),
    ...(skip === undefined ? {} : { skip }),
    ...(times === undefined ? {} : { times }),
  };
}

function describeBadPattern(path: string): string | undefined {
  try {
    void new RegExp(path);
    return undefined;
  } catch (error) {
    return `path: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function describeBadEffect(effect: unknown): string | undefined {
  if (typeof effect !== "object" || effect === null) return "effect: expected an object.";
  const { kind, status, delayMs } = effect as Record<string, unknown>;
  switch (kind) {
    case "status":
      return isWhole(status) && status >= 200 && status <= 599
        ? undefined
        : "effect.status: expected a status from 200 to 599.";
    case "delay":
      return typeof delayMs === "number" && delayMs >= 0
        ? undefined
        : "effect.delayMs: expected milliseconds, 0 or more.";
    case "drop-before":
    case "drop-after":
      return undefined;
    default:
      return "effect.kind: expected status, drop-before, drop-after or delay.";
  }
}

function isWhole(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}
