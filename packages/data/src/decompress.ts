import { Readable, type Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { DataError } from "#core";
import { createFrameFinder, isFrameStart, isSkippableStart } from "./zstd-frames.ts";

/** How much is unpacked at a time: Node's own 16 KiB cost more in turns than in unpacking. */
const unpackedBytes = 1 << 18;

/**
 * Unpacks a gzip file (all its members) or a zstd file (all its frames).
 *
 * @throws DataError `BAD_COMPRESSION` when it is damaged, cut off, or followed by something else
 */
export async function* decompress(
  chunks: AsyncIterable<Uint8Array>,
  compression: "gzip" | "zstd",
  uri: string,
): AsyncGenerator<Uint8Array> {
  try {
    if (compression === "gzip")
      yield* unwrapWith(createGunzip({ chunkSize: unpackedBytes }), chunks);
    else yield* unpackFrames(chunks);
  } catch (cause) {
    throw new DataError({
      code: "BAD_COMPRESSION",
      message: `${uri} starts as ${compression} but does not unpack: ${cause instanceof Error ? cause.message : String(cause)}.`,
      hint: "The file is cut off or damaged; compress or download it again.",
      place: { file: uri },
      cause,
    });
  }
}

async function* unwrapWith(
  unwrap: Transform,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const input = Readable.from(chunks, { objectMode: false });
  input.on("error", (error) => unwrap.destroy(error));
  try {
    for await (const chunk of input.pipe(unwrap)) yield chunk as Uint8Array;
  } finally {
    input.destroy();
    unwrap.destroy();
  }
}

/** Node's own stream ends, without an error, after the first frame: each gets one of its own. */
async function* unpackFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = withPushBack(chunks);
  try {
    for (let place = 1; ; place++) {
      const head = await source.peek(4);
      if (head.length === 0) return;
      const frame = takeFrame(source);
      if (isFrameStart(head))
        yield* unwrapWith(createZstdDecompress({ chunkSize: unpackedBytes }), frame);
      else if (isSkippableStart(head)) await passOver(frame);
      else throw new Error(`its frame ${place} does not start as one`);
    }
  } finally {
    await source.close();
  }
}

/** Chunks of which a part can be given back. */
interface PushBackSource {
  next(): Promise<Uint8Array | undefined>;
  /** The first bytes of what follows, which are not taken; fewer at the end. */
  peek(count: number): Promise<Uint8Array>;
  giveBack(bytes: Uint8Array): void;
  close(): Promise<void>;
}

function withPushBack(chunks: AsyncIterable<Uint8Array>): PushBackSource {
  const iterator = chunks[Symbol.asyncIterator]();
  let held: Uint8Array = new Uint8Array(0);
  async function pull(): Promise<Uint8Array | undefined> {
    const step = await iterator.next();
    return step.done === true ? undefined : step.value;
  }
  return {
    async next() {
      if (held.length === 0) return pull();
      const taken = held;
      held = new Uint8Array(0);
      return taken;
    },
    async peek(count) {
      while (held.length < count) {
        const more = await pull();
        if (more === undefined) break;
        held = Buffer.concat([held, more]);
      }
      return held.subarray(0, count);
    },
    giveBack(bytes) {
      held = bytes;
    },
    async close() {
      await iterator.return?.();
    },
  };
}

/** The chunks up to the end of a frame; what is behind it is given back. */
async function* takeFrame(source: PushBackSource): AsyncGenerator<Uint8Array> {
  const finder = createFrameFinder();
  for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) {
    const end = finder.find(chunk);
    if (end >= 0) source.giveBack(chunk.subarray(end));
    yield end < 0 ? chunk : chunk.subarray(0, end);
    if (end >= 0) return;
  }
}

async function passOver(frame: AsyncGenerator<Uint8Array>): Promise<void> {
  for (let step = await frame.next(); step.done !== true; step = await frame.next());
}
