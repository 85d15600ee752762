import { mkdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { strToU8, zipSync } from "fflate";
import type { JobRecord } from "../contracts.ts";
import { idParam, paginate, type RepositoryCall, type RepositoryRoute } from "./calls.ts";
import type { Github } from "./github.ts";
import type { StoredRun } from "./records.ts";
import { ApiError, noContent, notFound, ok, redirect, type Reply } from "./replies.ts";
import { presentJob, presentRun } from "./run-views.ts";
import { requireWorkflow } from "./workflows.ts";

function runsOf(call: RepositoryCall): readonly StoredRun[] {
  return call.github.records.runs.all().filter((one) => one.repositoryId === call.repository.id);
}

function requireRun(call: RepositoryCall): StoredRun {
  const stored = call.github.records.runs.get(idParam(call, "run"));
  if (stored?.repositoryId !== call.repository.id) throw notFound();
  return stored;
}

async function listPage(call: RepositoryCall, runs: readonly StoredRun[]): Promise<Reply> {
  const found = filterRuns(call, runs).toReversed();
  const page = paginate(call, found, (shown) => shown);
  if (page.kind !== "json") return page;
  const shown = await Promise.all(
    (page.body as readonly StoredRun[]).map((one) => presentRun(call.github, call.repository, one)),
  );
  return { ...page, body: { total_count: found.length, workflow_runs: shown } };
}

function filterRuns(call: RepositoryCall, runs: readonly StoredRun[]): readonly StoredRun[] {
  const query = call.url.searchParams;
  if (query.has("created")) {
    throw new ApiError(501, "The local GitHub does not implement the parameter created of runs.");
  }
  const matches = (name: string, values: readonly (string | null)[]) => {
    const wanted = query.get(name);
    return wanted === null || values.includes(wanted);
  };
  return runs.filter(
    ({ run }) =>
      matches("actor", [run.actor]) &&
      matches("branch", [run.headBranch]) &&
      matches("event", [run.event]) &&
      matches("head_sha", [run.headSha]) &&
      matches("status", [run.status, run.conclusion]),
  );
}

function listRuns(call: RepositoryCall): Promise<Reply> {
  return listPage(call, runsOf(call));
}

async function listRunsOfWorkflow(call: RepositoryCall): Promise<Reply> {
  const workflow = await requireWorkflow(call);
  return listPage(
    call,
    runsOf(call).filter((one) => one.run.workflow === workflow.path),
  );
}

async function getRun(call: RepositoryCall): Promise<Reply> {
  return ok(await presentRun(call.github, call.repository, requireRun(call)));
}

async function getAttempt(call: RepositoryCall): Promise<Reply> {
  const stored = requireRun(call);
  // Earlier attempts are not kept.
  if (stored.run.attempt !== idParam(call, "attempt")) throw notFound();
  return ok(await presentRun(call.github, call.repository, stored));
}

function deleteRun(call: RepositoryCall): Reply {
  const { run } = requireRun(call);
  if (run.status !== "completed") {
    throw new ApiError(403, "Could not delete the workflow run: it has not finished.");
  }
  call.github.records.runs.delete(run.id);
  return noContent();
}

function cancelRun(call: RepositoryCall): Reply {
  const { run } = requireRun(call);
  if (run.status === "completed") {
    throw new ApiError(409, "Cannot cancel a workflow run that is completed.");
  }
  setImmediate(() => {
    for (const listener of call.github.cancelListeners) listener(run.id);
  });
  return { kind: "json", status: 202, body: {} };
}

function jobsOf(call: RepositoryCall, stored: StoredRun): readonly JobRecord[] {
  return call.github.records.jobs.all().filter((job) => job.runId === stored.run.id);
}

function listJobs(call: RepositoryCall): Reply {
  const stored = requireRun(call);
  const jobs = jobsOf(call, stored);
  return paginate(call, jobs, (shown) => ({
    total_count: jobs.length,
    jobs: shown.map((job) => presentJob(call.github, call.repository, { job, stored })),
  }));
}

function requireJob(call: RepositoryCall): { readonly job: JobRecord; readonly stored: StoredRun } {
  const job = call.github.records.jobs.get(idParam(call, "job"));
  const stored = job === undefined ? undefined : call.github.records.runs.get(job.runId);
  if (job === undefined || stored?.repositoryId !== call.repository.id) throw notFound();
  return { job, stored };
}

function getJob(call: RepositoryCall): Reply {
  return ok(presentJob(call.github, call.repository, requireJob(call)));
}

function logPath(github: Github, jobId: number): string {
  return join(github.store.directory, "job-logs", `${jobId}.txt`);
}

/** Keeps what a job has written, whole. */
export function saveJobLog(github: Github, jobId: number, text: string): void {
  const path = logPath(github, jobId);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function signedLogs(github: Github, kind: "job" | "run", id: number): Reply {
  const expiry = Math.floor(Date.now() / 1000) + 60;
  const signature = github.signingKey.signUrl(`logs:${kind}:${id}:${expiry}`);
  return redirect(`${github.url}/_logs/${kind}/${id}?se=${expiry}&sig=${signature}`);
}

async function getJobLogs(call: RepositoryCall): Promise<Reply> {
  const { job } = requireJob(call);
  if ((await readLog(call.github, job.id)) === undefined) throw notFound();
  return signedLogs(call.github, "job", job.id);
}

function getRunLogs(call: RepositoryCall): Reply {
  return signedLogs(call.github, "run", requireRun(call).run.id);
}

async function readLog(github: Github, jobId: number): Promise<string | undefined> {
  return readFile(logPath(github, jobId), "utf8").catch(() => undefined);
}

/** A job's log as text, or a run's as a zip with one file a job, on a signed address. */
export async function serveLogs(request: {
  readonly github: Github;
  readonly url: URL;
  readonly kind: string;
  readonly id: number;
}): Promise<Reply> {
  const { github, url, kind, id } = request;
  const expiry = url.searchParams.get("se") ?? "";
  const signature = github.signingKey.signUrl(`logs:${kind}:${id}:${expiry}`);
  if (signature !== url.searchParams.get("sig") || Number(expiry) * 1000 < Date.now()) {
    throw new ApiError(403, "The address has expired or was changed.");
  }
  if (kind === "job") {
    const text = await readLog(github, id);
    if (text === undefined) throw notFound();
    const headers = { "content-type": "text/plain; charset=utf-8" };
    return { kind: "bytes", status: 200, body: Buffer.from(text), headers };
  }
  const jobs = github.records.jobs.all().filter((job) => job.runId === id);
  const files = await Promise.all(
    jobs.map(async (job, index) => {
      const text = (await readLog(github, job.id)) ?? "";
      return [`${index}_${job.name.replaceAll(/[^\w.-]+/g, "_")}.txt`, strToU8(text)] as const;
    }),
  );
  const headers = { "content-type": "application/zip" };
  return { kind: "bytes", status: 200, body: zipSync(Object.fromEntries(files)), headers };
}

const [read, write] = ["actions:read", "actions:write"] as const;
const one = "/actions/runs/:run";

/** Workflow runs and their jobs, as the runner reports them. */
export const workflowRunRoutes: readonly RepositoryRoute[] = [
  { method: "GET", path: "/actions/runs", need: read, handle: listRuns },
  { method: "GET", path: "/actions/workflows/:id/runs", need: read, handle: listRunsOfWorkflow },
  { method: "GET", path: one, need: read, handle: getRun },
  { method: "DELETE", path: one, need: write, handle: deleteRun },
  { method: "GET", path: `${one}/attempts/:attempt`, need: read, handle: getAttempt },
  { method: "POST", path: `${one}/cancel`, need: write, handle: cancelRun },
  { method: "POST", path: `${one}/force-cancel`, need: write, handle: cancelRun },
  { method: "GET", path: `${one}/jobs`, need: read, handle: listJobs },
  { method: "GET", path: `${one}/attempts/:attempt/jobs`, need: read, handle: listJobs },
  { method: "GET", path: `${one}/logs`, need: read, handle: getRunLogs },
  { method: "GET", path: "/actions/jobs/:job", need: read, handle: getJob },
  { method: "GET", path: "/actions/jobs/:job/logs", need: read, handle: getJobLogs },
];
