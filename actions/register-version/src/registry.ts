import type { Manifest, ModelHistory, Version, VersionEntry } from "#core";
import {
  assignStage,
  claimTag,
  createReleaseCommit,
  endPrerelease,
  findRelease,
  githubHistory,
  nextTagTime,
  openDraft,
  publishRelease,
  uploadAsset,
  type AssetSource,
  type Claim,
  type GithubConnection,
  type ReleaseText,
  type StageOutcome,
} from "#github";

/** A release as far as registering looks at it. */
export interface RegisteredRelease {
  readonly id: number;
  readonly url: string;
}

/** Where versions are kept: tags and releases. */
export interface Registry {
  history(model: string): Promise<ModelHistory>;
  manifest(entry: VersionEntry): Promise<Manifest>;
  /** Makes the release commit and claims the version's tag on it. */
  claimVersion(claim: {
    readonly tag: string;
    readonly source: string;
    readonly manifest: Manifest;
    readonly message: string;
    readonly history: ModelHistory;
    readonly now: Date;
  }): Promise<Claim>;
  /** Makes an annotated tag on a commit: deprecation, deregistration. */
  claimMark(mark: {
    readonly tag: string;
    readonly commit: string;
    readonly message: string;
    readonly history: ModelHistory;
    readonly now: Date;
  }): Promise<Claim>;
  /** The published release of a tag, or `null`. */
  released(tag: string): Promise<RegisteredRelease | null>;
  /** Draft, upload, verify, publish; goes on where an earlier run stopped. */
  release(text: ReleaseText, files: readonly AssetSource[]): Promise<RegisteredRelease>;
  endPrerelease(tag: string): Promise<void>;
  assignStage(assignment: {
    readonly model: string;
    readonly stage: string;
    readonly version: Version;
    readonly reason: string;
    readonly now: Date;
  }): Promise<StageOutcome>;
}

/** The registry in the repository that the job runs for. */
export function githubRegistry(connection: GithubConnection, temporaryDirectory: string): Registry {
  const history = githubHistory(connection, temporaryDirectory);
  return {
    history: (model) => history.read(model),
    manifest: (entry) => history.manifest(entry),
    claimVersion: async (claim) => {
      const at = timeAfter(claim.history, claim.now);
      const commit = await createReleaseCommit(connection, {
        model: claim.manifest.model,
        source: claim.source,
        manifest: claim.manifest,
        message: claim.message,
        at,
      });
      const tagged = nextTagTime(claim.now, [at]);
      return claimTag(connection, { name: claim.tag, commit, message: claim.message, at: tagged });
    },
    claimMark: ({ tag, commit, message, history: known, now }) =>
      claimTag(connection, { name: tag, commit, message, at: timeAfter(known, now) }),
    released: async (tag) => {
      const found = await findRelease(connection, tag);
      return found === null || found.draft ? null : found;
    },
    release: (text, files) => completeRelease(connection, text, files),
    endPrerelease: async (tag) => {
      const release = await findRelease(connection, tag);
      if (release !== null && !release.draft) await endPrerelease(connection, release.id);
    },
    assignStage: (assignment) =>
      assignStage(connection, { ...assignment, readHistory: () => history.read(assignment.model) }),
  };
}

function timeAfter(history: ModelHistory, now: Date): string {
  return nextTagTime(now, [history.newestTagAt]);
}

async function completeRelease(
  connection: GithubConnection,
  text: ReleaseText,
  files: readonly AssetSource[],
): Promise<RegisteredRelease> {
  const found = await findRelease(connection, text.tag);
  if (found !== null && !found.draft) return found;
  const draft = found ?? (await openDraft(connection, text));
  for (const file of files) await uploadAsset(connection, draft, file);
  return publishRelease(connection, draft, text);
}
