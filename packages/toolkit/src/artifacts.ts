import type { GithubAccess } from "#core";

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
      const { artifacts } = await (await client()).listArtifacts({ latest: true });
      return artifacts.map((artifact) => ({
        id: artifact.id,
        name: artifact.name,
        createdAt: artifact.createdAt?.toISOString() ?? "",
      }));
    },
    download: async (id, destination) => {
      await (await client()).downloadArtifact(id, { path: destination });
    },
  };
}

/** A run of the repository whose artifacts are wanted by another. */
export interface OtherRun {
  readonly runId: number;
  /** The token needs `actions: read`. */
  readonly access: Pick<GithubAccess, "owner" | "repository" | "token">;
}

/** All artifacts of another run of the repository, of every attempt. */
export function githubArtifactsOf({
  runId,
  access,
}: OtherRun): Pick<ArtifactStore, "list" | "download"> {
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
    download: async (id, destination) => {
      await (await client()).downloadArtifact(id, { path: destination, findBy });
    },
  };
}
