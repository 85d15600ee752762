import type { GitHub } from "@actions/github/lib/utils";
import type { GithubAccess, Log } from "#core";
import { InputError } from "#core";
import { toRemoteError } from "./faults.ts";

/** The official client with retries and rate limits, for one repository. */
export type Octokit = Awaited<ReturnType<typeof createOctokit>>;

/** What every part of this package works with. */
export interface GithubConnection {
  readonly access: GithubAccess;
  /** `{ owner, repo }`, as every call takes it. */
  readonly place: { readonly owner: string; readonly repo: string };
  /** Ends downloads when it is aborted; `null` where nothing cancels. */
  readonly signal: AbortSignal | null;
  /** The client, loaded at its first use. */
  octokit(): Promise<Octokit>;
  /** Makes a call; a refusal becomes a RemoteError that names the call and what is missing. */
  call<T>(name: string, work: (octokit: Octokit) => Promise<T>): Promise<T>;
}

/** What a connection needs besides the access itself. */
export interface ConnectionOptions {
  readonly log?: Log;
  /** Of the step: a download ends when it is cancelled. */
  readonly signal?: AbortSignal;
}

/**
 * Connects to the GitHub that the job runs on.
 *
 * @throws InputError `NO_TOKEN` at the first call when the token is empty
 */
export function connectGithub(
  access: GithubAccess,
  options: ConnectionOptions = {},
): GithubConnection {
  let client: Promise<Octokit> | undefined;
  const octokit = (): Promise<Octokit> => (client ??= createOctokit(access, options.log));
  return {
    access,
    place: { owner: access.owner, repo: access.repository },
    signal: options.signal ?? null,
    octokit,
    call: async (name, work) => {
      try {
        return await work(await octokit());
      } catch (error) {
        throw toRemoteError(error, name);
      }
    },
  };
}

const BURST_OF_WRITES = 40;

async function createOctokit(access: GithubAccess, log: Log | undefined) {
  if (access.token === "") {
    throw new InputError({
      code: "NO_TOKEN",
      message: "Input token is empty.",
      hint: "Leave it out to use the job's own token, or give the step a token from secrets.*.",
    });
  }
  const [GitHub, { retry }, { throttling }, { default: Bottleneck }] = await Promise.all([
    loadGitHub(process.env),
    import("@octokit/plugin-retry"),
    import("@octokit/plugin-throttling"),
    import("bottleneck/light.js"),
  ]);
  // GitHub takes 80 content writes a minute. The plugin's own rule is one a second from the first;
  // a step makes some twenty in all, so it may make them at once and slows down only after that.
  const write = new Bottleneck.Group({
    maxConcurrent: 4,
    reservoir: BURST_OF_WRITES,
    reservoirIncreaseAmount: 1,
    reservoirIncreaseInterval: 1000,
    reservoirIncreaseMaximum: BURST_OF_WRITES,
  });
  const onLimit = (
    retryAfter: number,
    request: object,
    _octokit: unknown,
    retryCount: number,
  ): boolean => {
    const { method, url } = request as { readonly method: string; readonly url: string };
    log?.warning(`GitHub's rate limit: ${method} ${url} again in ${retryAfter} s.`);
    return retryCount < 3;
  };
  const Client = GitHub.plugin(retry, throttling);
  return new Client({
    auth: access.token,
    baseUrl: access.apiUrl,
    userAgent: "slipway",
    retry: { doNotRetry: [400, 401, 403, 404, 409, 410, 413, 422, 451, 501] },
    throttle: {
      write,
      notifications: write,
      onRateLimit: onLimit,
      onSecondaryRateLimit: onLimit,
    },
  });
}

const PROXY_VARIABLES = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"];

/**
 * The client of @actions/github where the machine has a proxy, which that client knows how to go
 * through; else the same client over Node's own fetch, without the 415 kB of another.
 */
async function loadGitHub(environment: NodeJS.ProcessEnv): Promise<typeof GitHub> {
  if (PROXY_VARIABLES.some((name) => (environment[name] ?? "") !== ""))
    return (await import("@actions/github/lib/utils")).GitHub;
  const [{ Octokit: Core }, { restEndpointMethods }, { paginateRest }] = await Promise.all([
    import("@octokit/core"),
    import("@octokit/plugin-rest-endpoint-methods"),
    import("@octokit/plugin-paginate-rest"),
  ]);
  return Core.plugin(restEndpointMethods, paginateRest);
}

/** Whether an error is GitHub's answer with one of the statuses. */
export function hasStatus(error: unknown, ...statuses: readonly number[]): boolean {
  const status = (error as { readonly status?: unknown } | null)?.status;
  return typeof status === "number" && statuses.includes(status);
}
