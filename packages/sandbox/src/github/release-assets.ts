import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import * as z from "zod/mini";
import {
  idParam,
  paginate,
  param,
  readBody,
  type RepositoryCall,
  type RepositoryRoute,
} from "./calls.ts";
import { fullName, nodeId, now, type Github } from "./github.ts";
import { presentUser, repositoryPage, repositoryUrl } from "./presenters.ts";
import type { Release, ReleaseAsset } from "./records.ts";
import {
  ApiError,
  created,
  invalid,
  noContent,
  notFound,
  ok,
  redirect,
  type Reply,
} from "./replies.ts";
import { canWrite, loginOf } from "./tokens.ts";

const maxAssetBytes = 2 * 1024 ** 3;
const maxAssets = 1000;

/** Where an asset's bytes are. */
export function assetPath(github: Github, id: number): string {
  return join(github.store.directory, "asset-bytes", String(id));
}

/** The assets of a release, in order of upload. */
export function assetsOf(github: Github, release: Release): readonly ReleaseAsset[] {
  return github.records.assets.all().filter((asset) => asset.releaseId === release.id);
}

/** An asset as GitHub's API shows it. */
export function presentAsset(
  call: RepositoryCall,
  release: Release,
  asset: ReleaseAsset,
): Record<string, unknown> {
  const { github, repository } = call;
  const tag = release.draft
    ? `untagged-${release.id.toString(16).padStart(20, "0")}`
    : release.tagName;
  const page = `${repositoryPage(github, repository)}/releases/download`;
  return {
    url: `${repositoryUrl(github, repository)}/releases/assets/${asset.id}`,
    id: asset.id,
    node_id: nodeId("ReleaseAsset", asset.id),
    name: asset.name,
    label: asset.label,
    uploader: presentUser(github, asset.uploader),
    content_type: asset.contentType,
    state: asset.state,
    size: asset.sizeBytes,
    digest: asset.digest,
    download_count: asset.downloadCount,
    created_at: asset.createdAt,
    updated_at: asset.updatedAt,
    browser_download_url: `${page}/${encodeURIComponent(tag)}/${encodeURIComponent(asset.name)}`,
  };
}

function requireReleaseOf(call: RepositoryCall, id: number): Release {
  const release = call.github.records.releases.get(id);
  if (release?.repositoryId !== call.repository.id) throw notFound();
  if (release.draft && !canWrite(call.caller, "contents")) throw notFound();
  return release;
}

function requireAsset(call: RepositoryCall): {
  readonly asset: ReleaseAsset;
  readonly release: Release;
} {
  const asset = call.github.records.assets.get(idParam(call, "id"));
  if (asset?.repositoryId !== call.repository.id) throw notFound();
  return { asset, release: requireReleaseOf(call, asset.releaseId) };
}

function listAssets(call: RepositoryCall): Reply {
  const release = requireReleaseOf(call, idParam(call, "id"));
  return paginate(call, assetsOf(call.github, release), (shown) =>
    shown.map((asset) => presentAsset(call, release, asset)),
  );
}

// GitHub keeps letters, digits and some signs and turns the rest into dots.
function normalizeName(name: string): string {
  const kept = name.replaceAll(/[^\w.+@-]+/g, ".").replace(/\.+$/, "");
  return kept.startsWith(".") ? `default${kept}` : kept;
}

/** Takes one file for a release, on the release's own upload address. */
export async function uploadAsset(call: RepositoryCall): Promise<Reply> {
  const release = requireReleaseOf(call, idParam(call, "id"));
  const wanted = call.url.searchParams.get("name");
  if (wanted === null || wanted === "") {
    throw invalid({ resource: "ReleaseAsset", code: "missing_field", field: "name" });
  }
  const name = normalizeName(wanted);
  refuseUpload(call, release, name);
  const at = now();
  const starter: ReleaseAsset = {
    id: call.github.store.nextId("asset"),
    repositoryId: call.repository.id,
    releaseId: release.id,
    name,
    label: call.url.searchParams.get("label") ?? "",
    state: "starter",
    contentType: call.incoming.headers["content-type"] ?? "application/octet-stream",
    sizeBytes: 0,
    digest: null,
    downloadCount: 0,
    uploader: loginOf(call.caller),
    createdAt: at,
    updatedAt: at,
  };
  // The record comes first: an upload that breaks off leaves a starter, as on GitHub.
  call.github.records.assets.put(starter.id, starter);
  const received = await receiveFile(call, assetPath(call.github, starter.id));
  const asset = call.github.records.assets.put(starter.id, {
    ...starter,
    ...received,
    state: "uploaded",
    updatedAt: now(),
  });
  return created(presentAsset(call, release, asset));
}

function refuseUpload(call: RepositoryCall, release: Release, name: string): void {
  if (release.immutable) {
    throw new ApiError(422, "Cannot upload assets to an immutable release.");
  }
  const assets = assetsOf(call.github, release);
  if (assets.some((asset) => asset.name === name)) {
    throw invalid({ resource: "ReleaseAsset", code: "already_exists", field: "name" });
  }
  if (assets.length >= maxAssets) {
    throw invalid({ resource: "ReleaseAsset", code: "custom", message: "file_count_exceeded" });
  }
  const length = Number(call.incoming.headers["content-length"] ?? NaN);
  if (Number.isNaN(length)) throw new ApiError(400, "Bad Content-Length");
  if (length === 0) throw new ApiError(400, "Bad Content-Length: 0");
  if (length >= maxAssetBytes) {
    throw invalid({
      resource: "ReleaseAsset",
      code: "custom",
      field: "size",
      message: "size must be less than 2147483648",
    });
  }
}

async function receiveFile(
  call: RepositoryCall,
  path: string,
): Promise<{ readonly sizeBytes: number; readonly digest: string }> {
  await mkdir(dirname(path), { recursive: true });
  const hash = createHash("sha256");
  let sizeBytes = 0;
  const measure = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      hash.update(chunk);
      sizeBytes += chunk.length;
      done(null, chunk);
    },
  });
  const partial = `${path}.part`;
  try {
    await pipeline(call.incoming, measure, createWriteStream(partial));
  } catch (error) {
    await rm(partial, { force: true });
    throw new ApiError(400, `The upload broke off: ${error instanceof Error ? error.message : ""}`);
  }
  await rename(partial, path);
  return { sizeBytes, digest: `sha256:${hash.digest("hex")}` };
}

function getAsset(call: RepositoryCall): Reply {
  const { asset, release } = requireAsset(call);
  if (!/application\/octet-stream/.test(call.incoming.headers.accept ?? "")) {
    return ok(presentAsset(call, release, asset));
  }
  if (asset.state !== "uploaded") throw notFound();
  countDownload(call.github, asset);
  return redirect(signedDownload(call.github, asset));
}

function countDownload(github: Github, asset: ReleaseAsset): void {
  github.records.assets.put(asset.id, { ...asset, downloadCount: asset.downloadCount + 1 });
}

// Like GitHub's, the address that an asset's bytes come from is on another path and needs no token.
function signedDownload(github: Github, asset: ReleaseAsset): string {
  const expiry = Math.floor(Date.now() / 1000) + 3600;
  const signature = github.signingKey.signUrl(`asset:${asset.id}:${expiry}`);
  return `${github.url}/_release-assets/${asset.id}?se=${expiry}&sig=${signature}`;
}

const assetChange = z.object({
  name: z.optional(z.string()),
  label: z.optional(z.string()),
  state: z.optional(z.string()),
});

async function changeAsset(call: RepositoryCall): Promise<Reply> {
  const body = await readBody(call, assetChange, "ReleaseAsset");
  const { asset, release } = requireAsset(call);
  if (release.immutable) throw new ApiError(422, "Cannot update assets of an immutable release.");
  const name = body.name === undefined ? asset.name : normalizeName(body.name);
  const isTaken = assetsOf(call.github, release).some(
    (other) => other.id !== asset.id && other.name === name,
  );
  if (isTaken) throw invalid({ resource: "ReleaseAsset", code: "already_exists", field: "name" });
  const changed = call.github.records.assets.put(asset.id, {
    ...asset,
    name,
    label: body.label ?? asset.label,
    updatedAt: now(),
  });
  return ok(presentAsset(call, release, changed));
}

async function deleteAsset(call: RepositoryCall): Promise<Reply> {
  const { asset, release } = requireAsset(call);
  if (release.immutable) throw new ApiError(422, "Cannot delete assets from an immutable release.");
  call.github.records.assets.delete(asset.id);
  await rm(assetPath(call.github, asset.id), { force: true });
  return noContent();
}

/** Where a page's download link leads: `/owner/name/releases/download/tag/file`. */
export function downloadAsset(call: RepositoryCall): Reply {
  const [tag, name] = [param(call, "tag"), param(call, "name")];
  const { records } = call.github;
  const release = records.releases
    .all()
    .find((one) => one.repositoryId === call.repository.id && one.tagName === tag && !one.draft);
  const asset =
    release === undefined
      ? undefined
      : assetsOf(call.github, release).find((one) => one.name === name);
  if (asset?.state !== "uploaded") {
    throw notFound(`${fullName(call.repository)} has no release ${tag} with a file ${name}.`);
  }
  countDownload(call.github, asset);
  return redirect(signedDownload(call.github, asset));
}

/** An asset's bytes, on a signed address. */
export function serveAsset(call: {
  readonly github: Github;
  readonly url: URL;
  readonly id: number;
}): Reply {
  const expiry = call.url.searchParams.get("se") ?? "";
  const signature = call.github.signingKey.signUrl(`asset:${call.id}:${expiry}`);
  const asset = call.github.records.assets.get(call.id);
  const isGood =
    signature === call.url.searchParams.get("sig") && Number(expiry) * 1000 > Date.now();
  if (!isGood) throw new ApiError(403, "The address has expired or was changed.");
  if (asset === undefined) throw notFound();
  return {
    kind: "file",
    status: 200,
    path: assetPath(call.github, asset.id),
    headers: {
      "content-type": asset.contentType,
      "content-disposition": `attachment; filename=${encodeURIComponent(asset.name)}`,
    },
  };
}

/** Files of releases. Uploads have their own address. */
export const releaseAssetRoutes: readonly RepositoryRoute[] = [
  { method: "GET", path: "/releases/assets/:id", need: "contents:read", handle: getAsset },
  { method: "PATCH", path: "/releases/assets/:id", need: "contents:write", handle: changeAsset },
  { method: "DELETE", path: "/releases/assets/:id", need: "contents:write", handle: deleteAsset },
  { method: "GET", path: "/releases/:id/assets", need: "contents:read", handle: listAssets },
];
