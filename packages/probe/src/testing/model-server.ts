import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** How the server of a test behaves. */
export interface ServerBehaviour {
  readonly identity?: Readonly<Record<string, unknown>> | null;
  /** Answers 503 to this many readiness questions first. */
  readonly notReadyFor?: number;
  readonly predict?: (instance: Readonly<Record<string, unknown>>) => unknown;
  /** What a bad body is answered with. */
  readonly badStatus?: number;
  readonly delayMs?: (request: number) => number;
  readonly redirectTo?: string;
}

/** A model server for tests: doubles `x` unless told otherwise. */
export async function startModelServer(behaviour: ServerBehaviour = {}): Promise<{
  readonly url: string;
  readonly seen: { readonly path: string; readonly authorization: string | undefined }[];
  close(): Promise<void>;
}> {
  const seen: { path: string; authorization: string | undefined }[] = [];
  const state = { readiness: 0, predictions: 0 };
  const server = createServer((request, response) => {
    seen.push({ path: request.url ?? "", authorization: request.headers.authorization });
    void answer({ request, response, behaviour, state });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly behaviour: ServerBehaviour;
  readonly state: { readiness: number; predictions: number };
}

async function answer({ request, response, behaviour, state }: Exchange): Promise<void> {
  const send = (status: number, body: unknown): void => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  if (behaviour.redirectTo !== undefined) {
    response.writeHead(302, { location: behaviour.redirectTo }).end();
    return;
  }
  if (request.url === "/ready") {
    state.readiness += 1;
    send(state.readiness <= (behaviour.notReadyFor ?? 0) ? 503 : 200, {});
  } else if (request.url === "/metadata") {
    const { identity = { model: "weather", version: "v1.0.0" } } = behaviour;
    send(identity === null ? 404 : 200, identity);
  } else if (request.url === "/predict")
    await predict({ request, response, behaviour, state }, send);
  else send(404, {});
}

async function predict(
  { request, behaviour, state }: Exchange,
  send: (status: number, body: unknown) => void,
): Promise<void> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  const instances = readInstances(text);
  if (instances === null) {
    send(behaviour.badStatus ?? 422, {});
    return;
  }
  const delayMs = behaviour.delayMs?.(state.predictions++) ?? 0;
  if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
  const double = (instance: Readonly<Record<string, unknown>>) => ({
    prediction: Number(instance["x"]) * 2,
    scores: null,
  });
  send(200, { predictions: instances.map(behaviour.predict ?? double) });
}

function readInstances(text: string): readonly Readonly<Record<string, unknown>>[] | null {
  try {
    const { instances } = JSON.parse(text) as { readonly instances?: unknown };
    if (!Array.isArray(instances)) return null;
    const rows = instances as readonly Readonly<Record<string, unknown>>[];
    return rows.length > 0 && rows.every((row) => typeof row["x"] === "number") ? rows : null;
  } catch {
    return null;
  }
}
