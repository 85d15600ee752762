import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { githubCalls, storageCalls } from "../local-calls.ts";
import type { Service } from "../contracts.ts";
import type { Sandbox } from "../sandbox.ts";
import { readSandboxState } from "./read-state.ts";
import { readTrafficHistory } from "./traffic-history.ts";

/** Text of the page, read once. */
const page = readFileSync(new URL("page.html", import.meta.url), "utf8");

interface Answer {
  readonly type: string;
  readonly body: string | Uint8Array;
}

/** What the page is made from: the state now, and the requests a second since the beginning. */
async function readAll(sandbox: Sandbox): Promise<string> {
  const state = await readSandboxState(sandbox);
  return JSON.stringify({ state, history: await readTrafficHistory(sandbox, state.services) });
}

/** The page with a state in it, which then asks no service. */
export function embedState(state: string): string {
  const safe = state.replaceAll("<", "\\u003c");
  return page.replace(/(id="state">)\s*null/, (_, before: string) => before + safe);
}

/** The page with the present state in it: a file that needs no service. */
export async function renderSnapshot(sandbox: Sandbox): Promise<string> {
  return embedState(await readAll(sandbox));
}

async function readLogs(sandbox: Sandbox, repository: string, runId: string): Promise<string> {
  const github = githubCalls(sandbox.github);
  const { jobs } = await github.json<{
    readonly jobs: readonly { readonly id: number; readonly name: string }[];
  }>(`/repos/${repository}/actions/runs/${runId}/jobs`);
  const texts = await Promise.all(
    jobs.map(async ({ id, name }) => {
      const log = await github
        .bytes(`/repos/${repository}/actions/jobs/${id}/logs`)
        .catch(() => new Uint8Array());
      return `=== ${name} ===\n${Buffer.from(log).toString("utf8")}`;
    }),
  );
  return texts.join("\n");
}

/** Finds what a path asks for, or `undefined`. */
async function find(sandbox: Sandbox, pathname: string): Promise<Answer | undefined> {
  if (pathname === "/") return { type: "text/html; charset=utf-8", body: page };
  if (pathname === "/state.json") {
    return { type: "application/json", body: await readAll(sandbox) };
  }
  const log = /^\/logs\/([\w.-]+\/[\w.-]+)\/(\d+)$/.exec(pathname);
  if (log !== null) {
    const [, repository = "", runId = ""] = log;
    return { type: "text/plain; charset=utf-8", body: await readLogs(sandbox, repository, runId) };
  }
  const asset = /^\/assets\/([\w.-]+\/[\w.-]+)\/(\d+)$/.exec(pathname);
  if (asset !== null) {
    const [, repository = "", id = ""] = asset;
    const body = await githubCalls(sandbox.github).bytes(
      `/repos/${repository}/releases/assets/${id}`,
    );
    return { type: "text/html; charset=utf-8", body };
  }
  const object = /^\/objects\/([\w.-]+)\/(.+)$/.exec(pathname);
  if (object !== null) {
    const [, bucket = "", name = ""] = object;
    const body = await storageCalls(sandbox).download(bucket, decodeURIComponent(name));
    return { type: typeOf(name), body };
  }
  return undefined;
}

function typeOf(name: string): string {
  if (name.endsWith(".html")) return "text/html; charset=utf-8";
  if (/\.(?:jsonl?|md|csv|ya?ml|txt)$/.test(name)) return "text/plain; charset=utf-8";
  return "application/octet-stream";
}

async function answer(
  sandbox: Sandbox,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { hostname, pathname } = new URL(
    request.url ?? "/",
    `http://${request.headers.host ?? "localhost"}`,
  );
  // A name that somebody else's DNS points here must not read what is here.
  if (hostname !== "127.0.0.1" && hostname !== "localhost") {
    response.writeHead(403).end();
    return;
  }
  const found = request.method === "GET" ? await find(sandbox, pathname) : undefined;
  if (found === undefined) {
    response.writeHead(404, { "content-type": "text/plain" }).end("Nothing here.\n");
    return;
  }
  // Reports bring scripts of their own: they run, but apart from this page.
  const policy =
    pathname === "/"
      ? "default-src 'self' 'unsafe-inline'; img-src data:"
      : "sandbox allow-scripts";
  response.writeHead(200, {
    "content-type": found.type,
    "content-security-policy": policy,
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
  });
  response.end(found.body);
}

/** Starts the page of the sandbox's state on loopback. */
export async function startConsole(sandbox: Sandbox, port = 0): Promise<Service> {
  const server = createServer((request, response) => {
    answer(sandbox, request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(502, { "content-type": "text/plain" });
      response.end(`${error instanceof Error ? error.message : String(error)}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
