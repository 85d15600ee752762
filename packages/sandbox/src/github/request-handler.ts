import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Faults } from "../faults.ts";
import { serveArchive, serveRawFile } from "./archives.ts";
import { artifactMethods } from "./artifact-service.ts";
import { authenticate } from "./authentication.ts";
import { serveBlob } from "./blobs.ts";
import { cacheMethods } from "./cache-service.ts";
import type { Call, RepositoryCall, RepositoryRoute, Route } from "./calls.ts";
import { parseGitRequest, serveGit } from "./git-http.ts";
import { directoryOf, findRepository, type Github } from "./github.ts";
import { composeRateHeaders, type RateLimit, type RateLimiter } from "./rate-limits.ts";
import { downloadAsset, serveAsset, uploadAsset } from "./release-assets.ts";
import { ApiError, composeErrorBody, notFound, ok, type Reply } from "./replies.ts";
import { writeReply } from "./reply-writer.ts";
import { allRepositoryRoutes, generalRoutes } from "./routes.ts";
import { authorize, type Caller } from "./tokens.ts";
import { serveTwirp } from "./twirp.ts";
import { serveLogs } from "./workflow-runs.ts";

interface CompiledRoute {
  readonly method: Route["method"];
  readonly path: string;
  readonly pattern: URLPattern;
  readonly handle: Route["handle"];
}

/** Looks up the repository that a path names and lets the caller through, or refuses. */
function onRepository({
  need,
  handle,
}: Pick<RepositoryRoute, "need" | "handle">): (call: Call) => Promise<Reply> | Reply {
  return (call) => {
    const { owner = "", repo = "", ...params } = call.params;
    const repository = findRepository(call.github, owner, repo);
    if (repository === undefined) throw notFound();
    authorize(call.caller, repository, need);
    const directory = directoryOf(call.github, repository);
    const whole: RepositoryCall = { ...call, params, repository, directory };
    return handle(whole);
  };
}

const repositoryRoot = "/repos/:owner/:repo";

// Addresses that GitHub serves from other hosts: here they are below paths of their own.
const otherHosts: readonly Route[] = [
  {
    method: "POST",
    path: `/uploads${repositoryRoot}/releases/:id/assets`,
    handle: onRepository({ need: "contents:write", handle: uploadAsset }),
  },
  {
    method: "GET",
    path: "/_release-assets/:id",
    handle: ({ github, url, params }) => serveAsset({ github, url, id: Number(params["id"]) }),
  },
  {
    method: "GET",
    path: "/_logs/:kind/:id",
    handle: ({ github, url, params }) =>
      serveLogs({ github, url, kind: params["kind"] ?? "", id: Number(params["id"]) }),
  },
  {
    method: "GET",
    path: "/_codeload/:owner/:repo/:format/:sha",
    handle: onRepository({ need: "none", handle: serveArchive }),
  },
  {
    method: "GET",
    path: "/:owner/:repo/releases/download/:tag/:name",
    handle: onRepository({ need: "contents:read", handle: downloadAsset }),
  },
  {
    method: "GET",
    path: "/:owner/:repo/raw/:ref/:path+",
    handle: onRepository({ need: "contents:read", handle: serveRawFile }),
  },
];

const routes: readonly CompiledRoute[] = [
  ...generalRoutes,
  ...allRepositoryRoutes.map(({ method, path, need, handle }): Route => ({
    method,
    path: `${repositoryRoot}${path}`,
    handle: onRepository({ need, handle }),
  })),
  ...otherHosts,
].map((route) => ({
  ...route,
  pattern: new URLPattern({ pathname: route.path.replaceAll(/:(\w+)\+/g, ":$1(.+)") }),
}));

/** What the REST API implements: methods and paths with `:parameters`. */
export function listRoutes(): readonly Pick<Route, "method" | "path">[] {
  return routes.map(({ method, path }) => ({ method, path }));
}

/** Answers every request to the local GitHub. */
export function createRequestHandler(
  github: Github,
  { faults, limiter }: { readonly faults: Faults; readonly limiter: RateLimiter },
): (incoming: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (incoming, response) => {
    const http = { incoming, response };
    try {
      if (await faults.handle(incoming, response)) return;
      const url = new URL(incoming.url ?? "/", github.url);
      const git = parseGitRequest(url);
      if (git !== undefined) {
        await serveGit(github, git, { ...http, url });
        return;
      }
      const { reply, headers } = await answer(github, { incoming, url, limiter });
      await writeReply(reply, headers, http);
    } catch (error) {
      await fail(error, http);
    }
  };
}

interface Request {
  readonly incoming: IncomingMessage;
  readonly url: URL;
  readonly limiter: RateLimiter;
}

async function answer(
  github: Github,
  { incoming, url, limiter }: Request,
): Promise<{ readonly reply: Reply; readonly headers: Record<string, string> }> {
  if (url.pathname.startsWith("/_blob/")) {
    return { reply: await serveBlob({ github, url, incoming }), headers: {} };
  }
  const call = { github, url, incoming, params: {} };
  if (url.pathname.startsWith("/twirp/")) {
    const caller: Caller = { kind: "anonymous" };
    const methods = { ...artifactMethods, ...cacheMethods };
    return { reply: await serveTwirp({ ...call, caller }, methods), headers: {} };
  }
  const headers: Record<string, string> = {
    "x-github-request-id": randomUUID().replaceAll("-", ":").toUpperCase(),
    "x-github-media-type": "github.v3; format=json",
    "x-github-api-version-selected": "2022-11-28",
  };
  try {
    const caller = identify(github, { incoming, url });
    const isLimitQuery = url.pathname === "/rate_limit";
    const limit = isLimitQuery ? limiter.read(caller) : limiter.spend(caller);
    Object.assign(headers, composeRateHeaders(limit));
    const reply = isLimitQuery ? ok(presentLimit(limit)) : await route({ ...call, caller });
    return { reply, headers };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    incoming.resume();
    const reply: Reply = {
      kind: "json",
      status: error.status,
      body: composeErrorBody(error),
      headers: error.headers,
    };
    return { reply, headers };
  }
}

// The identity endpoint has tokens of its own, and signed addresses need none.
function identify(
  github: Github,
  { incoming, url }: { readonly incoming: IncomingMessage; readonly url: URL },
): Caller {
  if (/^\/_(actions|release-assets|logs|codeload)\//.test(url.pathname))
    return { kind: "anonymous" };
  return authenticate(github, incoming.headers.authorization);
}

function presentLimit(limit: RateLimit): Record<string, unknown> {
  const rate = {
    limit: limit.limit,
    used: limit.used,
    remaining: limit.remaining,
    reset: limit.reset,
  };
  return { resources: { core: rate, search: rate }, rate };
}

async function route(call: Call): Promise<Reply> {
  const method = call.incoming.method === "HEAD" ? "GET" : (call.incoming.method ?? "GET");
  for (const candidate of routes) {
    if (candidate.method !== method) continue;
    const match = candidate.pattern.exec({ pathname: call.url.pathname });
    if (match === null) continue;
    return candidate.handle({ ...call, params: decodeParams(match.pathname.groups) });
  }
  const hint =
    call.url.pathname === "/graphql"
      ? " Use the REST API: GraphQL is not part of the sandbox."
      : "";
  throw new ApiError(
    501,
    `The local GitHub does not implement ${call.incoming.method} ${call.url.pathname}.${hint}`,
  );
}

function decodeParams(
  groups: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  try {
    return Object.fromEntries(
      Object.entries(groups).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, decodeURIComponent(value)] as const],
      ),
    );
  } catch {
    throw new ApiError(400, "The address is not well-formed.");
  }
}

async function fail(
  error: unknown,
  http: { readonly incoming: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  if (http.response.headersSent || http.response.destroyed) {
    http.response.destroy();
    return;
  }
  console.error(`The local GitHub failed on ${http.incoming.method} ${http.incoming.url}:`, error);
  const message = `The local GitHub failed: ${error instanceof Error ? error.message : String(error)}`;
  await writeReply({ kind: "json", status: 500, body: { message } }, {}, http);
}
