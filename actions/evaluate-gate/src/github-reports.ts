import {
  findPullRequestOf,
  listRunArtifacts,
  readArtifact,
  readRun,
  type GithubConnection,
} from "#github";
import type { ReportSource } from "./post-report.ts";

/** More than any evaluation.json is; a larger one was made to harm. */
const FILE_LIMIT_BYTES = 32 * 1024 * 1024;

/** The reports that runs left in GitHub's artifacts. */
export function githubReports(connection: GithubConnection): ReportSource {
  return {
    run: (runId) => readRun(connection, runId),
    pullRequestOf: (run) => findPullRequestOf(connection, run),
    artifactsOf: ({ id }) => listRunArtifacts(connection, id),
    fileOf: async (artifact, name) => {
      const files = await readArtifact(connection, artifact, {
        wants: (path) => path === name,
        fileLimitBytes: FILE_LIMIT_BYTES,
      });
      const bytes = files.get(name);
      return bytes === undefined ? null : new TextDecoder().decode(bytes);
    },
  };
}
