import type { GithubConnection } from "./client.ts";

/** Most annotations that GitHub takes in one request. */
export const CHECK_ANNOTATION_LIMIT = 50;
/** Most bytes that GitHub takes as a check run's summary. */
export const CHECK_SUMMARY_LIMIT_BYTES = 65_535;

/** A remark beside a line of a file in the diff. */
export interface CheckAnnotation {
  /** Relative to the repository's root. */
  readonly path: string;
  /** Counts from 1. */
  readonly line: number;
  readonly level: "notice" | "warning" | "failure";
  readonly title: string;
  readonly message: string;
}

/** A finished check of a commit. */
export interface CheckRunText {
  /** As it is listed beside the pull request's other checks. */
  readonly name: string;
  readonly headSha: string;
  readonly conclusion: "success" | "failure" | "neutral";
  readonly title: string;
  /** Markdown of at most {@link CHECK_SUMMARY_LIMIT_BYTES}. */
  readonly summary: string;
  readonly annotations: readonly CheckAnnotation[];
  readonly detailsUrl: string | null;
}

/**
 * Adds a finished check run to a commit; its URL. A later one of the same name takes its place in
 * what GitHub shows, so that a job that runs again adds one and changes none.
 */
export async function createCheckRun(
  connection: GithubConnection,
  check: CheckRunText,
): Promise<string> {
  return connection.call("POST check-runs", async (octokit) => {
    const { data } = await octokit.rest.checks.create({
      ...connection.place,
      name: check.name,
      head_sha: check.headSha,
      status: "completed",
      conclusion: check.conclusion,
      ...(check.detailsUrl !== null && { details_url: check.detailsUrl }),
      output: {
        title: check.title,
        summary: check.summary,
        annotations: check.annotations.slice(0, CHECK_ANNOTATION_LIMIT).map((annotation) => ({
          path: annotation.path,
          start_line: annotation.line,
          end_line: annotation.line,
          annotation_level: annotation.level,
          title: annotation.title,
          message: annotation.message,
        })),
      },
    });
    return data.html_url ?? "";
  });
}
