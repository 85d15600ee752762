import { randomUUID } from "node:crypto";
import { constants, createReadStream, createWriteStream } from "node:fs";
import { copyFile, link, mkdir, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { InputError, type Clock } from "#core";
import { digestFile, startDigests, type Digests } from "./digests.ts";
import { isCode, lockFile } from "./file-lock.ts";
import { changedSource, differentObject, noSuchObject } from "./object-errors.ts";
import type {
  CreateOptions,
  Created,
  ObjectFacts,
  ObjectSource,
  ObjectStore,
  SwapOptions,
  Swapped,
} from "./object-store.ts";
import { globPrefix, isGlob, matchesGlob } from "./object-uri.ts";

const partialSuffix = ".slipway-partial";
const lockSuffix = ".slipway-lock";

/** Files of this machine as an {@link ObjectStore}: `file://` URIs, created once and never torn. */
export function fileStore({ clock }: { readonly clock: Clock }): ObjectStore {
  return {
    stat: (uri) => statFile(uri),
    list: listFiles,
    async *read(uri, { range, signal } = {}) {
      const stream = createReadStream(fileURLToPath(uri), {
        start: range?.start ?? 0,
        ...(range?.end === undefined ? {} : { end: range.end - 1 }),
        highWaterMark: 256 * 1024,
        signal,
      });
      try {
        yield* stream as AsyncIterable<Uint8Array>;
      } catch (error) {
        signal?.throwIfAborted();
        throw isCode(error, "ENOENT") ? noSuchObject(uri) : error;
      }
    },
    async readText(uri, options) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of this.read(uri, options)) chunks.push(chunk);
      return Buffer.concat(chunks).toString("utf8");
    },
    createOnly: (uri, source, options = {}) => createFile(uri, source, options),
    compareAndSwap: (uri, bytes, swap) => swapFile(uri, bytes, { swap, clock }),
  };
}

async function statFile(uri: string): Promise<ObjectFacts | null> {
  const path = fileURLToPath(uri);
  const facts = await stat(path, { bigint: true }).catch((error: unknown) => {
    if (isCode(error, "ENOENT") || isCode(error, "ENOTDIR")) return null;
    throw error;
  });
  if (facts === null || !facts.isFile()) return null;
  const digests = await digestFile(path);
  return factsOfFile(path, { bytes: digests.bytes, mtimeNs: facts.mtimeNs, digests });
}

function factsOfFile(
  path: string,
  known: { readonly bytes: number; readonly mtimeNs: bigint; readonly digests: Digests | null },
): ObjectFacts {
  return {
    uri: pathToFileURL(path).href,
    bytes: known.bytes,
    generation: String(known.mtimeNs),
    crc32c: known.digests?.crc32c ?? null,
    sha256: known.digests?.sha256 ?? null,
    contentType: null,
    updated: new Date(Number(known.mtimeNs / 1_000_000n)).toISOString(),
    metadata: {},
  };
}

async function* listFiles(prefixOrGlob: string): AsyncGenerator<ObjectFacts> {
  const pattern = filePattern(prefixOrGlob);
  const prefix = globPrefix(pattern);
  const folder = prefix.endsWith("/") ? prefix : `${dirname(prefix)}/`;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: unknown) => {
      if (isCode(error, "ENOENT") || isCode(error, "ENOTDIR")) return [];
      throw error;
    },
  );
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.endsWith(partialSuffix) && !path.endsWith(lockSuffix))
    .filter((path) => matchesPattern(path, pattern))
    // By UTF-8 bytes, the order in which Cloud Storage lists.
    .sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
  for (const path of paths) {
    const facts = await stat(path, { bigint: true }).catch(() => null);
    if (facts === null) continue;
    yield factsOfFile(path, {
      bytes: Number(facts.size),
      mtimeNs: facts.mtimeNs,
      digests: null,
    });
  }
}

function matchesPattern(path: string, pattern: string): boolean {
  const name = path.split(sep).join("/");
  return isGlob(pattern) ? matchesGlob(name, pattern) : name.startsWith(pattern);
}

/** The path of a `file://` prefix or glob; a glob's own characters are not percent-encoded. */
function filePattern(uri: string): string {
  const path = uri.slice("file://".length);
  if (path.startsWith("/")) return decodeURIComponent(path);
  throw new InputError({
    code: "INVALID_OBJECT_URI",
    message: `"${uri}" is not a file URI.`,
    hint: "Expected file:///absolute/path, with three slashes.",
  });
}

async function createFile(
  uri: string,
  source: ObjectSource,
  options: CreateOptions,
): Promise<Created> {
  const path = fileURLToPath(uri);
  await mkdir(dirname(path), { recursive: true });
  const partial = join(dirname(path), `.${basename(path)}.${randomUUID()}${partialSuffix}`);
  try {
    const digests = await writeDurably(partial, source, { uri, options });
    const label = "path" in source ? source.path : "the value";
    if (options.sha256 !== undefined && options.sha256 !== digests.sha256) {
      throw changedSource(label, options.sha256, digests.sha256);
    }
    const kind = (await claimName(partial, path)) ? "created" : "identical";
    const facts = await statFile(uri);
    if (facts === null) throw noSuchObject(uri);
    if (facts.sha256 !== digests.sha256) throw differentObject(uri, facts, digests);
    return { kind, uri, generation: facts.generation, ...digests };
  } finally {
    await rm(partial, { force: true });
  }
}

async function writeDurably(
  path: string,
  source: ObjectSource,
  { uri, options }: { readonly uri: string; readonly options: CreateOptions },
): Promise<Digests> {
  const pass = startDigests();
  const totalBytes = "path" in source ? await statSource(source.path) : source.bytes.length;
  const input =
    "path" in source
      ? createReadStream(source.path, { highWaterMark: 256 * 1024 })
      : Readable.from([source.bytes]);
  await pipeline(
    input,
    async function* (chunks: AsyncIterable<Uint8Array>) {
      let confirmedBytes = 0;
      for await (const chunk of chunks) {
        pass.update(chunk);
        yield chunk;
        confirmedBytes += chunk.length;
        options.onProgress?.({ uri, confirmedBytes, totalBytes });
      }
    },
    // flush: the bytes are on the disk before the name is.
    createWriteStream(path, { flags: "wx", flush: true }),
    ...(options.signal === undefined ? [] : [{ signal: options.signal }]),
  );
  const digests = pass.digests();
  if (digests.bytes !== totalBytes) {
    const label = "path" in source ? source.path : "the value";
    throw changedSource(label, `${totalBytes} bytes`, `${digests.bytes} bytes`);
  }
  return digests;
}

async function statSource(path: string): Promise<number> {
  const facts = await stat(path).catch((cause: unknown) => {
    throw new InputError({
      code: "FILE_NOT_FOUND",
      message: `${path} cannot be read.`,
      hint: "Check the path; it is relative to the workspace.",
      cause,
    });
  });
  return facts.size;
}

/** Gives a finished file its name unless the name is taken; `false` when it is. */
async function claimName(partial: string, path: string): Promise<boolean> {
  try {
    // link, unlike rename, refuses a name that exists.
    await link(partial, path);
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    if (!isCode(error, "EPERM", "ENOTSUP", "EOPNOTSUPP", "EMLINK", "ENOSYS")) throw error;
    return await copyClaiming(partial, path);
  }
  await syncFolder(dirname(path));
  return true;
}

/** For file systems without hard links: still create-only, though a reader may see it grow. */
async function copyClaiming(partial: string, path: string): Promise<boolean> {
  try {
    await copyFile(partial, path, constants.COPYFILE_EXCL);
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
  await syncFolder(dirname(path));
  return true;
}

async function syncFolder(folder: string): Promise<void> {
  // Windows has no such thing as a folder that can be opened and flushed.
  const handle = await open(folder, "r").catch(() => null);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

async function swapFile(
  uri: string,
  bytes: Uint8Array,
  { swap, clock }: { readonly swap: SwapOptions; readonly clock: Clock },
): Promise<Swapped> {
  const path = fileURLToPath(uri);
  await mkdir(dirname(path), { recursive: true });
  const unlock = await lockFile(`${path}${lockSuffix}`, { clock, signal: swap.signal });
  const partial = `${path}.${randomUUID()}${partialSuffix}`;
  try {
    const before = await mtimeOf(path);
    if (String(before ?? 0n) !== swap.expectedGeneration) {
      return { kind: "conflict", generation: String(before ?? 0n) };
    }
    await writeDurably(partial, { bytes }, { uri, options: {} });
    await laterThan(partial, before);
    await rename(partial, path);
    await syncFolder(dirname(path));
    return { kind: "swapped", generation: String(await mtimeOf(path)) };
  } finally {
    await rm(partial, { force: true });
    await unlock();
  }
}

async function mtimeOf(path: string): Promise<bigint | null> {
  const facts = await stat(path, { bigint: true }).catch(() => null);
  return facts?.mtimeNs ?? null;
}

/** File clocks tick every few milliseconds: two writes in one tick must still differ. */
async function laterThan(path: string, before: bigint | null): Promise<void> {
  const own = await mtimeOf(path);
  if (before === null || own === null || own > before) return;
  const seconds = Number(before / 1_000_000n + 2n) / 1000;
  await utimes(path, seconds, seconds);
}
