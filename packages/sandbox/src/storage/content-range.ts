import { invalid } from "./storage-errors.ts";

/** What a `Content-Range` header of a resumable upload says. */
export type ContentRange =
  /** A star in place of the range: how much has arrived? */
  | { readonly kind: "query"; readonly totalBytes?: number }
  | {
      readonly kind: "bytes";
      readonly start: number;
      /** Last byte; absent when the body's end is the end. */
      readonly end?: number;
      readonly totalBytes?: number;
    };

/**
 * Reads the `Content-Range` of a resumable upload's request; none at all is everything from 0.
 *
 * @throws ApiError 400 when it is malformed
 */
export function parseContentRange(header: string | undefined): ContentRange {
  if (header === undefined) return { kind: "bytes", start: 0 };
  const match = /^bytes (?:(\*)|(\d+)-(\d+|\*))\/(\d+|\*)$/.exec(header);
  if (match === null) throw invalid(`Failed to parse Content-Range header: ${header}`);
  const [, star, start, end, total] = match;
  const totalBytes = total === "*" ? {} : { totalBytes: Number(total) };
  if (star !== undefined) return { kind: "query", ...totalBytes };
  const range = {
    kind: "bytes" as const,
    start: Number(start),
    ...(end === "*" ? {} : { end: Number(end) }),
    ...totalBytes,
  };
  const isBackwards = range.end !== undefined && range.end < range.start;
  if (isBackwards || (range.end ?? 0) >= (totalBytes.totalBytes ?? Number.POSITIVE_INFINITY)) {
    throw invalid(`Invalid Content-Range header: ${header}`);
  }
  return range;
}

/** A byte range of a download. */
export type DownloadRange =
  | { readonly kind: "whole" }
  | { readonly kind: "part"; readonly start: number; readonly end: number }
  | { readonly kind: "unsatisfiable" };

/**
 * The part of `sizeBytes` bytes that a `Range` header asks for; several at once, or another unit,
 * are answered with the whole, as RFC 9110 allows.
 */
export function parseRange(header: string | undefined, sizeBytes: number): DownloadRange {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  const [, first = "", last = ""] = match ?? [];
  if (match === null || (first === "" && last === "")) return { kind: "whole" };
  if (first === "") {
    const length = Math.min(Number(last), sizeBytes);
    if (length === 0) return { kind: "unsatisfiable" };
    return { kind: "part", start: sizeBytes - length, end: sizeBytes - 1 };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return { kind: "whole" };
  if (start >= sizeBytes) return { kind: "unsatisfiable" };
  return {
    kind: "part",
    start,
    end: last === "" ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1),
  };
}
