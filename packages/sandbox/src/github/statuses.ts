import * as z from "zod/mini";
import { paginate, param, readBody, type RepositoryCall, type RepositoryRoute } from "./calls.ts";
import { nodeId, now } from "./github.ts";
import { resolveCommit } from "./git-objects.ts";
import { presentRepository, presentUser, repositoryUrl } from "./presenters.ts";
import type { CommitStatus } from "./records.ts";
import { ApiError, created, notFound, ok, type Reply } from "./replies.ts";
import { loginOf } from "./tokens.ts";

const newStatus = z.object({
  state: z.enum(["error", "failure", "pending", "success"]),
  context: z.optional(z.string()),
  description: z.optional(z.nullable(z.string().check(z.maxLength(140)))),
  target_url: z.optional(z.nullable(z.string())),
});

async function createStatus(call: RepositoryCall): Promise<Reply> {
  const sha = param(call, "sha");
  const body = await readBody(call, newStatus, "Status");
  if ((await resolveCommit(call.directory, sha)) !== sha) {
    throw new ApiError(422, `No commit found for SHA: ${sha}`);
  }
  const id = call.github.store.nextId("status");
  const at = now();
  const status = call.github.records.statuses.put(id, {
    id,
    repositoryId: call.repository.id,
    sha,
    state: body.state,
    context: body.context ?? "default",
    description: body.description ?? null,
    targetUrl: body.target_url ?? null,
    creator: loginOf(call.caller),
    createdAt: at,
    updatedAt: at,
  });
  return created(present(call, status));
}

function present(call: RepositoryCall, status: CommitStatus): Record<string, unknown> {
  const creator = presentUser(call.github, status.creator);
  return {
    url: `${repositoryUrl(call.github, call.repository)}/statuses/${status.sha}`,
    avatar_url: creator["avatar_url"],
    id: status.id,
    node_id: nodeId("StatusContext", status.id),
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: status.createdAt,
    updated_at: status.updatedAt,
    creator,
  };
}

async function statusesOf(
  call: RepositoryCall,
): Promise<{ readonly sha: string; readonly statuses: readonly CommitStatus[] }> {
  const sha = await resolveCommit(call.directory, param(call, "ref"));
  if (sha === undefined) throw notFound();
  const statuses = call.github.records.statuses
    .all()
    .filter((status) => status.repositoryId === call.repository.id && status.sha === sha)
    .toReversed();
  return { sha, statuses };
}

async function listStatuses(call: RepositoryCall): Promise<Reply> {
  const { statuses } = await statusesOf(call);
  return paginate(call, statuses, (shown) => shown.map((status) => present(call, status)));
}

async function getCombinedStatus(call: RepositoryCall): Promise<Reply> {
  const { sha, statuses } = await statusesOf(call);
  const latest = [...new Map(statuses.toReversed().map((one) => [one.context, one])).values()];
  const states = new Set<string>(latest.map((status) => status.state));
  const isBad = states.has("error") || states.has("failure");
  const isPending = states.has("pending") || latest.length === 0;
  const url = repositoryUrl(call.github, call.repository);
  return ok({
    state: isBad ? "failure" : isPending ? "pending" : "success",
    statuses: latest.map((status) => present(call, status)),
    sha,
    total_count: latest.length,
    repository: presentRepository(call.github, call.repository),
    commit_url: `${url}/commits/${sha}`,
    url: `${url}/commits/${sha}/status`,
  });
}

/** Commit statuses. */
export const statusRoutes: readonly RepositoryRoute[] = [
  { method: "POST", path: "/statuses/:sha", need: "statuses:write", handle: createStatus },
  { method: "GET", path: "/commits/:ref+/statuses", need: "statuses:read", handle: listStatuses },
  {
    method: "GET",
    path: "/commits/:ref+/status",
    need: "statuses:read",
    handle: getCombinedStatus,
  },
];
