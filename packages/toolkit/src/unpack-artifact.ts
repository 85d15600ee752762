import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { DataError } from "#core";
import type { Entry, ZipFile } from "yauzl";

/** What an artifact may hold at most. */
export interface UnpackLimits {
  readonly bytes: number;
  readonly files: number;
}

const LIMITS: UnpackLimits = { bytes: 16 * 1024 ** 3, files: 20_000 };

/**
 * Unpacks an artifact's zip into a folder. Its names stay inside the folder, links are not made, and
 * what it says of its sizes is held to it while unpacking.
 *
 * @throws DataError `BAD_ARTIFACT`, `ARTIFACT_TOO_LARGE`
 */
export async function unpackArtifact(
  zip: string,
  folder: string,
  { name, limits = LIMITS }: { readonly name: string; readonly limits?: UnpackLimits },
): Promise<void> {
  const { default: yauzl } = await import("yauzl");
  const bad = (cause: unknown): DataError =>
    new DataError({
      code: "BAD_ARTIFACT",
      message: `Artifact ${name} cannot be unpacked: ${cause instanceof Error ? cause.message : String(cause)}.`,
      hint: "Delete it, or run the workflow that made it again.",
      cause,
    });
  let file: ZipFile;
  try {
    file = await yauzl.openPromise(zip, { lazyEntries: true, strictFileNames: true });
  } catch (error) {
    throw bad(error);
  }
  try {
    let [bytes, files] = [0, 0];
    for await (const entry of file.eachEntry()) {
      files += 1;
      bytes += entry.uncompressedSize;
      if (bytes > limits.bytes || files > limits.files) throw tooLarge(name, limits);
      await writeEntry(file, entry, resolve(folder));
    }
  } catch (error) {
    throw error instanceof DataError ? error : bad(error);
  } finally {
    file.close();
  }
}

async function writeEntry(file: ZipFile, entry: Entry, folder: string): Promise<void> {
  const path = resolve(folder, entry.fileName);
  if (!path.startsWith(folder + sep)) throw new Error(`its file ${entry.fileName} lies outside`);
  if (entry.fileName.endsWith("/")) {
    await mkdir(path, { recursive: true });
    return;
  }
  await mkdir(dirname(path), { recursive: true });
  // The stream ends with an error when the content is not as long as the zip says.
  await pipeline(await file.openReadStreamPromise(entry), createWriteStream(path));
}

function tooLarge(name: string, { bytes, files }: UnpackLimits): DataError {
  return new DataError({
    code: "ARTIFACT_TOO_LARGE",
    message: `Artifact ${name} holds more than ${Math.round(bytes / 1024 ** 2)} MiB or ${files} files when unpacked.`,
    hint: "An artifact of Slipway's is no larger than what it was made of; was it made by something else?",
  });
}
