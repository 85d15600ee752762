import { createHash, randomBytes } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { DataError, RemoteError, type ReleaseAsset, type ReleaseFacts } from "#core";
import { hasStatus, type GithubConnection } from "./client.ts";

/** A path of the run directory as a release asset's name: `/` is `--`, what GitHub would change is `.`. */
export function assetName(path: string): string {
  return path.replaceAll("/", "--").replaceAll(/[^A-Za-z0-9._+-]/g, ".");
}

interface ReleaseAnswer {
  readonly id: number;
  readonly tag_name: string;
  readonly html_url: string;
  readonly draft: boolean;
  readonly upload_url: string;
  readonly assets: readonly {
    readonly id: number;
    readonly name: string;
    readonly size: number;
    readonly state: string;
    readonly digest?: string | null;
  }[];
}

/** A release with what only its writer needs. */
export interface WritableRelease extends ReleaseFacts {
  readonly uploadUrl: string;
  /** Ids of assets whose upload was cut off. */
  readonly broken: readonly number[];
}

/** The release of a tag: the published one, else the draft with the most files; `null` when there is none. */
export async function findRelease(
  connection: GithubConnection,
  tag: string,
): Promise<WritableRelease | null> {
  const published = await connection.call(`GET releases/tags/${tag}`, async (octokit) => {
    try {
      return (await octokit.rest.repos.getReleaseByTag({ ...connection.place, tag })).data;
    } catch (error) {
      if (hasStatus(error, 404)) return null;
      throw error;
    }
  });
  if (published !== null) return toRelease(published);
  const [first] = await findDrafts(connection, tag);
  return first ?? null;
}

/** Drafts of a tag, the fullest first. Creating a release is not atomic: there may be two. */
export async function findDrafts(
  connection: GithubConnection,
  tag: string,
): Promise<readonly WritableRelease[]> {
  const drafts: WritableRelease[] = [];
  await connection.call("GET releases", async (octokit) => {
    // New drafts stand near the front; a thousand releases are enough to find them.
    for (let page = 1; page <= 10; page++) {
      const { data } = await octokit.rest.repos.listReleases({
        ...connection.place,
        per_page: 100,
        page,
      });
      drafts.push(
        ...data.filter((release) => release.draft && release.tag_name === tag).map(toRelease),
      );
      if (data.length < 100) break;
    }
  });
  return drafts.sort(
    (left, right) => right.assets.length - left.assets.length || left.id - right.id,
  );
}

/** What a release says. */
export interface ReleaseText {
  readonly tag: string;
  readonly title: string;
  readonly body: string;
  readonly prerelease: boolean;
}

/** Makes a draft for a tag that exists; deletes empty drafts of the same tag that a lost race left. */
export async function openDraft(
  connection: GithubConnection,
  text: ReleaseText,
): Promise<WritableRelease> {
  const created = await connection.call("POST releases", async (octokit) =>
    octokit.rest.repos.createRelease({
      ...connection.place,
      tag_name: text.tag,
      name: text.title,
      body: text.body,
      draft: true,
      prerelease: text.prerelease,
    }),
  );
  const drafts = await findDrafts(connection, text.tag);
  const canonical = drafts[0] ?? toRelease(created.data);
  for (const extra of drafts.slice(1).filter((draft) => draft.assets.length === 0)) {
    await connection.call(`DELETE releases/${extra.id}`, (octokit) =>
      octokit.rest.repos.deleteRelease({ ...connection.place, release_id: extra.id }),
    );
  }
  return canonical;
}

/** A file to hang on a release. */
export interface AssetSource {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  /** `sha256:…` */
  readonly digest: string;
}

/**
 * Uploads a file to a draft unless an equal one is there, and checks the digest that GitHub reports.
 *
 * @throws DataError `ASSET_DIFFERS` when another file has the name
 */
export async function uploadAsset(
  connection: GithubConnection,
  release: WritableRelease,
  source: AssetSource,
): Promise<void> {
  const present = release.assets.find((asset) => asset.name === source.name);
  if (present !== undefined) return checkAsset(present, source);
  for (const id of release.broken) await deleteAsset(connection, id);
  const { size } = await stat(source.path);
  const uploaded = await connection.call(`POST releases/${release.id}/assets`, async (octokit) => {
    const response = await octokit.request({
      method: "POST",
      url: release.uploadUrl,
      name: source.name,
      headers: { "content-type": "application/octet-stream", "content-length": size },
      data: Readable.toWeb(createReadStream(source.path)),
      request: { duplex: "half", retries: 0 },
    });
    return response.data as ReleaseAnswer["assets"][number];
  });
  checkAsset(toAsset(uploaded), source);
}

function checkAsset(asset: ReleaseAsset, source: AssetSource): void {
  const same =
    asset.digest === null ? asset.bytes === source.bytes : asset.digest === source.digest;
  if (same) return;
  throw new DataError({
    code: "ASSET_DIFFERS",
    message: `The release holds another ${source.name}: ${asset.digest ?? `${asset.bytes} bytes`} there, ${source.digest} here.`,
    hint: "Nothing was overwritten. The file changed since the run was registered; train and register again.",
  });
}

async function deleteAsset(connection: GithubConnection, id: number): Promise<void> {
  await connection.call(`DELETE releases/assets/${id}`, async (octokit) => {
    try {
      await octokit.rest.repos.deleteReleaseAsset({ ...connection.place, asset_id: id });
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
    }
  });
}

/** Publishes a draft; `make_latest` stays off, as a model's release is not the repository's. */
export async function publishRelease(
  connection: GithubConnection,
  release: WritableRelease,
  text: ReleaseText,
): Promise<ReleaseFacts> {
  const { data } = await connection.call(`PATCH releases/${release.id}`, (octokit) =>
    octokit.rest.repos.updateRelease({
      ...connection.place,
      release_id: release.id,
      tag_name: text.tag,
      name: text.title,
      body: text.body,
      prerelease: text.prerelease,
      draft: false,
      make_latest: "false",
    }),
  );
  return toRelease(data);
}

/** Marks a release as no prerelease any more; published releases keep this editable. */
export async function endPrerelease(
  connection: GithubConnection,
  releaseId: number,
): Promise<void> {
  await connection.call(`PATCH releases/${releaseId}`, (octokit) =>
    octokit.rest.repos.updateRelease({
      ...connection.place,
      release_id: releaseId,
      prerelease: false,
      make_latest: "false",
    }),
  );
}

/**
 * Downloads an asset and checks its digest before the file gets its name; of a download that fails
 * nothing is left.
 *
 * @throws RemoteError `ASSET_UNREADABLE`; DataError `DIGEST_MISMATCH`
 */
export async function downloadAsset(
  connection: GithubConnection,
  {
    asset,
    destination,
    digest,
  }: { readonly asset: ReleaseAsset; readonly destination: string; readonly digest: string },
): Promise<void> {
  const { access, place } = connection;
  const call = `GET releases/assets/${asset.id}`;
  const url = `${access.apiUrl}/repos/${place.owner}/${place.repo}/releases/assets/${asset.id}`;
  const response = await fetchAsset(url, access.token, connection.signal);
  if (!response.ok || response.body === null) {
    throw new RemoteError({
      code: "ASSET_UNREADABLE",
      message: `GitHub answered ${call} (${asset.name}) with status ${response.status}.`,
      hint: "The job needs `permissions: contents: read`.",
      call,
      status: response.status,
      retryable: response.status >= 500,
    });
  }
  await mkdir(dirname(destination), { recursive: true });
  // A name of its own: two jobs of one machine may download the same at once.
  const partial = `${destination}.${randomBytes(6).toString("hex")}.part`;
  try {
    const found = await writeDigested(Readable.fromWeb(response.body), partial);
    if (found !== digest) throw digestMismatch(asset.name, { found, digest });
    await rename(partial, destination);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Writes a stream to a file; `sha256:…` of what it held. */
async function writeDigested(stream: Readable, path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(
    stream,
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(path),
  );
  return `sha256:${hash.digest("hex")}`;
}

function digestMismatch(
  name: string,
  { found, digest }: { readonly found: string; readonly digest: string },
): DataError {
  return new DataError({
    code: "DIGEST_MISMATCH",
    message: `${name} was downloaded as ${found}, but the manifest says ${digest}.`,
    hint: "The release's file is not the one that was registered. Do not use it; look at who changed the release.",
    place: { file: name },
  });
}

/** The redirect leads to a storage host with a signed URL: the token stays with GitHub. */
async function fetchAsset(
  url: string,
  token: string,
  signal: AbortSignal | null,
): Promise<Response> {
  const headers = { accept: "application/octet-stream", "user-agent": "slipway" };
  const authorised = token === "" ? headers : { ...headers, authorization: `Bearer ${token}` };
  const response = await fetch(url, { headers: authorised, redirect: "manual", signal });
  const location = response.headers.get("location");
  if (response.status < 300 || response.status >= 400 || location === null) return response;
  return fetch(new URL(location, url), { headers, signal });
}

function toRelease(answer: ReleaseAnswer): WritableRelease {
  return {
    id: answer.id,
    url: answer.html_url,
    draft: answer.draft,
    uploadUrl: answer.upload_url,
    assets: answer.assets.filter(({ state }) => state === "uploaded").map(toAsset),
    broken: answer.assets.filter(({ state }) => state !== "uploaded").map(({ id }) => id),
  };
}

function toAsset(asset: ReleaseAnswer["assets"][number]): ReleaseAsset {
  return { id: asset.id, name: asset.name, bytes: asset.size, digest: asset.digest ?? null };
}
