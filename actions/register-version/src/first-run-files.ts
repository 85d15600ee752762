import { join } from "node:path";
import { DataError, type FileEntry, type Manifest } from "#core";
import { measureFile, readArtifactName, type ArtifactStore, type RunDirectory } from "#toolkit";

/** Where the files of a version that an earlier run claimed can be. */
export interface FirstRun {
  readonly tag: string;
  readonly manifest: Manifest;
  readonly directory: RunDirectory;
  readonly temporaryDirectory: string;
  /** The artifacts of a run of this repository. */
  readonly artifactsOf: (runId: number) => Pick<ArtifactStore, "list" | "download">;
}

/**
 * Paths of a version's files by their names. The run that claimed the version may have been killed
 * before its release: a run that trained the very same has the same model, but measured and timed
 * it anew. What the manifest names is then fetched from the first run's artifacts.
 *
 * @throws DataError `FIRST_FILES_GONE`
 */
export async function locateFirstFiles(first: FirstRun): Promise<ReadonlyMap<string, string>> {
  const located = new Map<string, string>();
  const missing: FileEntry[] = [];
  for (const file of first.manifest.files) {
    const path = first.directory.resolve(file.path);
    if (await isFile(path, file)) located.set(file.path, path);
    else missing.push(file);
  }
  if (missing.length === 0) return located;
  const folders = await downloadArtifacts(first).catch((cause: unknown) => {
    throw gone(first, missing, cause);
  });
  for (const file of missing) {
    const path = await findIn(folders, file);
    if (path === undefined) throw gone(first, missing);
    located.set(file.path, path);
  }
  return located;
}

async function isFile(path: string, { digest }: FileEntry): Promise<boolean> {
  const measured = await measureFile(path).catch(() => null);
  return measured?.digest === digest;
}

async function findIn(folders: readonly string[], file: FileEntry): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, file.path);
    if (await isFile(path, file)) return path;
  }
  return undefined;
}

/** Every attempt's artifact into a folder of its own: an earlier attempt may have claimed the version. */
async function downloadArtifacts(first: FirstRun): Promise<readonly string[]> {
  const runId = Number(/\/runs\/(\d+)/.exec(first.manifest.run.source.run_url ?? "")?.[1] ?? 0);
  if (runId === 0) return [];
  const store = first.artifactsOf(runId);
  const folders: string[] = [];
  for (const { id, name } of await store.list()) {
    if (readArtifactName(name, first.manifest.model) === null) continue;
    const folder = join(first.temporaryDirectory, "slipway-first-run", String(id));
    await store.download(id, folder);
    folders.push(folder);
  }
  return folders;
}

function gone(
  { tag, manifest }: FirstRun,
  missing: readonly FileEntry[],
  cause?: unknown,
): DataError {
  const run = manifest.run.source.run_url ?? "a run that is not known";
  return new DataError({
    code: "FIRST_FILES_GONE",
    message: `${tag} was claimed by ${run}, which ended before its release was made, and these files of it are not here: ${missing.map(({ path }) => path).join(", ")}.`,
    hint: "Give this job `permissions: actions: read`, so that they are fetched from that run's artifacts; or re-run that run's failed jobs; or deregister the version and register anew.",
    cause,
  });
}
