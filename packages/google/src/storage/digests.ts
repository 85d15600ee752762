import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { formatCrc32c, updateCrc32c } from "./crc32c.ts";

/** What is computed in one pass over an object's bytes. */
export interface Digests {
  readonly bytes: number;
  /** Base64, as Cloud Storage writes it. */
  readonly crc32c: string;
  /** `sha256:<hex>`. */
  readonly sha256: string;
}

/** Takes bytes as they pass and gives their {@link Digests} at the end. */
export interface Digesting {
  update(chunk: Uint8Array): void;
  digests(): Digests;
}

/** Starts a pass. */
export function startDigests(): Digesting {
  const sha256 = createHash("sha256");
  let crc = 0;
  let bytes = 0;
  return {
    update(chunk) {
      sha256.update(chunk);
      crc = updateCrc32c(crc, chunk);
      bytes += chunk.length;
    },
    digests: () => ({
      bytes,
      crc32c: formatCrc32c(crc),
      sha256: `sha256:${sha256.copy().digest("hex")}`,
    }),
  };
}

/** {@link Digests} of bytes in memory. */
export function digestBytes(bytes: Uint8Array): Digests {
  const pass = startDigests();
  pass.update(bytes);
  return pass.digests();
}

/** {@link Digests} of a stream, in bounded memory. */
export async function digestStream(stream: AsyncIterable<Uint8Array>): Promise<Digests> {
  const pass = startDigests();
  for await (const chunk of stream) pass.update(chunk);
  return pass.digests();
}

/** {@link Digests} of a file, through one buffer that is used again and again. */
export async function digestFile(path: string): Promise<Digests> {
  const pass = startDigests();
  const buffer = Buffer.allocUnsafe(1024 * 1024);
  const file = await open(path, "r");
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return pass.digests();
      pass.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}
