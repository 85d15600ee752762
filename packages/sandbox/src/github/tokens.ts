import { randomBytes } from "node:crypto";
import type { JobCredentials, JobToOpen } from "../contracts.ts";
import type { Repository } from "./records.ts";
import { ApiError, notAccessible, notFound } from "./replies.ts";

/** The permissions of a job token that the local GitHub knows. */
export type Scope =
  | "actions"
  | "attestations"
  | "checks"
  | "contents"
  | "deployments"
  | "id-token"
  | "issues"
  | "pull-requests"
  | "statuses";

/** `none`: the repository need only be visible. `admin`: no job token will do. */
export type Need =
  | "none"
  | "admin"
  | `${Scope}:${"read" | "write"}`
  | readonly `${Scope}:${"read" | "write"}`[];

/** A job that runs now, with what its token may do. */
export interface OpenJob extends JobToOpen {
  readonly credentials: JobCredentials;
}

/** Who makes a request. */
export type Caller =
  | { readonly kind: "anonymous" }
  | { readonly kind: "person"; readonly login: string; readonly token: string }
  | { readonly kind: "job"; readonly job: OpenJob; readonly token: string };

/** The bot that a job token acts as. */
export const actionsBot = "github-actions[bot]";

/** The name under which a caller's deeds are kept. */
export function loginOf(caller: Caller): string {
  switch (caller.kind) {
    case "person":
      return caller.login;
    case "job":
      return actionsBot;
    case "anonymous":
      return "ghost";
  }
}

/** A secret that looks like one of GitHub's. */
export function createToken(prefix: "ghp" | "ghs"): string {
  const letters = randomBytes(48)
    .toString("base64")
    .replaceAll(/[^A-Za-z0-9]/g, "");
  return `${prefix}_${letters.slice(0, 36).padEnd(36, "0")}`;
}

/** The token in an `Authorization` header: bearer, token or the password of basic. */
export function readToken(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const [scheme = "", rest = ""] = header.trim().split(/\s+/, 2);
  switch (scheme.toLowerCase()) {
    case "bearer":
    case "token":
      return rest;
    case "basic": {
      const [user = "", password = ""] = splitOnce(Buffer.from(rest, "base64").toString("utf8"));
      return password === "" || password === "x-oauth-basic" ? user : password;
    }
    default:
      return undefined;
  }
}

function splitOnce(text: string): readonly string[] {
  const colon = text.indexOf(":");
  return colon === -1 ? [text] : [text.slice(0, colon), text.slice(colon + 1)];
}

/**
 * Lets a caller through, or refuses as GitHub does: what may not be seen is not found, what may be
 * seen but not done is forbidden.
 */
export function authorize(caller: Caller, repository: Repository, need: Need): void {
  switch (caller.kind) {
    case "person":
      return;
    case "anonymous":
      if (repository.private) throw notFound();
      if (!isReading(need)) throw new ApiError(401, "Requires authentication");
      return;
    case "job":
      authorizeJob(caller.job, repository, need);
  }
}

function authorizeJob(job: OpenJob, repository: Repository, need: Need): void {
  const isOwn = job.repository === `${repository.owner}/${repository.name}`;
  if (!isOwn && repository.private) throw notFound();
  const accepted = describeNeed(need);
  if (!isOwn && !isReading(need)) throw notAccessible(accepted);
  if (need === "none" || (isReading(need) && !repository.private)) return;
  if (need === "admin" || !needsOf(need).some((one) => grants(job, one))) {
    throw notAccessible(accepted);
  }
}

function grants(job: OpenJob, need: string): boolean {
  const [scope = "", level] = need.split(":");
  const granted = job.permissions[scope] ?? "none";
  return granted === "write" || (granted === "read" && level === "read");
}

function needsOf(need: Need): readonly string[] {
  return typeof need === "string" ? [need] : need;
}

function isReading(need: Need): boolean {
  return need === "none" || needsOf(need).some((one) => one.endsWith(":read"));
}

function describeNeed(need: Need): string | undefined {
  if (need === "none" || need === "admin")
    return need === "admin" ? "administration=write" : undefined;
  return needsOf(need)
    .map((one) => one.replace("-", "_").replace(":", "="))
    .join("; ");
}

/** Whether a caller may see drafts and such: whoever could write them. */
export function canWrite(caller: Caller, scope: Scope): boolean {
  switch (caller.kind) {
    case "person":
      return true;
    case "anonymous":
      return false;
    case "job":
      return caller.job.permissions[scope] === "write";
  }
}
