import { googleCredentials, objectStore } from "#google";
import { standardLimits, type ServerLimits } from "../limits.ts";
import type { Severity } from "../operation-log.ts";
import type { LogChoice } from "../prediction-log.ts";
import { startServer, type RunningServer, type ServerOptions } from "../start-server.ts";
import type { VersionFolder } from "./some-version.ts";

/** A server of a test on a free port, drained on disposal. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly running: RunningServer;
  /** Lines of the prediction log. */
  readonly lines: string[];
  readonly operations: { readonly severity: Severity; readonly message: string }[];
  readonly post: (path: string, body: unknown, headers?: Record<string, string>) => Promise<Answer>;
  readonly get: (path: string) => Promise<Answer>;
}

/** An answer with its body read as JSON where it is JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** What a test may change. */
export interface TestServerOptions extends Partial<
  Pick<ServerOptions, "extraRoutes" | "listen" | "store" | "version">
> {
  readonly limits?: Partial<ServerLimits>;
  readonly choice?: Partial<LogChoice>;
  /** Waits for readiness by default. */
  readonly wait?: boolean;
}

/** The options of a server that serves a folder's version and keeps its logs. */
export function testOptions(
  version: VersionFolder,
  { lines, operations }: Pick<TestServer, "lines" | "operations">,
  { choice, limits, ...options }: Omit<TestServerOptions, "wait"> = {},
): ServerOptions {
  const sink = { write: (line: string) => void lines.push(line), close: () => Promise.resolve() };
  return {
    version: { uri: version.uri, version: version.manifest.version, digest: version.digest },
    host: "127.0.0.1",
    port: 0,
    listen: "start",
    extraRoutes: {},
    engine: { engine: "wasm" },
    store: objectStore({ environment: {}, credentials: googleCredentials({ environment: {} }) }),
    log: (severity, message) => void operations.push({ severity, message }),
    slipway: "0.0.0",
    ...options,
    limits: { ...standardLimits, ...limits },
    predictionLog: { sample: 1, redact: [], ...choice, openSink: () => sink },
  };
}

/** Starts a server and waits until it answers predictions. */
export async function startTestServer(
  version: VersionFolder,
  { wait = true, ...options }: TestServerOptions = {},
): Promise<TestServer> {
  const logs = { lines: [] as string[], operations: [] as TestServer["operations"] };
  const running = startServer(testOptions(version, logs, options));
  const url = await running.listening;
  if (wait) await running.ready;
  const ask = async (path: string, init?: RequestInit): Promise<Answer> => {
    const response = await fetch(url + path, init);
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") === true && text !== "";
    const json = isJson ? (JSON.parse(text) as Answer["json"]) : {};
    return { status: response.status, headers: response.headers, text, json };
  };
  return {
    url,
    running,
    ...logs,
    get: (path) => ask(path),
    post: (path, body, headers = {}) =>
      ask(path, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    [Symbol.asyncDispose]: async () => {
      await running.drain();
    },
  };
}
