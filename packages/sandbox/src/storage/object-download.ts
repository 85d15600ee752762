import { createReadStream } from "node:fs";
import type { IncomingMessage } from "node:http";
import { createGunzip } from "node:zlib";
import { ApiError } from "../google-identity/api-error.ts";
import type { ApiReply } from "../google-identity/api-server.ts";
import { parseRange } from "./content-range.ts";
import { objectEtag, type ObjectRecord } from "./records.ts";
import type { StorageContext } from "./storage-context.ts";

/**
 * The bytes of an object, or the range of them that the request asks for. An object kept gzipped
 * goes out unzipped to who does not accept gzip, as at Cloud Storage.
 *
 * @throws ApiError 416 when the range lies outside
 */
export function openDownload(
  { store }: StorageContext,
  object: ObjectRecord,
  { headers }: IncomingMessage,
): ApiReply {
  const path = store.contentPath(object);
  const { settings } = object;
  const common = contentHeaders(object);
  const acceptsGzip = /\bgzip\b/.test(headers["accept-encoding"] ?? "");
  if (settings.contentEncoding === "gzip" && !acceptsGzip) {
    const body = createReadStream(path).pipe(createGunzip());
    return { kind: "bytes", status: 200, headers: { ...common, ...unzippedHeaders }, body };
  }
  const encoded = {
    ...common,
    ...(settings.contentEncoding === undefined
      ? {}
      : { "content-encoding": settings.contentEncoding }),
    "accept-ranges": "bytes",
  };
  const range = parseRange(headers.range, object.sizeBytes);
  switch (range.kind) {
    case "unsatisfiable":
      throw new ApiError("OUT_OF_RANGE", "The requested range cannot be satisfied.", {
        code: 416,
        reason: "requestedRangeNotSatisfiable",
        headers: { "content-range": `bytes */${object.sizeBytes}` },
      });
    case "whole":
      return {
        kind: "bytes",
        status: 200,
        headers: { ...encoded, "content-length": String(object.sizeBytes) },
        body: createReadStream(path),
      };
    case "part":
      return {
        kind: "bytes",
        status: 206,
        headers: {
          ...encoded,
          "content-length": String(range.end - range.start + 1),
          "content-range": `bytes ${range.start}-${range.end}/${object.sizeBytes}`,
        },
        body: createReadStream(path, { start: range.start, end: range.end }),
      };
  }
}

const unzippedHeaders = { warning: "214 UploadServer gunzipped" };

function contentHeaders(object: ObjectRecord): Record<string, string> {
  const { settings } = object;
  const md5 = object.md5 === undefined ? "" : `,md5=${object.md5}`;
  const optional: readonly (readonly [string, string | undefined])[] = [
    ["cache-control", settings.cacheControl],
    ["content-disposition", settings.contentDisposition],
    ["content-language", settings.contentLanguage],
  ];
  return {
    "content-type": settings.contentType ?? "application/octet-stream",
    etag: objectEtag(object),
    "last-modified": new Date(object.updated).toUTCString(),
    "x-goog-generation": object.generation,
    "x-goog-metageneration": String(object.metageneration),
    "x-goog-hash": `crc32c=${object.crc32c}${md5}`,
    "x-goog-storage-class": settings.storageClass ?? "STANDARD",
    "x-goog-stored-content-encoding": settings.contentEncoding ?? "identity",
    "x-goog-stored-content-length": String(object.sizeBytes),
    ...Object.fromEntries(optional.filter(([, value]) => value !== undefined)),
  };
}
