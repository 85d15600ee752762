import { gunzipSync, zstdDecompressSync, constants } from "node:zlib";
import { InputError } from "#core";
import { locateFiles, type LocatedFile, type RemoteSources } from "#data";

const dayMs = 86_400_000;

/** Where current files are looked for. */
export interface FileSearch {
  readonly workspace: string;
  readonly remote: RemoteSources;
  readonly now: Date;
  /** `null` without a window: `{date}` then stands for every day there is. */
  readonly windowMs: number | null;
}

/**
 * The files that the patterns name. Of a pattern with `{date}`, days without a file are no fault.
 *
 * @throws InputError `NO_FILE_MATCHES`
 */
export async function findCurrentFiles(
  patterns: readonly string[],
  search: FileSearch,
): Promise<readonly LocatedFile[]> {
  const options = { directory: search.workspace, remote: search.remote };
  const found = new Map<string, LocatedFile>();
  for (const pattern of patterns) {
    const days = expandDate(pattern, search);
    const isDated = pattern.includes("{date}");
    const matches = await Promise.all(
      days.map((day) => (isDated ? tryLocate(day, options) : locateFiles(day, options))),
    );
    for (const file of matches.flat()) found.set(file.uri, file);
  }
  if (found.size === 0) {
    throw new InputError({
      code: "NO_FILE_MATCHES",
      message: `current: no file matches ${patterns.join(", ")}${search.windowMs === null ? "" : ` on any day of the window`}.`,
      hint: "Was anything asked of the model in this time? Check the bucket, the folder and the window.",
    });
  }
  return [...found.values()];
}

async function tryLocate(
  pattern: string,
  options: { readonly directory: string; readonly remote: RemoteSources },
): Promise<readonly LocatedFile[]> {
  try {
    return await locateFiles(pattern, options);
  } catch (error) {
    if (error instanceof InputError && error.code === "NO_FILE_MATCHES") return [];
    throw error;
  }
}

/** A pattern for each day (UTC) that the window touches, or one for all days. */
export function expandDate(
  pattern: string,
  { now, windowMs }: Pick<FileSearch, "now" | "windowMs">,
): readonly string[] {
  if (!pattern.includes("{date}")) return [pattern];
  if (windowMs === null) return [pattern.replaceAll("{date}", "*")];
  const first = Math.floor((now.getTime() - windowMs) / dayMs);
  const last = Math.floor(now.getTime() / dayMs);
  return Array.from({ length: last - first + 1 }, (_, index) =>
    pattern.replaceAll("{date}", new Date((first + index) * dayMs).toISOString().slice(0, 10)),
  );
}

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
