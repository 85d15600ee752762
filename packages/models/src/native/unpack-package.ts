import { createReadStream } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { DataError } from "#core";

/** What is taken out of a tarball, and to where. */
export interface Unpacking {
  readonly tarball: string;
  /** The name to use in messages. */
  readonly fileName: string;
  readonly folder: string;
  readonly isKept: (path: string) => boolean;
  /** Files that must be there in the end. */
  readonly needed: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Unpacks the files that are kept of an npm tarball, whose top folder is left out. Throws a
 * {@link DataError} at the first entry whose path leaves the folder, and when a needed file
 * is not among them.
 */
export async function unpackPackage(unpacking: Unpacking): Promise<void> {
  const { tarball, fileName, folder, isKept, needed, signal } = unpacking;
  const { unpackTar } = await import("modern-tar/fs");
  let refusal: DataError | null = null;
  const takes = ({ name, type }: { readonly name: string; readonly type?: string }): boolean => {
    if (refusal === null && leavesFolder(name)) refusal = refuse(fileName, name);
    return refusal === null && type === "file" && isKept(withoutTop(name));
  };
  const unpack = unpackTar(folder, {
    strict: true,
    fmode: 0o644,
    dmode: 0o755,
    // Its own strip would come before the filter and hide what a path really is.
    filter: (header) => takes({ name: header.name, type: header.type ?? "file" }),
    map: (header) => ({ ...header, name: withoutTop(header.name) }),
  });
  try {
    const options = signal === undefined ? {} : { signal };
    await pipeline(createReadStream(tarball), createGunzip(), unpack, options);
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw damaged(fileName, cause instanceof Error ? cause.message : String(cause), cause);
  }
  // Set by the filter, which the compiler does not follow.
  const found = refusal as DataError | null;
  if (found !== null) throw found;
  for (const path of needed) {
    await access(join(folder, path)).catch((cause: unknown) => {
      throw damaged(fileName, `it holds no ${path}`, cause);
    });
  }
}

function leavesFolder(name: string): boolean {
  return /^[\\/]|^[A-Za-z]:|\0/.test(name) || name.split(/[\\/]/).includes("..");
}

function withoutTop(name: string): string {
  return name.slice(name.indexOf("/") + 1);
}

function refuse(fileName: string, name: string): DataError {
  return new DataError({
    code: "ARCHIVE_PATH_LEAVES_FOLDER",
    message: `${fileName} holds ${JSON.stringify(name)}, a path out of its own folder.`,
    hint: "Nothing of it is used. Ask where the file comes from.",
    place: { file: fileName },
  });
}

function damaged(fileName: string, found: string, cause: unknown): DataError {
  return new DataError({
    code: "ARCHIVE_DAMAGED",
    message: `${fileName} cannot be unpacked: ${found}.`,
    hint: "Run the step again; engine: wasm needs no download.",
    place: { file: fileName },
    cause,
  });
}
