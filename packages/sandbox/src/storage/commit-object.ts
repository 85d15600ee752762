import { mkdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import type { ContentDigest } from "./content-writer.ts";
import type { DeclaredHashes } from "./object-settings.ts";
import { checkPreconditions, type Preconditions } from "./preconditions.ts";
import type { BucketRecord, ObjectRecord, ObjectSettings } from "./records.ts";
import { checkMayGo, checkRetentionChange } from "./retention.ts";
import type { StorageContext } from "./storage-context.ts";
import { invalid } from "./storage-errors.ts";

/** Bytes that have arrived, and what they are to become. */
export interface ObjectCandidate {
  readonly bucket: string;
  readonly name: string;
  readonly settings: ObjectSettings;
  readonly preconditions: Preconditions;
  /** File that holds the bytes; it is moved. */
  readonly path: string;
  readonly digest: Omit<ContentDigest, "md5"> & { readonly md5?: string };
  readonly declared: DeclaredHashes;
  readonly componentCount?: number;
  /** Called before an object is overwritten; throws when the caller may not delete. */
  readonly checkMayOverwrite: (bucket: BucketRecord) => void;
}

/**
 * Makes received bytes an object's live generation. One synchronous step from the preconditions to
 * the record on disk: of two writers that both ask for "none there", exactly one gets it.
 *
 * @throws ApiError 400 for a wrong checksum, 412 for an unmet precondition, 403 for what is kept
 */
export function commitObject({ store }: StorageContext, candidate: ObjectCandidate): ObjectRecord {
  checkHashes(candidate.digest, candidate.declared);
  const bucket = store.bucket(candidate.bucket);
  if (bucket === undefined) throw invalid("The bucket was deleted during the upload.");
  const before = store.object(bucket.name, candidate.name);
  checkPreconditions(candidate.preconditions, before);
  const now = new Date();
  if (before !== undefined) {
    candidate.checkMayOverwrite(bucket);
    checkMayGo(bucket, before, now);
  }
  const settings = withDefaults(candidate.settings, bucket);
  checkRetentionChange(bucket, { before: {}, after: settings, now }, false);
  const object: ObjectRecord = {
    name: candidate.name,
    bucket: bucket.name,
    generation: store.nextGeneration(),
    metageneration: 1,
    created: now.toISOString(),
    updated: now.toISOString(),
    ...candidate.digest,
    ...(candidate.componentCount === undefined ? {} : { componentCount: candidate.componentCount }),
    settings,
  };
  mkdirSync(dirname(store.contentPath(object)), { recursive: true });
  renameSync(candidate.path, store.contentPath(object));
  store.saveObject(object);
  return object;
}

function withDefaults(settings: ObjectSettings, bucket: BucketRecord): ObjectSettings {
  return {
    contentType: "application/octet-stream",
    ...(bucket.defaultEventBasedHold ? { eventBasedHold: true } : {}),
    ...settings,
  };
}

function checkHashes(
  { crc32c, md5 }: { readonly crc32c: string; readonly md5?: string },
  declared: DeclaredHashes,
): void {
  if (declared.crc32c !== undefined && declared.crc32c !== crc32c) {
    throw invalid(
      `Provided CRC32C "${declared.crc32c}" doesn't match calculated CRC32C "${crc32c}".`,
    );
  }
  if (declared.md5 !== undefined && md5 !== undefined && declared.md5 !== md5) {
    throw invalid(
      `Provided MD5 hash "${declared.md5}" doesn't match calculated MD5 hash "${md5}".`,
    );
  }
}

/**
 * Checks an object's name.
 *
 * @throws ApiError 400 for a name that Cloud Storage refuses
 */
export function checkObjectName(name: string | null | undefined): string {
  if (name === null || name === undefined || name === "")
    throw invalid("Required", { reason: "required" });
  const isTooLong = Buffer.byteLength(name) > 1024;
  const isForbidden = name === "." || name === ".." || /[\r\n]/.test(name);
  if (isTooLong || isForbidden || name.startsWith(".well-known/acme-challenge/")) {
    throw invalid(`Disallowed object name: ${JSON.stringify(name.slice(0, 80))}`);
  }
  return name;
}
