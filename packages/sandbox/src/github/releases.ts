import { rm } from "node:fs/promises";
import * as z from "zod/mini";
import {
  idParam,
  paginate,
  param,
  readBody,
  type RepositoryCall,
  type RepositoryRoute,
} from "./calls.ts";
import { emit, fullName, nodeId, now, putOff, updateRepository } from "./github.ts";
import { resolveCommit, zeroSha } from "./git-objects.ts";
import { presentRepository, presentUser, repositoryPage, repositoryUrl } from "./presenters.ts";
import type { Release } from "./records.ts";
import { ensureReleaseTag } from "./refs.ts";
import { assetPath, assetsOf, presentAsset } from "./release-assets.ts";
import { ApiError, created, invalid, noContent, notFound, ok, type Reply } from "./replies.ts";
import { canWrite, loginOf } from "./tokens.ts";

function releasesOf(call: RepositoryCall): readonly Release[] {
  return call.github.records.releases
    .all()
    .filter((release) => release.repositoryId === call.repository.id);
}

/** A release that the caller may see, or 404. */
function requireRelease(call: RepositoryCall, id: number): Release {
  const release = call.github.records.releases.get(id);
  const isHere = release?.repositoryId === call.repository.id;
  if (release === undefined || !isHere) throw notFound();
  if (release.draft && !canWrite(call.caller, "contents")) throw notFound();
  return release;
}

/** A release as GitHub's API shows it. */
function presentRelease(call: RepositoryCall, release: Release): Record<string, unknown> {
  const { github, repository } = call;
  const url = `${repositoryUrl(github, repository)}/releases/${release.id}`;
  const repositoryPath = fullName(repository);
  const tag = encodeURIComponent(release.tagName);
  const place = release.draft ? `untagged-${release.id.toString(16).padStart(20, "0")}` : tag;
  const archive = (format: string) =>
    release.draft ? null : `${repositoryUrl(github, repository)}/${format}/${tag}`;
  return {
    url,
    assets_url: `${url}/assets`,
    upload_url: `${github.url}/uploads/repos/${repositoryPath}/releases/${release.id}/assets{?name,label}`,
    html_url: `${repositoryPage(github, repository)}/releases/tag/${place}`,
    id: release.id,
    author: presentUser(github, release.author),
    node_id: nodeId("Release", release.id),
    tag_name: release.tagName,
    target_commitish: release.targetCommitish,
    name: release.name,
    draft: release.draft,
    immutable: release.immutable,
    prerelease: release.prerelease,
    created_at: release.createdAt,
    updated_at: release.updatedAt,
    published_at: release.publishedAt,
    assets: assetsOf(github, release).map((asset) => presentAsset(call, release, asset)),
    tarball_url: archive("tarball"),
    zipball_url: archive("zipball"),
    body: release.body,
  };
}

function listReleases(call: RepositoryCall): Reply {
  const maySeeDrafts = canWrite(call.caller, "contents");
  const visible = releasesOf(call)
    .filter((release) => maySeeDrafts || !release.draft)
    .toSorted((left, right) => right.createdAt.localeCompare(left.createdAt) || right.id - left.id);
  return paginate(call, visible, (shown) => shown.map((release) => presentRelease(call, release)));
}

function getRelease(call: RepositoryCall): Reply {
  return ok(presentRelease(call, requireRelease(call, idParam(call, "id"))));
}

function getReleaseByTag(call: RepositoryCall): Reply {
  const tag = param(call, "tag");
  // A draft has no tag yet, whatever its tag name.
  const release = releasesOf(call).find((one) => one.tagName === tag && !one.draft);
  if (release === undefined) throw notFound();
  return ok(presentRelease(call, release));
}

function getLatestRelease(call: RepositoryCall): Reply {
  const { latestReleaseId } = call.repository;
  const release = releasesOf(call).find((one) => one.id === latestReleaseId && !one.draft);
  if (release === undefined) throw notFound();
  return ok(presentRelease(call, release));
}

const releaseFields = {
  target_commitish: z.optional(z.string()),
  name: z.optional(z.nullable(z.string())),
  body: z.optional(z.nullable(z.string())),
  draft: z.optional(z.boolean()),
  prerelease: z.optional(z.boolean()),
  make_latest: z.optional(z.enum(["true", "false", "legacy"])),
  generate_release_notes: z.optional(z.boolean()),
};
const newRelease = z.object({ tag_name: z.string(), ...releaseFields });
const releaseChange = z.object({ tag_name: z.optional(z.string()), ...releaseFields });

function refuseGeneratedNotes(isAsked: boolean | undefined): void {
  if (isAsked === true) {
    throw new ApiError(501, "The local GitHub does not implement generate_release_notes.");
  }
}

async function createRelease(call: RepositoryCall): Promise<Reply> {
  const body = await readBody(call, newRelease, "Release");
  refuseGeneratedNotes(body.generate_release_notes);
  const at = now();
  const release: Release = {
    id: call.github.store.nextId("release"),
    repositoryId: call.repository.id,
    tagName: body.tag_name,
    targetCommitish: body.target_commitish ?? call.repository.defaultBranch,
    name: body.name ?? null,
    body: body.body ?? null,
    draft: true,
    prerelease: body.prerelease ?? false,
    immutable: false,
    author: loginOf(call.caller),
    publishedAt: null,
    createdAt: at,
    updatedAt: at,
  };
  if (body.draft === true) {
    call.github.records.releases.put(release.id, release);
    emitRelease(call, release, "created");
    return created(presentRelease(call, release));
  }
  const published = await publish(call, release, body.make_latest);
  emitRelease(call, published, "created");
  return created(presentRelease(call, published));
}

// Several drafts may carry one tag name; only one release with it may be published.
async function publish(
  call: RepositoryCall,
  release: Release,
  makeLatest: "true" | "false" | "legacy" = "true",
): Promise<Release> {
  const isTaken = releasesOf(call).some(
    (other) => other.id !== release.id && !other.draft && other.tagName === release.tagName,
  );
  if (isTaken) throw invalid({ resource: "Release", code: "already_exists", field: "tag_name" });
  const target = await resolveCommit(call.directory, release.targetCommitish);
  if (!(await ensureReleaseTag(call, release.tagName, target))) {
    throw invalid({ resource: "Release", code: "invalid", field: "target_commitish" });
  }
  const published: Release = {
    ...release,
    draft: false,
    immutable: call.repository.immutableReleases,
    publishedAt: now(),
    updatedAt: now(),
  };
  call.github.records.releases.put(release.id, published);
  if (published.immutable) {
    const key = `${call.repository.id}:${release.tagName}`;
    call.github.records.burnedTags.put(key, { tag: release.tagName });
  }
  if (makeLatest !== "false" && !published.prerelease) markLatest(call, published);
  emitRelease(call, published, "published");
  emitRelease(call, published, published.prerelease ? "prereleased" : "released");
  return published;
}

function markLatest(call: RepositoryCall, release: Release): void {
  updateRepository(call.github, call.repository, { latestReleaseId: release.id });
}

async function changeRelease(call: RepositoryCall): Promise<Reply> {
  const body = await readBody(call, releaseChange, "Release");
  const release = requireRelease(call, idParam(call, "id"));
  refuseGeneratedNotes(body.generate_release_notes);
  if (release.immutable && body.tag_name !== undefined && body.tag_name !== release.tagName) {
    throw new ApiError(422, "Cannot change the tag of an immutable release");
  }
  const changed: Release = {
    ...release,
    ...(body.tag_name === undefined ? {} : { tagName: body.tag_name }),
    ...(body.target_commitish === undefined ? {} : { targetCommitish: body.target_commitish }),
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.body === undefined ? {} : { body: body.body }),
    ...(body.prerelease === undefined ? {} : { prerelease: body.prerelease }),
    updatedAt: now(),
  };
  if (release.draft && body.draft === false) {
    return ok(presentRelease(call, await publish(call, changed, body.make_latest)));
  }
  if (release.immutable && body.draft === true) {
    throw new ApiError(422, "Cannot turn an immutable release into a draft");
  }
  const kept = call.github.records.releases.put(release.id, {
    ...changed,
    draft: body.draft ?? release.draft,
  });
  if (body.make_latest === "true" && !kept.draft) markLatest(call, kept);
  if (body.make_latest === "false" && call.repository.latestReleaseId === kept.id) {
    updateRepository(call.github, call.repository, { latestReleaseId: null });
  }
  emitRelease(call, kept, "edited");
  return ok(presentRelease(call, kept));
}

async function deleteRelease(call: RepositoryCall): Promise<Reply> {
  const release = requireRelease(call, idParam(call, "id"));
  for (const asset of assetsOf(call.github, release)) {
    call.github.records.assets.delete(asset.id);
    await rm(assetPath(call.github, asset.id), { force: true });
  }
  call.github.records.releases.delete(release.id);
  emitRelease(call, release, "deleted");
  return noContent();
}

function emitRelease(call: RepositoryCall, release: Release, action: string): void {
  if (release.draft && action !== "created" && action !== "deleted") return;
  const { github, repository, caller } = call;
  const ref = `refs/tags/${release.tagName}`;
  const actor = loginOf(caller);
  const payload = {
    action,
    release: presentRelease(call, release),
    repository: presentRepository(github, repository),
    sender: presentUser(github, actor),
  };
  putOff(github, async () => {
    const sha = (await resolveCommit(call.directory, ref)) ?? zeroSha;
    const event = { name: "release", repository: fullName(repository), ref, sha, actor, payload };
    emit(github, event, caller);
  });
}

/** Releases: drafts, publishing, and what an immutable one refuses. */
export const releaseRoutes: readonly RepositoryRoute[] = [
  { method: "GET", path: "/releases", need: "contents:read", handle: listReleases },
  { method: "POST", path: "/releases", need: "contents:write", handle: createRelease },
  { method: "GET", path: "/releases/latest", need: "contents:read", handle: getLatestRelease },
  { method: "GET", path: "/releases/tags/:tag+", need: "contents:read", handle: getReleaseByTag },
  { method: "GET", path: "/releases/:id", need: "contents:read", handle: getRelease },
  { method: "PATCH", path: "/releases/:id", need: "contents:write", handle: changeRelease },
  { method: "DELETE", path: "/releases/:id", need: "contents:write", handle: deleteRelease },
];
