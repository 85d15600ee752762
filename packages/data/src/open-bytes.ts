import { DataError } from "#core";
import { decompress } from "./decompress.ts";
import type { LocatedFile } from "./file-source.ts";
import { isFrameStart, isSkippableStart } from "./zstd-frames.ts";

/** How a file's text was wrapped: places in it count within the unwrapped UTF-8 text. */
export type Wrapping = "gzip" | "zstd" | "utf-16le" | "utf-16be";

/** UTF-8 bytes of a text file, without byte order mark. */
export interface TextBytes {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Bytes of the file before the first one delivered (a UTF-8 byte order mark). */
  readonly skippedBytes: number;
  readonly wrappings: readonly Wrapping[];
}

/** Opens a text file: gunzips or un-zstds it by its magic bytes, drops a byte order mark, turns UTF-16 into UTF-8. */
export async function openText(file: LocatedFile): Promise<TextBytes> {
  const wrappings: Wrapping[] = [];
  let peeked = await peek(file.source.open(file.uri));
  const compression = compressionOf(peeked.head);
  if (compression !== undefined) {
    wrappings.push(compression);
    peeked = await peek(decompress(peeked.chunks, compression, file.uri));
  }
  const { head } = peeked;
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) {
    return { chunks: dropBytes(peeked.chunks, 3), skippedBytes: 3, wrappings };
  }
  const encoding = utf16Of(head);
  if (encoding === undefined) return { chunks: peeked.chunks, skippedBytes: 0, wrappings };
  wrappings.push(encoding);
  return {
    chunks: transcode(dropBytes(peeked.chunks, 2), encoding, file.uri),
    skippedBytes: 0,
    wrappings,
  };
}

/** The first bytes of a file, at most `count`, as they stand on disk. */
export async function readHead(file: LocatedFile, count: number): Promise<Uint8Array> {
  const end = Math.min(count, file.sizeBytes);
  if (end === 0) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.source.open(file.uri, { start: 0, end })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Which compression a file's first bytes announce, if any. */
export function compressionOf(head: Uint8Array): "gzip" | "zstd" | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return "gzip";
  return isFrameStart(head) || isSkippableStart(head) ? "zstd" : undefined;
}

function utf16Of(head: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  return head[0] === 0xfe && head[1] === 0xff ? "utf-16be" : undefined;
}

/** Takes chunks until four bytes are known, and gives them back in front of the rest. */
async function peek(
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ head: Uint8Array; chunks: AsyncIterable<Uint8Array> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array(0);
  let done = false;
  while (head.length < 4 && !done) {
    const step = await iterator.next();
    done = step.done === true;
    if (!step.done) head = head.length === 0 ? step.value : Buffer.concat([head, step.value]);
  }
  return { head, chunks: resume(head, iterator, done) };
}

async function* resume(
  head: Uint8Array,
  iterator: AsyncIterator<Uint8Array>,
  done: boolean,
): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    if (done) return;
    for (let step = await iterator.next(); !step.done; step = await iterator.next()) {
      yield step.value;
    }
  } finally {
    // Closes the file when the reader stops early, e.g. at a fault.
    await iterator.return?.();
  }
}

async function* dropBytes(
  chunks: AsyncIterable<Uint8Array>,
  count: number,
): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of chunks) {
    const rest = chunk.subarray(Math.min(left, chunk.length));
    left -= chunk.length - rest.length;
    if (rest.length > 0) yield rest;
  }
}

async function* transcode(
  chunks: AsyncIterable<Uint8Array>,
  encoding: "utf-16le" | "utf-16be",
  uri: string,
): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  const encoder = new TextEncoder();
  try {
    for await (const chunk of chunks) {
      const text = decoder.decode(chunk, { stream: true });
      if (text !== "") yield encoder.encode(text);
    }
    decoder.decode();
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new DataError({
      code: "BAD_UTF16",
      message: `${uri} starts as ${encoding.toUpperCase()} but holds half a character.`,
      hint: "The file is cut off or damaged; save it as UTF-8.",
      place: { file: uri },
      cause,
    });
  }
}
