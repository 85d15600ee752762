import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { JobCredentials } from "../contracts.ts";
import { createActionResolver } from "./action-resolver.ts";
import type { Cancellation } from "./cancellation.ts";
import { githubVariables } from "./github-context.ts";
import { textOf, type Json, type JsonObject } from "./json.ts";
import type { JobLog } from "./job-log.ts";
import type { JobDirectories, JobSession } from "./job-session.ts";
import { createMasker } from "./masks.ts";
import { githubKillLadder } from "./processes.ts";
import type { RunnerSettings } from "./run-context.ts";
import { runnerContextOf, runnerVariables } from "./runner-context.ts";

/** What a job's session is made of. */
export interface SessionOptions {
  /** Folder of the job alone. */
  readonly root: string;
  readonly cacheDirectory: string;
  readonly settings: RunnerSettings;
  /** The `github` context without what belongs to the job. */
  readonly github: JsonObject;
  readonly jobKey: string;
  readonly jobId: number;
  readonly credentials: JobCredentials | undefined;
  readonly contexts: Readonly<Record<string, Json>>;
  readonly inputs: Json;
  readonly secrets: Readonly<Record<string, string>>;
  readonly cancellation: Cancellation;
  readonly deadline: AbortSignal;
  readonly own: { readonly repository: string; readonly sha: string } | undefined;
  readonly repositoryPath: (repository: string) => string | undefined;
  /** Whether the workspace already holds files that must stay. */
  readonly workspace?: string;
}

async function createDirectories({
  root,
  github,
  workspace,
}: SessionOptions): Promise<JobDirectories> {
  const name = textOf(github["repository"]).split("/")[1] || "workspace";
  const temp = path.join(root, "_temp");
  const directories = {
    root: path.join(root, name),
    workspace: workspace ?? path.join(root, name, name),
    home: path.join(root, "home"),
    temp,
    toolCache: path.join(root, "_tool"),
    commands: path.join(temp, "_runner_file_commands"),
  };
  for (const directory of Object.values(directories)) await mkdir(directory, { recursive: true });
  return directories;
}

function identityVariables(credentials: JobCredentials | undefined): Record<string, string> {
  const request = credentials?.idTokenRequest;
  if (request === undefined) return {};
  return {
    ACTIONS_ID_TOKEN_REQUEST_URL: request.url,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: request.token,
  };
}

function actionVariables(credentials: JobCredentials | undefined): Record<string, string> {
  if (credentials === undefined) return {};
  return {
    ACTIONS_RUNTIME_TOKEN: credentials.runtimeToken,
    ACTIONS_RESULTS_URL: credentials.resultsUrl,
    ACTIONS_CACHE_SERVICE_V2: "true",
  };
}

/** Makes the folders, contexts and environment of a job; its environment is clean of the caller's. */
export async function openSession(
  options: SessionOptions,
  log: JobLog,
): Promise<JobSession & { readonly trackingId: string }> {
  const { settings, credentials, cancellation } = options;
  const directories = await createDirectories(options);
  const eventPath = path.join(directories.temp, "event.json");
  await writeFile(eventPath, JSON.stringify(options.github["event"] ?? {}, null, 2));
  const runner = runnerContextOf(directories);
  const token = credentials?.githubToken ?? "";
  const github = {
    ...options.github,
    job: options.jobKey,
    workspace: directories.workspace,
    event_path: eventPath,
    token,
  };
  const masker = createMasker();
  const secrets = { ...options.secrets, ...(token === "" ? {} : { GITHUB_TOKEN: token }) };
  const hidden = [
    ...Object.values(secrets),
    credentials?.runtimeToken,
    credentials?.idTokenRequest?.token,
  ];
  for (const secret of hidden) if (secret) masker.add(secret);
  const trackingId = `github_${randomUUID()}`;
  const session: JobSession & { readonly trackingId: string } = {
    trackingId,
    directories,
    github,
    contexts: { ...options.contexts, secrets, runner },
    job: { check_run_id: options.jobId },
    inputs: options.inputs,
    baseEnvironment: {
      PATH: process.env["PATH"] ?? "",
      HOME: directories.home,
      LANG: process.env["LANG"] ?? "C.UTF-8",
      ...settings.environment,
    },
    fixedEnvironment: {
      CI: "true",
      GITHUB_ACTIONS: "true",
      RUNNER_TRACKING_ID: trackingId,
      ...githubVariables(github),
      ...runnerVariables(runner),
      ...identityVariables(credentials),
    },
    actionEnvironment: actionVariables(credentials),
    env: {},
    pathAdditions: [],
    masker,
    log,
    resolveAction: createActionResolver({
      sources: settings.actionSources,
      cacheDirectory: options.cacheDirectory,
      workspace: directories.workspace,
      own: options.own,
      repositoryPath: options.repositoryPath,
    }),
    posts: [],
    prepared: new Map(),
    cancellation,
    deadline: settings.hardStop
      ? AbortSignal.any([options.deadline, settings.hardStop])
      : options.deadline,
    hardStop: settings.hardStop,
    ladder: settings.ladder ?? githubKillLadder,
    killStep: settings.killStep,
    status: "success",
    programCount: 0,
  };
  cancellation.onCancel(() => {
    session.status = "cancelled";
    log.write(`##[error]${cancellation.reason ?? "The operation was canceled."}`);
  });
  return session;
}
