import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { isAbsolute, join, relative } from "node:path/posix";
import { DataError, InputError } from "#core";
import {
  followDvcPointer,
  locateFiles,
  type DvcOutput,
  type LocatedFile,
  type LocateOptions,
} from "#data";

/** What `run.json` says of data that DVC tracks. */
export interface DvcFacts {
  readonly md5: string;
  readonly rev_lock: string | null;
}

/** Files with the pointers among them replaced by what they point to. */
export interface FollowedFiles {
  readonly files: readonly LocatedFile[];
  /** By path relative to the workspace. */
  readonly outputs: ReadonlyMap<string, { readonly pointer: string; readonly output: DvcOutput }>;
}

const isPointer = (uri: string): boolean => /(?:\.dvc|(?:^|\/)dvc\.lock)$/.test(uri);

/**
 * Replaces DVC pointers by the data they point to, which must have been pulled.
 *
 * @throws InputError `DVC_NOT_PULLED`; DataError `BAD_DVC_POINTER`
 */
export async function followPointers(
  files: readonly LocatedFile[],
  options: LocateOptions & { readonly directory: string },
): Promise<FollowedFiles> {
  const found = new Map<string, LocatedFile>();
  const outputs = new Map<string, { pointer: string; output: DvcOutput }>();
  for (const file of files) {
    if (!isPointer(file.uri)) {
      found.set(file.uri, file);
      continue;
    }
    for (const output of await followDvcPointer(resolveIn(options.directory, file.uri))) {
      const path = relative(options.directory, output.path);
      outputs.set(path, { pointer: file.uri, output });
      for (const data of await locateOutput(path, { output, pointer: file.uri, options })) {
        found.set(data.uri, data);
      }
    }
  }
  return { files: [...found.values()], outputs };
}

async function locateOutput(
  path: string,
  {
    output,
    pointer,
    options,
  }: {
    readonly output: DvcOutput;
    readonly pointer: string;
    readonly options: LocateOptions & { readonly directory: string };
  },
): Promise<readonly LocatedFile[]> {
  const isDirectory = output.md5.endsWith(".dir");
  const facts = await stat(resolveIn(options.directory, path)).catch(() => null);
  if (facts === null) {
    throw new InputError({
      code: "DVC_NOT_PULLED",
      message: `${pointer} points to ${path} (md5 ${output.md5}), which is not here.`,
      hint: `Run dvc pull ${pointer} in an earlier step.`,
    });
  }
  return locateFiles([isDirectory ? `${path}/**` : path], options);
}

/**
 * The DVC hash of each file: of the pointer that was followed, else of one beside the file. A
 * followed pointer must agree with the file; one beside it that does not is a note.
 *
 * @throws DataError `DVC_DISAGREES`
 */
export async function findDvcFacts(
  files: readonly LocatedFile[],
  {
    workspace,
    followed,
  }: { readonly workspace: string; readonly followed: FollowedFiles["outputs"] },
): Promise<{ readonly facts: ReadonlyMap<string, DvcFacts>; readonly notes: readonly string[] }> {
  const facts = new Map<string, DvcFacts>();
  const notes: string[] = [];
  for (const file of files) {
    const tracked = coveringOutput(file.uri, followed) ?? (await besideFile(file, workspace));
    if (tracked === undefined) continue;
    const { pointer, output } = tracked;
    const entry = { md5: output.md5, rev_lock: output.revLock };
    if (output.md5.endsWith(".dir") || (await md5Of(file)) === output.md5) {
      facts.set(file.uri, entry);
    } else if (followed.has(file.uri)) throw disagrees(file.uri, pointer, output.md5);
    else notes.push(`${file.uri} is not what ${pointer} tracks (md5 ${output.md5}): it changed.`);
  }
  return { facts, notes };
}

function coveringOutput(
  uri: string,
  outputs: FollowedFiles["outputs"],
): { readonly pointer: string; readonly output: DvcOutput } | undefined {
  const exact = outputs.get(uri);
  if (exact !== undefined) return exact;
  for (const [path, tracked] of outputs) if (uri.startsWith(`${path}/`)) return tracked;
  return undefined;
}

async function besideFile(
  { uri }: LocatedFile,
  workspace: string,
): Promise<{ readonly pointer: string; readonly output: DvcOutput } | undefined> {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(uri)) return undefined;
  for (const pointer of [`${uri}.dvc`, "dvc.lock"]) {
    const path = resolveIn(workspace, pointer);
    if ((await stat(path).catch(() => null)) === null) continue;
    const outputs = await followDvcPointer(path);
    const output = outputs.find((one) => one.path === resolveIn(workspace, uri));
    if (output !== undefined) return { pointer, output };
  }
  return undefined;
}

async function md5Of(file: LocatedFile): Promise<string> {
  const hash = createHash("md5");
  for await (const chunk of file.source.open(file.uri)) hash.update(chunk);
  return hash.digest("hex");
}

function resolveIn(directory: string, path: string): string {
  return isAbsolute(path) ? path : join(directory, path);
}

function disagrees(uri: string, pointer: string, md5: string): DataError {
  return new DataError({
    code: "DVC_DISAGREES",
    message: `${uri} is not what ${pointer} points to (md5 ${md5}).`,
    hint: "Run dvc checkout (or dvc add, when the change is meant) before this step, or name the file itself in data.",
    place: { file: uri },
  });
}
