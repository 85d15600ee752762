import { randomUUID } from "node:crypto";
import { idParam, type Call, type Route } from "./calls.ts";
import { findRepositoryByFullName, findUser, type Github } from "./github.ts";
import { signJwt } from "./json-web-tokens.ts";
import type { Repository } from "./records.ts";
import { ApiError, ok, type Reply } from "./replies.ts";
import { readToken, type OpenJob } from "./tokens.ts";

const lifetimeSeconds = 300;

/**
 * The claims of a job's identity token.
 *
 * @see https://docs.github.com/actions/reference/openid-connect-reference
 */
function composeClaims(
  github: Github,
  repository: Repository,
  { job, audience }: { readonly job: OpenJob; readonly audience: string | null },
): Record<string, unknown> {
  const owner = findUser(github, repository.owner);
  const run = github.records.runs.get(job.runId);
  const workflowRef = `${job.repository}/${job.workflow}@${job.ref}`;
  const issuedAt = Math.floor(Date.now() / 1000);
  return {
    jti: randomUUID(),
    sub: composeSubject(repository, { job, ownerId: owner.id }),
    aud: audience ?? `${github.serverUrl}/${repository.owner}`,
    ref: job.ref,
    sha: job.sha,
    repository: job.repository,
    repository_owner: repository.owner,
    repository_owner_id: String(owner.id),
    run_id: String(job.runId),
    run_number: String(run?.runNumber ?? 1),
    run_attempt: String(job.attempt),
    repository_visibility: repository.private ? "private" : "public",
    repository_id: String(repository.id),
    actor_id: String(findUser(github, job.actor).id),
    actor: job.actor,
    workflow: run?.run.name ?? job.workflow,
    head_ref: job.event === "pull_request" ? (run?.run.headBranch ?? "") : "",
    base_ref: job.event === "pull_request" ? repository.defaultBranch : "",
    event_name: job.event,
    ref_protected: "false",
    ref_type: job.ref.startsWith("refs/tags/") ? "tag" : "branch",
    workflow_ref: workflowRef,
    workflow_sha: job.sha,
    job_workflow_ref: workflowRef,
    job_workflow_sha: job.sha,
    ...(job.environment === undefined ? {} : { environment: job.environment }),
    runner_environment: "self-hosted",
    enterprise: "",
    iss: github.url,
    nbf: issuedAt - 60,
    exp: issuedAt + lifetimeSeconds,
    iat: issuedAt,
  };
}

// Repositories made since July 2026 have the numeric ids in their subject.
function composeSubject(
  repository: Repository,
  { job, ownerId }: { readonly job: OpenJob; readonly ownerId: number },
): string {
  const prefix = `repo:${repository.owner}@${ownerId}/${repository.name}@${repository.id}`;
  if (job.environment !== undefined) {
    return `${prefix}:environment:${job.environment.replaceAll(":", "%3A")}`;
  }
  return job.event === "pull_request" ? `${prefix}:pull_request` : `${prefix}:ref:${job.ref}`;
}

function issueToken(call: Call): Reply {
  const job = call.github.jobs.get(idParam(call, "job"));
  const given = readToken(call.incoming.headers.authorization);
  const isAllowed = given !== undefined && job?.credentials.idTokenRequest?.token === given;
  if (job === undefined || !isAllowed) throw new ApiError(401, "Bad credentials");
  const repository = findRepositoryByFullName(call.github, job.repository);
  if (repository === undefined) throw new ApiError(401, "Bad credentials");
  const audience = call.url.searchParams.get("audience");
  const value = signJwt(
    call.github.signingKey,
    composeClaims(call.github, repository, { job, audience }),
  );
  return ok({ count: value.length, value });
}

function describeIssuer({ github }: Call): Reply {
  return ok({
    issuer: github.url,
    jwks_uri: `${github.url}/.well-known/jwks`,
    subject_types_supported: ["public", "pairwise"],
    response_types_supported: ["id_token"],
    id_token_signing_alg_values_supported: ["RS256"],
    scopes_supported: ["openid"],
    claims_supported: [
      "sub",
      "aud",
      "exp",
      "iat",
      "iss",
      "jti",
      "nbf",
      "ref",
      "sha",
      "repository",
      "repository_id",
      "repository_owner",
      "repository_owner_id",
      "run_id",
      "run_number",
      "run_attempt",
      "actor",
      "actor_id",
      "workflow",
      "workflow_ref",
      "workflow_sha",
      "job_workflow_ref",
      "job_workflow_sha",
      "head_ref",
      "base_ref",
      "event_name",
      "ref_type",
      "ref_protected",
      "environment",
      "runner_environment",
      "repository_visibility",
      "enterprise",
    ],
  });
}

function listKeys({ github }: Call): Reply {
  const { keyId, publicKey } = github.signingKey;
  const jwk = publicKey.export({ format: "jwk" });
  return ok({ keys: [{ ...jwk, kid: keyId, use: "sig", alg: "RS256" }] });
}

/** OpenID Connect: tokens for jobs, and what a verifier needs. */
export const identityRoutes: readonly Route[] = [
  { method: "GET", path: "/_actions/id-token/:job", handle: issueToken },
  { method: "GET", path: "/.well-known/openid-configuration", handle: describeIssuer },
  { method: "GET", path: "/.well-known/jwks", handle: listKeys },
];
