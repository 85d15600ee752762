import { deleteBlob, measureBlob, signBlobUrl, type BlobName } from "./blobs.ts";
import { findRepositoryByFullName, now, type Github } from "./github.ts";
import type { CacheEntry, Repository } from "./records.ts";
import { textField, TwirpError, type TwirpCall, type TwirpMethod } from "./twirp.ts";

/** Events that people without rights can cause: their jobs only read caches, unless told otherwise. */
const lowTrustEvents: ReadonlySet<string> = new Set([
  "pull_request_target",
  "issue_comment",
  "issues",
  "discussion",
  "discussion_comment",
  "fork",
  "watch",
]);

function blobOf(entry: CacheEntry): BlobName {
  return { container: "caches", name: String(entry.id) };
}

/** Takes a cache entry away. */
export async function deleteCacheEntry(github: Github, entry: CacheEntry): Promise<void> {
  github.records.caches.delete(entry.id);
  await deleteBlob(github, blobOf(entry));
}

function requireRepository(call: TwirpCall): Repository {
  const repository = findRepositoryByFullName(call.github, call.job.repository);
  if (repository === undefined) throw new TwirpError("not_found", "the repository is gone");
  return repository;
}

function cacheModeOf({ job }: TwirpCall): string {
  return job.cacheMode ?? (lowTrustEvents.has(job.event) ? "read" : "write");
}

function entriesOf(call: TwirpCall, ref: string): readonly CacheEntry[] {
  const repository = requireRepository(call);
  const version = textField(call, "version");
  return call.github.records.caches
    .all()
    .filter((one) => one.repositoryId === repository.id)
    .filter((one) => one.ref === ref && one.version === version);
}

function createEntry(call: TwirpCall): Readonly<Record<string, unknown>> {
  if (!cacheModeOf(call).startsWith("write")) {
    throw new TwirpError("permission_denied", "cache write denied: token has no writable scopes");
  }
  const key = textField(call, "key");
  const known = entriesOf(call, call.job.ref).find((one) => one.key === key);
  if (known?.finalized === true) {
    throw new TwirpError(
      "already_exists",
      "cache entry with the same key, version, and scope already exists",
    );
  }
  const entry = known ?? addEntry(call, key);
  return {
    ok: true,
    signed_upload_url: signBlobUrl(call.github, blobOf(entry), { kind: "write" }),
  };
}

function addEntry(call: TwirpCall, key: string): CacheEntry {
  const id = call.github.store.nextId("cache");
  const at = now();
  return call.github.records.caches.put(id, {
    id,
    repositoryId: requireRepository(call).id,
    key,
    version: textField(call, "version"),
    ref: call.job.ref,
    finalized: false,
    sizeBytes: 0,
    lastAccessedAt: at,
    createdAt: at,
    updatedAt: at,
  });
}

async function finalizeEntry(call: TwirpCall): Promise<Readonly<Record<string, unknown>>> {
  const key = textField(call, "key");
  const entry = entriesOf(call, call.job.ref).find((one) => one.key === key);
  if (entry === undefined) throw new TwirpError("not_found", "cache entry not found");
  if (entry.finalized) return { ok: true, entry_id: String(entry.id) };
  const measured = await measureBlob(call.github, blobOf(entry));
  const size = Number(call.message["size_bytes"] ?? 0);
  if (measured === undefined || measured.sizeBytes !== size) {
    throw new TwirpError(
      "invalid_argument",
      `size ${size} does not match the ${measured?.sizeBytes ?? 0} bytes that were uploaded`,
    );
  }
  call.github.records.caches.put(entry.id, {
    ...entry,
    finalized: true,
    sizeBytes: measured.sizeBytes,
    updatedAt: now(),
  });
  return { ok: true, entry_id: String(entry.id) };
}

function findDownload(call: TwirpCall): Readonly<Record<string, unknown>> {
  if (!["read", "write"].includes(cacheModeOf(call))) {
    throw new TwirpError("permission_denied", "cache read denied: token has no readable scopes");
  }
  const restoreKeys = call.message["restore_keys"];
  const keys = [
    textField(call, "key"),
    ...(Array.isArray(restoreKeys) ? restoreKeys.map(String) : []),
  ];
  const entry = findEntry(call, keys);
  if (entry === undefined) return { ok: false };
  call.github.records.caches.put(entry.id, { ...entry, lastAccessedAt: now() });
  const access = {
    kind: "read",
    contentType: "application/octet-stream",
    fileName: "cache.tzst",
  } as const;
  return {
    ok: true,
    signed_download_url: signBlobUrl(call.github, blobOf(entry), access),
    matched_key: entry.key,
  };
}

// A ref reads its own caches, then the base's of its pull request, then the default branch's; in
// each the exact key first, then the newest that begins with one of the keys.
function findEntry(call: TwirpCall, keys: readonly string[]): CacheEntry | undefined {
  const repository = requireRepository(call);
  const number = /^refs\/pull\/(\d+)\//.exec(call.job.ref)?.[1];
  const pull = call.github.records.pulls.get(`${repository.id}:${number}`);
  const refs = [
    call.job.ref,
    ...(pull === undefined ? [] : [`refs/heads/${pull.baseRef}`]),
    `refs/heads/${repository.defaultBranch}`,
  ];
  for (const ref of refs) {
    const entries = entriesOf(call, ref)
      .filter((one) => one.finalized)
      .toReversed();
    const exact = entries.find((one) => one.key === keys[0]);
    if (exact !== undefined) return exact;
    for (const key of keys) {
      const found = entries.find((one) => one.key.startsWith(key));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

const service = "github.actions.results.api.v1.CacheService";

/** The cache service, version 2, as `@actions/cache` speaks it. */
export const cacheMethods: Readonly<Record<string, TwirpMethod>> = {
  [`${service}/CreateCacheEntry`]: createEntry,
  [`${service}/FinalizeCacheEntryUpload`]: finalizeEntry,
  [`${service}/GetCacheEntryDownloadURL`]: findDownload,
};
