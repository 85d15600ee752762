import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { RemoteError, type GithubAccess } from "#core";
import type { FileAtCommit, Repository } from "./ports.ts";

const run = promisify(execFile);

/** Where the checked-out repository is and how more of it is fetched. */
export interface RepositoryPlace {
  readonly workspace: string;
  readonly temporaryDirectory: string;
  readonly access: GithubAccess;
}

/** The job's clone, which may be shallow: what it lacks is fetched from GitHub. */
export function gitRepository(place: RepositoryPlace): Repository {
  const git = (...parameters: string[]) =>
    run("git", ["-C", place.workspace, ...parameters], {
      env: { ...process.env, ...authentication(place.access), GIT_TERMINAL_PROMPT: "0" },
      maxBuffer: 64 * 1024 * 1024,
    });
  const fetchCommit = (commit: string) =>
    git("fetch", "--quiet", "--no-tags", "--depth=1", urlOf(place.access), commit);
  return {
    checkout: async (entry) => {
      const path = join(
        place.temporaryDirectory,
        `slipway-worktree-${randomBytes(4).toString("hex")}`,
      );
      try {
        if (!(await hasCommit(git, entry.commit))) await fetchCommit(`refs/tags/${entry.tag}`);
        await git("worktree", "add", "--quiet", "--detach", path, entry.commit);
      } catch (error) {
        throw new RemoteError({
          code: "RELEASE_COMMIT_UNREADABLE",
          message: `The release commit of ${entry.tag} cannot be checked out: ${lastLine(error)}.`,
          hint: "The job needs git, a checkout of the repository and `permissions: contents: read`.",
          call: "git worktree add",
          status: null,
          retryable: true,
          cause: error,
        });
      }
      return {
        path,
        remove: async () => {
          await git("worktree", "remove", "--force", path);
        },
      };
    },
    show: (commit, path) => showFile({ git, fetchCommit }, commit, path),
  };
}

type Git = (...parameters: string[]) => Promise<{ readonly stdout: string }>;

async function showFile(
  {
    git,
    fetchCommit,
  }: { readonly git: Git; readonly fetchCommit: (commit: string) => Promise<unknown> },
  commit: string,
  path: string,
): Promise<FileAtCommit> {
  try {
    await git("rev-parse", "--git-dir");
  } catch {
    return { kind: "no-git" };
  }
  try {
    if (!(await hasCommit(git, commit))) await fetchCommit(commit);
    const { stdout: listed } = await git("ls-tree", "--name-only", commit, "--", path);
    if (listed.trim() === "") return { kind: "absent" };
    const { stdout } = await git("show", `${commit}:${path}`);
    return { kind: "found", text: stdout };
  } catch (error) {
    return { kind: "unreadable", why: lastLine(error) };
  }
}

async function hasCommit(git: Git, commit: string): Promise<boolean> {
  return git("cat-file", "-e", `${commit}^{commit}`).then(
    () => true,
    () => false,
  );
}

function urlOf({ serverUrl, owner, repository }: GithubAccess): string {
  return `${serverUrl}/${owner}/${repository}`;
}

/** The token as a header in git's environment: not in the arguments, where other processes see it. */
function authentication({ token, serverUrl }: GithubAccess): Readonly<Record<string, string>> {
  if (token === "") return {};
  const basic = Buffer.from(`x-access-token:${token}`).toString("base64");
  return {
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: `http.${serverUrl}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
  };
}

function lastLine(error: unknown): string {
  const { stderr } = error as { readonly stderr?: string };
  const text = stderr ?? (error instanceof Error ? error.message : String(error));
  return text.trim().split("\n").at(-1) ?? "";
}
