import { notImplemented } from "../google-identity/api-error.ts";
import type { BucketRecord, RetentionPolicy } from "./records.ts";
import { invalid } from "./storage-errors.ts";

type Body = Readonly<Record<string, unknown>>;

const knownFields = [
  "name",
  "location",
  "storageClass",
  "labels",
  "iamConfiguration",
  "retentionPolicy",
  "defaultEventBasedHold",
  "versioning",
  "softDeletePolicy",
];
const outputFields = ["kind", "id", "selfLink", "etag", "metageneration", "timeCreated", "updated"];

/** A bucket's fields that a request may set. */
export type BucketSettings = Partial<
  Pick<
    BucketRecord,
    | "location"
    | "storageClass"
    | "labels"
    | "uniformAccess"
    | "retentionPolicy"
    | "defaultEventBasedHold"
  >
> & { readonly removesRetention?: boolean; readonly removedLabels?: readonly string[] };

/**
 * Reads the fields of a bucket resource.
 *
 * @throws ApiError 501 for a field that the local storage does not implement, 400 for a wrong one
 */
export function parseBucketSettings(body: Body): BucketSettings {
  for (const field of Object.keys(body)) {
    if (knownFields.includes(field) || outputFields.includes(field)) continue;
    throw notImplemented(`The bucket field ${field}`);
  }
  const { versioning, softDeletePolicy } = body as Record<string, Body | null | undefined>;
  if (versioning?.["enabled"] === true) throw notImplemented("Object versioning");
  if (Number(softDeletePolicy?.["retentionDurationSeconds"] ?? 0) > 0) {
    throw notImplemented("Soft delete");
  }
  const { location, storageClass, defaultEventBasedHold } = body;
  return {
    ...(typeof location === "string" ? { location: location.toUpperCase() } : {}),
    ...(typeof storageClass === "string" ? { storageClass } : {}),
    ...(typeof defaultEventBasedHold === "boolean" ? { defaultEventBasedHold } : {}),
    ...parseLabels(body["labels"]),
    ...parseAccess(body["iamConfiguration"]),
    ...parseRetention(body["retentionPolicy"]),
  };
}

function parseLabels(value: unknown): BucketSettings {
  if (value === undefined || value === null) return {};
  const entries = Object.entries(value as Body);
  const set = entries.filter((entry): entry is [string, string] => typeof entry[1] === "string");
  const removed = entries.filter(([, label]) => label === null).map(([name]) => name);
  return { labels: Object.fromEntries(set), removedLabels: removed };
}

function parseAccess(value: unknown): BucketSettings {
  if (value === undefined || value === null) return {};
  const { uniformBucketLevelAccess, publicAccessPrevention, ...rest } = value as Record<
    string,
    unknown
  >;
  if (publicAccessPrevention === "enforced") throw notImplemented("Public access prevention");
  const unknown = Object.keys(rest).filter((field) => field !== "bucketPolicyOnly")[0];
  if (unknown !== undefined) throw notImplemented(`iamConfiguration.${unknown}`);
  const enabled = (uniformBucketLevelAccess as Body | undefined)?.["enabled"];
  return typeof enabled === "boolean" ? { uniformAccess: enabled } : {};
}

function parseRetention(value: unknown): BucketSettings {
  if (value === undefined) return {};
  if (value === null) return { removesRetention: true };
  const periodSeconds = Number((value as Body)["retentionPeriod"]);
  if (!Number.isInteger(periodSeconds) || periodSeconds < 1 || periodSeconds > 3_155_760_000) {
    throw invalid("Invalid retention period: expected 1 to 3155760000 seconds.");
  }
  const retentionPolicy: RetentionPolicy = {
    periodSeconds,
    effective: new Date().toISOString(),
    locked: false,
  };
  return { retentionPolicy };
}

/**
 * A bucket after a patch.
 *
 * @throws ApiError 400 when a locked retention policy would be shortened or removed
 */
export function applyBucketSettings(before: BucketRecord, settings: BucketSettings): BucketRecord {
  const { labels, removedLabels = [], removesRetention, retentionPolicy, ...rest } = settings;
  const merged = Object.entries({ ...before.labels, ...labels }).filter(
    ([name]) => !removedLabels.includes(name),
  );
  const locked = before.retentionPolicy?.locked === true ? before.retentionPolicy : undefined;
  const isShorter =
    removesRetention === true ||
    (retentionPolicy !== undefined && retentionPolicy.periodSeconds < (locked?.periodSeconds ?? 0));
  if (locked !== undefined && isShorter) {
    throw invalid("Cannot reduce retention duration of a locked Retention Policy for bucket.");
  }
  const { retentionPolicy: kept, labels: _labels, ...plain } = before;
  const policy = removesRetention === true ? undefined : (retentionPolicy ?? kept);
  return {
    ...plain,
    ...rest,
    ...(merged.length === 0 ? {} : { labels: Object.fromEntries(merged) }),
    ...(policy === undefined
      ? {}
      : { retentionPolicy: { ...policy, locked: locked !== undefined } }),
    metageneration: before.metageneration + 1,
    updated: new Date().toISOString(),
  };
}
