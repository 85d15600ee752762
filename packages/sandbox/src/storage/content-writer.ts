import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, truncate, type FileHandle } from "node:fs/promises";
import { encodeCrc32c, updateCrc32c } from "./crc32c.ts";

/** Size and checksums of a file's bytes, base64 as Cloud Storage writes them. */
export interface ContentDigest {
  readonly sizeBytes: number;
  readonly crc32c: string;
  readonly md5: string;
}

/** Running checksums of a byte stream. */
export interface RunningDigest {
  add(bytes: Uint8Array): void;
  digest(): ContentDigest;
}

/** Checksums of no bytes yet. */
export function startDigest(): RunningDigest {
  const md5: Hash = createHash("md5");
  let crc = 0;
  let sizeBytes = 0;
  return {
    add: (bytes) => {
      md5.update(bytes);
      crc = updateCrc32c(crc, bytes);
      sizeBytes += bytes.length;
    },
    digest: () => ({
      sizeBytes,
      crc32c: encodeCrc32c(crc),
      md5: md5.copy().digest("base64"),
    }),
  };
}

/** Checksums of the bytes that a file holds. */
export async function digestFile(path: string): Promise<RunningDigest> {
  const running = startDigest();
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    running.add(chunk as Buffer);
  }
  return running;
}

/** What became of a stream that was being appended to a file. */
export type AppendOutcome =
  | { readonly kind: "complete"; readonly bytes: number }
  /** The sender went away; `bytes` had arrived. */
  | { readonly kind: "broken"; readonly bytes: number };

/**
 * Appends a stream to a file as it arrives, never more of it in memory than a chunk.
 *
 * @param options.skipBytes leave out this many bytes at the start, which the file has already
 * @param options.maxBytes bytes to take at most after those; more is an error of the sender
 */
export async function appendStream(
  path: string,
  source: AsyncIterable<Uint8Array>,
  options: {
    readonly digest: RunningDigest;
    readonly skipBytes?: number;
    readonly maxBytes?: number;
  },
): Promise<AppendOutcome> {
  const { digest, skipBytes = 0, maxBytes = Number.POSITIVE_INFINITY } = options;
  let left = skipBytes;
  let written = 0;
  const file = await open(path, "a", 0o600);
  try {
    for await (const chunk of brokenAsEnd(source)) {
      if (chunk === "broken") return { kind: "broken", bytes: written };
      const skipped = Math.min(left, chunk.length);
      left -= skipped;
      const bytes = chunk.subarray(skipped, skipped + maxBytes - written);
      if (bytes.length === 0) continue;
      await writeAll(file, bytes);
      digest.add(bytes);
      written += bytes.length;
    }
    return { kind: "complete", bytes: written };
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done);
    done += bytesWritten;
  }
}

async function* brokenAsEnd(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array | "broken"> {
  try {
    yield* source;
  } catch {
    yield "broken";
  }
}

/** Cuts a file to its first `sizeBytes`. */
export async function cutFile(path: string, sizeBytes: number): Promise<void> {
  await truncate(path, sizeBytes);
}
