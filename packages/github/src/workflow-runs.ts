import { hasStatus, type GithubConnection } from "./client.ts";

/** A run of a workflow that ended well. */
export interface SuccessfulRun {
  readonly id: number;
  /** As GitHub's pages count the workflow's runs. */
  readonly number: number;
  readonly url: string;
  readonly commit: string;
  readonly createdAt: string;
}

/**
 * Events whose runs are of the branch's own commits. A pull request's run carries the name of its
 * head branch, which a fork may call `main` too, and the rest may have checked out anything.
 */
const OWN_EVENTS = ["push", "schedule", "workflow_dispatch", "repository_dispatch"];

/** The newest successful runs of a workflow on a branch of this repository, newest first. */
export async function listSuccessfulRuns(
  connection: GithubConnection,
  { workflow, branch }: { readonly workflow: string; readonly branch: string },
): Promise<readonly SuccessfulRun[]> {
  const { owner, repo } = connection.place;
  const own = `${owner}/${repo}`.toLowerCase();
  return connection.call(`GET actions/runs of ${workflow}`, async (octokit) => {
    const found = await octokit.rest.actions
      .listWorkflowRuns({
        ...connection.place,
        workflow_id: workflow,
        branch,
        status: "success",
        per_page: 100,
      })
      .catch((error: unknown) => {
        // A workflow that never ran is not known yet.
        if (hasStatus(error, 404)) return null;
        throw error;
      });
    return (found?.data.workflow_runs ?? [])
      .filter(
        (run) =>
          OWN_EVENTS.includes(run.event) &&
          run.head_branch === branch &&
          run.head_repository?.full_name?.toLowerCase() === own &&
          run.id !== connection.access.runId,
      )
      .map((run) => ({
        id: run.id,
        number: run.run_number,
        url: run.html_url,
        commit: run.head_sha,
        createdAt: run.created_at,
      }));
  });
}
