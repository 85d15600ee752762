import type { ClientRequest, IncomingMessage } from "node:http";

/** A PUT whose body comes in pieces. */
export interface StreamedPut {
  readonly url: string;
  /** Must hold the `content-length`. */
  readonly headers: Readonly<Record<string, string>>;
  /** A piece may be used again by its maker as soon as the next one is asked for. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Longest time without any progress. */
  readonly idleTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Sends a PUT piece by piece. Not through fetch, which copies each piece and leaves both to the
 * garbage collector: here one buffer serves a whole upload, because `write` says when a piece has
 * left.
 */
export async function putStream(put: StreamedPut): Promise<Response> {
  // Loaded here: they take 10 ms and more of an action's start.
  const { request: send } = await (put.url.startsWith("https:")
    ? import("node:https")
    : import("node:http"));
  const request = send(put.url, {
    method: "PUT",
    headers: put.headers,
    ...(put.signal === undefined ? {} : { signal: put.signal }),
  });
  request.setTimeout(put.idleTimeoutMs, () => {
    request.destroy(new Error(`no progress within ${put.idleTimeoutMs} ms`));
  });
  const answered = answerOf(request);
  // An early answer, e.g. a refusal, or a broken connection ends the writing.
  let over = false;
  const watched = answered.finally(() => {
    over = true;
  });
  watched.catch(() => {});
  try {
    for await (const piece of put.body) {
      if (over) break;
      await Promise.race([write(request, piece), watched]);
    }
    if (!over) request.end();
    return await readAnswer(await watched);
  } finally {
    if (!request.writableFinished) request.destroy();
  }
}

function answerOf(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once("response", resolve);
    // Stays on: a connection may break more than once on its way down.
    request.on("error", reject);
  });
}

function write(request: ClientRequest, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    request.write(piece, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

async function readAnswer(incoming: IncomingMessage): Promise<Response> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of incoming as AsyncIterable<Uint8Array>) chunks.push(chunk);
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, String(value));
  }
  const status = incoming.statusCode ?? 0;
  return new Response(chunks.length === 0 ? null : Buffer.concat(chunks), { status, headers });
}
