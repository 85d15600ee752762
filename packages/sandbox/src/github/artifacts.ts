import { deleteArtifact, signArtifactUrl } from "./artifact-service.ts";
import { deleteCacheEntry } from "./cache-service.ts";
import { idParam, paginate, param, type RepositoryCall, type RepositoryRoute } from "./calls.ts";
import { nodeId } from "./github.ts";
import { presentRepository, repositoryUrl } from "./presenters.ts";
import type { Artifact, CacheEntry } from "./records.ts";
import { ApiError, noContent, notFound, ok, redirect, type Reply } from "./replies.ts";

function isExpired(artifact: Artifact): boolean {
  return Date.parse(artifact.expiresAt) < Date.now();
}

function present(call: RepositoryCall, artifact: Artifact): Record<string, unknown> {
  const url = `${repositoryUrl(call.github, call.repository)}/actions/artifacts/${artifact.id}`;
  return {
    id: artifact.id,
    node_id: nodeId("Artifact", artifact.id),
    name: artifact.name,
    size_in_bytes: artifact.sizeBytes,
    url,
    archive_download_url: `${url}/zip`,
    expired: isExpired(artifact),
    digest: artifact.digest,
    created_at: artifact.createdAt,
    updated_at: artifact.updatedAt,
    expires_at: artifact.expiresAt,
    workflow_run: {
      id: artifact.runId,
      repository_id: call.repository.id,
      head_repository_id: call.repository.id,
      head_branch: artifact.headBranch,
      head_sha: artifact.headSha,
    },
  };
}

function artifactsOf(call: RepositoryCall): readonly Artifact[] {
  return call.github.records.artifacts
    .all()
    .filter((one) => one.repositoryId === call.repository.id && one.finalized);
}

function listPage(call: RepositoryCall, artifacts: readonly Artifact[]): Reply {
  const name = call.url.searchParams.get("name");
  const found = artifacts.filter((one) => name === null || one.name === name).toReversed();
  return paginate(call, found, (shown) => ({
    total_count: found.length,
    artifacts: shown.map((one) => present(call, one)),
  }));
}

function listOfRun(call: RepositoryCall): Reply {
  const run = idParam(call, "run");
  return listPage(
    call,
    artifactsOf(call).filter((one) => one.runId === run),
  );
}

function requireArtifact(call: RepositoryCall): Artifact {
  const id = idParam(call, "id");
  const artifact = artifactsOf(call).find((one) => one.id === id);
  if (artifact === undefined) throw notFound();
  return artifact;
}

function download(call: RepositoryCall): Reply {
  const artifact = requireArtifact(call);
  if (param(call, "format") !== "zip") throw notFound();
  if (call.caller.kind === "anonymous") throw new ApiError(401, "Requires authentication");
  if (isExpired(artifact)) throw new ApiError(410, "Artifact has expired");
  return redirect(signArtifactUrl(call.github, artifact));
}

async function remove(call: RepositoryCall): Promise<Reply> {
  await deleteArtifact(call.github, requireArtifact(call));
  return noContent();
}

function presentCache(entry: CacheEntry): Record<string, unknown> {
  return {
    id: entry.id,
    ref: entry.ref,
    key: entry.key,
    version: entry.version,
    last_accessed_at: entry.lastAccessedAt,
    created_at: entry.createdAt,
    size_in_bytes: entry.sizeBytes,
  };
}

function cachesOf(call: RepositoryCall): readonly CacheEntry[] {
  const query = call.url.searchParams;
  const [key, ref] = [query.get("key"), query.get("ref")];
  return call.github.records.caches
    .all()
    .filter((one) => one.repositoryId === call.repository.id && one.finalized)
    .filter(
      (one) => (key === null || one.key.startsWith(key)) && (ref === null || one.ref === ref),
    );
}

function listCaches(call: RepositoryCall): Reply {
  const found = cachesOf(call).toReversed();
  return paginate(call, found, (shown) => ({
    total_count: found.length,
    actions_caches: shown.map(presentCache),
  }));
}

async function deleteCachesByKey(call: RepositoryCall): Promise<Reply> {
  const key = call.url.searchParams.get("key");
  const found = cachesOf(call).filter((one) => one.key === key);
  if (found.length === 0) throw notFound();
  for (const entry of found) await deleteCacheEntry(call.github, entry);
  return ok({ total_count: found.length, actions_caches: found.map(presentCache) });
}

async function deleteCacheById(call: RepositoryCall): Promise<Reply> {
  const id = idParam(call, "id");
  const entry = cachesOf(call).find((one) => one.id === id);
  if (entry === undefined) throw notFound();
  await deleteCacheEntry(call.github, entry);
  return noContent();
}

function getUsage(call: RepositoryCall): Reply {
  const found = cachesOf(call);
  return ok({
    full_name: presentRepository(call.github, call.repository)["full_name"],
    active_caches_size_in_bytes: found.reduce((sum, one) => sum + one.sizeBytes, 0),
    active_caches_count: found.length,
  });
}

const [read, write] = ["actions:read", "actions:write"] as const;

/** Artifacts and caches through the REST API. */
export const artifactRoutes: readonly RepositoryRoute[] = [
  {
    method: "GET",
    path: "/actions/artifacts",
    need: read,
    handle: (call) => listPage(call, artifactsOf(call)),
  },
  { method: "GET", path: "/actions/runs/:run/artifacts", need: read, handle: listOfRun },
  {
    method: "GET",
    path: "/actions/artifacts/:id",
    need: read,
    handle: (call) => ok(present(call, requireArtifact(call))),
  },
  { method: "DELETE", path: "/actions/artifacts/:id", need: write, handle: remove },
  { method: "GET", path: "/actions/artifacts/:id/:format", need: read, handle: download },
  { method: "GET", path: "/actions/cache/usage", need: read, handle: getUsage },
  { method: "GET", path: "/actions/caches", need: read, handle: listCaches },
  { method: "DELETE", path: "/actions/caches", need: write, handle: deleteCachesByKey },
  { method: "DELETE", path: "/actions/caches/:id", need: write, handle: deleteCacheById },
];
