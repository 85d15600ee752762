import type { GithubConnection } from "./client.ts";

/** A deployment to file. */
export interface DeploymentRequest {
  /** The tag or commit that is deployed. */
  readonly ref: string;
  readonly environment: string;
  readonly description: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** How a deployment stands. */
export interface DeploymentProgress {
  readonly state: "in_progress" | "success" | "failure" | "inactive";
  readonly description: string;
  readonly environmentUrl?: string;
  readonly logUrl?: string;
}

/** Files a GitHub Deployment; its id. */
export async function createDeployment(
  connection: GithubConnection,
  request: DeploymentRequest,
): Promise<number> {
  const { data } = await connection.call("POST deployments", (octokit) =>
    octokit.rest.repos.createDeployment({
      ...connection.place,
      ref: request.ref,
      environment: request.environment,
      description: request.description.slice(0, 140),
      payload: { ...request.payload },
      auto_merge: false,
      required_contexts: [],
      production_environment: request.environment === "production",
    }),
  );
  if (!("id" in data)) throw new Error("GitHub merged a branch instead of filing a deployment.");
  return data.id;
}

/** Says how a deployment stands. */
export async function reportDeployment(
  connection: GithubConnection,
  deploymentId: number,
  progress: DeploymentProgress,
): Promise<void> {
  await connection.call(`POST deployments/${deploymentId}/statuses`, (octokit) =>
    octokit.rest.repos.createDeploymentStatus({
      ...connection.place,
      deployment_id: deploymentId,
      state: progress.state,
      description: progress.description.slice(0, 140),
      ...(progress.environmentUrl !== undefined && { environment_url: progress.environmentUrl }),
      ...(progress.logUrl !== undefined && { log_url: progress.logUrl }),
    }),
  );
}
