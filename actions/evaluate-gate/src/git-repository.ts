import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import pLimit from "p-limit";
import { InputError, RemoteError, type GithubAccess } from "#core";
import { authentication, faultLine, gitIn, type Git } from "#github";
import { beforePush, resolveRef } from "./git-refs.ts";
import type { FileAtCommit, Repository, Worktree } from "./ports.ts";

/** Where the checked-out repository is and how more of it is fetched. */
export interface RepositoryPlace {
  readonly workspace: string;
  readonly temporaryDirectory: string;
  readonly access: GithubAccess;
}

/** The job's clone, which may be shallow: what it lacks is fetched from GitHub. */
export function gitRepository(place: RepositoryPlace): Repository {
  const git = gitIn(place.workspace);
  const clone: Clone = { git, ...place };
  // Two fetches into one shallow clone stand in each other's way.
  const inTurn = pLimit(1);
  return {
    checkout: async (entry) => {
      try {
        return await inTurn(() => addCommit(clone, entry.commit, `refs/tags/${entry.tag}`));
      } catch (error) {
        throw new RemoteError({
          code: "RELEASE_COMMIT_UNREADABLE",
          message: `The release commit of ${entry.tag} cannot be checked out: ${faultLine(error)}.`,
          hint: "The job needs git, a checkout of the repository and `permissions: contents: read`.",
          call: "git worktree add",
          status: null,
          retryable: true,
          cause: error,
        });
      }
    },
    resolve: async (ref) => {
      if (!(await isRepository(git))) throw noRepository(place.workspace);
      const before = beforePush(ref, place.access);
      return before === undefined
        ? resolveRef(ref, { git, remote: remoteOf(place.access), ask: (p) => askRemote(clone, p) })
        : before;
    },
    head: () =>
      git(["rev-parse", "HEAD"]).then(
        (commit) => commit.trim(),
        () => null,
      ),
    checkoutCommit: async (commit, name) => {
      if (!(await isRepository(git))) throw noRepository(place.workspace);
      try {
        return await inTurn(() => addCommit(clone, commit));
      } catch (error) {
        throw new RemoteError({
          code: "COMMIT_UNREADABLE",
          message: `${name} cannot be checked out: ${faultLine(error)}.`,
          hint: "The job needs git, a checkout of the repository (actions/checkout) and `permissions: contents: read`.",
          call: "git fetch",
          status: null,
          retryable: true,
          cause: error,
        });
      }
    },
    pullLargeFile: (worktree, path) => pullLargeFile(clone, worktree, path),
    tracks: (path) =>
      git(["ls-files", "--error-unmatch", "--", path]).then(
        () => true,
        () => false,
      ),
    show: (commit, path) => inTurn(() => showFile(clone, commit, path)),
  };
}

interface Clone extends RepositoryPlace {
  readonly git: Git;
}

function remoteOf({ serverUrl, owner, repository }: GithubAccess): string {
  return repository === "" ? "origin" : `${serverUrl}/${owner}/${repository}`;
}

/** Asks the repository on GitHub with the step's token, else with what actions/checkout left. */
async function askRemote(
  { git, access }: Pick<Clone, "git" | "access">,
  parameters: readonly string[],
): Promise<string> {
  const own = authentication(access);
  if (own.length === 0) return git(parameters);
  try {
    return await git(parameters, own);
  } catch (error) {
    return git(parameters).catch(() => {
      throw error;
    });
  }
}

/** A shallow clone gets that one commit; a whole clone stays whole. */
async function fetchMore(clone: Clone, wanted: string): Promise<void> {
  const isShallow = (await clone.git(["rev-parse", "--is-shallow-repository"])).trim() === "true";
  const depth = isShallow ? ["--depth=1"] : [];
  const remote = remoteOf(clone.access);
  await askRemote(clone, ["fetch", "--quiet", "--no-tags", ...depth, remote, wanted]);
}

/** A worktree of a commit, which is fetched where the clone lacks it. */
async function addCommit(clone: Clone, commit: string, wanted = commit): Promise<Worktree> {
  if (!(await hasCommit(clone.git, commit))) await fetchMore(clone, wanted);
  return addWorktree(clone, commit);
}

const WORKTREE = "slipway-worktree-";

/** The commit beside the workspace. The name holds the process, so that a later one can tell whose it was. */
async function addWorktree({ git, temporaryDirectory }: Clone, commit: string): Promise<Worktree> {
  await removeLeftOvers(git);
  await mkdir(temporaryDirectory, { recursive: true });
  const name = `${WORKTREE}${process.pid}-${randomBytes(4).toString("hex")}`;
  const path = join(temporaryDirectory, name);
  const noHooks = [{ key: "core.hooksPath", value: "/dev/null" }];
  await git(["worktree", "add", "--quiet", "--detach", path, commit], noHooks);
  return { path, commit, remove: () => removeWorktree(git, path) };
}

async function removeWorktree(git: Git, path: string): Promise<void> {
  await git(["worktree", "remove", "--force", path]).catch(() => {});
  await rm(path, { recursive: true, force: true }).catch(() => {});
  await git(["worktree", "prune"]).catch(() => {});
}

/** Worktrees of steps that were killed before they could take them away. */
async function removeLeftOvers(git: Git): Promise<void> {
  const listed = await git(["worktree", "list", "--porcelain"]).catch(() => "");
  for (const [, path = ""] of listed.matchAll(/^worktree (.+)$/gm)) {
    const owner = /^slipway-worktree-(\d+)-[0-9a-f]{8}$/.exec(basename(path))?.[1];
    if (owner !== undefined && !isRunning(Number(owner))) await removeWorktree(git, path);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { readonly code?: unknown }).code === "EPERM";
  }
}

async function pullLargeFile(clone: Clone, worktree: Worktree, path: string): Promise<boolean> {
  const git = gitIn(worktree.path);
  const parameters = ["lfs", "pull", "--include", path, "--exclude", ""];
  return askRemote({ git, access: clone.access }, parameters).then(
    () => true,
    () => false,
  );
}

async function showFile(clone: Clone, commit: string, path: string): Promise<FileAtCommit> {
  const { git } = clone;
  if (!(await isRepository(git))) return { kind: "no-git" };
  try {
    if (!(await hasCommit(git, commit))) await fetchMore(clone, commit);
    const listed = await git(["ls-tree", "--name-only", commit, "--", path]);
    if (listed.trim() === "") return { kind: "absent" };
    return { kind: "found", text: await git(["show", `${commit}:${path}`]) };
  } catch (error) {
    return { kind: "unreadable", why: faultLine(error) };
  }
}

async function isRepository(git: Git): Promise<boolean> {
  return git(["rev-parse", "--git-dir"]).then(
    () => true,
    () => false,
  );
}

async function hasCommit(git: Git, commit: string): Promise<boolean> {
  return git(["cat-file", "-e", `${commit}^{commit}`]).then(
    () => true,
    () => false,
  );
}

function noRepository(workspace: string): InputError {
  return new InputError({
    code: "NO_REPOSITORY",
    message: `The baseline is another state of the repository, but ${workspace} is no git repository.`,
    hint: "Run actions/checkout before this step.",
  });
}
