import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FindOptions } from "@actions/artifact";
import { DataError, type GithubAccess } from "#core";
import { unpackArtifact } from "./unpack-artifact.ts";

/** Files that jobs of one run hand to each other. */
export interface ArtifactStore {
  /** Uploads files under names relative to `root`; the id of the new artifact. */
  upload(name: string, files: readonly string[], root: string): Promise<number>;
  /** Artifacts of this run, newest of each name. */
  list(): Promise<
    readonly { readonly id: number; readonly name: string; readonly createdAt: string }[]
  >;
  download(id: number, destination: string): Promise<void>;
}

/** The run's own artifacts by GitHub's library, loaded when first used. */
export function githubArtifacts(): ArtifactStore {
  const client = async () => {
    const { DefaultArtifactClient } = await import("@actions/artifact");
    return new DefaultArtifactClient();
  };
  return {
    upload: async (name, files, root) => {
      const { id } = await (
        await client()
      ).uploadArtifact(name, [...files], root, { compressionLevel: 6 });
      return id ?? 0;
    },
    list: async () => {
      // Outside of a job there is no run that could have left any.
      if (!process.env["ACTIONS_RUNTIME_TOKEN"]) return [];
      const { artifacts } = await (await client()).listArtifacts({ latest: true });
      return artifacts.map((artifact) => ({
        id: artifact.id,
        name: artifact.name,
        createdAt: artifact.createdAt?.toISOString() ?? "",
      }));
    },
    download: (id, destination) => downloadUnpacked({ id, name: String(id) }, destination),
  };
}

/** An artifact to download; with a digest it must come as that. */
export interface WantedArtifact {
  readonly id: number;
  /** As messages call it. */
  readonly name: string;
  readonly digest?: string;
}

/** Downloads by GitHub's library, which retries, and unpacks within limits. */
async function downloadUnpacked(
  { id, name, digest }: WantedArtifact,
  destination: string,
  findBy?: FindOptions["findBy"],
): Promise<void> {
  const { DefaultArtifactClient } = await import("@actions/artifact");
  const folder = await mkdtemp(join(process.env["RUNNER_TEMP"] ?? tmpdir(), "slipway-artifact-"));
  try {
    const { digestMismatch } = await new DefaultArtifactClient().downloadArtifact(id, {
      path: folder,
      skipDecompress: true,
      ...(findBy !== undefined && { findBy }),
      ...(digest !== undefined && { expectedHash: digest }),
    });
    if (digestMismatch === true) {
      throw new DataError({
        code: "DIGEST_MISMATCH",
        message: `Artifact ${name} was downloaded with another content than GitHub has for it.`,
        hint: "Run the job again.",
      });
    }
    const [file = ""] = await readdir(folder);
    await unpackArtifact(join(folder, file), destination, { name });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A run of the repository whose artifacts are wanted by another. */
export interface OtherRun {
  readonly runId: number;
  /** The token needs `actions: read`. */
  readonly access: Pick<GithubAccess, "owner" | "repository" | "token">;
}

/** All artifacts of another run of the repository, of every attempt. */
export function githubArtifactsOf({ runId, access }: OtherRun): Pick<ArtifactStore, "list"> & {
  download(artifact: number | WantedArtifact, destination: string): Promise<void>;
} {
  const findBy = {
    token: access.token,
    workflowRunId: runId,
    repositoryOwner: access.owner,
    repositoryName: access.repository,
  };
  const client = async () => {
    const { DefaultArtifactClient } = await import("@actions/artifact");
    return new DefaultArtifactClient();
  };
  return {
    list: async () => {
      const { artifacts } = await (await client()).listArtifacts({ findBy });
      return artifacts.map(({ id, name, createdAt }) => ({
        id,
        name,
        createdAt: createdAt?.toISOString() ?? "",
      }));
    },
    download: (artifact, destination) =>
      downloadUnpacked(
        typeof artifact === "number" ? { id: artifact, name: String(artifact) } : artifact,
        destination,
        findBy,
      ),
  };
}
