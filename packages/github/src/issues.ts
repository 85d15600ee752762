import type { GithubConnection } from "./client.ts";
import { markerOf } from "./comments.ts";

/** An issue that is found again by a hidden marker in its body. */
export interface KeyedIssue {
  readonly number: number;
  readonly url: string;
  readonly open: boolean;
  /** The body without its marker. */
  readonly body: string;
}

/** What an issue is to say. */
export interface IssueText {
  readonly key: string;
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
}

/** Opens an issue. */
export async function openIssue(
  connection: GithubConnection,
  text: IssueText,
): Promise<KeyedIssue> {
  const { data } = await connection.call("POST issues", (octokit) =>
    octokit.rest.issues.create({
      ...connection.place,
      title: text.title,
      body: `${markerOf(text.key)}\n${text.body}`,
      labels: [...text.labels],
    }),
  );
  return toIssue(data, markerOf(text.key));
}

/** Rewrites an issue's title and body, opens or closes it. */
export async function updateIssue(
  connection: GithubConnection,
  issue: Pick<KeyedIssue, "number">,
  change: {
    readonly key: string;
    readonly title?: string;
    readonly body?: string;
    readonly state?: "open" | "closed";
  },
): Promise<KeyedIssue> {
  const { data } = await connection.call(`PATCH issues/${issue.number}`, (octokit) =>
    octokit.rest.issues.update({
      ...connection.place,
      issue_number: issue.number,
      ...(change.title !== undefined && { title: change.title }),
      ...(change.body !== undefined && { body: `${markerOf(change.key)}\n${change.body}` }),
      ...(change.state !== undefined && { state: change.state }),
    }),
  );
  return toIssue(data, markerOf(change.key));
}

/** Says something under an issue. */
export async function commentOnIssue(
  connection: GithubConnection,
  number: number,
  body: string,
): Promise<void> {
  await connection.call(`POST issues/${number}/comments`, (octokit) =>
    octokit.rest.issues.createComment({ ...connection.place, issue_number: number, body }),
  );
}

function toIssue(
  issue: {
    readonly number: number;
    readonly html_url: string;
    readonly state: string;
    readonly body?: string | null;
  },
  marker: string,
): KeyedIssue {
  return {
    number: issue.number,
    url: issue.html_url,
    open: issue.state === "open",
    body: (issue.body ?? "").replace(marker, "").trimStart(),
  };
}
