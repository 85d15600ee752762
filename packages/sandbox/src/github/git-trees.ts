import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runGit, runGitText } from "./git.ts";
import { zeroSha, type ObjectType } from "./git-objects.ts";

/** One entry of a tree. */
export interface TreeEntry {
  readonly mode: string;
  readonly type: ObjectType;
  readonly sha: string;
  readonly path: string;
  /** Only of blobs. */
  readonly sizeBytes: number | null;
}

/** Entries of a tree, all levels when `recursive`. */
export async function listTree(
  directory: string,
  tree: string,
  options: { readonly recursive?: boolean; readonly path?: string } = {},
): Promise<readonly TreeEntry[]> {
  const args = ["ls-tree", "-l", "-z", "--full-tree"];
  if (options.recursive === true) args.push("-r", "-t");
  args.push(tree);
  if (options.path !== undefined) args.push("--", options.path);
  const { stdout } = await runGit(directory, args);
  return stdout
    .toString("utf8")
    .split("\0")
    .flatMap((line) => {
      const match = /^(\d+) (\w+) ([0-9a-f]{40}) +(-|\d+)\t(.*)$/s.exec(line);
      if (match === null) return [];
      const [, mode = "", type, sha = "", size, path = ""] = match;
      const sizeBytes = size === "-" ? null : Number(size);
      return [{ mode, type: type as ObjectType, sha, path, sizeBytes }];
    });
}

/** A change of a tree: `sha: null` takes the path away. */
export interface TreeChange {
  readonly path: string;
  readonly mode: string;
  readonly sha: string | null;
}

/** Writes the tree that results from changes to another one, or to nothing. */
export async function writeTree(
  directory: string,
  baseTree: string | undefined,
  changes: readonly TreeChange[],
): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), "slipway-index-"));
  const environment = { GIT_INDEX_FILE: join(scratch, "index") };
  try {
    if (baseTree !== undefined) await runGit(directory, ["read-tree", baseTree], { environment });
    const replaced = changes.filter((change) => change.sha === null || change.mode === "040000");
    const removals = await listPathsUnder(directory, baseTree, replaced);
    const files = (await Promise.all(changes.map((change) => listFiles(directory, change)))).flat();
    await runGit(directory, ["update-index", "--replace", "-z", "--index-info"], {
      environment,
      input: [
        ...removals.map((path) => `0 ${zeroSha}\t${path}\0`),
        ...files.map(({ path, mode, sha }) => `${mode} ${sha}\t${path}\0`),
      ].join(""),
    });
    return await runGitText(directory, ["write-tree"], { environment });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

// A folder that is put in is put in file by file: an index holds nothing else.
async function listFiles(directory: string, change: TreeChange): Promise<readonly TreeChange[]> {
  if (change.sha === null) return [];
  if (change.mode !== "040000") return [change];
  const entries = await listTree(directory, change.sha, { recursive: true });
  return entries
    .filter((entry) => entry.type !== "tree")
    .map(({ path, mode, sha }) => ({ path: `${change.path}/${path}`, mode, sha }));
}

async function listPathsUnder(
  directory: string,
  tree: string | undefined,
  changes: readonly TreeChange[],
): Promise<readonly string[]> {
  if (tree === undefined || changes.length === 0) return [];
  const entries = await listTree(directory, tree, { recursive: true });
  return entries
    .filter((entry) => entry.type !== "tree")
    .map((entry) => entry.path)
    .filter((path) =>
      changes.some((change) => path === change.path || path.startsWith(`${change.path}/`)),
    );
}
