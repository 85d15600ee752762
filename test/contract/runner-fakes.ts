import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import type {
  LocalGithub,
  JobRecord,
  RepositoryEvent,
  RunRecord,
} from "../../packages/sandbox/src/contracts.ts";
import {
  runWorkflow,
  type RunOutcome,
  type RunWorkflowOptions,
  type ProgressEvent,
} from "../../packages/sandbox/src/runner/index.ts";

/** A job that was opened at the fake. */
export type OpenedJob = Parameters<LocalGithub["openJob"]>[0];

/** A request that reached the fake's REST port. */
export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly authorization: string | undefined;
}

/** A LocalGithub in memory over a real bare git repository. */
export interface FakeGithub extends LocalGithub {
  readonly directory: string;
  readonly runs: Map<number, RunRecord>;
  readonly jobs: Map<number, JobRecord>;
  readonly openedJobs: OpenedJob[];
  readonly requests: FakeRequest[];
  readonly logs: Map<number, string>;
  /** Commits files to a branch and returns the commit. */
  commit(files: Readonly<Record<string, string>>, branch?: string): string;
  git(...args: readonly string[]): string;
  emit(event: RepositoryEvent): void;
  cancel(runId: number): void;
}

export const repository = "acme/models";

/** A JSON Web Token in shape only: the runner hands it on unread. */
const runtimeToken = "header.payload.signature-of-runtime";

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text === "" ? undefined : JSON.parse(text);
}

/** Starts the fake; `close` removes it. */
export async function startFakeGithub(
  settings: {
    readonly secrets?: Readonly<Record<string, string>>;
    readonly variables?: Readonly<Record<string, string>>;
  } = {},
): Promise<FakeGithub> {
  const directory = mkdtempSync(path.join(os.tmpdir(), "slipway-runner-"));
  const bare = path.join(directory, "git", repository);
  const work = path.join(directory, "author");
  const run = (cwd: string, ...args: readonly string[]) =>
    execFileSync("git", ["-c", "user.name=Ann", "-c", "user.email=ann@example.com", ...args], {
      cwd,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  mkdirSync(bare, { recursive: true });
  run(directory, "init", "--quiet", "--bare", "--initial-branch=main", bare);
  run(directory, "init", "--quiet", "--initial-branch=main", work);
  run(work, "remote", "add", "origin", bare);

  const runs = new Map<number, RunRecord>();
  const jobs = new Map<number, JobRecord>();
  const openedJobs: OpenedJob[] = [];
  const requests: FakeRequest[] = [];
  const eventListeners = new Set<(event: RepositoryEvent) => void>();
  const cancelListeners = new Set<(runId: number) => void>();
  const logs = new Map<number, string>();
  let lastRunId = 100;
  let lastJobId = 5000;

  const server = createServer((request, response) => {
    void readJson(request).then((body) => {
      const { method = "", url = "" } = request;
      requests.push({ method, path: url, body, authorization: request.headers.authorization });
      response.writeHead(method === "GET" ? 200 : 201, { "content-type": "application/json" });
      const value = Buffer.from(url).toString("base64url");
      return response.end(JSON.stringify({ id: requests.length, value }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    serverUrl: `file://${path.join(directory, "git")}`,
    directory,
    runs,
    jobs,
    openedJobs,
    requests,
    logs,
    adminToken: "ghp_admin",
    commit(files, branch = "main") {
      run(work, "checkout", "--quiet", "-B", branch);
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(path.dirname(path.join(work, name)), { recursive: true });
        writeFileSync(path.join(work, name), content);
      }
      run(work, "add", "--all");
      run(work, "commit", "--quiet", "--allow-empty", "--message", "Change files");
      run(work, "push", "--quiet", "--force", "origin", branch);
      return run(work, "rev-parse", "HEAD");
    },
    git: (...args) => run(work, ...args),
    emit: (event) => {
      for (const listener of eventListeners) listener(event);
    },
    cancel: (runId) => {
      for (const listener of cancelListeners) listener(runId);
    },
    onEvent(listener) {
      eventListeners.add(listener);
      return () => eventListeners.delete(listener);
    },
    onCancel(listener) {
      cancelListeners.add(listener);
      return () => cancelListeners.delete(listener);
    },
    repositoryPath: (name) => (name === repository ? bare : undefined),
    variables: () => settings.variables ?? {},
    secrets: () => settings.secrets ?? {},
    nextRunId: () => (lastRunId += 1),
    nextJobId: () => (lastJobId += 1),
    saveRun(record) {
      runs.set(record.id, record);
      if (record.status !== "completed") return;
      const workflowRun = { id: record.id, name: record.name, conclusion: record.conclusion };
      const payload = { action: "completed", workflow_run: workflowRun };
      const ref = "refs/heads/main";
      for (const listener of eventListeners) {
        const sha = run(bare, "rev-parse", "main");
        listener({ name: "workflow_run", repository, ref, sha, actor: record.actor, payload });
      }
    },
    saveJobLog: (jobId, text) => void logs.set(jobId, text),
    saveJob: (record) => void jobs.set(record.id, record),
    openJob(job) {
      openedJobs.push(job);
      const identity = { url: `${url}/identity?job=${job.jobId}`, token: `identity-${job.jobId}` };
      return {
        githubToken: `ghs_token${job.jobId}`,
        runtimeToken,
        resultsUrl: `${url}/`,
        ...(job.permissions["id-token"] === "write" ? { idTokenRequest: identity } : {}),
      };
    },
    closeJob: () => {},
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** An event of a push to a branch. */
export function pushEvent(sha: string, change: Partial<RepositoryEvent> = {}): RepositoryEvent {
  return {
    name: "push",
    repository,
    ref: "refs/heads/main",
    sha,
    actor: "ann",
    payload: { ref: "refs/heads/main", after: sha, repository: { id: 7, full_name: repository } },
    ...change,
  };
}

/** Commits one workflow (and more files) and runs it for a push. */
export async function runInline(
  github: FakeGithub,
  workflow: string,
  options: Partial<RunWorkflowOptions> & { readonly files?: Readonly<Record<string, string>> } = {},
): Promise<
  RunOutcome & { readonly lines: readonly string[]; readonly events: readonly ProgressEvent[] }
> {
  const { files, ...rest } = options;
  const sha = github.commit({ ".github/workflows/test.yml": workflow, ...files });
  const events: ProgressEvent[] = [];
  const outcome = await runWorkflow({
    github,
    event: pushEvent(sha),
    workflowPath: ".github/workflows/test.yml",
    workDirectory: path.join(github.directory, "runner"),
    actionSources: {},
    environment: {},
    ...rest,
    onProgress: (event) => {
      events.push(event);
      rest.onProgress?.(event);
    },
  });
  const lines = events.flatMap((event) => (event.kind === "line" ? [event.line] : []));
  return { ...outcome, lines, events };
}
