import {
  isOwnText,
  markerOf,
  openIssue,
  updateIssue,
  writeStickyComment,
  dispatchWorkflow,
  type GithubConnection,
} from "#github";
import type { DriftIssue, IssueDesk, Retraining } from "./ports.ts";

/** The label of every drift issue; GitHub makes it when it is first used. */
export const LABEL = "slipway-drift";

/** A model's drift issues in the repository. */
export function githubIssues(connection: GithubConnection, model: string): IssueDesk {
  const key = `drift ${model}`;
  return {
    list: () => listIssues(connection, markerOf(key)),
    open: (text) => openIssue(connection, { key, ...text, labels: [LABEL] }),
    update: (number, change) => updateIssue(connection, { number }, { key, ...change }),
    closeDuplicate: async (number, of) => {
      // Under another key it is never taken for the model's issue again.
      const change = {
        key: `drift-duplicate ${model}`,
        title: `Drift of ${model} (duplicate)`,
        body: `Duplicate of #${of}: two checks ran at the same time.`,
        state: "closed" as const,
      };
      await updateIssue(connection, { number }, change);
    },
    comment: async (number, name, body) => {
      await writeStickyComment(connection, { number, key: `${key} ${name}`, body });
    },
  };
}

async function listIssues(
  connection: GithubConnection,
  marker: string,
): Promise<readonly DriftIssue[]> {
  return connection.call("GET issues", async (octokit) => {
    const found: DriftIssue[] = [];
    const pages = octokit.paginate.iterator(octokit.rest.issues.listForRepo, {
      ...connection.place,
      labels: LABEL,
      state: "all",
      sort: "created",
      direction: "asc",
      per_page: 100,
    });
    for await (const { data } of pages) {
      for (const issue of data) {
        if (issue.pull_request !== undefined || !isOwnText(issue, marker)) continue;
        found.push({
          number: issue.number,
          url: issue.html_url,
          open: issue.state === "open",
          body: (issue.body ?? "").slice(marker.length).trimStart(),
        });
      }
    }
    return found.toSorted((left, right) => left.number - right.number);
  });
}

/** Starts workflows of the repository on the branch that the check runs on. */
export function githubRetraining(connection: GithubConnection): Retraining {
  return {
    start: (workflow, inputs) =>
      dispatchWorkflow(connection, { workflow, ref: branchOf(connection), inputs }),
    startedSince: (workflow, at) =>
      connection.call(`GET actions/workflows/${workflow}/runs`, async (octokit) => {
        const { data } = await octokit.rest.actions.listWorkflowRuns({
          ...connection.place,
          workflow_id: workflow,
          event: "workflow_dispatch",
          per_page: 50,
        });
        // GitHub's times are whole seconds: one that began in the same second counts.
        const since = Math.floor(at.getTime() / 1000) * 1000;
        const runs = data.workflow_runs.filter(({ created_at: made }) => Date.parse(made) >= since);
        const first = runs.at(-1);
        return first === undefined ? null : { id: first.id, url: first.html_url };
      }),
  };
}

function branchOf({ access }: GithubConnection): string {
  const { repository } = access.event;
  const named = (repository as { readonly default_branch?: unknown } | undefined)?.default_branch;
  return typeof named === "string" ? named : access.ref.replace(/^refs\/(?:heads|tags)\//, "");
}
