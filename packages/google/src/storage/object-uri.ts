import { posix } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { InputError } from "#core";

/** Where an object is. */
export type ObjectPlace =
  | { readonly kind: "gs"; readonly bucket: string; readonly name: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "https"; readonly url: string };

/**
 * Reads an object's URI. `gs://` names are taken letter by letter, as gcloud does: nothing in
 * them is decoded.
 *
 * @throws InputError for a scheme that is not supported and for a URI without a bucket
 */
export function parseObjectUri(uri: string): ObjectPlace {
  const gs = /^gs:\/\/([^/]*)(?:\/([\s\S]*))?$/.exec(uri);
  if (gs) return gsPlace(uri, gs[1] ?? "", gs[2] ?? "");
  if (uri.startsWith("file://")) return { kind: "file", path: filePath(uri) };
  if (/^https?:\/\//.test(uri)) return { kind: "https", url: uri };
  if (uri.startsWith("s3://")) {
    throw new InputError({
      code: "SCHEME_NOT_SUPPORTED",
      message: `${uri}: s3:// is not supported yet.`,
      hint: "Use gs://bucket/prefix or file:///folder.",
    });
  }
  throw new InputError({
    code: "INVALID_OBJECT_URI",
    message: `"${uri}" is not the URI of an object.`,
    hint: "Expected gs://bucket/name, file:///path or https://host/path.",
  });
}

function gsPlace(uri: string, bucket: string, name: string): ObjectPlace {
  if (/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/.test(bucket)) return { kind: "gs", bucket, name };
  throw new InputError({
    code: "INVALID_BUCKET_NAME",
    message: `"${bucket}" in ${uri} is not a bucket's name.`,
    hint: "A bucket's name has 3 to 222 lower-case letters, digits, dots, dashes and underscores, and starts and ends with a letter or digit.",
  });
}

function filePath(uri: string): string {
  try {
    return fileURLToPath(uri);
  } catch (cause) {
    throw new InputError({
      code: "INVALID_OBJECT_URI",
      message: `"${uri}" is not a file URI.`,
      hint: "Expected file:///absolute/path, with three slashes.",
      cause,
    });
  }
}

/** The URI of a place, as {@link parseObjectUri} reads it. */
export function formatObjectUri(place: ObjectPlace): string {
  switch (place.kind) {
    case "gs":
      return `gs://${place.bucket}/${place.name}`;
    case "file":
      return pathToFileURL(place.path).href;
    case "https":
      return place.url;
  }
}

/**
 * Refuses names that Cloud Storage refuses, that lead out of their prefix, or that gcloud would
 * read as a pattern.
 *
 * @throws InputError that names the rule
 */
export function checkObjectName(name: string): void {
  const fault = objectNameFault(name);
  if (fault === null) return;
  throw new InputError({
    code: "INVALID_OBJECT_NAME",
    message: `The object name ${JSON.stringify(name)} ${fault}.`,
    hint: "Rename the file, or change path-template.",
  });
}

function objectNameFault(name: string): string | null {
  if (name === "") return "is empty";
  const sizeBytes = Buffer.byteLength(name, "utf8");
  if (sizeBytes > 1024) return `has ${sizeBytes} bytes; Cloud Storage takes at most 1024`;
  if (!name.isWellFormed()) return "is not valid Unicode";
  if (hasControlCharacter(name)) return "has a control character in it";
  if (name.startsWith(".well-known/acme-challenge/")) {
    return "starts with .well-known/acme-challenge/, which Cloud Storage refuses";
  }
  if (name.startsWith("/")) return "starts with a slash";
  if (/[*?[\]#]/.test(name)) return "has one of * ? [ ] # in it, which tools read as a pattern";
  const segments = name.split("/");
  if (segments.some((segment) => segment === "." || segment === "..")) {
    return 'has a "." or ".." between slashes, which leads out of its folder';
  }
  if (segments.slice(0, -1).includes("") || segments.at(-1) === "") {
    return "has an empty part between slashes";
  }
  return null;
}

function hasControlCharacter(name: string): boolean {
  for (const character of name) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return true;
  }
  return false;
}

/** Whether the last part of a URI or name is a pattern. */
export function isGlob(name: string): boolean {
  return /[*?[\]{}]/.test(name);
}

/** The longest prefix of a glob that is plain text: what a listing can be narrowed to. */
export function globPrefix(pattern: string): string {
  const at = pattern.search(/[*?[\]{}]/);
  return at === -1 ? pattern : pattern.slice(0, at);
}

/** Whether `name` matches a glob, with `*` staying inside a folder and `**` crossing them. */
export function matchesGlob(name: string, pattern: string): boolean {
  return posix.matchesGlob(name, pattern);
}
