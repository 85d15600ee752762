import { shortRef } from "./github-context.ts";
import type { Conclusion } from "./job-session.ts";
import type { RunContext } from "./run-context.ts";

/** The deployment that GitHub files for a job with an `environment`. */
export interface JobDeployment {
  /** Files how the job ended. */
  complete(conclusion: Conclusion, url: string | undefined): Promise<void>;
}

const states: Readonly<Record<Conclusion, string>> = {
  success: "success",
  failure: "failure",
  cancelled: "error",
  skipped: "inactive",
};

/**
 * Files a deployment and its status `in_progress`, with a token of the platform's own: the job's
 * may lack the permission, as on GitHub.
 *
 * @throws Error naming the call that the local GitHub refused
 */
export async function openDeployment(
  context: RunContext,
  job: { readonly jobId: number; readonly name: string; readonly environment: string },
): Promise<JobDeployment> {
  const { github, event, runId, attempt } = context;
  const tokenId = github.nextJobId();
  const { githubToken } = github.openJob({
    repository: event.repository,
    runId,
    attempt,
    jobId: tokenId,
    ref: event.ref,
    sha: event.sha,
    event: event.name,
    workflow: context.workflowPath,
    actor: event.actor,
    permissions: { deployments: "write", metadata: "read" },
  });
  const call = async (path: string, body: object): Promise<unknown> => {
    const response = await fetch(`${github.url}/repos/${event.repository}${path}`, {
      method: "POST",
      headers: {
        accept: "application/vnd.github+json",
        authorization: `Bearer ${githubToken}`,
        "content-type": "application/json",
      },
      body: JSON.stringify(body),
    });
    if (response.ok) return response.json();
    throw new Error(`POST ${path} was answered ${response.status}: ${await response.text()}`);
  };
  const logUrl = `${github.serverUrl}/${event.repository}/actions/runs/${runId}/job/${job.jobId}`;
  try {
    const deployment = (await call("/deployments", {
      ref: event.ref.startsWith("refs/pull/") ? event.sha : shortRef(event.ref),
      environment: job.environment,
      task: "deploy",
      auto_merge: false,
      required_contexts: [],
    })) as { readonly id: number };
    const file = (state: string, url?: string) =>
      call(`/deployments/${deployment.id}/statuses`, {
        state,
        log_url: logUrl,
        environment: job.environment,
        ...(url ? { environment_url: url } : {}),
      });
    await file("in_progress");
    return {
      async complete(conclusion, url) {
        await file(states[conclusion], url).finally(() => github.closeJob(tokenId));
      },
    };
  } catch (error) {
    github.closeJob(tokenId);
    throw error;
  }
}
