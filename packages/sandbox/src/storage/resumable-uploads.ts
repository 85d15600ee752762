import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { ApiError } from "../google-identity/api-error.ts";
import {
  json,
  readJsonObject,
  type ApiReply,
  type ApiRequest,
} from "../google-identity/api-server.ts";
import { readJsonFile, writeJsonFile } from "../google-identity/json-file.ts";
import { checkObjectName, commitObject } from "./commit-object.ts";
import { parseContentRange, type ContentRange } from "./content-range.ts";
import { appendStream, cutFile, digestFile, type RunningDigest } from "./content-writer.ts";
import { parseHashHeader, parseObjectDraft, type DeclaredHashes } from "./object-settings.ts";
import { checkPreconditions, parsePreconditions, type Preconditions } from "./preconditions.ts";
import { renderObject, type ObjectSettings } from "./records.ts";
import type { OpenBucket, StorageContext } from "./storage-context.ts";
import { invalid } from "./storage-errors.ts";
import { withHeaders } from "./upload-settings.ts";

/** Sizes of what is confirmed before the end of an upload are multiples of this. */
const granuleBytes = 256 * 1024;
const lifetimeMs = 7 * 24 * 3600 * 1000;

/** A resumable upload as it stands on disk. */
interface Session {
  readonly id: string;
  readonly bucket: string;
  readonly name: string;
  readonly started: string;
  readonly settings: ObjectSettings;
  readonly declared: DeclaredHashes;
  readonly preconditions: Preconditions;
  /** The size promised by `X-Upload-Content-Length`. */
  readonly promisedBytes?: number;
  readonly mayOverwrite: boolean;
  readonly state: "open" | "finished" | "cancelled" | "failed";
  /** The finished object as it was answered: a lost last response can be asked for again. */
  readonly resource?: unknown;
}

/** The resumable upload protocol. */
export interface ResumableUploads {
  readonly start: (request: ApiRequest, open: OpenBucket) => Promise<ApiReply>;
  readonly append: (request: ApiRequest) => Promise<ApiReply>;
  readonly cancel: (request: ApiRequest) => Promise<ApiReply>;
}

/** Resumable uploads whose sessions and bytes lie in `stateDirectory/uploads`. */
export function createResumableUploads(
  context: StorageContext,
  stateDirectory: string,
): ResumableUploads {
  const folder = join(stateDirectory, "uploads");
  mkdirSync(folder, { recursive: true });
  const digests = new Map<string, RunningDigest>();
  const active = new Map<
    string,
    { readonly incoming: IncomingMessage; readonly done: Promise<unknown> }
  >();

  const sessionFile = (id: string): string => join(folder, `${id}.json`);
  const partFile = (id: string): string => join(folder, `${id}.part`);
  const confirmedBytes = (id: string): number => statSync(partFile(id)).size;

  function load(query: URLSearchParams): Session {
    const id = query.get("upload_id") ?? "";
    const kept = /^[\w-]{20,}$/.test(id) ? readJsonFile(sessionFile(id)) : undefined;
    if (kept === undefined) throw new ApiError("NOT_FOUND", "Upload session not found.");
    const session = kept as Session;
    const isGone =
      session.state === "cancelled" ||
      session.state === "failed" ||
      Date.now() - Date.parse(session.started) > lifetimeMs;
    if (isGone) throw new ApiError("NOT_FOUND", "The upload session is gone.", { code: 410 });
    return session;
  }

  function end(session: Session, state: Session["state"], resource?: unknown): void {
    digests.delete(session.id);
    rmSync(partFile(session.id), { force: true });
    writeJsonFile(sessionFile(session.id), { ...session, state, resource });
  }

  /** A session serves one connection at a time: the newest, the one before it must be dead. */
  async function exclusively(
    { query, incoming }: ApiRequest,
    work: () => Promise<ApiReply>,
  ): Promise<ApiReply> {
    const id = query.get("upload_id") ?? "";
    const before = active.get(id);
    before?.incoming.destroy();
    const done = (before?.done ?? Promise.resolve()).catch(() => undefined).then(work);
    const entry = { incoming, done };
    active.set(id, entry);
    try {
      return await done;
    } finally {
      if (active.get(id) === entry) active.delete(id);
    }
  }

  async function start({ query, incoming }: ApiRequest, open: OpenBucket): Promise<ApiReply> {
    const draft = parseObjectDraft(await readJsonObject(incoming));
    const { bucket, caller } = open;
    const name = checkObjectName(query.get("name") ?? draft.name);
    const preconditions = parsePreconditions(query);
    const live = context.store.object(bucket.name, name);
    checkPreconditions(preconditions, live);
    const promised = incoming.headers["x-upload-content-length"];
    const contentType = incoming.headers["x-upload-content-type"];
    const session: Session = {
      id: randomBytes(30).toString("base64url"),
      bucket: bucket.name,
      name,
      started: new Date().toISOString(),
      settings: withHeaders(
        draft,
        query,
        typeof contentType === "string" ? contentType : undefined,
      ),
      declared: { ...draft.declared, ...parseHashHeader(incoming.headers["x-goog-hash"]) },
      preconditions,
      ...(typeof promised === "string" ? { promisedBytes: Number(promised) } : {}),
      mayOverwrite: caller.may("storage.objects.delete", bucket.bindings),
      state: "open",
    };
    writeFileSync(partFile(session.id), "", { mode: 0o600 });
    writeJsonFile(sessionFile(session.id), session);
    const parameters = new URLSearchParams({
      uploadType: "resumable",
      name,
      upload_id: session.id,
    });
    const location = `${context.url()}/upload/storage/v1/b/${bucket.name}/o?${parameters.toString()}`;
    const headers = { location, "x-guploader-uploadid": session.id };
    return { kind: "bytes", status: 200, headers, body: "" };
  }

  async function append(request: ApiRequest): Promise<ApiReply> {
    return exclusively(request, async () => {
      const { incoming, query } = request;
      const session = load(query);
      if (session.state === "finished") return json(session.resource);
      const range = parseContentRange(incoming.headers["content-range"]);
      const declared = parseHashHeader(incoming.headers["x-goog-hash"]);
      const complete =
        range.kind === "query"
          ? range.totalBytes === confirmedBytes(session.id)
          : await receive(session, range, incoming);
      return complete ? finish(session, declared) : stillOpen(confirmedBytes(session.id));
    });
  }

  /** Takes in one request's bytes; true when they were the last. */
  async function receive(
    session: Session,
    range: Extract<ContentRange, { kind: "bytes" }>,
    incoming: IncomingMessage,
  ): Promise<boolean> {
    const before = confirmedBytes(session.id);
    if (range.start > before) throw offsetTooHigh(range.start, before);
    const isLast = range.end === undefined || range.end + 1 === range.totalBytes;
    const expected = range.end === undefined ? undefined : range.end + 1 - range.start;
    if (!isLast && expected !== undefined && expected < granuleBytes) throw chunkTooSmall(expected);
    const skipBytes = before - range.start;
    const outcome = await appendStream(partFile(session.id), incoming, {
      digest: await digestOf(session.id),
      skipBytes,
      ...(expected === undefined ? {} : { maxBytes: Math.max(0, expected - skipBytes) }),
    });
    const after = confirmedBytes(session.id);
    const isWhole =
      outcome.kind === "complete" && (expected === undefined || after === range.start + expected);
    if (isWhole && isLast) {
      const { totalBytes = after } = range;
      if (totalBytes === after) return true;
      if (totalBytes < after) throw wrongLength(after, totalBytes);
    }
    await confirmWholeGranules(session.id, after);
    if (outcome.kind === "complete" && !isWhole)
      throw wrongLength(after, range.start + (expected ?? 0));
    return false;
  }

  async function digestOf(id: string): Promise<RunningDigest> {
    // After a restart, or when bytes had to be given up, the file itself is the truth.
    const running = digests.get(id) ?? (await digestFile(partFile(id)));
    digests.set(id, running);
    return running;
  }

  async function confirmWholeGranules(id: string, sizeBytes: number): Promise<void> {
    const whole = sizeBytes - (sizeBytes % granuleBytes);
    if (whole === sizeBytes) return;
    digests.delete(id);
    await cutFile(partFile(id), whole);
  }

  async function finish(session: Session, declared: DeclaredHashes): Promise<ApiReply> {
    const digest = (await digestOf(session.id)).digest();
    if (session.promisedBytes !== undefined && session.promisedBytes !== digest.sizeBytes) {
      throw wrongLength(digest.sizeBytes, session.promisedBytes);
    }
    try {
      const object = commitObject(context, {
        ...session,
        path: partFile(session.id),
        digest,
        declared: { ...session.declared, ...declared },
        checkMayOverwrite: () => {
          if (session.mayOverwrite) return;
          throw new ApiError(
            "PERMISSION_DENIED",
            "Permission 'storage.objects.delete' denied on resource (or it may not exist).",
          );
        },
      });
      const bucket = context.store.bucket(session.bucket);
      if (bucket === undefined) throw invalid("The bucket was deleted during the upload.");
      const resource = renderObject(object, bucket, context.url());
      end(session, "finished", resource);
      return json(resource);
    } catch (error) {
      end(session, "failed");
      throw error;
    }
  }

  async function cancel(request: ApiRequest): Promise<ApiReply> {
    return exclusively(request, () => {
      const session = load(request.query);
      if (session.state === "open") end(session, "cancelled");
      return Promise.resolve<ApiReply>({ kind: "bytes", status: 499, headers: {}, body: "" });
    });
  }

  return { start, append, cancel };
}

function stillOpen(confirmed: number): ApiReply {
  const headers = confirmed === 0 ? {} : { range: `bytes=0-${confirmed - 1}` };
  return { kind: "bytes", status: 308, headers, body: "" };
}

function offsetTooHigh(offset: number, confirmed: number): ApiError {
  return new ApiError(
    "UNAVAILABLE",
    `Invalid request. According to the Content-Range header, the upload offset is ${offset} byte(s), which exceeds already uploaded size of ${confirmed} byte(s).`,
  );
}

function chunkTooSmall(bytes: number): ApiError {
  return invalid(
    `Invalid request. The number of bytes uploaded is required to be equal or greater than ${granuleBytes}, except for the final request (it's recommended to be the exact multiple of ${granuleBytes}). The received request contained ${bytes} bytes, which does not meet this requirement.`,
  );
}

function wrongLength(found: number, expected: number): ApiError {
  return invalid(
    `Invalid request. The upload has ${found} byte(s) where ${expected} byte(s) were announced.`,
  );
}
