import type { Server } from "node:http";
import type { BatchQueue } from "./batch-queue.ts";
import type { LineSink } from "./prediction-log.ts";

interface DrainParts {
  readonly server: Server;
  readonly queue: BatchQueue | null;
  readonly sink: LineSink;
  readonly timeoutMs: number;
}

/**
 * Stops accepting, waits for what was accepted, then stores the prediction log.
 *
 * @returns `false` when the time ran out first; connections are then cut
 */
export async function drainServer({
  server,
  queue,
  sink,
  timeoutMs,
}: DrainParts): Promise<boolean> {
  const startedMs = performance.now();
  // Storing the log is worth keeping time for, however slow a caller is.
  const closed = await within(closeServer(server), timeoutMs * 0.7);
  if (!closed) server.closeAllConnections();
  const leftMs = () => Math.max(0, timeoutMs - (performance.now() - startedMs));
  const idle = queue === null || (await within(queue.idle(), leftMs()));
  const stored = await within(sink.close(), leftMs());
  return closed && idle && stored;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (server.listening) server.close(() => resolve());
    else resolve();
  });
}

async function within(work: Promise<void>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
