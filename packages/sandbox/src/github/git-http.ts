import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { authenticate } from "./authentication.ts";
import { directoryOf, findRepository, type Github } from "./github.ts";
import { composeGitEnvironment } from "./git.ts";
import { zeroSha } from "./git-objects.ts";
import { type RefChange } from "./git-refs.ts";
import type { Repository } from "./records.ts";
import { followRefChanges } from "./ref-updates.ts";
import { ApiError } from "./replies.ts";
import { authorize, loginOf, type Caller } from "./tokens.ts";

/** A request of git's smart HTTP. */
interface GitRequest {
  readonly owner: string;
  readonly name: string;
  readonly service: string;
  readonly isPush: boolean;
}

/** Reads a git request from its address; `undefined` when it is none. */
export function parseGitRequest(url: URL): GitRequest | undefined {
  const match =
    /^\/([^/]+)\/([^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/.exec(
      url.pathname,
    );
  if (match === null) return undefined;
  const [, owner = "", name = "", service = ""] = match;
  const asked = service === "info/refs" ? url.searchParams.get("service") : service;
  return {
    owner: decodeURIComponent(owner),
    name: decodeURIComponent(name),
    service,
    isPush: asked === "git-receive-pack",
  };
}

// The hooks are all that tells exactly which refs a push has moved: a comparison of before and
// after would mix pushes that overlap.
const preReceive = `#!/bin/sh
main=$(git rev-parse --verify --quiet "HEAD:.github/workflows") || main=
status=0
while read -r before after ref; do
  if [ -s "$SLIPWAY_FROZEN_TAGS" ] && grep -qxF -- "$ref" "$SLIPWAY_FROZEN_TAGS"; then
    echo "$ref belongs to an immutable release" >&2
    status=1
  fi
  case "$after" in *[!0]*) ;; *) continue ;; esac
  [ -n "$SLIPWAY_GUARD_WORKFLOWS" ] || continue
  own=$(git rev-parse --verify --quiet "$after^{commit}:.github/workflows") || own=
  if [ -n "$own" ] && [ "$own" != "$main" ]; then
    file=$(git diff-tree -r --name-only "\${main:-4b825dc642cb6eb9a060e54bf8d69288fbee4904}" "$own" | head -n 1)
    echo "refusing to allow a GitHub App to create or update workflow \\\`.github/workflows/$file\\\` without \\\`workflows\\\` permission" >&2
    status=1
  fi
done
exit $status
`;
const postReceive = `#!/bin/sh
exec cat >> "$SLIPWAY_RECEIVED"
`;

/** Writes the hooks that every push passes. */
export function installHooks(github: Github): string {
  const directory = join(github.store.directory, "git-hooks");
  mkdirSync(directory, { recursive: true });
  for (const [name, script] of [
    ["pre-receive", preReceive],
    ["post-receive", postReceive],
  ] as const) {
    writeFileSync(join(directory, name), script);
    chmodSync(join(directory, name), 0o755);
  }
  return directory;
}

/** Serves one request of git through `git http-backend`. */
export async function serveGit(
  github: Github,
  request: GitRequest,
  http: {
    readonly incoming: IncomingMessage;
    readonly response: ServerResponse;
    readonly url: URL;
  },
): Promise<void> {
  const { incoming, response } = http;
  const admitted = admit(github, request, incoming.headers.authorization);
  if (admitted.kind === "refused") {
    incoming.resume();
    response.writeHead(admitted.status, {
      "content-type": "text/plain; charset=utf-8",
      ...(admitted.status === 401 ? { "www-authenticate": 'Basic realm="GitHub"' } : {}),
    });
    response.end(admitted.message);
    return;
  }
  const { caller, repository } = admitted;
  const scratch = await mkdtemp(join(tmpdir(), "slipway-push-"));
  try {
    const received = join(scratch, "received");
    const frozen = join(scratch, "frozen-tags");
    await writeFile(frozen, listFrozenTags(github, repository));
    const environment = composeCgiEnvironment(github, request, {
      ...http,
      repository,
      extra: {
        SLIPWAY_RECEIVED: received,
        SLIPWAY_FROZEN_TAGS: frozen,
        SLIPWAY_GUARD_WORKFLOWS: caller.kind === "job" ? "1" : "",
        REMOTE_USER: loginOf(caller),
      },
    });
    await runBackend(environment, http);
    const changes = existsSync(received) ? parseReceived(await readFile(received, "utf8")) : [];
    if (changes.length > 0) await followRefChanges(github, repository, { changes, caller });
  } finally {
    await rm(scratch, { recursive: true, force: true });
    response.end();
  }
}

type Admission =
  | { readonly kind: "admitted"; readonly caller: Caller; readonly repository: Repository }
  | { readonly kind: "refused"; readonly status: number; readonly message: string };

function admit(github: Github, request: GitRequest, authorization: string | undefined): Admission {
  const refuse = (status: number, message: string): Admission => ({
    kind: "refused",
    status,
    message,
  });
  try {
    const caller = authenticate(github, authorization);
    const repository = findRepository(github, request.owner, request.name);
    if (repository === undefined) {
      // Like GitHub, a stranger is asked who he is before he learns that there is nothing.
      return caller.kind === "anonymous"
        ? refuse(401, "Authentication required.\n")
        : refuse(404, "Repository not found.\n");
    }
    const isStranger = caller.kind === "anonymous" && (request.isPush || repository.private);
    if (isStranger) return refuse(401, "Authentication required.\n");
    authorize(caller, repository, request.isPush ? "contents:write" : "contents:read");
    return { kind: "admitted", caller, repository };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401) return refuse(401, "Invalid username or token.\n");
    const name = `${request.owner}/${request.name}`;
    return error.status === 403
      ? refuse(403, `Permission to ${name}.git denied to github-actions[bot].\n`)
      : refuse(404, "Repository not found.\n");
  }
}

function listFrozenTags(github: Github, repository: Repository): string {
  const prefix = `${repository.id}:`;
  const releases = github.records.releases.all();
  const tags = releases
    .filter((one) => one.repositoryId === repository.id && one.immutable)
    .map((one) => one.tagName);
  const burned = github.records.burnedTags.all().map((one) => one.tag);
  const frozen = [...tags, ...burned.filter((tag) => github.records.burnedTags.get(prefix + tag))];
  return [...new Set(frozen)].map((tag) => `refs/tags/${tag}\n`).join("");
}

function composeCgiEnvironment(
  github: Github,
  request: GitRequest,
  more: {
    readonly incoming: IncomingMessage;
    readonly url: URL;
    readonly repository: Repository;
    readonly extra: Readonly<Record<string, string>>;
  },
): Record<string, string> {
  const { headers, method } = more.incoming;
  const optional = {
    CONTENT_TYPE: headers["content-type"],
    CONTENT_LENGTH: headers["content-length"],
    HTTP_CONTENT_ENCODING: headers["content-encoding"],
    GIT_PROTOCOL: headers["git-protocol"],
  };
  const given = Object.entries(optional).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as const] : [],
  );
  return composeGitEnvironment({
    GIT_PROJECT_ROOT: directoryOf(github, more.repository),
    GIT_HTTP_EXPORT_ALL: "1",
    PATH_INFO: `/${request.service}`,
    REQUEST_METHOD: method ?? "GET",
    QUERY_STRING: more.url.search.slice(1),
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "core.hooksPath",
    GIT_CONFIG_VALUE_0: join(github.store.directory, "git-hooks"),
    ...Object.fromEntries(given),
    ...more.extra,
  });
}

async function runBackend(
  environment: Record<string, string>,
  { incoming, response }: { readonly incoming: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const child = spawn("git", ["http-backend"], {
    env: environment,
    stdio: "pipe",
    windowsHide: true,
  });
  const problems: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => problems.push(chunk));
  child.stdin.on("error", () => undefined);
  incoming.pipe(child.stdin);
  let head: Buffer | undefined = Buffer.alloc(0);
  child.stdout.on("data", (chunk: Buffer) => {
    if (head === undefined) {
      // Without this, a clone of a large repository would pile up in memory.
      if (!response.write(chunk)) {
        child.stdout.pause();
        response.once("drain", () => child.stdout.resume());
      }
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end === -1) return;
    writeCgiHead(response, head.subarray(0, end).toString("utf8"));
    response.write(head.subarray(end + 4));
    head = undefined;
  });
  response.once("close", () => child.stdout.resume());
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve());
  });
  if (!response.headersSent) {
    response.writeHead(500, { "content-type": "text/plain; charset=utf-8" });
    response.write(Buffer.concat(problems));
  }
}

function writeCgiHead(response: ServerResponse, head: string): void {
  let status = 200;
  for (const line of head.split("\r\n")) {
    const colon = line.indexOf(":");
    const [name, value] = [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    if (name.toLowerCase() === "status") status = Number.parseInt(value, 10);
    else if (name !== "") response.setHeader(name, value);
  }
  response.writeHead(status);
}

function parseReceived(text: string): readonly RefChange[] {
  return text.split("\n").flatMap((line) => {
    const [before = zeroSha, after = zeroSha, ...rest] = line.split(" ");
    return rest.length === 0 ? [] : [{ ref: rest.join(" "), before, after }];
  });
}
