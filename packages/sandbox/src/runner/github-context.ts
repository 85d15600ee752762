import type { LocalGithub, RepositoryEvent } from "../contracts.ts";
import { textOf, type JsonObject } from "./json.ts";

/** What the `github` context is made of. */
export interface GithubContextSource {
  readonly event: RepositoryEvent;
  readonly urls: Pick<LocalGithub, "url" | "serverUrl">;
  readonly workflowName: string;
  readonly workflowPath: string;
  readonly runId: number;
  readonly runNumber: number;
  readonly runAttempt: number;
}

function textAt(value: unknown, ...keys: readonly string[]): string | undefined {
  let current: unknown = value;
  for (const key of keys) {
    if (typeof current !== "object" || current === null) return undefined;
    current = (current as Record<string, unknown>)[key];
  }
  return typeof current === "string" || typeof current === "number" ? String(current) : undefined;
}

/** `main` of `refs/heads/main`, `3/merge` of `refs/pull/3/merge`. */
export function shortRef(ref: string): string {
  return ref.replace(/^refs\/(heads|tags|pull)\//, "");
}

/** The `github` context of a run, as far as it is the same for all its jobs. */
export function githubContextOf(source: GithubContextSource): JsonObject {
  const { event, urls } = source;
  const { payload, repository, ref } = event;
  const workflowRef = `${repository}/${source.workflowPath}@${ref}`;
  return {
    event: payload as JsonObject,
    event_name: event.name,
    sha: event.sha,
    ref,
    ref_name: shortRef(ref),
    ref_type: ref.startsWith("refs/tags/") ? "tag" : "branch",
    ref_protected: false,
    head_ref: textAt(payload, "pull_request", "head", "ref") ?? "",
    base_ref: textAt(payload, "pull_request", "base", "ref") ?? "",
    repository,
    repository_owner: repository.split("/")[0] ?? "",
    repository_id: textAt(payload, "repository", "id") ?? "",
    repository_owner_id: textAt(payload, "repository", "owner", "id") ?? "",
    repositoryUrl: `${urls.serverUrl.replace(/^https?/, "git")}/${repository}.git`,
    run_id: String(source.runId),
    run_number: String(source.runNumber),
    run_attempt: String(source.runAttempt),
    retention_days: "90",
    actor: event.actor,
    actor_id: textAt(payload, "sender", "id") ?? "",
    triggering_actor: event.actor,
    workflow: source.workflowName,
    workflow_ref: workflowRef,
    workflow_sha: event.sha,
    server_url: urls.serverUrl,
    api_url: urls.url,
    graphql_url: `${urls.url}/graphql`,
  };
}

const variables: Readonly<Record<string, string>> = {
  GITHUB_ACTOR: "actor",
  GITHUB_ACTOR_ID: "actor_id",
  GITHUB_API_URL: "api_url",
  GITHUB_BASE_REF: "base_ref",
  GITHUB_EVENT_NAME: "event_name",
  GITHUB_EVENT_PATH: "event_path",
  GITHUB_GRAPHQL_URL: "graphql_url",
  GITHUB_HEAD_REF: "head_ref",
  GITHUB_JOB: "job",
  GITHUB_REF: "ref",
  GITHUB_REF_NAME: "ref_name",
  GITHUB_REF_PROTECTED: "ref_protected",
  GITHUB_REF_TYPE: "ref_type",
  GITHUB_REPOSITORY: "repository",
  GITHUB_REPOSITORY_ID: "repository_id",
  GITHUB_REPOSITORY_OWNER: "repository_owner",
  GITHUB_REPOSITORY_OWNER_ID: "repository_owner_id",
  GITHUB_RETENTION_DAYS: "retention_days",
  GITHUB_RUN_ATTEMPT: "run_attempt",
  GITHUB_RUN_ID: "run_id",
  GITHUB_RUN_NUMBER: "run_number",
  GITHUB_SERVER_URL: "server_url",
  GITHUB_SHA: "sha",
  GITHUB_TRIGGERING_ACTOR: "triggering_actor",
  GITHUB_WORKFLOW: "workflow",
  GITHUB_WORKFLOW_REF: "workflow_ref",
  GITHUB_WORKFLOW_SHA: "workflow_sha",
  GITHUB_WORKSPACE: "workspace",
};

/** The variables that carry the `github` context into processes. */
export function githubVariables(context: JsonObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([variable, key]) => {
      const value = context[key];
      return value === undefined ? [] : [[variable, textOf(value)]];
    }),
  );
}
