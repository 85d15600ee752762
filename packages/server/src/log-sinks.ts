import { randomUUID } from "node:crypto";
import type { Writable } from "node:stream";
import type { ObjectStore } from "#google";
import { messageOf, type OperationLog } from "./operation-log.ts";
import type { LineSink } from "./prediction-log.ts";

/** Drops every line. */
export const silentSink: LineSink = { write: () => {}, close: () => Promise.resolve() };

/** Writes the lines of one turn of the event loop to a stream at once. */
export function streamSink(stream: Writable): LineSink {
  let held = "";
  const writeHeld = (): void => {
    const text = held;
    held = "";
    if (text !== "") stream.write(text);
  };
  return {
    write: (line) => {
      if (held === "") setImmediate(writeHeld);
      held += line;
    },
    close: () =>
      new Promise((resolve) => {
        writeHeld();
        stream.write("", () => resolve());
      }),
  };
}

/** How predictions become objects. */
export interface ObjectSinkOptions {
  readonly store: ObjectStore;
  /** `gs://bucket/prefix/{date}/`; `{date}` is the UTC day of the lines. */
  readonly destination: string;
  readonly intervalMs: number;
  /** An object is closed when it would become larger. */
  readonly objectBytes: number;
  /** Lines that could not be stored are kept up to this size. */
  readonly heldBytes: number;
  readonly now: () => Date;
  readonly log: OperationLog;
  /** Told how many lines were given up. */
  readonly onDropped: (lines: number) => void;
}

/** A finished piece of the log with the name it will have, whatever comes in between. */
interface LogObject {
  readonly uri: string;
  readonly lines: readonly string[];
  readonly bytes: number;
}

interface OpenPiece {
  date: string;
  lines: string[];
  bytes: number;
}

/**
 * Writes lines as create-only objects: every `intervalMs`, at `objectBytes`, when the day
 * changes, and at the end. What a store refuses is tried again at the next turn under the same
 * name, so that nothing is stored twice.
 */
export function objectSink(options: ObjectSinkOptions): LineSink {
  const instance = randomUUID().slice(0, 8);
  const open: OpenPiece = { date: "", lines: [], bytes: 0 };
  const finished: LogObject[] = [];
  let sequence = 0;
  let storing: Promise<void> | null = null;

  const finish = (): void => {
    if (open.lines.length === 0) return;
    sequence += 1;
    const time = options.now().toISOString().replace(/[:.]/g, "-");
    const name = `${time}-${instance}-${sequence}.jsonl`;
    const uri = objectUri(options.destination, open.date, name);
    finished.push({ uri, lines: open.lines, bytes: open.bytes });
    open.lines = [];
    open.bytes = 0;
    dropOldest(finished, options);
  };
  const store = (): Promise<void> =>
    (storing ??= storeAll(finished, options).finally(() => {
      storing = null;
    }));
  const timer = setInterval(() => {
    finish();
    void store();
  }, options.intervalMs).unref();
  return {
    write: (line) => {
      const date = options.now().toISOString().slice(0, 10);
      const bytes = Buffer.byteLength(line);
      if (open.bytes > 0 && (date !== open.date || open.bytes + bytes > options.objectBytes)) {
        finish();
        void store();
      }
      open.date = date;
      open.lines.push(line);
      open.bytes += bytes;
    },
    close: async () => {
      clearInterval(timer);
      finish();
      await storing;
      await store();
    },
  };
}

function objectUri(destination: string, date: string, name: string): string {
  const folder = destination.replaceAll("{date}", date);
  return `${folder}${folder.endsWith("/") ? "" : "/"}${name}`;
}

async function storeAll(finished: LogObject[], { store, log }: ObjectSinkOptions): Promise<void> {
  for (;;) {
    const [next] = finished;
    if (next === undefined) return;
    try {
      await store.createOnly(
        next.uri,
        { bytes: Buffer.from(next.lines.join("")) },
        { attributes: { contentType: "application/x-ndjson" } },
      );
    } catch (error) {
      log("ERROR", `Predictions could not be stored as ${next.uri}: ${messageOf(error)}`, {
        lines: next.lines.length,
        hint: "They are kept and tried again; let the service's account create objects there (roles/storage.objectCreator).",
      });
      return;
    }
    // Only this object: the oldest may have been given up meanwhile.
    const at = finished.indexOf(next);
    if (at >= 0) finished.splice(at, 1);
  }
}

function dropOldest(finished: LogObject[], { heldBytes, log, onDropped }: ObjectSinkOptions): void {
  let held = finished.reduce((sum, { bytes }) => sum + bytes, 0);
  while (held > heldBytes && finished.length > 1) {
    const dropped = finished.shift();
    if (dropped === undefined) return;
    held -= dropped.bytes;
    onDropped(dropped.lines.length);
    log(
      "ERROR",
      `${dropped.lines.length} logged predictions were given up: too many wait to be stored.`,
    );
  }
}
