import type { JobRecord } from "../contracts.ts";
import { directoryOf, nodeId, type Github } from "./github.ts";
import { readCommits } from "./git-objects.ts";
import {
  presentRepositorySummary,
  presentUser,
  repositoryPage,
  repositoryUrl,
} from "./presenters.ts";
import type { Repository, StoredRun } from "./records.ts";
import { ensureWorkflow } from "./workflows.ts";

/** A workflow run as GitHub's API shows it. */
export async function presentRun(
  github: Github,
  repository: Repository,
  { run, runNumber }: StoredRun,
): Promise<Record<string, unknown>> {
  const base = repositoryUrl(github, repository);
  const url = `${base}/actions/runs/${run.id}`;
  const workflow = ensureWorkflow({ github, repository }, run.workflow);
  const headCommit = await presentHeadCommit(github, repository, run.headSha);
  const message = headCommit?.["message"];
  return {
    id: run.id,
    name: run.name,
    node_id: nodeId("WorkflowRun", run.id),
    head_branch: run.headBranch,
    head_sha: run.headSha,
    path: run.workflow,
    display_title: typeof message === "string" ? message.split("\n")[0] : run.name,
    run_number: runNumber,
    event: run.event,
    status: run.status,
    conclusion: run.conclusion,
    workflow_id: workflow.id,
    check_suite_id: run.id,
    check_suite_node_id: nodeId("CheckSuite", run.id),
    url,
    html_url: `${repositoryPage(github, repository)}/actions/runs/${run.id}`,
    pull_requests: [],
    created_at: run.createdAt,
    updated_at: run.updatedAt,
    actor: presentUser(github, run.actor),
    triggering_actor: presentUser(github, run.actor),
    run_attempt: run.attempt,
    referenced_workflows: [],
    run_started_at: run.createdAt,
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${base}/check-suites/${run.id}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: null,
    workflow_url: `${base}/actions/workflows/${workflow.id}`,
    head_commit: headCommit,
    repository: presentRepositorySummary(github, repository),
    head_repository: presentRepositorySummary(github, repository),
  };
}

async function presentHeadCommit(
  github: Github,
  repository: Repository,
  sha: string,
): Promise<Record<string, unknown> | null> {
  const [commit] = await readCommits(directoryOf(github, repository), [sha]);
  if (commit === undefined) return null;
  return {
    id: commit.sha,
    tree_id: commit.tree,
    message: commit.message.replace(/\n$/, ""),
    timestamp: commit.committer.date,
    author: { name: commit.author.name, email: commit.author.email },
    committer: { name: commit.committer.name, email: commit.committer.email },
  };
}

/** A job as GitHub's API shows it. */
export function presentJob(
  github: Github,
  repository: Repository,
  { job, stored }: { readonly job: JobRecord; readonly stored: StoredRun },
): Record<string, unknown> {
  const base = repositoryUrl(github, repository);
  const { run } = stored;
  return {
    id: job.id,
    run_id: job.runId,
    workflow_name: run.name,
    head_branch: run.headBranch,
    run_url: `${base}/actions/runs/${job.runId}`,
    run_attempt: run.attempt,
    node_id: nodeId("Job", job.id),
    head_sha: run.headSha,
    url: `${base}/actions/jobs/${job.id}`,
    html_url: `${repositoryPage(github, repository)}/actions/runs/${job.runId}/job/${job.id}`,
    status: job.status,
    conclusion: job.conclusion,
    created_at: run.createdAt,
    started_at: job.startedAt ?? run.createdAt,
    completed_at: job.completedAt,
    name: job.name,
    steps: job.steps.map((step) => ({ ...step, started_at: null, completed_at: null })),
    check_run_url: `${base}/check-runs/${job.id}`,
    labels: ["ubuntu-latest"],
    runner_id: 1,
    runner_name: "slipway sandbox",
    runner_group_id: 1,
    runner_group_name: "Default",
  };
}
