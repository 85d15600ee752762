import { nodeId, type Github } from "./github.ts";
import { authorAssociation, presentLabelsOf } from "./issue-views.ts";
import { issuesOf } from "./issues.ts";
import { presentRepository, presentUser, repositoryPage, repositoryUrl } from "./presenters.ts";
import type { Issue, Pull, Repository } from "./records.ts";

/** A pull request as lists and events show it. */
export function presentPull(
  github: Github,
  repository: Repository,
  pull: Pull,
): Record<string, unknown> {
  const issue = issuesOf(github, repository).find((one) => one.number === pull.number);
  if (issue === undefined) throw new Error(`Pull request ${pull.number} has no issue.`);
  const base = repositoryUrl(github, repository);
  const url = `${base}/pulls/${pull.number}`;
  const page = `${repositoryPage(github, repository)}/pull/${pull.number}`;
  const links = {
    self: url,
    html: page,
    issue: `${base}/issues/${pull.number}`,
    comments: `${base}/issues/${pull.number}/comments`,
    review_comments: `${url}/comments`,
    review_comment: `${base}/pulls/comments{/number}`,
    commits: `${url}/commits`,
    statuses: `${base}/statuses/${pull.headSha}`,
  };
  return {
    url,
    id: pull.id,
    node_id: nodeId("PullRequest", pull.id),
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: links.issue,
    commits_url: links.commits,
    review_comments_url: links.review_comments,
    review_comment_url: links.review_comment,
    comments_url: links.comments,
    statuses_url: links.statuses,
    number: pull.number,
    title: issue.title,
    body: issue.body,
    user: presentUser(github, issue.author),
    labels: presentLabelsOf(github, repository, issue),
    ...presentState(github, issue, pull),
    requested_reviewers: [],
    requested_teams: [],
    head: presentSide(github, repository, { ref: pull.headRef, sha: pull.headSha }),
    base: presentSide(github, repository, { ref: pull.baseRef, sha: pull.baseSha }),
    _links: Object.fromEntries(Object.entries(links).map(([name, href]) => [name, { href }])),
    author_association: authorAssociation(repository, issue.author),
    auto_merge: null,
    draft: pull.draft,
  };
}

function presentState(github: Github, issue: Issue, pull: Pull): Record<string, unknown> {
  const [assignee] = issue.assignees;
  return {
    state: issue.state,
    locked: issue.locked,
    active_lock_reason: null,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
    merged_at: pull.mergedAt,
    merge_commit_sha: pull.mergeCommitSha,
    assignee: assignee === undefined ? null : presentUser(github, assignee),
    assignees: issue.assignees.map((login) => presentUser(github, login)),
    milestone: null,
  };
}

function presentSide(
  github: Github,
  repository: Repository,
  side: { readonly ref: string; readonly sha: string },
): Record<string, unknown> {
  return {
    label: `${repository.owner}:${side.ref}`,
    ref: side.ref,
    sha: side.sha,
    user: presentUser(github, repository.owner),
    repo: presentRepository(github, repository),
  };
}
