import type { GithubConnection } from "./client.ts";

/** A workflow to start. */
export interface DispatchRequest {
  /** File name under `.github/workflows`, e.g. `retrain.yml`. */
  readonly workflow: string;
  readonly ref: string;
  readonly inputs: Readonly<Record<string, string>>;
}

/** A workflow run as far as Slipway looks at it. */
export interface StartedRun {
  readonly id: number | null;
  readonly url: string | null;
}

/** Starts a workflow by hand's event; the run that it started, where GitHub tells. */
export async function dispatchWorkflow(
  connection: GithubConnection,
  request: DispatchRequest,
): Promise<StartedRun> {
  return connection.call(
    `POST actions/workflows/${request.workflow}/dispatches`,
    async (octokit) => {
      const { data } = await octokit.request(
        "POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches",
        {
          ...connection.place,
          workflow_id: request.workflow,
          ref: request.ref,
          inputs: { ...request.inputs },
          return_run_details: true,
        },
      );
      const details = (data ?? {}) as {
        readonly workflow_run_id?: number;
        readonly html_url?: string;
      };
      return { id: details.workflow_run_id ?? null, url: details.html_url ?? null };
    },
  );
}
