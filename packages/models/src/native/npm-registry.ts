import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { DataError, InputError, RemoteError } from "#core";
import type { PinnedPackage } from "./native-packages.ts";

/** A process's environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The registry that npm would use: `npm_config_registry` in any case, else `registry=` of the
 * user's `.npmrc`, else what npm itself says. Throws an {@link InputError} for what is no http(s) URL.
 */
export function registryUrl(environment: Environment): URL {
  const given = readSetting(environment, "registry") ?? readUserConfig(environment);
  const text = given ?? askNpm(environment);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new InputError({
      code: "NPM_REGISTRY_NOT_A_URL",
      message: `npm's setting registry is ${JSON.stringify(text)}, which is no http(s) URL.`,
      hint: "Correct npm_config_registry or .npmrc, or use engine: wasm, which needs no download.",
    });
  }
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

/** What npm falls back on is npm's to know: its own, or that of the machine's settings. */
function askNpm(environment: Environment): string {
  const { stdout } = spawnSync("npm", ["config", "get", "registry"], {
    encoding: "utf8",
    env: { ...environment, PATH: environment["PATH"] ?? process.env["PATH"] },
    shell: process.platform === "win32",
  });
  const text = (stdout ?? "").trim();
  if (text !== "") return text;
  throw new InputError({
    code: "NPM_REGISTRY_UNKNOWN",
    message: "Which npm registry has the native engine is not known: npm is not here to ask.",
    hint: "Set npm_config_registry, or use engine: wasm, which needs no download.",
  });
}

/** npm reads its variables in any case. */
function readSetting(environment: Environment, name: string): string | undefined {
  const wanted = `npm_config_${name}`;
  return Object.entries(environment).find(
    ([key, value]) => key.toLowerCase() === wanted && value !== undefined && value !== "",
  )?.[1];
}

function readUserConfig(environment: Environment): string | undefined {
  const home = environment["HOME"] ?? environment["USERPROFILE"] ?? homedir();
  try {
    const text = readFileSync(
      readSetting(environment, "userconfig") ?? join(home, ".npmrc"),
      "utf8",
    );
    return /^[ \t]*registry[ \t]*=[ \t]*"?([^"\s]+)/m.exec(text)?.[1];
  } catch {
    return undefined;
  }
}

/** Where a tarball comes from and goes to. */
export interface TarballDownload {
  readonly registry: URL;
  /** A file that does not exist yet. */
  readonly path: string;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds before the first of two more attempts. */
  readonly retryDelayMs?: number;
}

const TIMEOUT_MS = 5 * 60_000;

/**
 * Downloads a package's tarball and holds it to its pinned integrity. What comes is only
 * written to `path`, never opened. Throws a {@link RemoteError} when the registry does not
 * give it and a {@link DataError} when it gives another file.
 */
export async function downloadTarball(
  pinned: PinnedPackage,
  download: TarballDownload,
): Promise<void> {
  const { signal, retryDelayMs = 1000 } = download;
  const { default: pRetry } = await import("p-retry");
  await pRetry(() => downloadOnce(pinned, download), {
    retries: 2,
    minTimeout: retryDelayMs,
    ...(signal !== undefined && { signal }),
    shouldRetry: ({ error }) => error instanceof RemoteError && error.retryable,
  });
}

async function downloadOnce(
  pinned: PinnedPackage,
  { registry, path, signal }: TarballDownload,
): Promise<void> {
  const { name, version } = pinned;
  const url = new URL(`${name}/-/${name}-${version}.tgz`, registry);
  const call = `GET ${url.host}${url.pathname}`;
  const headers = takeCredentials(url);
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  let received: Received;
  try {
    const response = await fetch(url, { signal: either, headers });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw refused(call, response.status);
    }
    received = await receive(response.body, { path, mostBytes: pinned.tarballBytes });
  } catch (cause) {
    if (cause instanceof RemoteError || signal?.aborted === true) throw cause;
    throw unreachable(call, cause);
  }
  if (received.integrity !== pinned.integrity) throw otherFile(call, pinned, received);
}

/** `fetch` takes no user name and password in a URL: they go into a header, and out of every message. */
function takeCredentials(url: URL): Record<string, string> {
  if (url.username === "" && url.password === "") return {};
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = "";
  url.password = "";
  return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}

interface Received {
  readonly integrity: string;
  readonly bytes: number;
}

/** Writes a body to a file; one that goes on past what is pinned is left, so that it cannot fill the disk. */
async function receive(
  body: ReadableStream<Uint8Array>,
  { path, mostBytes }: { readonly path: string; readonly mostBytes: number },
): Promise<Received> {
  const hash = createHash("sha512");
  let bytes = 0;
  const file = await open(path, "w");
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      hash.update(chunk);
      if (bytes > mostBytes) break;
      await file.write(chunk);
    }
  } finally {
    await file.close();
  }
  return { integrity: `sha512-${hash.digest("base64")}`, bytes };
}

function refused(call: string, status: number): RemoteError {
  return new RemoteError({
    code: "NATIVE_RUNTIME_NOT_FETCHED",
    message: `The native engine was not brought: ${call} was answered with ${status}.`,
    hint: "Name a registry that has the package (npm_config_registry), or use engine: wasm.",
    call,
    status,
    retryable: status === 429 || status >= 500,
  });
}

function unreachable(call: string, cause: unknown): RemoteError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const why = inner instanceof Error ? inner.message : String(inner);
  return new RemoteError({
    code: "NATIVE_RUNTIME_NOT_FETCHED",
    message: `The native engine was not brought: ${call} did not come to its end: ${why}.`,
    hint: "Check the network and npm_config_registry, or use engine: wasm, which needs no download.",
    call,
    status: null,
    retryable: true,
    cause,
  });
}

function otherFile(call: string, pinned: PinnedPackage, received: Received): DataError {
  const { name, version, integrity, tarballBytes } = pinned;
  const size =
    received.bytes > tarballBytes ? `more than ${tarballBytes} bytes` : `${received.bytes} bytes`;
  return new DataError({
    code: "NATIVE_RUNTIME_ALTERED",
    message: `${call} gave another file than ${name} ${version}: ${size} with ${received.integrity}; expected ${tarballBytes} bytes with ${integrity}.`,
    hint: "It was not opened. Ask who runs that registry or proxy; engine: wasm needs no download.",
    place: { file: `${name}-${version}.tgz` },
  });
}
