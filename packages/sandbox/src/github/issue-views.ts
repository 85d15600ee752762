import { nodeId, type Github } from "./github.ts";
import { findLabel, presentLabel } from "./labels.ts";
import { presentUser, repositoryPage, repositoryUrl } from "./presenters.ts";
import type { Issue, Repository } from "./records.ts";

/** An issue as GitHub's API shows it. */
export function presentIssue(
  github: Github,
  repository: Repository,
  issue: Issue,
): Record<string, unknown> {
  const base = repositoryUrl(github, repository);
  const url = `${base}/issues/${issue.number}`;
  const page = `${repositoryPage(github, repository)}/${issue.isPull ? "pull" : "issues"}/${issue.number}`;
  const comments = github.records.comments
    .all()
    .filter((one) => one.repositoryId === repository.id && one.issueNumber === issue.number);
  const pull = github.records.pulls.get(`${repository.id}:${issue.number}`);
  return {
    id: issue.id,
    node_id: nodeId(issue.isPull ? "PullRequest" : "Issue", issue.id),
    url,
    repository_url: base,
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    timeline_url: `${url}/timeline`,
    html_url: page,
    number: issue.number,
    state: issue.state,
    state_reason: issue.stateReason,
    title: issue.title,
    body: issue.body,
    user: presentUser(github, issue.author),
    labels: presentLabelsOf(github, repository, issue),
    assignee: issue.assignees[0] === undefined ? null : presentUser(github, issue.assignees[0]),
    assignees: issue.assignees.map((login) => presentUser(github, login)),
    milestone: null,
    locked: issue.locked,
    active_lock_reason: null,
    comments: comments.length,
    closed_at: issue.closedAt,
    closed_by: issue.closedBy === null ? null : presentUser(github, issue.closedBy),
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    author_association: authorAssociation(repository, issue.author),
    ...(pull === undefined
      ? {}
      : {
          draft: pull.draft,
          pull_request: {
            url: `${base}/pulls/${issue.number}`,
            html_url: page,
            diff_url: `${page}.diff`,
            patch_url: `${page}.patch`,
            merged_at: pull.mergedAt,
          },
        }),
  };
}

/** The labels an issue carries. */
export function presentLabelsOf(
  github: Github,
  repository: Repository,
  issue: Issue,
): readonly Record<string, unknown>[] {
  return issue.labels.flatMap((name) => {
    const label = findLabel(github, repository, name);
    return label === undefined ? [] : [presentLabel(github, repository, label)];
  });
}

/** How an author stands to a repository. */
export function authorAssociation(repository: Repository, login: string): string {
  if (login.endsWith("[bot]")) return "CONTRIBUTOR";
  return login === repository.owner ? "OWNER" : "COLLABORATOR";
}
