import * as z from "zod/mini";
import { idParam, paginate, readBody, type RepositoryCall, type RepositoryRoute } from "./calls.ts";
import { presentCommit } from "./commits.ts";
import { listFileChanges, presentFileChange, readDiff } from "./diffs.ts";
import { inTurn, now } from "./github.ts";
import { runGitText } from "./git.ts";
import { readCommits, resolveCommit } from "./git-objects.ts";
import { addIssue, filterIssues, issuesOf, refuseLongBody, setIssueState } from "./issues.ts";
import { presentUser, repositoryUrl } from "./presenters.ts";
import { closePull, emitPull, issueOfPull, pullKey, refreshTestMerge } from "./pull-heads.ts";
import { mergePull } from "./pull-merges.ts";
import { presentPull } from "./pull-views.ts";
import type { Pull } from "./records.ts";
import { created, invalid, notFound, ok, type Reply } from "./replies.ts";
import { loginOf } from "./tokens.ts";

/** A pull request by number, or 404. */
function requirePull(call: RepositoryCall): Pull {
  const pull = call.github.records.pulls.get(pullKey(call.repository, idParam(call, "number")));
  if (pull === undefined) throw notFound();
  return pull;
}

async function listPullCommits(call: RepositoryCall, pull: Pull): Promise<readonly string[]> {
  const base = await mergeBaseOf(call, pull);
  const shas = await runGitText(call.directory, [
    "rev-list",
    "--reverse",
    pull.headSha,
    "--not",
    base,
  ]);
  return shas.split("\n").filter(Boolean);
}

// After the merge the base branch contains the head: then the base of the time counts.
async function mergeBaseOf(call: RepositoryCall, pull: Pull): Promise<string> {
  return runGitText(call.directory, ["merge-base", pull.baseSha, pull.headSha]);
}

async function presentWhole(call: RepositoryCall, pull: Pull): Promise<Record<string, unknown>> {
  const { github, repository } = call;
  const changes = await listFileChanges(
    call.directory,
    await mergeBaseOf(call, pull),
    pull.headSha,
  );
  const commits = await listPullCommits(call, pull);
  const comments = github.records.comments
    .all()
    .filter((one) => one.repositoryId === repository.id && one.issueNumber === pull.number);
  const isOpen = issueOfPull(github, pull).state === "open";
  return {
    ...presentPull(github, repository, pull),
    merged: pull.mergedAt !== null,
    mergeable: isOpen ? pull.mergeable : null,
    rebaseable: isOpen ? pull.mergeable : null,
    mergeable_state: isOpen ? (pull.mergeable === true ? "clean" : "dirty") : "unknown",
    merged_by: pull.mergedBy === null ? null : presentUser(github, pull.mergedBy),
    comments: comments.length,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: commits.length,
    additions: changes.reduce((sum, change) => sum + change.additions, 0),
    deletions: changes.reduce((sum, change) => sum + change.deletions, 0),
    changed_files: changes.length,
  };
}

function listPulls(call: RepositoryCall): Reply {
  const { github, repository } = call;
  const [head, base] = [call.url.searchParams.get("head"), call.url.searchParams.get("base")];
  const issues = issuesOf(github, repository).filter((issue) => issue.isPull);
  const pulls = filterIssues(call, issues)
    .flatMap((issue) => github.records.pulls.get(pullKey(repository, issue.number)) ?? [])
    .filter((pull) => head === null || head === `${repository.owner}:${pull.headRef}`)
    .filter((pull) => base === null || base === pull.baseRef);
  return paginate(call, pulls, (shown) =>
    shown.map((pull) => presentPull(github, repository, pull)),
  );
}

const newPull = z.object({
  title: z.string(),
  head: z.string(),
  base: z.string(),
  body: z.optional(z.nullable(z.string())),
  draft: z.optional(z.boolean()),
  maintainer_can_modify: z.optional(z.boolean()),
});

async function createPull(call: RepositoryCall): Promise<Reply> {
  const body = await readBody(call, newPull, "PullRequest");
  refuseLongBody("PullRequest", body.body);
  const pull = await inTurn(call.github, () => openPull(call, body));
  emitPull(call.github, call.repository, { pull, action: "opened", caller: call.caller });
  return created(await presentWhole(call, pull));
}

async function openPull(call: RepositoryCall, body: z.infer<typeof newPull>): Promise<Pull> {
  const { headRef, headSha, baseSha } = await readSides(call, body);
  const issue = addIssue(call.github, call.repository, {
    title: body.title,
    body: body.body ?? null,
    author: loginOf(call.caller),
    isPull: true,
  });
  return refreshTestMerge(call.github, call.repository, {
    id: issue.id,
    repositoryId: call.repository.id,
    number: issue.number,
    headRef,
    headSha,
    baseRef: body.base,
    baseSha,
    draft: body.draft ?? false,
    mergeCommitSha: null,
    mergeable: null,
    mergedAt: null,
    mergedBy: null,
  });
}

function refresh({ github, repository }: RepositoryCall, pull: Pull): Promise<Pull> {
  return inTurn(github, () => refreshTestMerge(github, repository, pull));
}

async function readSides(
  call: RepositoryCall,
  sides: { readonly head: string; readonly base: string },
): Promise<{ readonly headRef: string; readonly headSha: string; readonly baseSha: string }> {
  const { repository } = call;
  const own = `${repository.owner}:`;
  const headRef = sides.head.startsWith(own) ? sides.head.slice(own.length) : sides.head;
  const [headSha, baseSha] = await Promise.all([
    resolveCommit(call.directory, `refs/heads/${headRef}`),
    resolveCommit(call.directory, `refs/heads/${sides.base}`),
  ]);
  const fault = (field: string) => invalid({ resource: "PullRequest", field, code: "invalid" });
  if (headSha === undefined) throw fault("head");
  if (baseSha === undefined) throw fault("base");
  const ahead = await runGitText(call.directory, [
    "rev-list",
    "--count",
    headSha,
    "--not",
    baseSha,
  ]);
  const custom = (message: string) => invalid({ resource: "PullRequest", code: "custom", message });
  if (ahead === "0") throw custom(`No commits between ${sides.base} and ${headRef}`);
  const same = call.github.records.pulls
    .all()
    .filter((pull) => pull.repositoryId === repository.id)
    .filter((pull) => pull.headRef === headRef && pull.baseRef === sides.base)
    .find((pull) => issueOfPull(call.github, pull).state === "open");
  if (same !== undefined) throw custom(`A pull request already exists for ${own}${headRef}.`);
  return { headRef, headSha, baseSha };
}

async function getPull(call: RepositoryCall): Promise<Reply> {
  const pull = requirePull(call);
  if (/vnd\.github\.(?:v3\.)?diff/.test(call.incoming.headers.accept ?? "")) {
    const from = await mergeBaseOf(call, pull);
    return {
      kind: "bytes",
      status: 200,
      body: await readDiff(call.github, call.repository, { from, to: pull.headSha }),
      headers: { "content-type": "application/vnd.github.diff; charset=utf-8" },
    };
  }
  return ok(await presentWhole(call, pull));
}

const pullChange = z.object({
  title: z.optional(z.string()),
  body: z.optional(z.nullable(z.string())),
  state: z.optional(z.enum(["open", "closed"])),
  base: z.optional(z.string()),
});

async function changePull(call: RepositoryCall): Promise<Reply> {
  const body = await readBody(call, pullChange, "PullRequest");
  const pull = requirePull(call);
  refuseLongBody("PullRequest", body.body);
  const { github, repository, caller } = call;
  const issue = issueOfPull(github, pull);
  github.records.issues.put(issue.id, {
    ...issue,
    title: body.title ?? issue.title,
    body: body.body === undefined ? issue.body : body.body,
    updatedAt: now(),
  });
  if (body.title !== undefined || body.body !== undefined) {
    emitPull(github, repository, { pull, action: "edited", caller });
  }
  if (body.state === "closed" && issue.state === "open") {
    return ok(await presentWhole(call, closePull(github, repository, { pull, caller })));
  }
  if (body.state === "open" && issue.state === "closed") await reopen(call, pull);
  if (body.base !== undefined && body.base !== pull.baseRef)
    await rebaseOnto(call, pull, body.base);
  return ok(await presentWhole(call, requirePull(call)));
}

async function reopen(call: RepositoryCall, pull: Pull): Promise<void> {
  const { github, repository, caller } = call;
  const fault = (message: string) =>
    invalid({ resource: "PullRequest", code: "invalid", field: "state", message });
  if (pull.mergedAt !== null) throw fault("The pull request was merged.");
  const headSha = await resolveCommit(call.directory, `refs/heads/${pull.headRef}`);
  if (headSha === undefined) throw fault(`The ${pull.headRef} branch has been deleted.`);
  const issue = issueOfPull(github, pull);
  const change = { state: "open", reason: null, by: loginOf(caller) } as const;
  github.records.issues.put(issue.id, setIssueState(issue, change));
  const refreshed = await refresh(call, { ...pull, headSha });
  emitPull(github, repository, { pull: refreshed, action: "reopened", caller });
}

async function rebaseOnto(call: RepositoryCall, pull: Pull, baseRef: string): Promise<void> {
  const baseSha = await resolveCommit(call.directory, `refs/heads/${baseRef}`);
  if (baseSha === undefined) {
    throw invalid({ resource: "PullRequest", code: "invalid", field: "base" });
  }
  await refresh(call, { ...pull, baseRef, baseSha });
}

async function listCommits(call: RepositoryCall): Promise<Reply> {
  const shas = await listPullCommits(call, requirePull(call));
  const commits = await readCommits(call.directory, shas);
  return paginate(call, commits, (shown) =>
    shown.map((commit) => presentCommit(call.github, call.repository, commit)),
  );
}

async function listFiles(call: RepositoryCall): Promise<Reply> {
  const pull = requirePull(call);
  const changes = await listFileChanges(
    call.directory,
    await mergeBaseOf(call, pull),
    pull.headSha,
  );
  return paginate(call, changes, (shown) =>
    shown.map((change) =>
      presentFileChange(call.github, call.repository, { change, sha: pull.headSha }),
    ),
  );
}

function listPullsOfCommit(call: RepositoryCall): Reply {
  const sha = call.params["sha"];
  const pulls = call.github.records.pulls
    .all()
    .filter((pull) => pull.repositoryId === call.repository.id)
    .filter((pull) => pull.headSha === sha || pull.mergeCommitSha === sha);
  return paginate(call, pulls, (shown) =>
    shown.map((pull) => presentPull(call.github, call.repository, pull)),
  );
}

async function merge(call: RepositoryCall): Promise<Reply> {
  return mergePull(call, requirePull(call));
}

function isMerged(call: RepositoryCall): Reply {
  if (requirePull(call).mergedAt === null) {
    throw notFound(`${repositoryUrl(call.github, call.repository)} has not merged it.`);
  }
  return { kind: "empty", status: 204 };
}

/** Pull requests from branches of the same repository. */
export const pullRoutes: readonly RepositoryRoute[] = [
  { method: "GET", path: "/pulls", need: "pull-requests:read", handle: listPulls },
  { method: "POST", path: "/pulls", need: "pull-requests:write", handle: createPull },
  { method: "GET", path: "/pulls/:number", need: "pull-requests:read", handle: getPull },
  { method: "PATCH", path: "/pulls/:number", need: "pull-requests:write", handle: changePull },
  {
    method: "GET",
    path: "/pulls/:number/commits",
    need: "pull-requests:read",
    handle: listCommits,
  },
  { method: "GET", path: "/pulls/:number/files", need: "pull-requests:read", handle: listFiles },
  { method: "GET", path: "/pulls/:number/merge", need: "pull-requests:read", handle: isMerged },
  { method: "PUT", path: "/pulls/:number/merge", need: "contents:write", handle: merge },
  {
    method: "GET",
    path: "/commits/:sha/pulls",
    need: "pull-requests:read",
    handle: listPullsOfCommit,
  },
];
