import { listRunArtifacts, listSuccessfulRuns, type GithubConnection } from "#github";
import { githubArtifactsOf } from "#toolkit";
import type { BranchRuns } from "./ports.ts";

/** Earlier runs of the workflow that the job is of; `null` outside of a workflow run. */
export function branchRuns(connection: GithubConnection, workflowRef: string): BranchRuns | null {
  // owner/repository/.github/workflows/gate.yml@refs/heads/main
  const workflow = /\/\.github\/workflows\/([^/@]+)@/.exec(workflowRef)?.[1];
  if (workflow === undefined) return null;
  return {
    workflow,
    list: (branch) => listSuccessfulRuns(connection, { workflow, branch }),
    artifacts: (runId) => listRunArtifacts(connection, runId),
    download: (runId, artifact, destination) =>
      githubArtifactsOf({ runId, access: connection.access }).download(artifact, destination),
  };
}
