import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Octokit } from "@octokit/rest";
import type {
  LocalGithub,
  JobCredentials,
  RepositoryEvent,
} from "../../../packages/sandbox/src/contracts.ts";
import { startGithub, type GithubOptions } from "../../../packages/sandbox/src/github/service.ts";

const run = promisify(execFile);

/** A folder for one test file, taken away at its end. */
export async function makeFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "slipway-github-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Starts a local GitHub in a folder of its own. */
export async function startInFolder(
  options: Partial<GithubOptions> = {},
): Promise<{ readonly service: LocalGithub; readonly folder: string; stop(): Promise<void> }> {
  const folder = await makeFolder();
  const service = await startGithub({ stateDirectory: join(folder.path, "state"), ...options });
  return {
    service,
    folder: folder.path,
    stop: async () => {
      await service.close();
      await folder.remove();
    },
  };
}

/** An official client; `fetch` may check what passes. */
export function connect(
  service: LocalGithub,
  {
    token = service.adminToken,
    fetch: through = fetch,
  }: { readonly token?: string; readonly fetch?: typeof fetch } = {},
): Octokit {
  const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  return new Octokit({
    baseUrl: service.url,
    auth: token,
    request: { fetch: through },
    log: silent,
  });
}

/** Opens a job of a repository with some permissions. */
export function openTestJob(
  service: LocalGithub,
  repository: string,
  more: Partial<Parameters<LocalGithub["openJob"]>[0]> = {},
): JobCredentials & { readonly jobId: number; readonly runId: number } {
  const runId = more.runId ?? service.nextRunId();
  const jobId = more.jobId ?? service.nextJobId();
  const credentials = service.openJob({
    repository,
    runId,
    attempt: 1,
    jobId,
    ref: "refs/heads/main",
    sha: "0".repeat(40),
    event: "push",
    workflow: ".github/workflows/ci.yml",
    actor: "octocat",
    permissions: { contents: "read" },
    ...more,
  });
  return { ...credentials, jobId, runId };
}

/** Runs the real git with a clean configuration; answers what it wrote. */
export async function git(directory: string, ...args: readonly string[]): Promise<string> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_"));
  const { stdout } = await run("git", ["-C", directory, ...args], {
    env: {
      ...Object.fromEntries(inherited),
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_TERMINAL_PROMPT: "0",
      GIT_AUTHOR_NAME: "Ada",
      GIT_AUTHOR_EMAIL: "ada@example.com",
      GIT_COMMITTER_NAME: "Ada",
      GIT_COMMITTER_EMAIL: "ada@example.com",
    },
  });
  return stdout.trim();
}

/** Where git clones from, with a token in it. */
export function remoteUrl(service: LocalGithub, repository: string, token?: string): string {
  const login = token === undefined ? "" : `x-access-token:${token}@`;
  return `${service.serverUrl.replace("http://", `http://${login}`)}/${repository}.git`;
}

/** Collects events; `next` waits for one of a name that has not been handed out. */
export function collectEvents(service: LocalGithub): {
  readonly all: readonly RepositoryEvent[];
  next(name: string): Promise<RepositoryEvent>;
  stop(): void;
} {
  const all: RepositoryEvent[] = [];
  const taken = new Set<RepositoryEvent>();
  const stop = service.onEvent((event) => all.push(event));
  return {
    all,
    stop,
    next: async (name) => {
      for (let attempt = 0; attempt < 500; attempt += 1) {
        const found = all.find((event) => event.name === name && !taken.has(event));
        if (found !== undefined) {
          taken.add(found);
          return found;
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      throw new Error(`No event ${name}; there were ${all.map((event) => event.name).join(", ")}`);
    },
  };
}

/** The status and message with which a request was refused. */
export async function refusal(
  request: Promise<unknown>,
): Promise<{ readonly status: number; readonly message: string; readonly errors: unknown }> {
  try {
    await request;
  } catch (error) {
    const {
      status = 0,
      message,
      response,
    } = error as Error & {
      readonly status?: number;
      readonly response?: {
        readonly data?: { readonly message?: string; readonly errors?: unknown };
      };
    };
    return { status, message: response?.data?.message ?? message, errors: response?.data?.errors };
  }
  throw new Error("The request was not refused.");
}
