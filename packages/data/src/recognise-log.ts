import { constants, gunzipSync, zstdDecompressSync } from "node:zlib";
import type { LocatedFile } from "./file-source.ts";

const headBytes = 256 * 1024;

/** Whether a file is a prediction log, by its first lines: also gzipped, also Cloud Logging's export. */
export async function isPredictionLog(file: LocatedFile): Promise<boolean> {
  if (/\.(?:csv|tsv|parquet|pq)(?:\.\w+)?$/i.test(file.uri)) return false;
  const end = Math.min(headBytes, file.sizeBytes);
  if (end === 0) return false;
  const text = unpackHead(await readHead(file, end)).toString("utf8");
  // In Cloud Logging's textPayload the quotes are escaped.
  return (
    /^\s*\{/.test(text) &&
    /\\?"inputs\\?"\s*:\s*\{/.test(text) &&
    /\\?"prediction\\?"\s*:/.test(text)
  );
}

async function readHead({ source, uri }: LocatedFile, end: number): Promise<Buffer> {
  if (source.read) return Buffer.from(await source.read(uri, { start: 0, end }));
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.open(uri, { start: 0, end })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function unpackHead(head: Buffer): Buffer {
  try {
    if (head.readUInt16BE(0) === 0x1f8b)
      return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH });
    if (head.length > 4 && head.readUInt32LE(0) === 0xfd2fb528)
      return zstdDecompressSync(head, { finishFlush: constants.ZSTD_e_flush });
  } catch {
    // What cannot be unpacked is told by whoever reads it as a whole.
  }
  return head;
}
