import { DataError } from "#core";
import { hasStatus, type GithubConnection } from "./client.ts";

/** A workflow run as far as Slipway looks at it. */
export interface RunFacts {
  readonly id: number;
  readonly url: string;
  /** What started it, e.g. `pull_request`. */
  readonly event: string;
  readonly headSha: string;
  readonly headBranch: string | null;
  /** Whose repository the branch is in: another's for a fork. */
  readonly headOwner: string | null;
}

/** An artifact of a run. */
export interface RunArtifact {
  readonly id: number;
  readonly name: string;
  /** Of its archive. */
  readonly sizeBytes: number;
  readonly expired: boolean;
  /** `sha256:…` of its archive, where GitHub has computed it. */
  readonly digest?: string;
}

/** The run of that number; `null` when this repository has none. The token needs `actions: read`. */
export async function readRun(
  connection: GithubConnection,
  runId: number,
): Promise<RunFacts | null> {
  return connection.call(`GET actions/runs/${runId}`, async (octokit) => {
    try {
      const { data } = await octokit.rest.actions.getWorkflowRun({
        ...connection.place,
        run_id: runId,
      });
      return {
        id: data.id,
        url: data.html_url,
        event: data.event,
        headSha: data.head_sha,
        headBranch: data.head_branch,
        headOwner: data.head_repository?.owner?.login ?? null,
      };
    } catch (error) {
      if (hasStatus(error, 404)) return null;
      throw error;
    }
  });
}

/** The open pull request whose newest commit is the run's; `null` when there is none (any more). */
export async function findPullRequestOf(
  connection: GithubConnection,
  { headSha, headBranch, headOwner }: Pick<RunFacts, "headSha" | "headBranch" | "headOwner">,
): Promise<number | null> {
  if (headBranch === null || headOwner === null) return null;
  return connection.call("GET pulls", async (octokit) => {
    const { data } = await octokit.rest.pulls.list({
      ...connection.place,
      state: "open",
      head: `${headOwner}:${headBranch}`,
      per_page: 100,
    });
    // GitHub ignores a `head` that it cannot read: the commit decides.
    return data.find(({ head }) => head.sha === headSha)?.number ?? null;
  });
}

/** All artifacts of a run, of every attempt, newest first. */
export async function listRunArtifacts(
  connection: GithubConnection,
  runId: number,
): Promise<readonly RunArtifact[]> {
  return connection.call(`GET actions/runs/${runId}/artifacts`, async (octokit) => {
    const found = await octokit.paginate(octokit.rest.actions.listWorkflowRunArtifacts, {
      ...connection.place,
      run_id: runId,
      per_page: 100,
    });
    return found
      .map(({ id, name, size_in_bytes, expired, digest }) => ({
        id,
        name,
        sizeBytes: size_in_bytes,
        expired,
        ...(typeof digest === "string" && { digest }),
      }))
      .toSorted((left, right) => right.id - left.id);
  });
}

/** A larger archive is not read: it is held in memory, and a stranger may have made it. */
const ARCHIVE_LIMIT_BYTES = 1024 ** 3;

/** Which files of an artifact are wanted, and how much of them is taken. */
export interface ArtifactReading {
  readonly wants: (path: string) => boolean;
  /** Of one file, unpacked; a larger one is a fault. */
  readonly fileLimitBytes: number;
}

/**
 * Files of an artifact in memory, by their paths. Nothing is written to the disk, so that the names
 * in an archive that somebody else made can do no harm.
 *
 * @throws DataError `BAD_ARTIFACT` for what is no archive, `ARTIFACT_TOO_LARGE`, `ARTIFACT_FILE_TOO_LARGE`
 */
export async function readArtifact(
  connection: GithubConnection,
  artifact: Pick<RunArtifact, "id" | "name" | "sizeBytes">,
  { wants, fileLimitBytes }: ArtifactReading,
): Promise<ReadonlyMap<string, Uint8Array>> {
  if (artifact.sizeBytes > ARCHIVE_LIMIT_BYTES) {
    throw new DataError({
      code: "ARTIFACT_TOO_LARGE",
      message: `The artifact ${artifact.name} is ${artifact.sizeBytes} bytes; at most ${ARCHIVE_LIMIT_BYTES} are read.`,
      hint: "Its run's summary has the report.",
    });
  }
  const archive = await connection.call(
    `GET actions/artifacts/${artifact.id}/zip`,
    async (octokit) => {
      const { data } = await octokit.rest.actions.downloadArtifact({
        ...connection.place,
        artifact_id: artifact.id,
        archive_format: "zip",
      });
      return new Uint8Array(data as ArrayBuffer);
    },
  );
  const { unzipSync } = await import("fflate");
  try {
    const files = unzipSync(archive, {
      filter: ({ name, originalSize }) => {
        if (!wants(name)) return false;
        if (originalSize <= fileLimitBytes) return true;
        throw new DataError({
          code: "ARTIFACT_FILE_TOO_LARGE",
          message: `${name} in the artifact ${artifact.name} is ${originalSize} bytes; at most ${fileLimitBytes} are read.`,
        });
      },
    });
    return new Map(Object.entries(files));
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError({
      code: "BAD_ARTIFACT",
      message: `The artifact ${artifact.name} is no archive that can be read.`,
      hint: "Run the workflow that made it again.",
      cause,
    });
  }
}
