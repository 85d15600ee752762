import { createReadStream } from "node:fs";
import { open as openFile, stat } from "node:fs/promises";
import { InputError } from "#core";

/** A file that can be read: its address, and how large it is. */
export interface SourceFile {
  /** Path or URI, as messages name it. */
  readonly uri: string;
  readonly sizeBytes: number;
}

/** Bytes `start` (inclusive) to `end` (exclusive) of a file. */
export interface SourceRange {
  readonly start: number;
  readonly end: number;
}

/** Where files come from: the local disk, or a store of objects. */
export interface FileSource {
  /** The files that a path or glob matches, in sorted order; empty when none does. */
  list(pattern: string): Promise<readonly SourceFile[]>;
  /** The bytes of one file as they come, whole or a range of them. */
  open(uri: string, range?: SourceRange): AsyncIterable<Uint8Array>;
  /** One range at once, where the source can do it faster than by `open`. */
  read?(uri: string, range: SourceRange): Promise<Uint8Array>;
}

/** Sources by URI scheme without colon, e.g. `{ gs: cloudStorageFiles }`; local paths have none. */
export type RemoteSources = Readonly<Record<string, FileSource>>;

const chunkBytes = 1 << 20;

/** Files on the local disk, relative to `directory` (default: the working directory). */
export function localFiles(directory?: string): FileSource {
  return {
    list: (pattern) => listLocal(pattern, directory ?? process.cwd()),
    open: (uri, range) =>
      createReadStream(resolveLocal(uri, directory), {
        highWaterMark: chunkBytes,
        ...(range && { start: range.start, end: range.end - 1 }),
      }),
    read: (uri, range) => readLocalRange(resolveLocal(uri, directory), range),
  };
}

function resolveLocal(uri: string, directory: string | undefined): string {
  return directory === undefined || uri.startsWith("/") || /^[A-Za-z]:[\\/]/.test(uri)
    ? uri
    : `${directory}/${uri}`;
}

async function listLocal(pattern: string, directory: string): Promise<readonly SourceFile[]> {
  const exact = await stat(resolveLocal(pattern, directory)).catch(() => undefined);
  if (exact?.isFile()) return [{ uri: pattern, sizeBytes: exact.size }];
  const { glob } = await import("tinyglobby");
  const found = await glob(pattern.replaceAll("\\", "/"), {
    cwd: directory,
    onlyFiles: true,
    expandDirectories: false,
    absolute: pattern.startsWith("/"),
  });
  return Promise.all(
    found.toSorted(compareNames).map(async (uri) => ({
      uri,
      sizeBytes: (await stat(resolveLocal(uri, directory))).size,
    })),
  );
}

async function readLocalRange(path: string, { start, end }: SourceRange): Promise<Uint8Array> {
  const handle = await openFile(path);
  try {
    const bytes = new Uint8Array(end - start);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await handle.close();
  }
}

/** Order of names by UTF-16 code unit: the same on every machine and in every locale. */
export function compareNames(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** A file together with the source that opens it. */
export interface LocatedFile extends SourceFile {
  readonly source: FileSource;
}

/** Which sources there are besides the local disk. */
export interface LocateOptions {
  /** Directory that relative paths start from. */
  readonly directory?: string;
  readonly remote?: RemoteSources;
}

/**
 * The files that paths, globs and URIs name, each pattern's matches in sorted order, none twice.
 *
 * @throws InputError `NO_FILE_MATCHES` listing every pattern that matched nothing,
 * `STANDARD_INPUT`, `UNKNOWN_SCHEME`
 */
export async function locateFiles(
  patterns: string | readonly string[],
  options: LocateOptions = {},
): Promise<readonly LocatedFile[]> {
  const wanted = (typeof patterns === "string" ? patterns.split("\n") : patterns)
    .map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== "");
  if (wanted.length === 0) {
    throw new InputError({
      code: "NO_DATA_NAMED",
      message: "No data file is named.",
      hint: "Name a path, a glob or a gs:// URI, or several, one a line.",
    });
  }
  const local = localFiles(options.directory);
  const located = new Map<string, LocatedFile>();
  const unmatched: string[] = [];
  for (const pattern of wanted) {
    const source = chooseSource(pattern, local, options.remote ?? {});
    const files = await source.list(pattern);
    if (files.length === 0) unmatched.push(pattern);
    for (const file of files) located.set(file.uri, { ...file, source });
  }
  if (unmatched.length > 0) throw noFileMatches(unmatched, options.directory);
  return [...located.values()];
}

function chooseSource(pattern: string, local: FileSource, remote: RemoteSources): FileSource {
  if (pattern === "-") {
    throw new InputError({
      code: "STANDARD_INPUT",
      message: 'Data cannot be read from standard input ("-"): it is read more than once.',
      hint: "Write it to a file first and name that file.",
    });
  }
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(pattern)?.[1]?.toLowerCase();
  if (scheme === undefined) return local;
  const source = Object.hasOwn(remote, scheme) ? remote[scheme] : undefined;
  if (source !== undefined) return source;
  const known = Object.keys(remote).map((name) => `${name}://`);
  throw new InputError({
    code: "UNKNOWN_SCHEME",
    message: `${pattern}: no reader of ${scheme}:// is set up here; known are local paths${known.map((name) => `, ${name}`).join("")}.`,
    hint: "Use a local path or gs://, or download the file in an earlier step.",
  });
}

function noFileMatches(patterns: readonly string[], directory: string | undefined): InputError {
  const where = directory === undefined ? "" : ` in ${directory}`;
  return new InputError({
    code: "NO_FILE_MATCHES",
    message: `No file matches ${patterns.join(", ")}${where}.`,
    hint: "Check the spelling and the working directory; was the file checked out, downloaded or pulled (dvc pull, git lfs pull) in an earlier step?",
  });
}

/** The whole content of a range, joined. */
export async function readRange(file: LocatedFile, range: SourceRange): Promise<Uint8Array> {
  if (range.end <= range.start) return new Uint8Array(0);
  if (file.source.read) return file.source.read(file.uri, range);
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.source.open(file.uri, range)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
