import { randomUUID } from "node:crypto";
import { isStatus, judgeRetry, type GoogleError } from "../remote-errors.ts";
import { withRetries } from "../retry.ts";
import { digestStream, type Digests } from "./digests.ts";
import {
  factsOfResource,
  getObject,
  metadataToCreate,
  uploadUrl,
  type GcsObject,
  type GcsParts,
  type ObjectResource,
} from "./gcs-api.ts";
import { readGcsObject } from "./gcs-read.ts";
import { isSessionGone, uploadResumably } from "./gcs-resumable.ts";
import {
  differentObject,
  explainStorageError,
  isAmbiguous,
  noRightToCompare,
} from "./object-errors.ts";
import type {
  CreateOptions,
  Created,
  ObjectAttributes,
  ObjectFacts,
  ObjectSource,
  SwapOptions,
  Swapped,
} from "./object-store.ts";
import { openSource, readWhole, type OpenedSource } from "./source.ts";

/**
 * Stores an object that is not there yet. Whatever an upload ends with, the object's metadata
 * decide: an equal object is success, because a lost last answer looks like any other error.
 */
export async function createGcsObject(
  parts: GcsParts,
  object: GcsObject,
  { source, options }: { readonly source: ObjectSource; readonly options: CreateOptions },
): Promise<Created> {
  const opened = await openSource(source, options.sha256);
  const upload: Upload = { parts, object, source: opened, options, mayHaveLanded: false };
  const created =
    opened.bytes > parts.resumableAboveBytes
      ? await createResumably(upload)
      : await createAtOnce(upload);
  await opened.verifyUnchanged();
  options.onProgress?.({
    uri: object.uri,
    confirmedBytes: opened.bytes,
    totalBytes: opened.bytes,
  });
  return created;
}

interface Upload {
  readonly parts: GcsParts;
  readonly object: GcsObject;
  readonly source: OpenedSource;
  readonly options: CreateOptions;
  /** Set once an attempt of ours ended without an answer. */
  mayHaveLanded: boolean;
}

async function createAtOnce(upload: Upload): Promise<Created> {
  const { parts, object, source, options } = upload;
  const media = await readWhole(source);
  const metadata = metadataToCreate(object.name, source, options.attributes);
  return await withRetries(
    { ...parts, policy: parts.retryPolicy, signal: options.signal, judge: judgeRetry },
    () =>
      settle(upload, () =>
        uploadAtOnce(parts, object, {
          media,
          metadata,
          generationMatch: "0",
          signal: options.signal,
        }),
      ),
  );
}

/** A session that ends under our hands is opened anew this often. */
const mostSessions = 3;

async function createResumably(upload: Upload): Promise<Created> {
  for (let session = 1; ; session += 1) {
    try {
      const created = await settle(upload, () => uploadResumably(upload, session === 1));
      upload.options.onState?.(null);
      return created;
    } catch (error) {
      if (!isSessionGone(error) || session === mostSessions) throw error;
    }
  }
}

/** Makes one attempt and lets the stored object decide what became of it. */
async function settle(upload: Upload, attempt: () => Promise<ObjectResource>): Promise<Created> {
  const { object, source, options } = upload;
  try {
    const resource = await attempt();
    return outcome("created", object, source, resource.generation);
  } catch (error) {
    options.signal?.throwIfAborted();
    const found = await outcomeAfter(upload, error);
    if (found !== null) return found;
    throw explainStorageError(error, object.uri);
  }
}

async function outcomeAfter(upload: Upload, error: unknown): Promise<Created | null> {
  const { parts, object, source, options } = upload;
  upload.mayHaveLanded ||= isAmbiguous(error) || isSessionGone(error);
  const existing = await getObject(parts, object, options.signal).catch((cause: unknown) => {
    if (isStatus(error, 412) && isStatus(cause, 403)) throw noRightToCompare(object.uri, cause);
    return null;
  });
  if (existing === null) return null;
  const facts = await withSha256(upload, factsOfResource(existing));
  if (!isEqual(facts, source)) throw differentObject(object.uri, facts, source);
  return outcome(upload.mayHaveLanded ? "created" : "identical", object, source, facts.generation);
}

function outcome(
  kind: Created["kind"],
  { uri }: GcsObject,
  { bytes, crc32c, sha256 }: Digests,
  generation: string,
): Created {
  return { kind, uri, generation, bytes, crc32c, sha256 };
}

function isEqual(facts: ObjectFacts, wanted: Digests): boolean {
  return (
    facts.bytes === wanted.bytes && facts.crc32c === wanted.crc32c && facts.sha256 === wanted.sha256
  );
}

/** Reads an object that somebody else stored without a sha256, if all else about it is equal. */
async function withSha256(
  { parts, object, source, options }: Upload,
  facts: ObjectFacts,
): Promise<ObjectFacts> {
  const couldBeEqual = facts.bytes === source.bytes && facts.crc32c === source.crc32c;
  if (facts.sha256 !== null || !couldBeEqual) return facts;
  const { sha256 } = await digestStream(
    readGcsObject(parts, object, options.signal === undefined ? {} : { signal: options.signal }),
  );
  return { ...facts, sha256 };
}

interface AtOnce {
  readonly media: Uint8Array;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly generationMatch: string;
  readonly signal: AbortSignal | undefined;
}

/** Metadata and bytes in one request; the service stores both or nothing. */
async function uploadAtOnce(
  parts: GcsParts,
  object: GcsObject,
  { media, metadata, generationMatch, signal }: AtOnce,
): Promise<ObjectResource> {
  const boundary = `slipway-${randomUUID()}`;
  const body = Buffer.concat([
    Buffer.from(
      `--${boundary}\r\ncontent-type: application/json; charset=utf-8\r\n\r\n${JSON.stringify(metadata)}\r\n` +
        `--${boundary}\r\ncontent-type: ${String(metadata["contentType"])}\r\n\r\n`,
    ),
    media,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  return await parts.transport.json<ObjectResource>({
    name: `POST ${object.uri}`,
    method: "POST",
    url: uploadUrl(parts, object.bucket, {
      uploadType: "multipart",
      name: object.name,
      ifGenerationMatch: generationMatch,
    }),
    headers: { "content-type": `multipart/related; boundary=${boundary}` },
    body: () => body,
    repeat: "once",
    timeoutMs: 300_000,
    signal,
  });
}

/** Replaces an object only if it still has the expected generation. */
export async function swapGcsObject(
  parts: GcsParts,
  object: GcsObject,
  { bytes, swap }: { readonly bytes: Uint8Array; readonly swap: SwapOptions },
): Promise<Swapped> {
  const source = await openSource({ bytes }, undefined);
  const attributes: ObjectAttributes = swap.attributes ?? {};
  let mayHaveLanded = false;
  return await withRetries(
    { ...parts, policy: parts.retryPolicy, signal: swap.signal, judge: judgeRetry },
    async () => {
      try {
        const resource = await uploadAtOnce(parts, object, {
          media: bytes,
          metadata: metadataToCreate(object.name, source, attributes),
          generationMatch: swap.expectedGeneration,
          signal: swap.signal,
        });
        return { kind: "swapped", generation: resource.generation };
      } catch (error) {
        swap.signal?.throwIfAborted();
        mayHaveLanded ||= isAmbiguous(error);
        if (!isStatus(error, 412) && !mayHaveLanded) throw explainStorageError(error, object.uri);
        return await swapOutcomeAfter(error as GoogleError, {
          parts,
          object,
          source,
          swap,
          mayHaveLanded,
        });
      }
    },
  );
}

interface SwapAttempt {
  readonly parts: GcsParts;
  readonly object: GcsObject;
  readonly source: Digests;
  readonly swap: SwapOptions;
  readonly mayHaveLanded: boolean;
}

async function swapOutcomeAfter(error: GoogleError, attempt: SwapAttempt): Promise<Swapped> {
  const { parts, object, source, swap, mayHaveLanded } = attempt;
  const existing = await readToCompare(parts, object, swap.signal);
  const generation = existing?.generation ?? "0";
  // Still what it was: the attempt has done nothing, so it may be repeated.
  if (generation === swap.expectedGeneration) throw explainStorageError(error, object.uri);
  const ours = mayHaveLanded && existing !== null && isEqual(factsOfResource(existing), source);
  return { kind: ours ? "swapped" : "conflict", generation };
}

async function readToCompare(
  parts: GcsParts,
  object: GcsObject,
  signal: AbortSignal | undefined,
): Promise<ObjectResource | null> {
  try {
    return await getObject(parts, object, signal);
  } catch (error) {
    throw isStatus(error, 403) ? noRightToCompare(object.uri, error) : error;
  }
}
