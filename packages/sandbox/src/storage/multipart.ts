import { invalid } from "./storage-errors.ts";

/** A `multipart/related` upload taken apart: the metadata, and the bytes while they arrive. */
export interface RelatedParts {
  readonly metadata: Buffer;
  /** Content type of the second part, if it says one. */
  readonly contentType?: string;
  readonly content: AsyncIterable<Uint8Array>;
}

const maxHeadBytes = 1024 * 1024;

/**
 * Takes a two-part `multipart/related` body apart without keeping the second part in memory.
 *
 * @throws ApiError 400 when the body is not of that form
 * @see RFC 2046, section 5.1
 */
export async function splitRelated(
  contentTypeHeader: string,
  source: AsyncIterable<Uint8Array>,
): Promise<RelatedParts> {
  const boundary = /^multipart\/related\b.*?boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(
    contentTypeHeader,
  );
  const mark = boundary?.[1] ?? boundary?.[2];
  if (mark === undefined) throw malformed("Content-Type is not multipart/related with a boundary");
  const reader = createReader(source);
  await reader.readUntil(`--${mark}\r\n`);
  await reader.readUntil("\r\n\r\n", "\r\n");
  const metadata = await reader.readUntil(`\r\n--${mark}\r\n`);
  const headers = await reader.readUntil("\r\n\r\n", "\r\n");
  const contentType = /^content-type:\s*(.+?)\s*$/im.exec(headers.toString("latin1"))?.[1];
  return {
    metadata,
    ...(contentType === undefined ? {} : { contentType }),
    content: reader.streamUntil(`\r\n--${mark}--`),
  };
}

interface PartReader {
  /**
   * The bytes before the next occurrence of `mark`, which is taken too; when what is next is
   * `shortcut` (headers that are empty), nothing.
   */
  readUntil(mark: string, shortcut?: string): Promise<Buffer>;
  /** The bytes before `mark`, as they come. */
  streamUntil(mark: string): AsyncIterable<Uint8Array>;
}

function createReader(source: AsyncIterable<Uint8Array>): PartReader {
  const chunks = source[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);

  async function more(): Promise<void> {
    const { done, value } = await chunks.next();
    if (done === true) throw malformed("the body ends before its last boundary");
    held = held.length === 0 ? Buffer.from(value) : Buffer.concat([held, value]);
  }

  return {
    readUntil: async (mark, shortcut) => {
      for (;;) {
        if (shortcut !== undefined && held.indexOf(shortcut) === 0) {
          held = held.subarray(shortcut.length);
          return Buffer.alloc(0);
        }
        const at = held.indexOf(mark);
        if (at >= 0) {
          const before = held.subarray(0, at);
          held = held.subarray(at + mark.length);
          return before;
        }
        if (held.length > maxHeadBytes) throw malformed("the metadata part is longer than 1 MiB");
        await more();
      }
    },
    streamUntil: async function* (mark) {
      for (;;) {
        const at = held.indexOf(mark);
        if (at >= 0) {
          yield held.subarray(0, at);
          // What follows the last boundary means nothing, but must be read.
          while ((await chunks.next()).done !== true);
          return;
        }
        // The boundary may have begun at the end of what is held.
        const safe = Math.max(0, held.length - mark.length);
        if (safe > 0) yield held.subarray(0, safe);
        held = held.subarray(safe);
        await more();
      }
    },
  };
}

function malformed(why: string): Error {
  return invalid(`Malformed multipart body: ${why}.`, { reason: "badContent" });
}
