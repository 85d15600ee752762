import * as z from "zod/mini";
import { idParam, paginate, readBody, type RepositoryCall, type RepositoryRoute } from "./calls.ts";
import { nodeId, now } from "./github.ts";
import { authorAssociation, presentIssue } from "./issue-views.ts";
import { emitOnDefaultBranch, refuseLongBody, requireIssue } from "./issues.ts";
import { presentUser, repositoryPage, repositoryUrl } from "./presenters.ts";
import type { IssueComment } from "./records.ts";
import { created, noContent, notFound, ok, type Reply } from "./replies.ts";
import { loginOf } from "./tokens.ts";

function show(call: RepositoryCall, comment: IssueComment): Record<string, unknown> {
  const { github, repository } = call;
  const base = repositoryUrl(github, repository);
  const issue = requireIssue(call, comment.issueNumber);
  const page = `${repositoryPage(github, repository)}/${issue.isPull ? "pull" : "issues"}/${issue.number}`;
  return {
    id: comment.id,
    node_id: nodeId("IssueComment", comment.id),
    url: `${base}/issues/comments/${comment.id}`,
    html_url: `${page}#issuecomment-${comment.id}`,
    issue_url: `${base}/issues/${issue.number}`,
    body: comment.body,
    user: presentUser(github, comment.author),
    author_association: authorAssociation(repository, comment.author),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
  };
}

async function emitComment(
  call: RepositoryCall,
  comment: IssueComment,
  action: string,
): Promise<void> {
  const issue = requireIssue(call, comment.issueNumber);
  const payload = {
    action,
    issue: presentIssue(call.github, call.repository, issue),
    comment: show(call, comment),
  };
  const event = { name: "issue_comment", caller: call.caller, payload };
  await emitOnDefaultBranch(call.github, call.repository, event);
}

function commentsOf(call: RepositoryCall): readonly IssueComment[] {
  return call.github.records.comments
    .all()
    .filter((comment) => comment.repositoryId === call.repository.id);
}

function requireComment(call: RepositoryCall): IssueComment {
  const comment = call.github.records.comments.get(idParam(call, "id"));
  if (comment?.repositoryId !== call.repository.id) throw notFound();
  return comment;
}

function listIssueComments(call: RepositoryCall): Reply {
  const issue = requireIssue(call, idParam(call, "number"));
  const since = call.url.searchParams.get("since");
  const found = commentsOf(call).filter(
    (comment) =>
      comment.issueNumber === issue.number && (since === null || comment.updatedAt >= since),
  );
  return paginate(call, found, (shown) => shown.map((comment) => show(call, comment)));
}

function listRepositoryComments(call: RepositoryCall): Reply {
  return paginate(call, commentsOf(call), (shown) => shown.map((comment) => show(call, comment)));
}

const commentBody = z.object({ body: z.string() });

async function createComment(call: RepositoryCall): Promise<Reply> {
  const { body } = await readBody(call, commentBody, "IssueComment");
  const issue = requireIssue(call, idParam(call, "number"));
  refuseLongBody("IssueComment", body);
  const at = now();
  const id = call.github.store.nextId("comment");
  const comment = call.github.records.comments.put(id, {
    id,
    repositoryId: call.repository.id,
    issueNumber: issue.number,
    body,
    author: loginOf(call.caller),
    createdAt: at,
    updatedAt: at,
  });
  call.github.records.issues.put(issue.id, { ...issue, updatedAt: at });
  await emitComment(call, comment, "created");
  return created(show(call, comment));
}

async function changeComment(call: RepositoryCall): Promise<Reply> {
  const { body } = await readBody(call, commentBody, "IssueComment");
  const comment = requireComment(call);
  refuseLongBody("IssueComment", body);
  const changed = { ...comment, body, updatedAt: now() };
  call.github.records.comments.put(comment.id, changed);
  await emitComment(call, changed, "edited");
  return ok(show(call, changed));
}

async function deleteComment(call: RepositoryCall): Promise<Reply> {
  const comment = requireComment(call);
  call.github.records.comments.delete(comment.id);
  await emitComment(call, comment, "deleted");
  return noContent();
}

const read = ["issues:read", "pull-requests:read"] as const;
const write = ["issues:write", "pull-requests:write"] as const;

/** Comments of issues and pull requests. */
export const commentRoutes: readonly RepositoryRoute[] = [
  { method: "GET", path: "/issues/comments", need: read, handle: listRepositoryComments },
  {
    method: "GET",
    path: "/issues/comments/:id",
    need: read,
    handle: (call) => ok(show(call, requireComment(call))),
  },
  { method: "PATCH", path: "/issues/comments/:id", need: write, handle: changeComment },
  { method: "DELETE", path: "/issues/comments/:id", need: write, handle: deleteComment },
  { method: "GET", path: "/issues/:number/comments", need: read, handle: listIssueComments },
  { method: "POST", path: "/issues/:number/comments", need: write, handle: createComment },
];
