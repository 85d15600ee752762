import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "#core";
import type { RetryPolicy } from "../retry.ts";

/** A request as a scripted server saw it. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query, decoded. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** One answer of a script. */
export type ScriptedAnswer =
  | {
      readonly status: number;
      readonly json?: unknown;
      readonly text?: string | Buffer;
      readonly headers?: Readonly<Record<string, string>>;
      /** Closes the connection after this many bytes of the body. */
      readonly cutAfter?: number;
    }
  /** Closes the connection without an answer. */
  | "drop";

/** A loopback server that gives prepared answers in turn and keeps what it was asked. */
export interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
}

/** Starts a {@link ScriptedServer}; a request beyond the script is answered with 599. */
export async function scriptedServer(
  script: readonly (ScriptedAnswer | ((request: SeenRequest) => ScriptedAnswer))[],
): Promise<ScriptedServer> {
  const seen: SeenRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const request: SeenRequest = {
        method: incoming.method ?? "",
        path: decodeURIComponent(incoming.url ?? ""),
        headers: incoming.headers,
        body: Buffer.concat(chunks),
      };
      const step = script[seen.length];
      seen.push(request);
      answer(outgoing, typeof step === "function" ? step(request) : (step ?? { status: 599 }));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function answer(outgoing: ServerResponse, step: ScriptedAnswer): void {
  if (step === "drop") {
    outgoing.destroy();
    return;
  }
  const body = Buffer.from(step.json === undefined ? (step.text ?? "") : JSON.stringify(step.json));
  outgoing.writeHead(step.status, { "content-length": String(body.length), ...step.headers });
  if (step.cutAfter === undefined) {
    outgoing.end(body);
    return;
  }
  outgoing.write(body.subarray(0, step.cutAfter), () => {
    // Late enough that the reader has what was sent.
    setTimeout(() => outgoing.destroy(), 20);
  });
}

/** A clock whose waits take no time and are kept. */
export function instantClock(): Clock & { readonly waitsMs: number[] } {
  let nowMs = Date.parse("2026-01-01T00:00:00Z");
  const waitsMs: number[] = [];
  return {
    waitsMs,
    now: () => new Date(nowMs),
    async wait(durationMs, signal) {
      signal?.throwIfAborted();
      waitsMs.push(durationMs);
      nowMs += durationMs;
    },
  };
}

/** Three attempts, a second apart at first. */
export const threeAttempts: RetryPolicy = {
  attempts: 3,
  firstDelayMs: 1_000,
  longestDelayMs: 8_000,
};

/** Credentials whose tokens count up. */
export function countingCredentials() {
  let count = 0;
  return {
    accessToken: async ({ refresh = false }: { readonly refresh?: boolean } = {}) => {
      if (refresh || count === 0) count += 1;
      return `token-${count}`;
    },
  };
}
