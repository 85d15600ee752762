import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { formatDocument, InputError, parseDocument } from "#core";
import type * as z from "zod/mini";
import { artifactPrefix, newestOfEachAction } from "./artifact-names.ts";
import type { ArtifactStore } from "./artifacts.ts";

/** One training run's files: train-model writes it, every later action reads it and adds its own. */
export interface RunDirectory {
  /** Absolute path. */
  readonly path: string;
  /** Absolute path of a file in it; refuses one outside. */
  resolve(name: string): string;
  has(name: string): Promise<boolean>;
  readText(name: string): Promise<string>;
  readDocument<T>(schema: z.ZodMiniType<T>, name: string): Promise<T>;
  /** Writes a whole file or none: a temporary file, flushed, then renamed. */
  writeText(name: string, text: string | Uint8Array): Promise<void>;
  /** Writes bytes as they come; a file is there only when all have come. */
  writeParts(name: string, parts: AsyncIterable<Uint8Array>): Promise<void>;
  writeDocument(name: string, document: unknown): Promise<void>;
  /** Every file in it, relative, sorted. */
  list(): Promise<readonly string[]>;
  /** Size and `sha256:…` of a file. */
  measure(name: string): Promise<{ readonly bytes: number; readonly digest: string }>;
}

/** Opens a run directory; it need not exist yet. */
export function openRunDirectory(path: string): RunDirectory {
  const root = resolve(path);
  const inside = (name: string): string => {
    const full = resolve(root, name);
    if (full !== root && !full.startsWith(root + sep)) {
      throw new InputError({
        code: "PATH_OUTSIDE",
        message: `${name} lies outside the run directory ${path}.`,
        hint: "Give a path inside it.",
      });
    }
    return full;
  };
  const writeText = (name: string, text: string | Uint8Array) => writeWholeFile(inside(name), text);
  const readText = (name: string) => readFile(inside(name), "utf8");
  return {
    path: root,
    resolve: inside,
    has: async (name) => (await stat(inside(name)).catch(() => null)) !== null,
    readText,
    readDocument: async (schema, name) =>
      parseDocument(schema, await readText(name), join(path, name)),
    writeText,
    writeParts: (name, parts) => writeWholeFile(inside(name), parts),
    writeDocument: (name, document) => writeText(name, formatDocument(document)),
    list: () => listFiles(root),
    measure: (name) => measureFile(inside(name)),
  };
}

/** Writes a whole file or none: a reader never sees half of it, even after a kill. */
export async function writeWholeFile(
  path: string,
  content: string | Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomBytes(6).toString("hex")}.part`;
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    // Half a file on a full disk would take the room of the next try.
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Size and `sha256:…` of a file, streamed. */
export async function measureFile(
  path: string,
): Promise<{ readonly bytes: number; readonly digest: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, digest: `sha256:${hash.digest("hex")}` };
}

async function listFiles(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".part"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}

/** Which run's files are wanted. */
export interface FetchOptions {
  readonly model: string;
  readonly artifacts: ArtifactStore;
  /** A file that must be there afterwards, e.g. `run.json`. */
  readonly needs: string;
  /** What else the action can do without a run, for its user. */
  readonly instead?: string;
}

/**
 * Makes sure that a run's files are here: when the needed one is not, downloads the newest
 * artifact of each action of this run.
 *
 * @throws InputError `RUN_NOT_FOUND`
 */
export async function fetchRunDirectory(
  directory: RunDirectory,
  options: FetchOptions,
): Promise<void> {
  if (await directory.has(options.needs)) return;
  const listed = await listArtifacts(options);
  const newest = newestOfEachAction(listed.artifacts, options.model)
    .map(({ artifact }) => artifact)
    .toSorted((left, right) => (left.createdAt < right.createdAt ? -1 : 1));
  for (const { id } of newest) await options.artifacts.download(id, directory.path);
  if (await directory.has(options.needs)) return;
  const elsewhere =
    listed.fault === null
      ? `no artifact ${artifactPrefix(options.model)}* of this workflow run holds one`
      : `the artifacts of this workflow run cannot be listed: ${listed.fault}`;
  throw new InputError({
    code: "RUN_NOT_FOUND",
    message: `There is no ${options.needs} in ${directory.path}, and ${elsewhere}.`,
    hint: `Run train-model before this step or in a job that this one needs:, or name the run-directory: that holds it.${options.instead === undefined ? "" : ` ${options.instead}`}`,
  });
}

interface Listed {
  readonly artifacts: Awaited<ReturnType<ArtifactStore["list"]>>;
  readonly fault: string | null;
}

async function listArtifacts({ artifacts }: FetchOptions): Promise<Listed> {
  try {
    return { artifacts: await artifacts.list(), fault: null };
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    return { artifacts: [], fault: fault.replace(/\.$/, "") };
  }
}
