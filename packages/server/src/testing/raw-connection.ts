import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A connection that sends what it is told, letter by letter, and keeps what comes back. */
export function connectRaw(url: string) {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = "";
  socket.on("data", (chunk) => (text += chunk.toString()));
  const ended = new Promise<string>((resolve) => {
    socket.on("error", () => resolve(text));
    socket.on("close", () => resolve(text));
  });
  const connected = new Promise<void>((resolve) => socket.on("connect", () => resolve()));
  return { write: (part: string) => socket.write(part), connected, ended };
}

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly json: unknown;
}

/** Sends each body on a connection of its own, all in one turn of the event loop. */
export async function askTogether(
  url: string,
  bodies: readonly string[],
): Promise<readonly RawAnswer[]> {
  const connections = bodies.map(() => connectRaw(url));
  await Promise.all(connections.map(({ connected }) => connected));
  await sleep(50);
  connections.forEach(({ write }, at) => {
    const body = bodies[at] ?? "";
    write(
      `POST /predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  });
  const texts = await Promise.all(connections.map(({ ended }) => ended));
  return texts.map((text) => {
    const split = text.indexOf("\r\n\r\n");
    const head = text.slice(0, split + 2);
    const json: unknown = JSON.parse(text.slice(split));
    return { status: Number(head.slice(9, 12)), head, json };
  });
}

/** Sends a text and gives what comes back until the server closes. */
export async function exchangeRaw(url: string, head: string): Promise<string> {
  const raw = connectRaw(url);
  raw.write(head);
  return await raw.ended;
}
