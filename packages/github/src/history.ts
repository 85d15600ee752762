import {
  DataError,
  manifestSchema,
  parseDocument,
  readHistory,
  type Manifest,
  type ModelHistory,
  type ReleaseFacts,
  type VersionEntry,
  type VersionHistory,
} from "#core";
import { hasStatus, type GithubConnection } from "./client.ts";
import { toRemoteError } from "./faults.ts";
import { fetchModelTags } from "./git-history.ts";
import { assetName, downloadAsset, findRelease } from "./releases.ts";

/** A model's history in the repository's annotated tags, release commits and releases. */
export function githubHistory(
  connection: GithubConnection,
  temporaryDirectory: string,
): VersionHistory {
  const read = async (model: string): Promise<ModelHistory> => {
    const tags = await fetchModelTags({ access: connection.access, model, temporaryDirectory });
    return readHistory(model, tags);
  };
  const release = (entry: VersionEntry): Promise<ReleaseFacts | null> =>
    findRelease(connection, entry.tag);
  return {
    read,
    release,
    manifest: (entry) => readManifest(connection, entry),
    download: async (entry, path, destination) => {
      const [manifest, facts] = await Promise.all([
        readManifest(connection, entry),
        release(entry),
      ]);
      const file = manifest.files.find((candidate) => candidate.path === path);
      const asset = facts?.assets.find((candidate) => candidate.name === assetName(path));
      if (file === undefined || asset === undefined) {
        throw new DataError({
          code: "FILE_NOT_RELEASED",
          message: `${entry.tag} has no file ${path} in its release.`,
          hint: `Its release has ${facts?.assets.map(({ name }) => name).join(", ") || "no files"}. A version is complete when its release is published with every file.`,
        });
      }
      await downloadAsset(connection, { asset, destination, digest: file.digest });
    },
  };
}

/** Where a release commit keeps its manifest. */
export function manifestPath(model: string): string {
  return `.slipway/${model}.json`;
}

async function readManifest(connection: GithubConnection, entry: VersionEntry): Promise<Manifest> {
  const path = manifestPath(entry.model);
  const name = `${path} of ${entry.tag}`;
  try {
    const octokit = await connection.octokit();
    const { data } = await octokit.rest.repos.getContent({
      ...connection.place,
      path,
      ref: entry.commit,
      mediaType: { format: "raw" },
    });
    return parseDocument<Manifest>(manifestSchema, data as unknown as string, name);
  } catch (error) {
    if (!hasStatus(error, 404)) throw toRemoteError(error, `GET contents/${path}`);
    throw new DataError({
      code: "NO_MANIFEST",
      message: `${entry.tag} has no manifest (${path} at ${entry.commit}).`,
      hint: "It was not registered by Slipway; name a version that was.",
      cause: error,
    });
  }
}
