import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { LocalGithub, ServiceOptions } from "../contracts.ts";
import { createFaults } from "../faults.ts";
import { openAdminToken } from "./authentication.ts";
import { installHooks } from "./git-http.ts";
import { directoryOf, findRepositoryByFullName, findUser, type Github } from "./github.ts";
import { openJob } from "./job-credentials.ts";
import { openSigningKey } from "./json-web-tokens.ts";
import { createRateLimiter, defaultHourlyRequests, type HourlyRequests } from "./rate-limits.ts";
import { openCollections } from "./records.ts";
import { createRequestHandler } from "./request-handler.ts";
import { nextJobId, nextRunId, saveJob, saveRun } from "./run-records.ts";
import { readSettings } from "./settings.ts";
import { openStore, writeFileAtomically } from "./store.ts";
import { saveJobLog } from "./workflow-runs.ts";

/** How the local GitHub is started. */
export interface GithubOptions extends ServiceOptions {
  /** The person behind `adminToken` and owner of what that token makes (default `octocat`). */
  readonly login?: string;
  /** Requests an hour (default the live limits, Enterprise Cloud's for jobs). */
  readonly hourlyRequests?: Partial<HourlyRequests>;
}

/** Starts the local GitHub on loopback; its state survives in the folder. */
export async function startGithub(options: GithubOptions): Promise<LocalGithub> {
  const server = createServer();
  const port = await listen(server, options);
  const github = openGithub(options, port);
  installHooks(github);
  const handle = createRequestHandler(github, {
    faults: createFaults(),
    limiter: createRateLimiter({ ...defaultHourlyRequests, ...options.hourlyRequests }),
  });
  server.on("request", (incoming, response) => void handle(incoming, response));
  return composeService(github, server);
}

function openGithub({ stateDirectory, login = "octocat" }: GithubOptions, port: number): Github {
  const store = openStore(stateDirectory);
  const github: Github = {
    url: `http://127.0.0.1:${port}`,
    serverUrl: `http://github.localhost:${port}`,
    login,
    store,
    records: openCollections(store),
    signingKey: openSigningKey(stateDirectory),
    jobs: new Map(),
    eventListeners: new Set(),
    cancelListeners: new Set(),
    turns: { tail: Promise.resolve() },
    afterwards: { tail: Promise.resolve() },
  };
  findUser(github, login);
  return github;
}

function composeService(github: Github, server: Server): LocalGithub {
  const find = (name: string) => findRepositoryByFullName(github, name);
  const settings = (name: string, kind: "variable" | "secret") => {
    const repository = find(name);
    return repository === undefined ? {} : readSettings(github, repository, kind);
  };
  return {
    url: github.url,
    serverUrl: github.serverUrl,
    adminToken: openAdminToken(github),
    close: async () => {
      await close(server);
      await github.turns.tail;
      await github.afterwards.tail;
    },
    onEvent: (listener) => subscribe(github.eventListeners, listener),
    onCancel: (listener) => subscribe(github.cancelListeners, listener),
    repositoryPath: (name) => {
      const repository = find(name);
      return repository === undefined ? undefined : directoryOf(github, repository);
    },
    variables: (name) => settings(name, "variable"),
    secrets: (name) => settings(name, "secret"),
    nextRunId: () => nextRunId(github),
    nextJobId: () => nextJobId(github),
    saveRun: (run) => saveRun(github, run),
    saveJob: (job) => saveJob(github, job),
    saveJobLog: (jobId, text) => saveJobLog(github, jobId, text),
    openJob: (job) => openJob(github, job),
    closeJob: (jobId) => {
      github.jobs.delete(jobId);
    },
  };
}

function subscribe<T>(
  listeners: Set<(value: T) => void>,
  listener: (value: T) => void,
): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

// The port is asked for again after a restart, so that addresses in clones stay good.
async function listen(
  server: Server,
  { stateDirectory, port = 0 }: GithubOptions,
): Promise<number> {
  const path = join(stateDirectory, "port.json");
  const wanted = port === 0 ? readPort(path) : port;
  await listenOn(server, wanted).catch(async (error: unknown) => {
    const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    if (!isTaken || port !== 0) throw error;
    await listenOn(server, 0);
  });
  const { port: used } = server.address() as AddressInfo;
  writeFileAtomically(path, JSON.stringify({ port: used }));
  return used;
}

function readPort(path: string): number {
  try {
    const { port } = JSON.parse(readFileSync(path, "utf8")) as { readonly port?: number };
    return port ?? 0;
  } catch {
    return 0;
  }
}

function listenOn(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeAllConnections();
  });
}
