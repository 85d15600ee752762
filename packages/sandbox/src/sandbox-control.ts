import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import type { ProgressEvent } from "./runner/progress.ts";
import type { Sandbox, SandboxUrls } from "./sandbox.ts";

/** What a running sandbox writes down for the commands that talk to it. */
export interface SandboxAddress {
  readonly pid: number;
  /** Where it takes commands. */
  readonly controlUrl: string;
  readonly controlToken: string;
  /** Personal token of the local GitHub's owner. */
  readonly githubToken: string;
  readonly urls: SandboxUrls;
  /** The page that shows the state; absent where none is served. */
  readonly consoleUrl?: string;
  readonly workloadIdentityProvider: string;
  readonly serviceAccount: string;
  readonly startedAt: string;
}

/** The door through which commands reach a running sandbox. */
export interface SandboxControl {
  readonly address: SandboxAddress;
  /** Resolves when somebody asks the sandbox to stop. */
  readonly stopAsked: Promise<void>;
  /** Passes progress on to the commands that listen. */
  tell(event: ProgressEvent): void;
  close(): Promise<void>;
}

function addressFile(stateDirectory: string): string {
  return path.join(stateDirectory, "sandbox.json");
}

/** The sandbox that runs on a state folder, or `undefined`. */
export async function findSandbox(stateDirectory: string): Promise<SandboxAddress | undefined> {
  const file = addressFile(stateDirectory);
  if (!existsSync(file)) return undefined;
  const address = JSON.parse(readFileSync(file, "utf8")) as SandboxAddress;
  // The file may be left over from a process that was killed: only an answer counts.
  const answer = await askSandbox(address, "GET /status").catch(() => undefined);
  return answer?.ok ? address : undefined;
}

/** Sends a command to a running sandbox. */
export function askSandbox(
  { controlUrl, controlToken }: SandboxAddress,
  command: "GET /status" | "POST /down" | "GET /progress",
  signal?: AbortSignal,
): Promise<Response> {
  const [method = "", route = ""] = command.split(" ");
  return fetch(`${controlUrl}${route}`, {
    method,
    headers: { authorization: `Bearer ${controlToken}` },
    ...(signal === undefined ? {} : { signal }),
  });
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  opened: {
    readonly token: string;
    readonly watchers: Set<ServerResponse>;
    readonly stop: () => void;
  },
): void {
  const reply = (status: number, body: object) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  if (request.headers.authorization !== `Bearer ${opened.token}`) {
    reply(401, { message: "The token of sandbox.json is required." });
    return;
  }
  switch (`${request.method} ${request.url}`) {
    case "GET /status":
      reply(200, { pid: process.pid });
      return;
    case "POST /down":
      reply(202, {});
      opened.stop();
      return;
    case "GET /progress":
      response.writeHead(200, { "content-type": "application/x-ndjson" });
      response.flushHeaders();
      opened.watchers.add(response);
      response.on("close", () => opened.watchers.delete(response));
      return;
    default:
      reply(404, { message: "Expected GET /status, GET /progress or POST /down." });
  }
}

/** Opens the door of a sandbox and writes its address into the state folder. */
export async function openControl(
  stateDirectory: string,
  sandbox: Sandbox,
  consoleUrl?: string,
): Promise<SandboxControl> {
  const token = randomBytes(24).toString("hex");
  const watchers = new Set<ServerResponse>();
  const { promise: stopAsked, resolve: stop } = Promise.withResolvers<void>();
  const server = createServer((request, response) =>
    answer(request, response, { token, watchers, stop }),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const { urls, github, workloadIdentityProvider, serviceAccount } = sandbox;
  const address: SandboxAddress = {
    pid: process.pid,
    controlUrl: `http://127.0.0.1:${port}`,
    controlToken: token,
    githubToken: github.adminToken,
    urls,
    ...(consoleUrl === undefined ? {} : { consoleUrl }),
    workloadIdentityProvider,
    serviceAccount,
    startedAt: new Date().toISOString(),
  };
  const file = addressFile(stateDirectory);
  writeFileSync(file, `${JSON.stringify(address, null, 2)}\n`, { mode: 0o600 });
  return {
    address,
    stopAsked,
    tell(event) {
      for (const watcher of watchers) watcher.write(`${JSON.stringify(event)}\n`);
    },
    async close() {
      rmSync(file, { force: true });
      for (const watcher of watchers) watcher.end();
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
}
