import type { IncomingMessage } from "node:http";
import type { Authenticate, Caller } from "../google-identity/access-control.ts";
import { ApiError } from "../google-identity/api-error.ts";
import type { ObjectStore } from "./object-store.ts";
import type { BucketRecord, ObjectRecord } from "./records.ts";
import { noSuchObject } from "./storage-errors.ts";

/** What the storage routes work on. */
export interface StorageContext {
  readonly store: ObjectStore;
  readonly projectNumber: string;
  /** Base URL of the service, known once it listens. */
  url(): string;
  readonly authenticate: Authenticate;
}

/**
 * Checks one permission of a caller.
 *
 * @throws ApiError 403 (401 for an anonymous caller) that names the permission
 */
export function requirePermission(
  caller: Caller,
  permission: string,
  bucket: Pick<BucketRecord, "bindings"> | undefined,
): void {
  if (caller.may(permission, bucket?.bindings ?? [])) return;
  const kind = permission.split(".")[1] === "objects" ? "object" : "bucket";
  const isAnonymous = caller.principal === undefined;
  const who = caller.principal?.email ?? "Anonymous caller";
  throw new ApiError(
    isAnonymous ? "UNAUTHENTICATED" : "PERMISSION_DENIED",
    `${who} does not have ${permission} access to the Google Cloud Storage ${kind}. Permission '${permission}' denied on resource (or it may not exist).`,
    isAnonymous
      ? { headers: { "www-authenticate": 'Bearer realm="https://accounts.google.com/"' } }
      : {},
  );
}

/** A bucket, its caller and what the caller may do there. */
export interface OpenBucket {
  readonly bucket: BucketRecord;
  readonly caller: Caller;
}

/**
 * The bucket a request is about, once its caller is known to have a permission on it.
 *
 * @throws ApiError 401, 403 or 404
 */
export async function openBucket(
  context: StorageContext,
  incoming: IncomingMessage,
  wanted: { readonly name: string | undefined; readonly permission: string },
): Promise<OpenBucket> {
  const caller = await context.authenticate(incoming);
  return { bucket: requireBucket(context, caller, wanted), caller };
}

/** The bucket of that name, when the caller has the permission on it. */
export function requireBucket(
  { store }: StorageContext,
  caller: Caller,
  { name = "", permission }: { readonly name: string | undefined; readonly permission: string },
): BucketRecord {
  const bucket = store.bucket(name);
  requirePermission(caller, permission, bucket);
  if (bucket === undefined) {
    throw new ApiError("NOT_FOUND", "The specified bucket does not exist.");
  }
  return bucket;
}

/**
 * The live object of that name; who may not list is not told whether it exists.
 *
 * @param generation the only generation that will do, where one is asked for
 */
export function requireObject(
  { store }: StorageContext,
  { bucket, caller }: OpenBucket,
  { name, generation = null }: { readonly name: string; readonly generation?: string | null },
): ObjectRecord {
  const object = store.object(bucket.name, name);
  if (object !== undefined && (generation === null || generation === object.generation)) {
    return object;
  }
  requirePermission(caller, "storage.objects.list", bucket);
  throw noSuchObject(bucket.name, name);
}
