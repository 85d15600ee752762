import type { Clock } from "#core";
import { isStatus } from "../remote-errors.ts";
import type { RetryPolicy } from "../retry.ts";
import type { Transport } from "../transport.ts";
import type { Digests } from "./digests.ts";
import { explainStorageError } from "./object-errors.ts";
import type { ObjectAttributes, ObjectFacts } from "./object-store.ts";

/** An object as the Cloud Storage JSON API gives it; numbers of 64 bits are strings. */
export interface ObjectResource {
  readonly bucket: string;
  readonly name: string;
  readonly size: string;
  readonly generation: string;
  readonly crc32c?: string;
  readonly contentType?: string;
  readonly updated?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What the Cloud Storage adapter works with. */
export interface GcsParts {
  readonly transport: Transport;
  readonly endpoint: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly retryPolicy: RetryPolicy;
  /** Project to bill for buckets whose requester pays. */
  readonly userProject: string | undefined;
  /** Files larger than this are uploaded resumably. */
  readonly resumableAboveBytes: number;
  /** Bytes a request of a resumable upload; a multiple of 256 KiB. */
  readonly chunkBytes: number;
}

/** A bucket and a name in it. */
export interface GcsObject {
  readonly uri: string;
  readonly bucket: string;
  readonly name: string;
}

/** The key of the custom metadata that holds an object's sha256, in hex. */
export const sha256Key = "sha256";

/** Facts of a resource. */
export function factsOfResource(resource: ObjectResource): ObjectFacts {
  const hex = resource.metadata?.[sha256Key];
  return {
    uri: `gs://${resource.bucket}/${resource.name}`,
    bytes: Number(resource.size),
    generation: resource.generation,
    crc32c: resource.crc32c ?? null,
    sha256: hex !== undefined && /^[0-9a-f]{64}$/.test(hex) ? `sha256:${hex}` : null,
    contentType: resource.contentType ?? null,
    updated: resource.updated ?? null,
    metadata: resource.metadata ?? {},
  };
}

/** The metadata to create an object with: its digests, so that the service refuses other bytes. */
export function metadataToCreate(
  name: string,
  digests: Digests,
  attributes: ObjectAttributes = {},
): Readonly<Record<string, unknown>> {
  return {
    name,
    crc32c: digests.crc32c,
    contentType: attributes.contentType ?? "application/octet-stream",
    metadata: { ...attributes.metadata, [sha256Key]: digests.sha256.slice("sha256:".length) },
    ...(attributes.cacheControl === undefined ? {} : { cacheControl: attributes.cacheControl }),
    ...(attributes.hold === "temporary" ? { temporaryHold: true } : {}),
    ...(attributes.hold === "event-based" ? { eventBasedHold: true } : {}),
    ...(attributes.retainUntil === undefined
      ? {}
      : {
          retention: { mode: "Unlocked", retainUntilTime: attributes.retainUntil.toISOString() },
        }),
  };
}

/** URL of a bucket's objects, for listings, with the query. */
export function objectsUrl(
  parts: GcsParts,
  bucket: string,
  query: Readonly<Record<string, string>>,
): string {
  return withQuery(`${parts.endpoint}/storage/v1/b/${encodeURIComponent(bucket)}/o`, parts, query);
}

/** URL of one object. */
export function objectUrl(
  parts: GcsParts,
  { bucket, name }: GcsObject,
  query: Readonly<Record<string, string>> = {},
): string {
  const path = `/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(name)}`;
  return withQuery(`${parts.endpoint}${path}`, parts, query);
}

/** URL that takes uploads to a bucket. */
export function uploadUrl(
  parts: GcsParts,
  bucket: string,
  query: Readonly<Record<string, string>>,
): string {
  const path = `/upload/storage/v1/b/${encodeURIComponent(bucket)}/o`;
  return withQuery(`${parts.endpoint}${path}`, parts, query);
}

function withQuery(
  url: string,
  { userProject }: GcsParts,
  query: Readonly<Record<string, string>>,
): string {
  const all = new URLSearchParams({
    ...query,
    ...(userProject === undefined ? {} : { userProject }),
  }).toString();
  return all === "" ? url : `${url}?${all}`;
}

/** An object's metadata, or `null` when there is no such object. */
export async function getObject(
  parts: GcsParts,
  object: GcsObject,
  signal?: AbortSignal,
): Promise<ObjectResource | null> {
  try {
    return await parts.transport.json<ObjectResource>({
      name: `GET ${object.uri}`,
      method: "GET",
      url: objectUrl(parts, object),
      repeat: "safe",
      signal,
    });
  } catch (error) {
    const explained = explainStorageError(error, object.uri);
    if (isStatus(explained, 404)) return null;
    throw explained;
  }
}

interface ObjectPage {
  readonly items?: readonly ObjectResource[];
  readonly nextPageToken?: string;
}

/** Every object of a bucket under a prefix, page by page. */
export async function* listObjects(
  parts: GcsParts,
  { uri, bucket, name: prefix }: GcsObject,
  signal?: AbortSignal,
): AsyncGenerator<ObjectResource> {
  let pageToken: string | undefined;
  do {
    const page: ObjectPage = await parts.transport
      .json<ObjectPage>({
        name: `LIST ${uri}`,
        method: "GET",
        url: objectsUrl(parts, bucket, {
          prefix,
          ...(pageToken === undefined ? {} : { pageToken }),
        }),
        repeat: "safe",
        signal,
      })
      .catch((error: unknown) => {
        throw explainStorageError(error, uri);
      });
    yield* page.items ?? [];
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined && pageToken !== "");
}
