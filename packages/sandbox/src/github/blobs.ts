import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { readBytes } from "./calls.ts";
import type { Github } from "./github.ts";
import { equalSignatures } from "./json-web-tokens.ts";
import type { Reply } from "./replies.ts";

/** A blob that the Actions services keep; its bytes are one file. */
export interface BlobName {
  readonly container: "artifacts" | "caches";
  readonly name: string;
}

const lifetimeSeconds = 3600;

function blobPath(github: Github, { container, name }: BlobName): string {
  return join(github.store.directory, "blobs", container, name);
}

/** A signed address of a blob, in the manner of Azure's shared access signatures. */
export function signBlobUrl(
  github: Github,
  blob: BlobName,
  access:
    | { readonly kind: "write" }
    | { readonly kind: "read"; readonly contentType: string; readonly fileName: string },
): string {
  const url = new URL(`/_blob/${blob.container}/${blob.name}`, github.url);
  const expiry = new Date(Date.now() + lifetimeSeconds * 1000)
    .toISOString()
    .replace(/\.\d+Z$/, "Z");
  const fields = {
    sv: "2025-11-05",
    sr: "b",
    se: expiry,
    sp: access.kind === "write" ? "cw" : "r",
    ...(access.kind === "read"
      ? {
          rscd: `attachment; filename="${access.fileName.replaceAll(/[^\x20-\x7e]|["\\]/g, "_")}"; filename*=UTF-8''${encodeURIComponent(access.fileName)}`,
          rsct: access.contentType,
        }
      : {}),
  };
  for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value);
  url.searchParams.set("sig", computeSignature(github, url));
  return url.href;
}

function computeSignature(github: Github, url: URL): string {
  const signed = ["se", "sp", "rscd", "rsct"].map((name) => url.searchParams.get(name) ?? "");
  return github.signingKey.signUrl(["blob", url.pathname, ...signed].join("\n"));
}

/** Size and digest of a blob; `undefined` where it has not been uploaded. */
export async function measureBlob(
  github: Github,
  blob: BlobName,
): Promise<{ readonly sizeBytes: number; readonly digest: string } | undefined> {
  const path = blobPath(github, blob);
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) return undefined;
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return { sizeBytes: info.size, digest: `sha256:${hash.digest("hex")}` };
}

/** Takes a blob away, with blocks that were never committed. */
export async function deleteBlob(github: Github, blob: BlobName): Promise<void> {
  const path = blobPath(github, blob);
  await rm(path, { force: true });
  await rm(`${path}.blocks`, { recursive: true, force: true });
}

/** Answers the requests that the Azure blob client makes of a signed address. */
export async function serveBlob(request: {
  readonly github: Github;
  readonly url: URL;
  readonly incoming: IncomingMessage;
}): Promise<Reply> {
  const { github, url, incoming } = request;
  const match = /^\/_blob\/(artifacts|caches)\/([\w.-]+)$/.exec(url.pathname);
  if (match === null) return azureError(404, "ResourceNotFound");
  const blob = { container: match[1] as BlobName["container"], name: match[2] ?? "" };
  const refusal = refuseUrl(github, url, incoming.method ?? "GET");
  if (refusal !== undefined) return refusal;
  const path = blobPath(github, blob);
  switch (incoming.method ?? "GET") {
    case "PUT":
      return putBlob({ url, incoming, path });
    case "GET":
    case "HEAD":
      return getBlob({ url, incoming, path });
    default:
      return azureError(405, "UnsupportedHttpVerb");
  }
}

function refuseUrl(github: Github, url: URL, method: string): Reply | undefined {
  const signature = url.searchParams.get("sig") ?? "";
  if (!equalSignatures(signature, computeSignature(github, url))) {
    return azureError(403, "AuthenticationFailed");
  }
  if (Date.parse(url.searchParams.get("se") ?? "") < Date.now()) {
    return azureError(403, "AuthenticationFailed");
  }
  const isWrite = method === "PUT";
  const mayWrite = url.searchParams.get("sp") === "cw";
  return isWrite === mayWrite ? undefined : azureError(403, "AuthorizationPermissionMismatch");
}

function azureHeaders(): Record<string, string> {
  return {
    "x-ms-request-id": randomUUID(),
    "x-ms-version": "2025-11-05",
    "last-modified": new Date().toUTCString(),
    etag: `"0x${Date.now().toString(16).toUpperCase()}"`,
  };
}

function azureError(status: number, code: string): Reply {
  const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`;
  return {
    kind: "bytes",
    status,
    body: Buffer.from(body),
    headers: { ...azureHeaders(), "x-ms-error-code": code, "content-type": "application/xml" },
  };
}

interface BlobRequest {
  readonly url: URL;
  readonly incoming: IncomingMessage;
  readonly path: string;
}

const createdBlob = (): Reply => ({
  kind: "empty",
  status: 201,
  headers: { ...azureHeaders(), "x-ms-request-server-encrypted": "true" },
});

async function putBlob({ url, incoming, path }: BlobRequest): Promise<Reply> {
  await mkdir(dirname(path), { recursive: true });
  const operation = url.searchParams.get("comp");
  if (operation === "block") {
    await receive(incoming, blockPath(path, url.searchParams.get("blockid") ?? ""));
    return createdBlob();
  }
  if (operation === "blocklist") return commitBlocks(incoming, path);
  if (operation !== null) return azureError(400, "InvalidQueryParameterValue");
  if (incoming.headers["x-ms-blob-type"] !== "BlockBlob") return azureError(400, "InvalidBlobType");
  await receive(incoming, path);
  return createdBlob();
}

function blockPath(path: string, blockId: string): string {
  return join(`${path}.blocks`, createHash("sha256").update(blockId).digest("hex"));
}

async function receive(incoming: IncomingMessage, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.${randomUUID()}.part`;
  try {
    await pipeline(incoming, createWriteStream(partial));
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}

async function commitBlocks(incoming: IncomingMessage, path: string): Promise<Reply> {
  const xml = (await readBytes(incoming)).toString("utf8");
  const ids = [...xml.matchAll(/<(?:Latest|Uncommitted|Committed)>([^<]*)</g)].map(
    ([, id]) => id ?? "",
  );
  const partial = `${path}.part`;
  const whole = createWriteStream(partial);
  try {
    for (const id of ids) {
      await pipeline(createReadStream(blockPath(path, id)), whole, { end: false });
    }
  } catch {
    whole.destroy();
    await rm(partial, { force: true });
    return azureError(400, "InvalidBlockList");
  }
  await new Promise<void>((resolve, reject) => {
    whole.once("error", reject);
    whole.end(resolve);
  });
  await rename(partial, path);
  await rm(`${path}.blocks`, { recursive: true, force: true });
  return createdBlob();
}

async function getBlob({ url, path }: BlobRequest): Promise<Reply> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) return azureError(404, "BlobNotFound");
  return {
    kind: "file",
    status: 200,
    path,
    headers: {
      ...azureHeaders(),
      "x-ms-blob-type": "BlockBlob",
      "content-type": url.searchParams.get("rsct") ?? "application/octet-stream",
      "content-disposition": url.searchParams.get("rscd") ?? "attachment",
    },
  };
}
