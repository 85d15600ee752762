import * as z from "zod/mini";
import { readBody, type RepositoryCall } from "./calls.ts";
import { readRef } from "./git-refs.ts";
import { readCommits, writeCommit, type Signature } from "./git-objects.ts";
import { now } from "./github.ts";
import { closePull, issueOfPull, mergeTrees, pullKey, webFlow } from "./pull-heads.ts";
import type { Pull } from "./records.ts";
import { moveRef } from "./ref-updates.ts";
import { ApiError, notFound, ok, type Reply } from "./replies.ts";
import { loginOf } from "./tokens.ts";

const mergeRequest = z.object({
  commit_title: z.optional(z.string()),
  commit_message: z.optional(z.string()),
  sha: z.optional(z.string()),
  merge_method: z.optional(z.enum(["merge", "squash", "rebase"])),
});

/** Merges a pull request into its base branch, as the button does. */
export async function mergePull(call: RepositoryCall, pull: Pull): Promise<Reply> {
  const body = await readBody(call, mergeRequest, "PullRequest");
  const issue = issueOfPull(call.github, pull);
  if (issue.state !== "open") throw new ApiError(405, "Pull Request is not mergeable");
  if (body.merge_method === "rebase") {
    throw new ApiError(501, "The local GitHub does not implement merge_method: rebase.");
  }
  if (body.sha !== undefined && body.sha !== pull.headSha) {
    throw new ApiError(409, "Head branch was modified. Review and try the merge again.");
  }
  const base = await readRef(call.directory, `refs/heads/${pull.baseRef}`);
  if (base === undefined) throw notFound();
  const tree = await mergeTrees(call.directory, base.sha, pull.headSha);
  if (tree === undefined) throw new ApiError(405, "Pull Request is not mergeable");
  const isSquash = body.merge_method === "squash";
  const title =
    body.commit_title ??
    (isSquash
      ? `${issue.title} (#${pull.number})`
      : `Merge pull request #${pull.number} from ${call.repository.owner}/${pull.headRef}`);
  const message = body.commit_message ?? (isSquash ? await joinMessages(call, pull) : issue.title);
  const sha = await writeCommit(call.directory, {
    tree,
    parents: isSquash ? [base.sha] : [base.sha, pull.headSha],
    author: authorOf(call),
    committer: webFlow(),
    message: message === "" ? title : `${title}\n\n${message}`,
  });
  await finishMerge(call, { pull, before: base.sha, sha });
  return ok({ sha, merged: true, message: "Pull Request successfully merged" });
}

async function finishMerge(
  call: RepositoryCall,
  merge: { readonly pull: Pull; readonly before: string; readonly sha: string },
): Promise<void> {
  const { github, repository, caller } = call;
  const { pull, before, sha } = merge;
  const change = { ref: `refs/heads/${pull.baseRef}`, before, after: sha };
  const update = await moveRef(github, repository, { change, caller });
  if (update.kind !== "updated") {
    throw new ApiError(409, "Base branch was modified. Review and try the merge again.");
  }
  // A merge commit has closed the pull request already, as any push that contains its head does.
  const current = github.records.pulls.get(pullKey(repository, pull.number)) ?? pull;
  if (current.mergedAt === null) {
    closePull(github, repository, { pull: current, caller, mergeCommitSha: sha });
  }
}

function authorOf(call: RepositoryCall): Signature {
  const login = loginOf(call.caller);
  return { name: login, email: `${login}@users.noreply.github.localhost`, date: now() };
}

async function joinMessages(call: RepositoryCall, pull: Pull): Promise<string> {
  const [head] = await readCommits(call.directory, [pull.headSha]);
  return head?.message.trim() ?? "";
}
