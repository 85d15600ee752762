import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { InputError, makeClock, RemoteError, type Clock, type GithubAccess, type Log } from "#core";
import * as actionsCore from "@actions/core";
import { guardLines, showableText } from "./showable-text.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What an action is given of the world. */
export interface ActionContext {
  readonly github: GithubAccess;
  readonly environment: Environment;
  /** The checked-out repository. */
  readonly workspace: string;
  /** Emptied after the job. */
  readonly temporaryDirectory: string;
  readonly log: Log;
  readonly clock: Clock;
  /** Aborted when the step is cancelled. */
  readonly signal: AbortSignal;
  /** Hides a value in every later line of the job's log. */
  maskSecret(value: string): void;
  /** Keeps a value for this action's `post` step. */
  saveState(name: string, value: string): void;
  readState(name: string): string;
  /** The job's OIDC token for an audience. */
  identityToken(audience: string): Promise<string>;
}

/** Reads what the runner says about the job. */
export function readContext(environment: Environment, signal: AbortSignal): ActionContext {
  return {
    github: readGithubAccess(environment),
    environment,
    workspace: environment["GITHUB_WORKSPACE"] ?? process.cwd(),
    temporaryDirectory: environment["RUNNER_TEMP"] ?? tmpdir(),
    log: actionsLog(),
    clock: makeClock({ now: () => new Date(), sleep }),
    signal,
    maskSecret: (value) => {
      if (value !== "") actionsCore.setSecret(value);
    },
    saveState: (name, value) => actionsCore.saveState(name, value),
    readState: (name) => actionsCore.getState(name),
    identityToken: (audience) => requestIdentityToken(environment, audience, signal),
  };
}

function readGithubAccess(environment: Environment): GithubAccess {
  const [owner = "", repository = ""] = (environment["GITHUB_REPOSITORY"] ?? "").split("/");
  return {
    token: environment["INPUT_TOKEN"] ?? "",
    apiUrl: environment["GITHUB_API_URL"] ?? "https://api.github.com",
    serverUrl: environment["GITHUB_SERVER_URL"] ?? "https://github.com",
    owner,
    repository,
    sha: environment["GITHUB_SHA"] ?? "",
    ref: environment["GITHUB_REF"] ?? "",
    eventName: environment["GITHUB_EVENT_NAME"] ?? "",
    event: readEvent(environment["GITHUB_EVENT_PATH"]),
    actor: environment["GITHUB_ACTOR"] ?? "",
    runId: Number(environment["GITHUB_RUN_ID"] ?? 0),
    runAttempt: Number(environment["GITHUB_RUN_ATTEMPT"] ?? 1),
    workflow: environment["GITHUB_WORKFLOW"] ?? "",
    job: environment["GITHUB_JOB"] ?? "",
  };
}

function readEvent(path: string | undefined): Readonly<Record<string, unknown>> {
  if (path === undefined || path === "") return {};
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function actionsLog(): Log {
  return {
    info: (message) => actionsCore.info(guardLines(message)),
    warning: (message) => actionsCore.warning(showableText(message)),
    debug: (message) => actionsCore.debug(message),
    group: (title, work) => actionsCore.group(title, work),
  };
}

async function requestIdentityToken(
  environment: Environment,
  audience: string,
  signal: AbortSignal,
): Promise<string> {
  const url = environment["ACTIONS_ID_TOKEN_REQUEST_URL"];
  const bearer = environment["ACTIONS_ID_TOKEN_REQUEST_TOKEN"];
  if (!url || !bearer) {
    throw new InputError({
      code: "NO_IDENTITY_TOKEN",
      message: "The job may not ask for an identity token.",
      hint: "Add `id-token: write` to the job's permissions.",
    });
  }
  const call = `${url}&audience=${encodeURIComponent(audience)}`;
  const response = await fetch(call, { headers: { authorization: `Bearer ${bearer}` }, signal });
  if (!response.ok) {
    throw new RemoteError({
      code: "IDENTITY_TOKEN_REFUSED",
      message: `GitHub refused an identity token with status ${response.status}.`,
      call: "GET ACTIONS_ID_TOKEN_REQUEST_URL",
      status: response.status,
      retryable: response.status >= 500,
    });
  }
  const body = (await response.json()) as { readonly value?: unknown };
  if (typeof body.value !== "string")
    throw new Error("GitHub's identity token answer holds no value.");
  actionsCore.setSecret(body.value);
  return body.value;
}
