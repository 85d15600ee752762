import type { Binding } from "../google-identity/iam-policy.ts";

/** A bucket as the local storage keeps it. */
export interface BucketRecord {
  readonly name: string;
  readonly projectNumber: string;
  readonly metageneration: number;
  readonly created: string;
  readonly updated: string;
  readonly location: string;
  readonly storageClass: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly uniformAccess: boolean;
  readonly retentionPolicy?: RetentionPolicy;
  /** Whether objects may carry a retention of their own. */
  readonly objectRetention: boolean;
  readonly defaultEventBasedHold: boolean;
  readonly bindings: readonly Binding[];
}

/** A bucket's retention policy. */
export interface RetentionPolicy {
  readonly periodSeconds: number;
  readonly effective: string;
  readonly locked: boolean;
}

/** What a writer may say of an object. */
export interface ObjectSettings {
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly contentDisposition?: string;
  readonly contentLanguage?: string;
  readonly cacheControl?: string;
  readonly customTime?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly temporaryHold?: boolean;
  readonly eventBasedHold?: boolean;
  readonly retention?: ObjectRetention;
  readonly storageClass?: string;
}

/** How long one object is kept whatever anybody wants. */
export interface ObjectRetention {
  readonly mode: "Unlocked" | "Locked";
  readonly retainUntilTime: string;
}

/** An object's live generation as the local storage keeps it. */
export interface ObjectRecord {
  readonly name: string;
  readonly bucket: string;
  /** Microseconds since 1970, as a decimal number. */
  readonly generation: string;
  readonly metageneration: number;
  readonly created: string;
  readonly updated: string;
  readonly sizeBytes: number;
  /** Base64. */
  readonly crc32c: string;
  /** Base64; absent for a composed object. */
  readonly md5?: string;
  readonly componentCount?: number;
  readonly settings: ObjectSettings;
  /** When an event-based hold was last lifted: a retention period counts from there. */
  readonly holdLifted?: string;
}

/** When the bucket's retention policy lets go of an object, or `undefined` when it has no date. */
export function retentionExpiry(
  bucket: BucketRecord,
  object: Pick<ObjectRecord, "created" | "holdLifted" | "settings">,
): Date | undefined {
  if (bucket.retentionPolicy === undefined || object.settings.eventBasedHold === true) {
    return undefined;
  }
  const from = Date.parse(object.holdLifted ?? object.created);
  return new Date(from + bucket.retentionPolicy.periodSeconds * 1000);
}

/** The `storage#bucket` resource. */
export function renderBucket(bucket: BucketRecord, url: string): Record<string, unknown> {
  const { retentionPolicy } = bucket;
  return {
    kind: "storage#bucket",
    id: bucket.name,
    name: bucket.name,
    selfLink: `${url}/storage/v1/b/${bucket.name}`,
    projectNumber: bucket.projectNumber,
    metageneration: String(bucket.metageneration),
    location: bucket.location,
    locationType: /^(US|EU|ASIA)$/.test(bucket.location) ? "multi-region" : "region",
    storageClass: bucket.storageClass,
    etag: encodeEtag(String(bucket.metageneration)),
    timeCreated: bucket.created,
    updated: bucket.updated,
    iamConfiguration: {
      uniformBucketLevelAccess: { enabled: bucket.uniformAccess },
      publicAccessPrevention: "inherited",
    },
    ...(bucket.labels === undefined ? {} : { labels: bucket.labels }),
    ...(bucket.defaultEventBasedHold ? { defaultEventBasedHold: true } : {}),
    ...(bucket.objectRetention ? { objectRetention: { mode: "Enabled" } } : {}),
    ...(retentionPolicy === undefined
      ? {}
      : {
          retentionPolicy: {
            retentionPeriod: String(retentionPolicy.periodSeconds),
            effectiveTime: retentionPolicy.effective,
            ...(retentionPolicy.locked ? { isLocked: true } : {}),
          },
        }),
  };
}

/** The `storage#object` resource. */
export function renderObject(
  object: ObjectRecord,
  bucket: BucketRecord,
  url: string,
): Record<string, unknown> {
  const { settings, generation } = object;
  const path = `${url}/storage/v1/b/${object.bucket}/o/${encodeURIComponent(object.name)}`;
  const download = `${url}/download/storage/v1/b/${object.bucket}/o/${encodeURIComponent(object.name)}`;
  const expiry = retentionExpiry(bucket, object);
  const { storageClass = bucket.storageClass, ...rest } = settings;
  return {
    kind: "storage#object",
    id: `${object.bucket}/${object.name}/${generation}`,
    selfLink: path,
    mediaLink: `${download}?generation=${generation}&alt=media`,
    name: object.name,
    bucket: object.bucket,
    generation,
    metageneration: String(object.metageneration),
    storageClass,
    size: String(object.sizeBytes),
    ...(object.md5 === undefined ? {} : { md5Hash: object.md5 }),
    crc32c: object.crc32c,
    etag: objectEtag(object),
    timeCreated: object.created,
    updated: object.updated,
    timeStorageClassUpdated: object.created,
    timeFinalized: object.created,
    ...(object.componentCount === undefined ? {} : { componentCount: object.componentCount }),
    ...(expiry === undefined ? {} : { retentionExpirationTime: expiry.toISOString() }),
    ...rest,
  };
}

/** An object's etag: it changes with its content and with its metadata. */
export function objectEtag(object: ObjectRecord): string {
  return encodeEtag(`${object.generation}/${object.metageneration}`);
}

function encodeEtag(text: string): string {
  return Buffer.from(text).toString("base64");
}
