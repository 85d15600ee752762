import { RemoteError, SlipwayError } from "#core";
import {
  errorOfFailure,
  errorOfResponse,
  GoogleError,
  isStatus,
  judgeRetry,
} from "../remote-errors.ts";
import { withRetries } from "../retry.ts";
import {
  metadataToCreate,
  uploadUrl,
  type GcsObject,
  type GcsParts,
  type ObjectResource,
} from "./gcs-api.ts";
import type { CreateOptions } from "./object-store.ts";
import { putStream } from "./put-stream.ts";
import type { OpenedSource } from "./source.ts";

/**
 * What a resumable upload is given. The protocol is spoken here and not through
 * `@google-cloud/storage`: that takes a finished upload whose last answer was lost for an empty
 * one, keeps a chunk in memory an upload, and cannot be aborted.
 */
export interface ResumableUpload {
  readonly parts: GcsParts;
  readonly object: GcsObject;
  readonly source: OpenedSource;
  readonly options: CreateOptions;
}

/** How far the service says it is. */
type SessionState =
  | { readonly kind: "stored"; readonly resource: ObjectResource }
  | { readonly kind: "incomplete"; readonly offset: number };

const resumeIncomplete = 308;
/** A connection that moves nothing for this long is given up. */
const idleTimeoutMs = 60_000;

class SessionGoneError extends RemoteError {}

/** Whether an upload's session has ended or expired, so that a new one must be opened. */
export function isSessionGone(error: unknown): boolean {
  return error instanceof SessionGoneError;
}

/**
 * Uploads in chunks, each from the offset that the service has confirmed.
 *
 * @throws an error for which {@link isSessionGone} holds when the session must be opened anew
 */
export async function uploadResumably(
  upload: ResumableUpload,
  resumable: boolean,
): Promise<ObjectResource> {
  const known = resumable ? knownSession(upload) : null;
  const session = known ?? (await openSession(upload));
  let state: SessionState =
    known === null
      ? { kind: "incomplete", offset: 0 }
      : await repeatedly(upload, () => askOffset(upload, session));
  while (state.kind === "incomplete") {
    reportProgress(upload, state.offset);
    state = await advance(upload, session, state.offset);
  }
  return state.resource;
}

function knownSession({ object, source, options }: ResumableUpload): string | null {
  const state = options.resume;
  if (state === undefined || state.uri !== object.uri || state.sha256 !== source.sha256) {
    return null;
  }
  options.onSecret?.(state.session);
  return state.session;
}

/** Sends the next chunk; after a failure only the service can say from where. */
async function advance(
  upload: ResumableUpload,
  session: string,
  confirmed: number,
): Promise<SessionState> {
  return await repeatedly(upload, async (attempt) => {
    if (attempt === 1) return await sendChunk(upload, session, confirmed);
    const state = await askOffset(upload, session);
    if (state.kind === "stored" || state.offset > confirmed) return state;
    return await sendChunk(upload, session, state.offset);
  });
}

async function repeatedly<T>(
  { parts, options }: ResumableUpload,
  attempt: (attemptNumber: number) => Promise<T>,
): Promise<T> {
  return await withRetries(
    { ...parts, policy: parts.retryPolicy, signal: options.signal, judge: judgeRetry },
    attempt,
  );
}

function reportProgress({ object, source, options }: ResumableUpload, offset: number): void {
  options.onProgress?.({
    uri: object.uri,
    confirmedBytes: offset,
    totalBytes: source.bytes,
  });
}

async function openSession({ parts, object, source, options }: ResumableUpload): Promise<string> {
  const metadata = metadataToCreate(object.name, source, options.attributes);
  const name = `POST ${object.uri} (begin upload)`;
  const response = await parts.transport.send({
    name,
    method: "POST",
    url: uploadUrl(parts, object.bucket, {
      uploadType: "resumable",
      name: object.name,
      ifGenerationMatch: "0",
    }),
    headers: {
      "content-type": "application/json; charset=utf-8",
      "x-upload-content-type": String(metadata["contentType"]),
      "x-upload-content-length": String(source.bytes),
    },
    body: () => JSON.stringify(metadata),
    // A session that nobody goes on with changes nothing.
    repeat: "safe",
    signal: options.signal,
  });
  await response.body?.cancel();
  const session = response.headers.get("location");
  if (session === null) throw oddAnswer(name, "no upload session in its answer");
  options.onSecret?.(session);
  options.onState?.({ uri: object.uri, sha256: source.sha256, session });
  return session;
}

async function sendChunk(
  upload: ResumableUpload,
  session: string,
  offset: number,
): Promise<SessionState> {
  const { parts, source } = upload;
  const end = Math.min(source.bytes, offset + parts.chunkBytes);
  const state = await putToSession(upload, {
    session,
    name: `PUT ${upload.object.uri} (bytes ${offset} to ${end})`,
    contentRange: `bytes ${offset}-${end - 1}/${source.bytes}`,
    length: end - offset,
    body: source.pieces(offset, end),
  });
  if (state.kind === "incomplete" && state.offset <= offset) {
    throw oddAnswer(`PUT ${upload.object.uri}`, `it stored none of the bytes from ${offset} on`);
  }
  return state;
}

async function askOffset(upload: ResumableUpload, session: string): Promise<SessionState> {
  return await putToSession(upload, {
    session,
    name: `PUT ${upload.object.uri} (ask how far it is)`,
    contentRange: `bytes */${upload.source.bytes}`,
    length: 0,
    body: upload.source.pieces(0, 0),
  });
}

interface SessionPut {
  readonly session: string;
  readonly name: string;
  readonly contentRange: string;
  readonly length: number;
  readonly body: AsyncIterable<Uint8Array>;
}

async function putToSession(upload: ResumableUpload, put: SessionPut): Promise<SessionState> {
  const { signal } = upload.options;
  signal?.throwIfAborted();
  let response: Response;
  try {
    response = await putStream({
      url: put.session,
      // The session's URI is the authority; the token stays at home.
      headers: { "content-range": put.contentRange, "content-length": String(put.length) },
      body: put.body,
      idleTimeoutMs,
      signal,
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof SlipwayError ? error : errorOfFailure(put.name, error);
  }
  if (response.status === resumeIncomplete) {
    return { kind: "incomplete", offset: confirmedOffset(response.headers.get("range")) };
  }
  if (response.ok) return { kind: "stored", resource: await readResource(put.name, response) };
  const error = await errorOfResponse(put.name, response, upload.parts.clock.now().getTime());
  throw isStatus(error, 404, 410) ? sessionGone(upload, error) : error;
}

async function readResource(name: string, response: Response): Promise<ObjectResource> {
  try {
    return (await response.json()) as ObjectResource;
  } catch (error) {
    throw oddAnswer(name, "no object in its answer", error);
  }
}

/** First byte that the service does not have: no `Range` header means it has none. */
export function confirmedOffset(range: string | null): number {
  const last = /^bytes=0-(\d+)$/.exec(range ?? "")?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}

function sessionGone({ object }: ResumableUpload, cause: GoogleError): SessionGoneError {
  return new SessionGoneError({
    code: "UPLOAD_SESSION_GONE",
    message: `The upload of ${object.uri} was ended by the service (${cause.status}).`,
    hint: "Sessions live a week; run the step again to begin anew.",
    call: cause.call,
    status: cause.status,
    retryable: true,
    cause,
  });
}

function oddAnswer(call: string, what: string, cause?: unknown): GoogleError {
  return new GoogleError({
    code: "ODD_ANSWER",
    message: `${call}: ${what}.`,
    hint: "Run the step again: it goes on from what the service has.",
    call,
    status: null,
    retryable: true,
    reason: null,
    retryAfterMs: null,
    cause,
  });
}
