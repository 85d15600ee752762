import { createHash } from "node:crypto";
import { findUser, type Github } from "./github.ts";
import { findJobByGithubToken } from "./job-credentials.ts";
import { ApiError } from "./replies.ts";
import { createToken, readToken, type Caller } from "./tokens.ts";

function digestOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** Makes a personal token; what is done with it starts workflows. */
export function createPersonalToken(github: Github, login: string): string {
  const token = createToken("ghp");
  findUser(github, login);
  github.records.tokens.put(digestOf(token), { token, login });
  return token;
}

/** The token of the person the service was started for; the same after a restart. */
export function openAdminToken(github: Github): string {
  const known = github.records.tokens.all().find((one) => one.login === github.login);
  return known?.token ?? createPersonalToken(github, github.login);
}

/** Who a request is from; 401 where it names a token that is none. */
export function authenticate(github: Github, authorization: string | undefined): Caller {
  const token = readToken(authorization);
  if (token === undefined || token === "") return { kind: "anonymous" };
  const personal = github.records.tokens.get(digestOf(token));
  if (personal !== undefined) return { kind: "person", login: personal.login, token };
  const job = findJobByGithubToken(github, token);
  if (job !== undefined) return { kind: "job", job, token };
  throw new ApiError(401, "Bad credentials");
}
