import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { GithubAccess } from "#core";

/** Runs git in a folder, with nothing of the machine's own settings. */
export function gitIn(directory: string, ...parameters: readonly string[]): string {
  return execFileSync("git", ["-C", directory, ...parameters], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    env: {
      PATH: process.env["PATH"],
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_AUTHOR_NAME: "Ada",
      GIT_AUTHOR_EMAIL: "ada@example.com",
      GIT_COMMITTER_NAME: "Ada",
      GIT_COMMITTER_EMAIL: "ada@example.com",
    },
  }).trim();
}

/** `file://…/acme/models` plays the server; git reaches it as it reaches any other. */
export function accessTo(root: string, extra: Partial<GithubAccess> = {}): GithubAccess {
  return {
    token: "",
    apiUrl: "",
    serverUrl: `file://${root}`,
    owner: "acme",
    repository: "models",
    sha: "",
    ref: "",
    eventName: "pull_request",
    event: {},
    actor: "",
    runId: 1,
    runAttempt: 1,
    workflow: "",
    job: "",
    ...extra,
  };
}

/** A repository on a server, and clones of it. */
export interface SomeRepository {
  /** Where `acme/models` lies. */
  readonly root: string;
  readonly server: string;
  /** Commits files to a branch (made from `from` where it is new) and gives the commit; `null` removes one. */
  commit(
    branch: string,
    files: Readonly<Record<string, string | Uint8Array | null>>,
    from?: string,
  ): string;
  /** A clone with that branch checked out. */
  clone(branch: string, depth?: number): string;
  remove(): void;
}

/** Makes an empty repository. */
export function openRepository(): SomeRepository {
  const root = mkdtempSync(join(tmpdir(), "slipway-repository-"));
  const server = join(root, "acme", "models");
  mkdirSync(server, { recursive: true });
  gitIn(server, "init", "--quiet", "-b", "main");
  gitIn(server, "config", "uploadpack.allowAnySHA1InWant", "true");
  let clones = 0;
  return {
    root,
    server,
    commit: (branch, files, from) => {
      const isKnown = existsSync(join(server, ".git/refs/heads", branch));
      if (isKnown) gitIn(server, "checkout", "--quiet", branch);
      else if (from !== undefined) gitIn(server, "checkout", "--quiet", "-b", branch, from);
      for (const [name, content] of Object.entries(files)) {
        const path = join(server, name);
        mkdirSync(dirname(path), { recursive: true });
        if (content === null) rmSync(path, { force: true });
        else writeFileSync(path, content);
      }
      gitIn(server, "add", "--all", "--force");
      gitIn(server, "commit", "--quiet", "--allow-empty", "-m", `Change ${branch}`);
      const commit = gitIn(server, "rev-parse", "HEAD");
      gitIn(server, "checkout", "--quiet", "--detach");
      return commit;
    },
    clone: (branch, depth) => {
      const path = join(root, `clone-${(clones += 1)}`);
      const shallow = depth === undefined ? [] : [`--depth=${depth}`];
      gitIn(root, "clone", "--quiet", ...shallow, "-b", branch, `file://${server}`, path);
      return path;
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
