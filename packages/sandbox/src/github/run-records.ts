import type { JobRecord, RunRecord } from "../contracts.ts";
import { findRepositoryByFullName, now, putOff, type Github } from "./github.ts";
import { emitOnDefaultBranch } from "./issues.ts";
import type { CheckRun, Repository, StoredRun } from "./records.ts";
import { presentRun } from "./run-views.ts";

/** The id of a run that is about to be. Large, as the live ones are. */
export function nextRunId(github: Github): number {
  return 10_000_000_000 + github.store.nextId("run");
}

/** The id of a job that is about to be. */
export function nextJobId(github: Github): number {
  return 30_000_000_000 + github.store.nextId("job");
}

function requireRepository(github: Github, name: string): Repository {
  const repository = findRepositoryByFullName(github, name);
  if (repository === undefined) throw new Error(`The local GitHub has no repository ${name}.`);
  return repository;
}

/** Keeps how a run stands and tells `workflow_run` when that has changed. */
export function saveRun(github: Github, run: RunRecord): void {
  const repository = requireRepository(github, run.repository);
  const before = github.records.runs.get(run.id);
  const stored: StoredRun = {
    repositoryId: repository.id,
    runNumber: before?.runNumber ?? countRuns(github, repository, run.workflow) + 1,
    run,
  };
  github.records.runs.put(run.id, stored);
  const action = describeChange(before?.run, run);
  if (action === undefined) return;
  putOff(github, () => tellRun(github, repository, { stored, action }));
}

function countRuns(github: Github, repository: Repository, workflow: string): number {
  return github.records.runs
    .all()
    .filter((one) => one.repositoryId === repository.id && one.run.workflow === workflow).length;
}

function describeChange(before: RunRecord | undefined, run: RunRecord): string | undefined {
  if (before !== undefined && before.status === run.status && before.attempt === run.attempt) {
    return undefined;
  }
  return run.status === "queued" ? "requested" : run.status;
}

async function tellRun(
  github: Github,
  repository: Repository,
  { stored, action }: { readonly stored: StoredRun; readonly action: string },
): Promise<void> {
  const workflowRun = await presentRun(github, repository, stored);
  await emitOnDefaultBranch(github, repository, {
    name: "workflow_run",
    caller: { kind: "person", login: stored.run.actor, token: "" },
    payload: {
      action,
      workflow_run: workflowRun,
      workflow: {
        id: workflowRun["workflow_id"],
        name: stored.run.name,
        path: stored.run.workflow,
      },
    },
  });
}

/** Keeps how a job stands; like GitHub, each job is also a check run of its commit. */
export function saveJob(github: Github, job: JobRecord): void {
  github.records.jobs.put(job.id, job);
  const stored = github.records.runs.get(job.runId);
  if (stored === undefined) return;
  const before = github.records.checkRuns.get(job.id);
  const check: CheckRun = {
    id: job.id,
    repositoryId: stored.repositoryId,
    name: job.name,
    headSha: stored.run.headSha,
    status: job.status,
    conclusion: job.conclusion,
    startedAt: job.startedAt ?? before?.startedAt ?? now(),
    completedAt: job.completedAt,
    externalId: "",
    detailsUrl: `${github.serverUrl}/${stored.run.repository}/actions/runs/${job.runId}/job/${job.id}`,
    title: null,
    summary: null,
    text: null,
    annotations: before?.annotations ?? [],
  };
  github.records.checkRuns.put(job.id, check);
}
