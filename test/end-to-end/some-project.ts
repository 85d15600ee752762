import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startSandbox, type RunOutcome } from "#sandbox";
import { runGit } from "../../packages/sandbox/src/demo/author-git.ts";
import {
  createWorkflowRuns,
  type WantedRun,
} from "../../packages/sandbox/src/demo/workflow-runs.ts";
import { githubCalls, type GithubCalls } from "../../packages/sandbox/src/local-calls.ts";
import { repositoryRoot } from "./some-demo.ts";

const owner = "octocat";

/** Files by their paths in the repository. */
export type ProjectFiles = Readonly<Record<string, string | Uint8Array>>;

/** A repository of one's own at the local GitHub, whose workflows run the built actions. */
export interface SomeProject {
  /** `owner/name` */
  readonly repository: string;
  readonly github: GithubCalls;
  /** git in the author's clone. */
  readonly git: (...args: readonly string[]) => Promise<string>;
  /** Commits files on a branch, which begins at the newest main, and pushes it. */
  push(branch: string, files: ProjectFiles): Promise<void>;
  /** Opens a pull request into main; its number. */
  openPull(branch: string): Promise<number>;
  /** The texts of a pull request's comments, oldest first. */
  comments(number: number): Promise<readonly string[]>;
  /** Waits for the end of the next run of a workflow, however it ends. */
  runOf(workflow: string, event: string): Promise<RunOutcome>;
  close(): Promise<void>;
}

const runTimeoutMs = 120_000;

/** Starts the services and pushes the files as the first commit of main. */
export async function openSomeProject(name: string, files: ProjectFiles): Promise<SomeProject> {
  const directory = mkdtempSync(path.join(tmpdir(), "slipway-project-"));
  const clone = path.join(directory, name);
  mkdirSync(clone);
  const runs = createWorkflowRuns();
  const sandbox = await startSandbox({
    stateDirectory: path.join(directory, "sandbox"),
    login: owner,
    actionSources: {
      "slipway-ml/slipway": {
        kind: "folder",
        directory: process.env["SLIPWAY_ACTIONS_DIRECTORY"] ?? repositoryRoot,
      },
    },
    images: () => ({}),
    onRun: runs.ended,
    onProgress: () => {},
  });
  const github = githubCalls(sandbox.github);
  const git = (...args: readonly string[]) => runGit(clone, args);
  const repository = `${owner}/${name}`;
  const commit = async (branch: string, changed: ProjectFiles): Promise<void> => {
    for (const [file, content] of Object.entries(changed)) {
      mkdirSync(path.dirname(path.join(clone, file)), { recursive: true });
      writeFileSync(path.join(clone, file), content);
    }
    await git("add", "--all");
    await git("commit", "--quiet", "--message", `Change ${Object.keys(changed).join(", ")}`);
    await git("push", "--quiet", "origin", `HEAD:refs/heads/${branch}`);
  };
  const close = async (): Promise<void> => {
    await sandbox.close();
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  try {
    await github.json("/user/repos", { body: { name } });
    await git("init", "--quiet", "--initial-branch=main");
    const address = sandbox.urls.githubServer.replace(
      "://",
      `://${owner}:${sandbox.github.adminToken}@`,
    );
    await git("remote", "add", "origin", `${address}/${repository}.git`);
    await commit("main", files);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    repository,
    github,
    git,
    push: async (branch, changed) => {
      await git("fetch", "--quiet", "origin");
      const known = await git("branch", "--remotes", "--list", `origin/${branch}`);
      const start = known.trim() === "" ? "origin/main" : `origin/${branch}`;
      await git("checkout", "--quiet", "-B", branch, start);
      await commit(branch, changed);
    },
    openPull: async (branch) => {
      const { number } = await github.json<{ readonly number: number }>(
        `/repos/${repository}/pulls`,
        { body: { title: branch, head: branch, base: "main" } },
      );
      return number;
    },
    comments: async (number) => {
      const found = await github.json<readonly { readonly body: string }[]>(
        `/repos/${repository}/issues/${number}/comments?per_page=100`,
      );
      return found.map(({ body }) => body);
    },
    runOf: (workflow, event) => {
      const wanted: WantedRun = {
        workflow,
        event,
        timeoutMs: runTimeoutMs,
        signal: new AbortController().signal,
      };
      return runs.take(wanted);
    },
    close,
  };
}

/** The first block of YAML in a README that holds the words. */
export function recipeIn(readme: string, words: string): string {
  const blocks = [...readme.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = ""]) => yaml);
  const found = blocks.find((yaml) => yaml.includes(words));
  if (found === undefined) throw new Error(`no recipe of the README holds ${words}`);
  return found;
}
