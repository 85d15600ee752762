import { isStatus } from "../remote-errors.ts";
import { objectUrl, type GcsObject, type GcsParts } from "./gcs-api.ts";
import { explainStorageError, noSuchObject } from "./object-errors.ts";
import type { ReadOptions } from "./object-store.ts";
import { rangeHeader, readResuming } from "./resuming-read.ts";

/** Streams an object of Cloud Storage, all from one generation. */
export function readGcsObject(
  parts: GcsParts,
  object: GcsObject,
  { range, signal }: ReadOptions = {},
): AsyncIterable<Uint8Array> {
  return readResuming({
    label: object.uri,
    range,
    signal,
    clock: parts.clock,
    random: parts.random,
    retryPolicy: parts.retryPolicy,
    canResume: (first) =>
      first.headers.has("x-goog-generation") &&
      (first.headers.get("x-goog-stored-content-encoding") ?? "identity") === "identity",
    expectedCrc32c: crc32cOfAnswer,
    async open(start, first) {
      const generation = first?.headers.get("x-goog-generation");
      try {
        return await parts.transport.send({
          name: `GET ${object.uri}`,
          method: "GET",
          url: objectUrl(parts, object, {
            alt: "media",
            ...(generation ? { generation } : {}),
          }),
          headers: { "accept-encoding": "identity", ...rangeHeader(start, range) },
          repeat: "safe",
          signal,
        });
      } catch (error) {
        const explained = explainStorageError(error, object.uri);
        throw isStatus(explained, 404) ? noSuchObject(object.uri) : explained;
      }
    },
  });
}

function crc32cOfAnswer(first: Response): string | null {
  // Cloud Storage unpacks gzip on the way: then the checksum is of other bytes.
  if ((first.headers.get("x-goog-stored-content-encoding") ?? "identity") !== "identity") {
    return null;
  }
  return /crc32c=([A-Za-z0-9+/=]+)/.exec(first.headers.get("x-goog-hash") ?? "")?.[1] ?? null;
}
