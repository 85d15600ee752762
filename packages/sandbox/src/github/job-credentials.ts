import { createHash, randomUUID } from "node:crypto";
import type { JobCredentials } from "../contracts.ts";
import type { Github } from "./github.ts";
import { signJwt, verifyJwt } from "./json-web-tokens.ts";
import { createToken, type OpenJob } from "./tokens.ts";

/** What the runner says of a job that it begins. */
type JobOpening = Omit<OpenJob, "credentials">;

const tokenLifetimeSeconds = 6 * 3600;

/** The id under which the Actions services know a run or a job: stable, and no number. */
export function backendId(kind: "run" | "job", id: number): string {
  const hex = createHash("sha256").update(`${kind}:${id}`).digest("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join("-");
}

/** Gives a job its tokens; they hold until the job is closed. */
export function openJob(github: Github, opening: JobOpening): JobCredentials {
  const issuedAt = Math.floor(Date.now() / 1000);
  const isAllowedIdentity = opening.permissions["id-token"] === "write";
  const credentials: JobCredentials = {
    githubToken: createToken("ghs"),
    runtimeToken: signJwt(github.signingKey, {
      jti: randomUUID(),
      iss: github.url,
      aud: `${github.url}|vso:sandbox`,
      nbf: issuedAt,
      iat: issuedAt,
      exp: issuedAt + tokenLifetimeSeconds,
      scp: `Actions.Results:${backendId("run", opening.runId)}:${backendId("job", opening.jobId)}`,
      ac: JSON.stringify([{ Scope: opening.ref, Permission: 3 }]),
      job_id: opening.jobId,
    }),
    resultsUrl: `${github.url}/`,
    ...(isAllowedIdentity
      ? {
          idTokenRequest: {
            url: `${github.url}/_actions/id-token/${opening.jobId}?api-version=2.0`,
            token: createToken("ghs"),
          },
        }
      : {}),
  };
  github.jobs.set(opening.jobId, { ...opening, credentials });
  return credentials;
}

/** The open job that a runtime token belongs to, else `undefined`. */
export function findJobByRuntimeToken(
  github: Github,
  token: string | undefined,
): OpenJob | undefined {
  const claims = token === undefined ? undefined : verifyJwt(github.signingKey, token);
  const jobId = claims?.["job_id"];
  const job = typeof jobId === "number" ? github.jobs.get(jobId) : undefined;
  return job?.credentials.runtimeToken === token ? job : undefined;
}

/** The open job whose `GITHUB_TOKEN` this is, else `undefined`. */
export function findJobByGithubToken(github: Github, token: string): OpenJob | undefined {
  return [...github.jobs.values()].find((job) => job.credentials.githubToken === token);
}
