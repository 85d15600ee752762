import { repositoryPage, repositoryUrl } from "./presenters.ts";
import { directoryOf, type Github } from "./github.ts";
import { runGit, runGitText } from "./git.ts";
import { zeroSha } from "./git-objects.ts";
import type { Repository } from "./records.ts";

/** What two trees, or commits, differ in. */
export interface FileChange {
  readonly status: "added" | "removed" | "modified" | "renamed" | "changed";
  readonly path: string;
  readonly previousPath: string | undefined;
  readonly sha: string;
  readonly additions: number;
  readonly deletions: number;
  /** Unified hunks; undefined for binary files. */
  readonly patch: string | undefined;
}

const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/** The files that differ between two commits; `undefined` stands for the empty tree. */
export async function listFileChanges(
  directory: string,
  from: string | undefined,
  to: string,
): Promise<readonly FileChange[]> {
  const range = [from ?? emptyTree, to];
  const { stdout } = await runGit(directory, [
    "diff-tree",
    "-r",
    "-M",
    "-z",
    "--raw",
    "--numstat",
    "--no-abbrev",
    ...range,
  ]);
  const patches = await readPatches(directory, range);
  return parseRawAndNumstat(stdout.toString("utf8")).map((change) => ({
    ...change,
    patch: patches.get(change.path),
  }));
}

type CountedChange = Omit<FileChange, "patch">;

const statuses: Readonly<Record<string, FileChange["status"]>> = {
  A: "added",
  D: "removed",
  M: "modified",
  R: "renamed",
  T: "changed",
};

function parseRawAndNumstat(text: string): readonly CountedChange[] {
  const fields = text.split("\0");
  const raw: Omit<CountedChange, "additions" | "deletions">[] = [];
  const counts = new Map<string, readonly [number, number]>();
  let index = 0;
  while (index < fields.length) {
    const field = fields[index] ?? "";
    index += 1;
    if (field.startsWith(":")) {
      const [, , before = "", after = "", letters = "M"] = field.split(" ");
      const letter = letters.charAt(0);
      const first = fields[index] ?? "";
      const isRename = letter === "R" || letter === "C";
      const path = isRename ? (fields[index + 1] ?? "") : first;
      index += isRename ? 2 : 1;
      raw.push({
        status: statuses[letter] ?? "changed",
        path,
        previousPath: isRename ? first : undefined,
        sha: after === zeroSha ? before : after,
      });
      continue;
    }
    const match = /^(\d+|-)\t(\d+|-)\t(.*)$/s.exec(field);
    if (match === null) continue;
    const [, added = "0", deleted = "0", inlinePath = ""] = match;
    // A rename has an empty path here and the two names in the next fields.
    const path = inlinePath === "" ? (fields[index + 1] ?? "") : inlinePath;
    index += inlinePath === "" ? 2 : 0;
    counts.set(path, [Number(added) || 0, Number(deleted) || 0]);
  }
  return raw.map((change) => {
    const [additions, deletions] = counts.get(change.path) ?? [0, 0];
    return { ...change, additions, deletions };
  });
}

async function readPatches(
  directory: string,
  range: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const text = await runGitText(directory, [
    "-c",
    "core.quotePath=false",
    "diff-tree",
    "-r",
    "-M",
    "-p",
    ...range,
  ]);
  const patches = new Map<string, string>();
  for (const section of text.split(/^diff --git /m).slice(1)) {
    const start = section.indexOf("\n@@ ");
    const path =
      /^\+\+\+ b\/(.*)$/m.exec(section)?.[1] ?? /^--- a\/(.*)$/m.exec(section)?.[1] ?? undefined;
    if (start === -1 || path === undefined) continue;
    patches.set(path.replace(/\t$/, ""), section.slice(start + 1).replace(/\n$/, ""));
  }
  return patches;
}

/** A changed file as GitHub's API shows it. */
export function presentFileChange(
  github: Github,
  repository: Repository,
  { change, sha }: { readonly change: FileChange; readonly sha: string },
): Record<string, unknown> {
  const path = change.path.split("/").map(encodeURIComponent).join("/");
  const page = repositoryPage(github, repository);
  return {
    sha: change.sha,
    filename: change.path,
    status: change.status,
    additions: change.additions,
    deletions: change.deletions,
    changes: change.additions + change.deletions,
    blob_url: `${page}/blob/${sha}/${path}`,
    raw_url: `${page}/raw/${sha}/${path}`,
    contents_url: `${repositoryUrl(github, repository)}/contents/${path}?ref=${sha}`,
    ...(change.patch === undefined ? {} : { patch: change.patch }),
    ...(change.previousPath === undefined ? {} : { previous_filename: change.previousPath }),
  };
}

/** The whole difference of two commits as text, as `Accept: application/vnd.github.diff` asks. */
export async function readDiff(
  github: Github,
  repository: Repository,
  range: { readonly from: string | undefined; readonly to: string },
): Promise<Uint8Array> {
  const { stdout } = await runGit(directoryOf(github, repository), [
    "diff-tree",
    "-r",
    "-M",
    "-p",
    range.from ?? emptyTree,
    range.to,
  ]);
  return stdout;
}
