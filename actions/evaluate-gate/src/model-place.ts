import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { DataError, InputError } from "#core";

/** A model's file or folder on this machine. */
export interface ModelPlace {
  /** The folder that the file lies in, or the model's own. */
  readonly directory: string;
  /** `null` for a folder. */
  readonly file: string | null;
  readonly bytes: number;
}

/** What lies in the place of a large file that was not fetched. */
export type Pointer =
  | { readonly kind: "git-lfs" }
  | { readonly kind: "dvc"; readonly file: string };

/** Finds a model's file or folder; `null` where there is none. */
export async function findModel(path: string): Promise<ModelPlace | null> {
  const facts = await stat(path).catch(() => null);
  if (facts === null) return null;
  if (!facts.isDirectory()) return { directory: dirname(path), file: path, bytes: facts.size };
  let bytes = 0;
  for (const file of await listModelFiles(path)) bytes += (await stat(join(path, file))).size;
  return { directory: path, file: null, bytes };
}

/** The files of a model's folder, relative to it, sorted. */
export async function listModelFiles(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort();
}

const LARGEST_POINTER = 1024;

/** The pointer that Git LFS or DVC left in the place of a model; `null` where there is none. */
export async function findPointer(path: string): Promise<Pointer | null> {
  const facts = await stat(path).catch(() => null);
  if (facts === null) {
    const dvc = `${path}.dvc`;
    return (await stat(dvc).catch(() => null)) === null ? null : { kind: "dvc", file: dvc };
  }
  if (!facts.isFile() || facts.size > LARGEST_POINTER) return null;
  const text = await readFile(path, "latin1");
  return text.startsWith("version https://git-lfs.github.com/spec/") ? { kind: "git-lfs" } : null;
}

/**
 * The model that the input `model-file` names.
 *
 * @throws InputError `MODEL_FILE_NOT_FOUND`; DataError `MODEL_IS_LFS_POINTER`, `MODEL_IS_DVC_POINTER`
 */
export async function requireModel(path: string, name: string): Promise<ModelPlace> {
  const pointer = await findPointer(path);
  if (pointer?.kind === "git-lfs") {
    throw new DataError({
      code: "MODEL_IS_LFS_POINTER",
      message: `model-file: ${name} is a Git LFS pointer, not the model itself.`,
      hint: "Check out with lfs: true (actions/checkout), or run git lfs pull before this step.",
      place: { file: name },
    });
  }
  if (pointer?.kind === "dvc") {
    throw new DataError({
      code: "MODEL_IS_DVC_POINTER",
      message: `model-file: ${name} is not here, only its DVC pointer ${basename(pointer.file)}.`,
      hint: `Run dvc pull ${name} before this step.`,
      place: { file: name },
    });
  }
  const found = await findModel(path);
  if (found !== null) return found;
  throw new InputError({
    code: "MODEL_FILE_NOT_FOUND",
    message: `model-file: there is no ${name} in the repository's folder.`,
    hint: "Give a path relative to the repository's root; was the file checked out, or made by an earlier step?",
  });
}
