import { notImplemented } from "../google-identity/api-error.ts";
import type { ObjectRetention, ObjectSettings } from "./records.ts";
import { invalid } from "./storage-errors.ts";

const textFields = [
  "contentType",
  "contentEncoding",
  "contentDisposition",
  "contentLanguage",
  "cacheControl",
] as const;
const holdFields = ["temporaryHold", "eventBasedHold"] as const;
const storageClasses = ["STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE"];

/** Fields that the service sets and that it ignores when a writer sends them. */
const outputFields = [
  "kind id selfLink mediaLink name bucket generation metageneration size md5Hash crc32c etag",
  "timeCreated updated timeStorageClassUpdated timeFinalized componentCount",
  "retentionExpirationTime",
].flatMap((line) => line.split(" "));

const knownFields: ReadonlySet<string> = new Set([
  ...outputFields,
  ...textFields,
  ...holdFields,
  "customTime",
  "metadata",
  "storageClass",
  "retention",
]);

/** What a writer says of an object beside its bytes. */
export interface ObjectDraft {
  readonly name?: string;
  readonly settings: ObjectSettings;
  /** Checksums that the bytes must turn out to have, base64. */
  readonly declared: DeclaredHashes;
}

/** Checksums declared by the sender. */
export interface DeclaredHashes {
  readonly crc32c?: string;
  readonly md5?: string;
}

type Body = Readonly<Record<string, unknown>>;
type Growing<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Reads an object resource sent with an upload.
 *
 * @throws ApiError 400 for an unknown field or a wrong type, 501 for one that is not implemented
 */
export function parseObjectDraft(body: Body): ObjectDraft {
  const settings = applySettings({}, body);
  const read = (field: string): string | undefined => {
    const value = body[field];
    if (value === undefined || typeof value === "string") return value;
    throw invalid(`Invalid value for field "${field}".`);
  };
  const [name, crc32c, md5] = [read("name"), read("crc32c"), read("md5Hash")];
  return {
    ...(name === undefined ? {} : { name }),
    settings,
    declared: {
      ...(crc32c === undefined ? {} : { crc32c }),
      ...(md5 === undefined ? {} : { md5 }),
    },
  };
}

/**
 * Settings after a patch: a field that is `null` is taken away, one that is absent stays; so for
 * each key of `metadata`.
 */
export function applySettings(before: ObjectSettings, patch: Body): ObjectSettings {
  refuseUnknown(patch);
  const after: Growing<ObjectSettings> = { ...before };
  for (const field of textFields) {
    const value = patch[field];
    if (value === null) delete after[field];
    else if (typeof value === "string") after[field] = value;
    else if (value !== undefined) throw invalid(`Invalid value for field "${field}".`);
  }
  for (const field of holdFields) {
    const value = patch[field];
    if (value === null) delete after[field];
    else if (typeof value === "boolean") after[field] = value;
    else if (value !== undefined) throw invalid(`Invalid value for field "${field}".`);
  }
  applyCustomTime(after, patch["customTime"]);
  applyMetadata(after, patch["metadata"]);
  applyStorageClass(after, patch["storageClass"]);
  applyRetention(after, patch["retention"]);
  return after;
}

function refuseUnknown(body: Body): void {
  const unknown = Object.keys(body).find((field) => !knownFields.has(field));
  if (unknown === undefined) return;
  if (["acl", "owner", "contexts", "kmsKeyName", "customerEncryption"].includes(unknown)) {
    throw notImplemented(`The object field ${unknown}`);
  }
  throw invalid(`Invalid JSON payload received. Unknown name "${unknown}": Cannot find field.`);
}

function applyCustomTime(after: Growing<ObjectSettings>, value: unknown): void {
  if (value === undefined) return;
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) throw invalid('Invalid value for field "customTime".');
  if (after.customTime !== undefined && time < Date.parse(after.customTime)) {
    throw invalid("Custom time cannot be removed or set to an earlier time.");
  }
  after.customTime = new Date(time).toISOString();
}

function applyMetadata(after: Growing<ObjectSettings>, value: unknown): void {
  if (value === undefined) return;
  if (value === null) {
    delete after.metadata;
    return;
  }
  if (typeof value !== "object") throw invalid('Invalid value for field "metadata".');
  const merged: Record<string, string> = { ...after.metadata };
  for (const [key, text] of Object.entries(value)) {
    if (text === null) delete merged[key];
    else if (typeof text === "string") merged[key] = text;
    else throw invalid(`Invalid value for field "metadata.${key}": expected a string.`);
  }
  if (Object.keys(merged).length === 0) delete after.metadata;
  else after.metadata = merged;
}

function applyStorageClass(after: Growing<ObjectSettings>, value: unknown): void {
  if (value === undefined) return;
  if (typeof value !== "string" || !storageClasses.includes(value)) {
    throw invalid(`Invalid storage class: ${JSON.stringify(value)}.`);
  }
  after.storageClass = value;
}

function applyRetention(after: Growing<ObjectSettings>, value: unknown): void {
  if (value === undefined) return;
  if (value === null) {
    delete after.retention;
    return;
  }
  const { mode, retainUntilTime } = value as Record<string, unknown>;
  const until = typeof retainUntilTime === "string" ? Date.parse(retainUntilTime) : Number.NaN;
  if ((mode !== "Locked" && mode !== "Unlocked") || Number.isNaN(until)) {
    throw invalid('Invalid value for field "retention": expected mode and retainUntilTime.');
  }
  const retention: ObjectRetention = { mode, retainUntilTime: new Date(until).toISOString() };
  after.retention = retention;
}

/** The checksums in an `x-goog-hash` header: `crc32c=…,md5=…`. */
export function parseHashHeader(header: string | readonly string[] | undefined): DeclaredHashes {
  const text = typeof header === "string" ? header : (header ?? []).join(",");
  const pairs = text.split(",").flatMap((part): [string, string][] => {
    const [, name, value] = /^\s*(crc32c|md5)=(.+?)\s*$/.exec(part) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(pairs);
}
